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
    // SQLITE_MAX_COLUMN, which bounds the result of a SELECT, too.
    private const int MostColumns = 2000;

    public override string Name => "SQLite";

    public override string Engine => "SQLite";

    public override string SystemName => "sqlite";

    public override bool HasSchemas => false;

    public override StringComparer Identifiers { get; } = new AsciiIgnoreCaseComparer();

    public override bool IsServer => false;

    // Any DDL of the database raises it. A temporary table of one connection may hide one of the database there, and raises another number.
    public override string StructureMark => """
        SELECT schema_version || CASE WHEN EXISTS (
            SELECT 1 FROM temp.sqlite_master t JOIN main.sqlite_master m ON m.name = t.name COLLATE NOCASE WHERE t.type IN ('table', 'view')) THEN ' hidden' ELSE '' END
        FROM main.pragma_schema_version()
        """;

    // SQLITE_PERM and SQLITE_AUTH.
    public override bool IsAccessDenied(DbException exception)
        => exception.Message.StartsWith("SQLite Error 3:", StringComparison.Ordinal)
            || exception.Message.StartsWith("SQLite Error 23:", StringComparison.Ordinal);

    // Works inside a transaction, for RESTRICT too, and ends with the transaction; PRAGMA foreign_keys does nothing there.
    public override string DeferConstraints => "PRAGMA defer_foreign_keys = ON";

    public override string UndoDeferConstraints => "PRAGMA defer_foreign_keys = OFF";

    public override string DeferConstraintsState => "SELECT defer_foreign_keys FROM main.pragma_defer_foreign_keys()";

    // BEGIN IMMEDIATE, which the driver sends, keeps every other writer out.
    public override bool LocksOnBegin => true;

    // SQLITE_BUSY and SQLITE_LOCKED; the driver's exception type is not known here, and its message leads with the code.
    public override bool IsLockTimeout(DbException exception)
        => exception is not null
            && (
                exception.Message.StartsWith("SQLite Error 5:", StringComparison.Ordinal)
                    || exception.Message.StartsWith("SQLite Error 6:", StringComparison.Ordinal));

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

    // The shell continues after an error, and would commit the rest, unless it is configured to stop.
    public override string ScriptBegin => ".bail on\nPRAGMA foreign_keys = ON;\nBEGIN IMMEDIATE;";

    public override bool? ChecksAtStatementEnd(ReferentialAction onDelete) => onDelete != ReferentialAction.Restrict;

    // A declared length means nothing to SQLite.
    public override bool KeepsTypeFacets => false;

    // The catalog's query finds the word anywhere, and a trigger on update may hold it in its body; what does not begin as expected is
    // taken for one on delete.
    public override bool FiresOnDelete(string definition)
        => TriggerEvent().Match(definition) is not { Success: true } match
            || match.Groups["event"].Value.Equals("DELETE", StringComparison.OrdinalIgnoreCase);

    internal override FullTextIndex? FullTextIndexOf(string definition)
    {
        Match module = Module().Match(definition);
        Match content = Content().Match(definition);
        string name = content.Groups["name"].Value;
        return module.Success && name.Length > 0
            ? new FullTextIndex(
                module.Groups["name"].Value.ToLowerInvariant(),
                new TableName(schema: null, name.Replace("''", "'", StringComparison.Ordinal)
                        .Replace("\"\"", "\"", StringComparison.Ordinal)))
            : null;
    }

    // FTS5 compares the index with the table when the rank is 1; FTS3 and FTS4 do so always, and have no such column.
    internal override string CheckFullTextIndex(ISqlGenerationHelper sql, TableName index, string module)
    {
        string name = Table(sql, index);
        string column = sql.DelimitIdentifier(index.Name);
        return module is "fts5"
            ? $"INSERT INTO {name} ({column}, rank) VALUES ('integrity-check', 1)"
            : $"INSERT INTO {name} ({column}) VALUES ('integrity-check')";
    }

    // SQLITE_CORRUPT, of which SQLITE_CORRUPT_VTAB is a kind.
    internal override bool IsDamagedIndex(DbException exception)
        => exception.Message.StartsWith("SQLite Error 11:", StringComparison.Ordinal);

    // A table that never used a sequence value has no row here. After its row is deleted a table starts at 1 again, the only seed in
    // SQLite.
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
            : "SELECT "
                + string.Join(
                    ", ",
                    table.Columns
                        .Select(column => "t." + sql.DelimitIdentifier(column.Name))
                        .Select(column => $"typeof({column}), "
                            + $"CASE typeof({column}) WHEN 'text' THEN CAST({column} AS BLOB) ELSE {column} END"))
                + $" FROM {Source(sql, rows)} AS t{Where(rows)}";
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

    public override string? StorageId(string server) => FileIdentity.Of(server);

    internal override string? NoKeyTables => null;

    // A plan selects without a transaction.
    internal override bool KeyTablesOutliveRollback => true;

    internal override string KeyTable(ISqlGenerationHelper sql, string name)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return "temp." + sql.DelimitIdentifier(name);
    }

    // Without its key as the table itself, each row that is looked for there would be a scan.
    internal override string JoinInOrder => "CROSS JOIN";

    internal override string CreateKeyTable(
        ISqlGenerationHelper sql,
        string name,
        RowSet source,
        IReadOnlyList<(Column Column, string Name)> columns,
        IReadOnlyList<string> numbers,
        bool isUnique)
    {
        string keys = string.Join(
            ", ",
            columns.Select(column => $"{sql.DelimitIdentifier(column.Name)} {KeyType(column.Column.StoreType)} NOT NULL"));
        string rest = string.Concat(numbers.Select(number => $", {sql.DelimitIdentifier(number)} integer NOT NULL"));
        return isUnique
            ? $"CREATE TABLE {name} ({keys}{rest}, PRIMARY KEY "
                + $"({string.Join(", ", columns.Select(column => sql.DelimitIdentifier(column.Name)))})) WITHOUT ROWID"
            : $"CREATE TABLE {name} ({keys}{rest})";
    }

    internal override string? NoChunks => null;

    internal override IReadOnlyList<string> CreateRowList(
        ISqlGenerationHelper sql,
        string name,
        RowSet source,
        IReadOnlyList<(Column Column, string Name)> columns,
        string position,
        string number)
    {
        string keys = string.Concat(
            columns.Select(column => $"{sql.DelimitIdentifier(column.Name)} {KeyType(column.Column.StoreType)} NOT NULL, "));
        return
        [
            $"CREATE TABLE {name} ({keys}{sql.DelimitIdentifier(position)} integer NOT NULL PRIMARY KEY, "
                + $"{sql.DelimitIdentifier(number)} integer NOT NULL)",
        ];
    }

    // Released by the system when the process ends, in whatever way.
    internal override IDisposable? LockRun(string server)
        => File.Exists(server)
            ? new FileStream(
                server + "-floworxpurge",
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None,
                bufferSize: 1,
                FileOptions.DeleteOnClose)
            : null;

    // A column without a type, or of any type in a STRICT table, holds each value as it is: '01' is not 1.
    private string KeyType(string typeName)
        => typeName.Length == 0 || typeName.Equals("ANY", StringComparison.OrdinalIgnoreCase) ? "blob" : CanonicalTypeName(typeName);

    // SQLITE_CONSTRAINT_NOTNULL. The columns of a primary key accept NULL unless they are declared otherwise.
    public override string? AdviceOn(DbException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.Message.Contains("NOT NULL constraint failed: floworxpurge_", StringComparison.Ordinal)
            ? "A row that is selected has NULL in its primary key, which SQLite accepts, so that it cannot be named: give it a key, or "
                + "delete "
                + "it by hand."
            : null;
    }

    internal override TableName DefaultCollation { get; } = new(schema: null, "BINARY");

    // The collation of a column is only known where a unique index has it.
    internal override bool AlwaysCollates(string typeName) => CanonicalTypeName(typeName) is not ("integer" or "real");

    internal override string? NoArchive => null;

    internal override string ArchiveColumns => SqliteArchive.Columns;

    internal override int MostArchivedColumns => MostColumns / 2;

    internal override bool CreatesTablesInTransaction => true;

    internal override string ArchivedValue(string column, string type) => SqliteArchive.Value(column);

    internal override void WriteArchived(DbDataReader reader, int columns, CopyLineWriter line)
        => SqliteArchive.Write(reader, columns, line);

    // A table that never used a number has no row here.
    internal override SqlStatement LastNumber(ISqlGenerationHelper sql, TableName table, TableName? sequence)
        => SqlStatement.Of("SELECT MAX(seq) FROM main.sqlite_sequence WHERE name = @p0", table.Name);

    internal override CatalogQueries Catalog => SqliteCatalog.Queries;

    internal override SqlStatement FindTable(TableName table)
        => SqlStatement.Of("SELECT COUNT(*) FROM main.sqlite_schema WHERE type = 'table' AND name = @p0 COLLATE NOCASE", table.Name);

    internal override SqlStatement FindColumn(TableName table, string column)
        => SqlStatement.Of(
            "SELECT COUNT(*) FROM main.pragma_table_info(@p0) WHERE name = @p1 COLLATE NOCASE",
            table.Name,
            column);

    public override async ValueTask<Func<CancellationToken, Task<IReadOnlyList<long>?>>?> CreateResetAsync(
        EngineResetContext context,
        CancellationToken cancellationToken = default)
    {
        if (await SqliteReset.CreateAsync(this, context, cancellationToken).ConfigureAwait(false) is not { } reset)
        {
            return null;
        }

        context.Cleanup = reset.DisposeAsync;
        return reset.ResetAsync;
    }

    [GeneratedRegex("""
        ^\s* CREATE \s+ (?:TEMP(?:ORARY)? \s+)? TRIGGER \s+ (?:IF \s+ NOT \s+ EXISTS \s+)?
        (?:(?:'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\] | [\w$]+) \s*\.\s*)?
        (?:(?:'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\]) \s* | [\w$]+ \s+)
        (?:(?:BEFORE | AFTER | INSTEAD \s+ OF) \s+)? (?<event>DELETE | INSERT | UPDATE) \s
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
            | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex TriggerEvent();

    [GeneratedRegex(
        """\bUSING\s+(?<name>fts[345])\s*\(""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Module();

    [GeneratedRegex("""
        [(,]\s*content\s*=\s*(?:'(?<name>(?:[^']|'')*)' | "(?<name>(?:[^"]|"")*)" | `(?<name>[^`]*)` | \[(?<name>[^\]]*)\] | (?<name>[\w$]+))
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
            | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Content();
}
