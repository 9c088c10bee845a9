using System.Data.Common;
using System.Text.RegularExpressions;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <summary>SQLite: no schemas, names without case, foreign keys that can always be deferred, no TRUNCATE.</summary>
internal sealed partial class SqliteDialect : PurgeDialect
{
    /// <summary>The text that each table was created by: name, text.</summary>
    public const string TableTexts = "SELECT name, sql FROM main.sqlite_master WHERE type = 'table' AND sql IS NOT NULL";

    // SQLITE_MAX_COLUMN, which bounds the result of a SELECT, too.
    private const int MostColumns = 2000;

    public override string Name => "SQLite";

    public override string Engine => "SQLite";

    public override bool HasSchemas => false;

    public override StringComparer Identifiers { get; } = new AsciiIgnoreCaseComparer();

    internal override bool IsServer => false;

    // Any DDL of the database raises it. A temporary table of one connection may hide one of the database there, and raises another number.
    internal override string StructureMark => """
        SELECT schema_version || CASE WHEN EXISTS (
            SELECT 1 FROM temp.sqlite_master t JOIN main.sqlite_master m ON m.name = t.name COLLATE NOCASE WHERE t.type IN ('table', 'view')) THEN ' hidden' ELSE '' END
        FROM main.pragma_schema_version()
        """;

    // SQLITE_PERM and SQLITE_AUTH.
    internal override bool IsAccessDenied(DbException exception)
        => exception.Message.StartsWith("SQLite Error 3:", StringComparison.Ordinal) || exception.Message.StartsWith("SQLite Error 23:", StringComparison.Ordinal);

    // Works inside a transaction, for RESTRICT too, and ends with the transaction; PRAGMA foreign_keys does nothing there.
    public override string DeferConstraints => "PRAGMA defer_foreign_keys = ON";

    public override string UndoDeferConstraints => "PRAGMA defer_foreign_keys = OFF";

    public override string DeferConstraintsState => "SELECT defer_foreign_keys FROM main.pragma_defer_foreign_keys()";

    // BEGIN IMMEDIATE, which the driver sends, keeps every other writer out.
    public override bool LocksOnBegin => true;

    // SQLITE_BUSY and SQLITE_LOCKED; the driver's exception type is not known here, and its message leads with the code.
    public override bool IsLockTimeout(DbException exception)
        => exception is not null && (exception.Message.StartsWith("SQLite Error 5:", StringComparison.Ordinal) || exception.Message.StartsWith("SQLite Error 6:", StringComparison.Ordinal));

    // SQLITE_READONLY.
    public override bool IsReadOnly(DbException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.Message.StartsWith("SQLite Error 8:", StringComparison.Ordinal);
    }

    // The engine runs in this process, so that its own answer is never lost.
    public override bool IsCommitRejected(DbException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.Message.StartsWith("SQLite Error", StringComparison.Ordinal);
    }

    // The shell goes on after an error, and would commit what is left, unless told otherwise.
    public override string ScriptBegin => ".bail on\nPRAGMA foreign_keys = ON;\nBEGIN IMMEDIATE;";

    public override bool? ChecksAtStatementEnd(ReferentialAction onDelete) => onDelete != ReferentialAction.Restrict;

    // A declared length means nothing to SQLite.
    public override bool KeepsTypeFacets => false;

    // The catalog's query finds the word anywhere, and a trigger on update may hold it in its body; what does not begin as expected is taken for one on delete.
    internal override bool FiresOnDelete(string definition) => TriggerEvent().Match(definition) is not { Success: true } match || match.Groups["event"].Value.Equals("DELETE", StringComparison.OrdinalIgnoreCase);

    internal override FullTextIndex? FullTextIndexOf(string definition)
    {
        Match module = Module().Match(definition);
        Match content = Content().Match(definition);
        string name = content.Groups["name"].Value;
        return module.Success && name.Length > 0
            ? new FullTextIndex(module.Groups["name"].Value.ToLowerInvariant(), new TableName(schema: null, name.Replace("''", "'", StringComparison.Ordinal).Replace("\"\"", "\"", StringComparison.Ordinal)))
            : null;
    }

    // FTS5 compares the index with the table when the rank is 1; FTS3 and FTS4 do so always, and have no such column.
    internal override string CheckFullTextIndex(ISqlGenerationHelper sql, TableName index, string module)
    {
        string name = Table(sql, index);
        string column = sql.DelimitIdentifier(index.Name);
        return module is "fts5" ? $"INSERT INTO {name} ({column}, rank) VALUES ('integrity-check', 1)" : $"INSERT INTO {name} ({column}) VALUES ('integrity-check')";
    }

    // SQLITE_CORRUPT, of which SQLITE_CORRUPT_VTAB is a kind.
    internal override bool IsDamagedIndex(DbException exception) => exception.Message.StartsWith("SQLite Error 11:", StringComparison.Ordinal);

    // A table that never drew a number has no row here, and a deleted row starts again at 1, the only seed that SQLite knows.
    public override SqlStatement ResetIdentity(ISqlGenerationHelper sql, TableName table, string column, TableName? sequence)
    {
        ArgumentNullException.ThrowIfNull(table);
        return SqlStatement.Of("DELETE FROM main.sqlite_sequence WHERE name = @p0", table.Name);
    }

    // A driver reads a text up to its first NUL, and replaces bytes that are no UTF-8. A virtual table has columns that are none.
    internal override string SelectExactly(ISqlGenerationHelper sql, RowSet rows, TableSchema table)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(table);
        return table.Kind == TableKind.VirtualTable || table.Columns.Count is 0 or > MostColumns / 2
            ? base.SelectExactly(sql, rows, table)
            : $"SELECT {string.Join(", ", table.Columns.Select(column => "t." + sql.DelimitIdentifier(column.Name)).Select(column => $"typeof({column}), CASE typeof({column}) WHEN 'text' THEN CAST({column} AS BLOB) ELSE {column} END"))} FROM {Source(sql, rows)} AS t{Where(rows)}";
    }

    // Column affinity, by the rules of SQLite's own documentation ("Datatypes In SQLite", 3.1).
    public override string CanonicalTypeName(string typeName)
    {
        ArgumentNullException.ThrowIfNull(typeName);
        bool Has(string part) => typeName.Contains(part, StringComparison.OrdinalIgnoreCase);
        return Has("int") ? "integer"
            : Has("char") || Has("clob") || Has("text") ? "text"
            : Has("blob") ? "blob"
            : Has("real") || Has("floa") || Has("doub") ? "real"
            : "numeric";
    }

    internal override string? StorageId(string server) => FileIdentity.Of(server);

    public override CatalogQueries Catalog { get; } = new()
    {
        // The file's name is what people call the database by; SQLite itself calls every one "main".
        Identity = """
            SELECT sqlite_version(), COALESCE(NULLIF(file, ''), ':memory:'),
                   COALESCE(NULLIF(replace(replace(file, '\', '/'), rtrim(replace(file, '\', '/'), replace(replace(file, '\', '/'), '/', '')), ''), ''), ':memory:'),
                   NULL, NULL, NULL, (SELECT foreign_keys FROM main.pragma_foreign_keys())
            FROM main.pragma_database_list() WHERE name = 'main'
            """,

        Tables = """
            SELECT NULL, t.name, CASE t.type WHEN 'table' THEN 'table' WHEN 'virtual' THEN 'virtual' WHEN 'shadow' THEN 'shadow' ELSE 'view' END,
                   NULL, NULL, 1, 0, NULL, 0, 1, 1, 0, NULLIF(m.rootpage, 0)
            FROM main.pragma_table_list() t LEFT JOIN main.sqlite_master m ON m.type = 'table' AND m.name = t.name
            WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\'
            """,

        Columns = """
            SELECT NULL, t.name, c.name, c.type, CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN 0 ELSE 1 END, 0
            FROM main.pragma_table_list() t JOIN main.pragma_table_xinfo(t.name) c
            WHERE t.schema = 'main' AND t.type IN ('table', 'virtual') AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\'
            ORDER BY t.name, c.cid
            """,

        // "to" is NULL for a key that names no column of its principal and means its primary key;
        // the principal's name may differ in case from the table's, and is looked up in sqlite_master, which can be indexed.
        // The engine checks a key by the primary key or a whole unique index of exactly its columns, and refuses every statement when there is none.
        ForeignKeys = """
            SELECT t.name || '/' || f.id, NULL, NULL, t.name, f."from", NULL, COALESCE(p.name, f."table"),
                   COALESCE(f."to", (SELECT k.name FROM main.pragma_table_info(f."table") k WHERE k.pk = f.seq + 1)), f.on_delete,
                   f.seq > 0 OR EXISTS (
                       WITH wanted (name) AS (SELECT g."to" FROM main.pragma_foreign_key_list(t.name) g WHERE g.id = f.id)
                       SELECT 1 FROM main.pragma_table_info(p.name) k WHERE k.pk > 0
                       GROUP BY NULL HAVING COUNT(*) = (SELECT COUNT(*) FROM wanted) AND (f."to" IS NULL OR SUM(k.name COLLATE NOCASE IN (SELECT name FROM wanted)) = COUNT(*))
                       UNION ALL
                       SELECT 1 FROM main.pragma_index_list(p.name) i JOIN main.pragma_index_info(i.name) c WHERE i."unique" AND NOT i.partial
                       GROUP BY i.seq HAVING COUNT(*) = (SELECT COUNT(*) FROM wanted) AND SUM(c.name COLLATE NOCASE IN (SELECT name FROM wanted)) = COUNT(*)),
                   'on', 0
            FROM main.pragma_table_list() t JOIN main.pragma_foreign_key_list(t.name) f
            LEFT JOIN (SELECT name FROM main.sqlite_master WHERE type = 'table') p ON p.name = f."table" COLLATE NOCASE
            WHERE t.schema = 'main' AND t.type = 'table'
            ORDER BY t.name, f.id, f.seq
            """,

        // The table sqlite_sequence exists once a table was declared AUTOINCREMENT, which only a key of one INTEGER column can be;
        // the word alone may also stand in a name.
        Identities = """
            SELECT NULL, m.name, c.name, NULL, NULL
            FROM main.sqlite_master m JOIN main.pragma_table_info(m.name) c ON c.pk = 1 AND c.type = 'INTEGER' COLLATE NOCASE
            WHERE m.type = 'table' AND instr(upper(m.sql), 'AUTOINCREMENT') > 0 AND NOT EXISTS (SELECT 1 FROM main.pragma_table_info(m.name) k WHERE k.pk > 1)
              AND EXISTS (SELECT 1 FROM main.sqlite_master s WHERE s.name = 'sqlite_sequence')
            """,

        // A table's own text holds its constraints.
        Objects = """
            SELECT CASE type WHEN 'table' THEN 'constraint' ELSE type END, NULL, tbl_name, name, COALESCE(sql, ''),
                   type = 'trigger' AND instr(upper(sql), 'DELETE') > 0
            FROM main.sqlite_master WHERE type IN ('table', 'index', 'trigger') AND name <> 'sqlite_sequence'
            UNION ALL
            SELECT 'trigger', NULL, tbl_name, name, sql, instr(upper(sql), 'DELETE') > 0 FROM temp.sqlite_master WHERE type = 'trigger'
            """,

        Facts = """
            SELECT 'full-text index', NULL, name, name, sql FROM main.sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%'
            UNION ALL
            SELECT 'hidden table', NULL, m.name, t.name, t.type
            FROM temp.sqlite_master t JOIN main.sqlite_master m ON m.name = t.name COLLATE NOCASE
            WHERE t.type IN ('table', 'view') AND m.type = 'table' AND substr(m.name, 1, 7) <> 'sqlite_'
            UNION ALL
            SELECT 'no rollback', NULL, '', 'PRAGMA journal_mode = OFF', NULL FROM main.pragma_journal_mode() WHERE journal_mode = 'off'
            UNION ALL
            SELECT 'read only', NULL, '', 'PRAGMA query_only is on', 'session' FROM main.pragma_query_only() WHERE query_only
            """,
    };

    /// <summary>Whether the text that a table was created by says AUTOINCREMENT as a word of its own, and not in a name, a value or a comment.</summary>
    public static bool IsAutoIncrement(string sql) => Words().Matches(sql).Any(match => match.Groups["word"].Success);

    [GeneratedRegex("""
        ^\s* CREATE \s+ (?:TEMP(?:ORARY)? \s+)? TRIGGER \s+ (?:IF \s+ NOT \s+ EXISTS \s+)?
        (?:(?:'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\] | [\w$]+) \s*\.\s*)?
        (?:(?:'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\]) \s* | [\w$]+ \s+)
        (?:(?:BEFORE | AFTER | INSTEAD \s+ OF) \s+)? (?<event>DELETE | INSERT | UPDATE) \s
        """, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TriggerEvent();

    [GeneratedRegex("""\bUSING\s+(?<name>fts[345])\s*\(""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Module();

    [GeneratedRegex("""
        [(,]\s*content\s*=\s*(?:'(?<name>(?:[^']|'')*)' | "(?<name>(?:[^"]|"")*)" | `(?<name>[^`]*)` | \[(?<name>[^\]]*)\] | (?<name>[\w$]+))
        """, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Content();

    [GeneratedRegex("""
        '(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] | --[^\n]* | /\*.*?(?:\*/|$) | (?<![\w$])(?<word>AUTOINCREMENT)(?![\w$])
        """, RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Words();
}
