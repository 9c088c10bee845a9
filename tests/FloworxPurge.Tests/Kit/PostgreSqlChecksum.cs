using System.Data.Common;

namespace FloworxPurge.Tests.Kit;

/// <summary>The full text of a PostgreSQL database: its objects with their state, its sequences, its rows.</summary>
internal static class PostgreSqlChecksum
{
    private const string Ours = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'";

    // Identifiers inside a text are qualified by regclass and the pg_get_ functions, whatever the search path is.
    private static readonly (string Heading, string Sql)[] Objects =
    [
        ("relations", $"""
            SELECT n.nspname, c.relname, c.relkind::text, c.relrowsecurity, c.relforcerowsecurity, c.relacl::text,
                   CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {Ours} AND c.relkind <> 'i'
            """),
        ("columns", $"""
            SELECT n.nspname, c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                   a.attidentity::text, a.attgenerated::text, pg_get_expr(d.adbin, d.adrelid)
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE {Ours} AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
            """),
        ("constraints", $"""
            SELECT n.nspname, c.relname, o.conname, pg_get_constraintdef(o.oid), o.convalidated
            FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {Ours}
            """),
        ("indexes", $"""
            SELECT pg_get_indexdef(i.indexrelid), i.indisvalid
            FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {Ours}
            """),
        ("triggers", $"""
            SELECT n.nspname, c.relname, coalesce(o.conname, t.tgname), t.tgenabled::text, t.tgisinternal, t.tgtype,
                   CASE WHEN NOT t.tgisinternal THEN pg_get_triggerdef(t.oid) END
            FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_constraint o ON o.oid = t.tgconstraint WHERE {Ours}
            """),
        ("rules", $"""
            SELECT pg_get_ruledef(r.oid), r.ev_enabled::text
            FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {Ours}
            """),
        ("policies", "SELECT schemaname, tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies"),
        ("routines", $"""
            SELECT n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), p.prosrc
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {Ours}
            """),
        ("extensions", "SELECT extname, extversion FROM pg_extension"),
    ];

    public static async Task<string> ReadAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var text = new ChecksumText(connection);
        foreach (var (heading, sql) in Objects)
        {
            await text.AddAsync(heading, sql, cancellationToken);
        }

        foreach (var sequence in await NamesAsync("c.relkind = 'S'"))
        {
            await text.AddAsync("sequence " + sequence, $"SELECT last_value, is_called FROM {sequence}", cancellationToken);
        }

        // A foreign table's rows are another database's; a partitioned table's are its partitions'.
        foreach (var table in await NamesAsync("c.relkind = 'r' OR (c.relkind = 'm' AND c.relispopulated)"))
        {
            await text.AddAsync("rows of " + table, $"SELECT t::text FROM ONLY {table} AS t", cancellationToken);
        }

        return text.ToString();

        Task<List<string>> NamesAsync(string condition) => text.NamesAsync(
            $"""
            SELECT format('%I.%I', n.nspname, c.relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE {Ours} AND ({condition}) ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
            """,
            cancellationToken);
    }
}
