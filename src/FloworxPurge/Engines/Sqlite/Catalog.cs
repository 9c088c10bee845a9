using System.Text.RegularExpressions;
using FloworxPurge.Extensibility;

namespace FloworxPurge.Engines;

/// <summary>Queries of SQLite's catalog.</summary>
internal static partial class SqliteCatalog
{
    /// <summary>The text that each table was created by: name, text.</summary>
    public const string TableTexts = "SELECT name, sql FROM main.sqlite_master WHERE type = 'table' AND sql IS NOT NULL";

    /// <summary>Gets the queries.</summary>
    public static CatalogQueries Queries { get; } = new()
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

        // "to" is NULL for a key that names no column of its principal and means its primary key; the principal's name may differ in case
        // from the table's, and is looked up in sqlite_master, which can be indexed. The engine checks a key by the primary key or a whole
        // unique index of exactly its columns, and refuses every statement when there is none.
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

        // A foreign key is compared as the columns that it references are declared; what they are declared as shows in their index.
        Collations = """
            SELECT NULL, t.name, x.name, NULL, MAX(x.coll)
            FROM main.pragma_table_list() t JOIN main.pragma_index_list(t.name) i JOIN main.pragma_index_xinfo(i.name) x
            WHERE t.schema = 'main' AND t.type = 'table' AND i."unique" AND x.key AND x.cid >= 0 AND x.coll <> 'BINARY'
            GROUP BY t.name, x.name ORDER BY t.name, x.name
            """,

        PrimaryKeys = """
            SELECT NULL, t.name, c.name
            FROM main.pragma_table_list() t JOIN main.pragma_table_xinfo(t.name) c
            WHERE t.schema = 'main' AND t.type = 'table' AND c.pk > 0
            ORDER BY t.name, c.pk
            """,

        // A key of the rowid alone needs no index, and shows none.
        UnindexedKeys = """
            WITH keys (owner, id, width) AS (
                SELECT t.name, f.id, COUNT(*)
                FROM main.pragma_table_list() t JOIN main.pragma_foreign_key_list(t.name) f
                WHERE t.schema = 'main' AND t.type = 'table'
                GROUP BY t.name, f.id)
            SELECT NULL, keys.owner, CAST(keys.id AS text), f."from"
            FROM keys JOIN main.pragma_foreign_key_list(keys.owner) f ON f.id = keys.id
            WHERE NOT EXISTS (
                    SELECT 1 FROM main.pragma_index_list(keys.owner) i
                    WHERE NOT i.partial AND keys.width = (
                        SELECT COUNT(*) FROM main.pragma_index_info(i.name) c
                        WHERE c.seqno < keys.width
                          AND c.name COLLATE NOCASE IN (
                              SELECT g."from" FROM main.pragma_foreign_key_list(keys.owner) g WHERE g.id = keys.id)))
              AND NOT (keys.width = 1
                    AND f."from" COLLATE NOCASE IN (
                        SELECT k.name FROM main.pragma_table_info(keys.owner) k WHERE k.pk = 1 AND k.type = 'INTEGER' COLLATE NOCASE)
                    AND 1 = (SELECT COUNT(*) FROM main.pragma_table_info(keys.owner) k WHERE k.pk > 0))
            ORDER BY keys.owner, keys.id, f.seq
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

    /// <summary>
    /// Determines whether the text that a table was created by says AUTOINCREMENT as a word of its own, and not in a name, a value or a
    /// comment.
    /// </summary>
    public static bool IsAutoIncrement(string sql) => Words().Matches(sql).Any(match => match.Groups["word"].Success);

    [GeneratedRegex("""
        '(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] | --[^\n]* | /\*.*?(?:\*/|$) | (?<![\w$])(?<word>AUTOINCREMENT)(?![\w$])
        """, RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Words();
}
