using System.Text;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Dialects;

/// <summary>PostgreSQL: one command of data-modifying CTEs deletes any cycle, TRUNCATE without CASCADE is safe, the catalog is read by oid.</summary>
internal sealed class PostgreSqlDialect : PurgeDialect
{
    // Never an information_schema view (it hides constraints from roles that do not own them), and never LIKE 'pg_%' for the
    // system's schemas, which also matches a schema named pgboss.
    private const string UserSchemas =
        "n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'";

    // A partition's foreign keys and rows are its root's.
    private const string Root =
        "CASE WHEN c.relispartition THEN COALESCE(pg_partition_root(c.oid), c.oid) ELSE c.oid END";

    private const string SystemSchema = "pg_catalog.";

    // NAMEDATALEN - 1; a longer name is cut with a notice and works ever after.
    private const int LongestName = 63;

    public override string Name => "PostgreSQL";

    public override string Engine => "PostgreSQL";

    public override bool CanTruncate => true;

    public override string ScriptBegin => "BEGIN;";

    // Every check of a foreign key runs when the statement ends and sees the rows of the same statement as gone, RESTRICT included.
    public override bool ChecksAtStatementEnd(ReferentialAction onDelete) => true;

    public override string Source(ISqlGenerationHelper sql, TableName table, bool hasInheritors)
        => hasInheritors ? "ONLY " + Table(sql, table) : Table(sql, table);

    public override string DeleteTogether(IReadOnlyList<string> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var deletes = sources.Select((source, i) => $"d{i} AS (DELETE FROM {source} RETURNING 1)");
        var counts = sources.Select((_, i) => $"(SELECT COUNT(*) FROM d{i})");
        return $"WITH {string.Join(", ", deletes)} SELECT {string.Join(", ", counts)}";
    }

    public override string Truncate(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
        => $"TRUNCATE TABLE {Only(sql, tables)}";

    public override string Lock(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
        => $"LOCK TABLE {string.Join(", ", tables.Select(t => Table(sql, t)))} IN ACCESS EXCLUSIVE MODE";

    internal override string Stored(string name)
    {
        int bytes = 0;
        int length = 0;
        foreach (Rune rune in name.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > LongestName)
            {
                return name[..length];
            }

            length += rune.Utf16SequenceLength;
        }

        return name;
    }

    // Unlike setval, this is undone by a rollback.
    public override SqlStatement? ResetIdentity(ISqlGenerationHelper sql, TableName table, string column, TableName? sequence)
        => sequence is null ? null : new SqlStatement($"ALTER SEQUENCE {Table(sql, sequence)} RESTART", []);

    public override string CanonicalTypeName(string typeName) => typeName switch
    {
        "int" or "int4" or "serial" or "serial4" => "integer",
        "int8" or "bigserial" or "serial8" => "bigint",
        "int2" or "smallserial" or "serial2" => "smallint",
        "float4" => "real",
        "float8" or "float" => "double precision",
        "bool" => "boolean",
        "decimal" or "dec" => "numeric",
        "varchar" or "char varying" or "national character varying" or "national char varying" or "nchar varying" => "character varying",
        "char" or "bpchar" or "nchar" or "national character" or "national char" => "character",
        "varbit" => "bit varying",
        "timestamp" => "timestamp without time zone",
        "timestamptz" => "timestamp with time zone",
        "time" => "time without time zone",
        "timetz" => "time with time zone",
        _ when typeName.StartsWith(SystemSchema, StringComparison.Ordinal) => CanonicalTypeName(typeName[SystemSchema.Length..]),
        _ => typeName,
    };

    public override CatalogQueries Catalog { get; } = new()
    {
        Identity = """
            SELECT current_setting('server_version'), COALESCE(host(inet_server_addr()) || ':' || inet_server_port(), 'local socket'),
                   current_database(), (SELECT oid::text FROM pg_database WHERE datname = current_database()), current_user::text, current_schema()::text,
                   CASE WHEN current_setting('session_replication_role') = 'replica' THEN 0 ELSE 1 END
            """,

        Schemas = "SELECT nspname::text FROM pg_namespace",

        Tables = $"""
            SELECT n.nspname::text, c.relname::text,
                   CASE WHEN c.relispartition THEN 'partition'
                        WHEN c.relkind = 'p' THEN 'partitioned'
                        WHEN c.relkind = 'f' THEN 'foreign'
                        WHEN c.relkind IN ('v', 'm') THEN 'view'
                        WHEN EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhparent = c.oid) THEN 'inheritance parent'
                        ELSE 'table' END,
                   rn.nspname::text, r.relname::text,
                   pg_table_is_visible(c.oid)::int,
                   EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')::int,
                   CASE WHEN c.relkind <> 'r' THEN NULL
                        WHEN c.reltuples >= 0 AND c.relpages > 0 THEN (c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::int))::bigint
                        ELSE pg_relation_size(c.oid) / 100 END,
                   (c.relkind = 'r' AND NOT c.relispartition AND NOT c.relrowsecurity AND NOT c.relhasrules
                    AND has_table_privilege(c.oid, 'TRUNCATE')
                    AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgtype & 40 <> 0))::int
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_class r ON c.relispartition AND r.oid = {Root}
            LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
            WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {UserSchemas}
            """,

        Columns = $"""
            SELECT n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), (NOT a.attnotnull)::int, (a.attnum < 0)::int
            FROM pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'f') AND NOT a.attisdropped AND {UserSchemas}
            ORDER BY n.nspname, c.relname, a.attnum
            """,

        ForeignKeys = $"""
            SELECT k.oid::text, k.conname::text, n.nspname::text, d.relname::text, da.attname::text, pn.nspname::text, p.relname::text, pa.attname::text,
                   CASE k.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END
            FROM pg_constraint k
            JOIN pg_class c ON c.oid = k.conrelid
            JOIN pg_class d ON d.oid = {Root}
            JOIN pg_namespace n ON n.oid = d.relnamespace
            JOIN pg_class pc ON pc.oid = k.confrelid
            JOIN pg_class p ON p.oid = CASE WHEN pc.relispartition THEN COALESCE(pg_partition_root(pc.oid), pc.oid) ELSE pc.oid END
            JOIN pg_namespace pn ON pn.oid = p.relnamespace
            JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u(dcol, pcol, pos) ON true
            JOIN pg_attribute da ON da.attrelid = k.conrelid AND da.attnum = u.dcol
            JOIN pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = u.pcol
            WHERE k.contype = 'f' AND k.conparentid = 0
            ORDER BY n.nspname, d.relname, k.conname, k.oid, u.pos
            """,

        Identities = $"""
            SELECT n.nspname::text, c.relname::text, a.attname::text, sn.nspname::text, s.relname::text
            FROM pg_class s
            JOIN pg_namespace sn ON sn.oid = s.relnamespace
            JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
            JOIN pg_class c ON c.oid = d.refobjid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
            WHERE s.relkind = 'S' AND {UserSchemas}
            """,

        Objects = $"""
            SELECT 'constraint', n.nspname::text, c.relname::text, k.conname::text,
                   pg_get_constraintdef(k.oid) || ' ' || k.convalidated || ' ' || k.condeferrable || ' ' || k.condeferred, 0
            FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE {UserSchemas}
            UNION ALL
            SELECT 'index', n.nspname::text, c.relname::text, x.relname::text, pg_get_indexdef(i.indexrelid) || ' ' || i.indisvalid || ' ' || i.indisready, 0
            FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE {UserSchemas}
            UNION ALL
            SELECT 'trigger', n.nspname::text, c.relname::text, t.tgname::text, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text, (t.tgtype & 8 <> 0 AND t.tgenabled <> 'D')::int
            FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE NOT t.tgisinternal AND {UserSchemas}
            """,
    };

    private string Only(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
        => string.Join(", ", tables.Select(t => "ONLY " + Table(sql, t)));
}
