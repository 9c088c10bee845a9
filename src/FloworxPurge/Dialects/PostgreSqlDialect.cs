using System.Data.Common;
using System.Text;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Dialects;

/// <summary>PostgreSQL: one command of data-modifying CTEs deletes any cycle, TRUNCATE without CASCADE is safe, the catalog is read by oid.</summary>
internal sealed class PostgreSqlDialect : PurgeDialect
{
    // Always with pg_catalog, since a temporary table of a catalog's name would come first.
    // Never an information_schema view (it hides constraints from roles that do not own them), and never LIKE 'pg_%' for the
    // system's schemas, which also matches a schema named pgboss.
    private const string UserSchemas =
        "n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'";

    // The bytes of "FloworxP".
    internal const string PurgeLockKey = "5074553438901270608";

    // A sequence s, owned by table c, that is the default of another table's column; partitions repeat their root's defaults.
    private const string NumbersOthers = """
        EXISTS (SELECT 1 FROM pg_catalog.pg_attrdef o JOIN pg_catalog.pg_depend u ON u.classid = 'pg_catalog.pg_attrdef'::regclass AND u.objid = o.oid AND u.refobjid = s.oid
                WHERE o.adrelid <> c.oid AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_class h WHERE h.oid = o.adrelid AND h.relispartition))
        """;

    // Below a megabyte a scan per deleted row is not worth a warning.
    private const string LargeTable = "1048576";

    // A partition's foreign keys and rows are its root's.
    private const string Root =
        "CASE WHEN c.relispartition THEN COALESCE(pg_partition_root(c.oid), c.oid) ELSE c.oid END";

    private const string SystemSchema = "pg_catalog.";

    // NAMEDATALEN - 1; a longer name is cut with a notice and works ever after.
    private const int LongestName = 63;

    public override string Name => "PostgreSQL";

    public override string Engine => "PostgreSQL";

    internal override string CountSeen(string table)
        => $"SELECT COUNT(*), row_security_active('{table.Replace("'", "''", StringComparison.Ordinal)}'::regclass)::int FROM {table}";

    internal override string StructureMark => PostgreSqlReset.StructureMark;

    internal override string OpenWriters => PostgreSqlReset.Writers;

    internal override string WaitForPurgeLock => $"SELECT pg_advisory_xact_lock({PurgeLockKey})";

    public override string RunDeferred => "SET CONSTRAINTS ALL IMMEDIATE";

    public override bool CanTruncate => true;

    public override string ScriptBegin => "BEGIN;";

    // Every check of a foreign key runs when the statement ends and sees the rows of the same statement as gone, RESTRICT included.
    public override bool? ChecksAtStatementEnd(ReferentialAction onDelete) => true;

    // The cascade runs when the statement ends, and finds the rows gone that the statement has deleted itself.
    public override bool FollowsCascadesToAnyDepth => true;

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

    // Readers go on; who writes waits, also who adds a row elsewhere that points here. A TRUNCATE takes the stronger lock itself.
    public override string Lock(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
        => $"LOCK TABLE {string.Join(", ", tables.Select(t => Table(sql, t)))} IN EXCLUSIVE MODE";

    // One key for every purge of this library; the lock is the transaction's and ends with it.
    public override string AcquirePurgeLock => $"SELECT pg_try_advisory_xact_lock({PurgeLockKey})::int";

    public override string PurgeLockHolders => $"""
        SELECT NULL, NULL, 'session ' || l.pid || COALESCE(' of ' || a.usename, '') || COALESCE(' (' || NULLIF(a.application_name, '') || ')', '')
        FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND (l.classid::bigint << 32) + l.objid::bigint = {PurgeLockKey}
          AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        """;

    public override string LockTimeoutState => "SELECT current_setting('lock_timeout')";

    public override string LockHolders => $"""
        SELECT DISTINCT n.nspname::text, c.relname::text, 'session ' || l.pid || COALESCE(' of ' || a.usename, '') || COALESCE(' (' || NULLIF(a.application_name, '') || ')', '') || COALESCE(', ' || a.state, '')
        FROM pg_catalog.pg_locks l
        JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
        WHERE l.granted AND l.pid <> pg_backend_pid() AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) AND {UserSchemas}
        """;

    public override SqlStatement SetLockTimeout(string value) => new("SELECT set_config('lock_timeout', @p0, true)", [value]);

    // 55P03 lock_not_available.
    public override bool IsLockTimeout(DbException exception) => exception?.SqlState is "55P03";

    // 57P01 to 57P05: the server ends the session, before or after it committed.
    public override bool IsCommitRejected(DbException exception)
        => base.IsCommitRejected(exception) && !exception.SqlState!.StartsWith("57P", StringComparison.Ordinal);

    // A bare t would be a column of that name where there is one.
    public override string Digest(string source)
        => $"SELECT COUNT(*) || ' ' || COALESCE(SUM(hashtextextended(ROW(t.*)::text, 0)::numeric), 0) FROM {source} AS t";

    public override string RefreshView(ISqlGenerationHelper sql, TableName view) => $"REFRESH MATERIALIZED VIEW {Table(sql, view)}";

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
                   current_database(), (SELECT oid::text FROM pg_catalog.pg_database WHERE datname = current_database()), current_user::text, current_schema()::text,
                   CASE WHEN current_setting('session_replication_role') = 'replica' THEN 0 ELSE 1 END
            """,

        Schemas = "SELECT nspname::text FROM pg_catalog.pg_namespace",

        Tables = $"""
            SELECT n.nspname::text, c.relname::text,
                   CASE WHEN c.relkind = 'f' THEN 'foreign'
                        WHEN c.relispartition THEN 'partition'
                        WHEN c.relkind = 'p' THEN 'partitioned'
                        WHEN c.relkind IN ('v', 'm') THEN 'view'
                        WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid) THEN 'inheritance parent'
                        ELSE 'table' END,
                   rn.nspname::text, r.relname::text,
                   pg_table_is_visible(c.oid)::int,
                   EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')::int,
                   CASE WHEN c.relkind <> 'r' THEN NULL
                        WHEN c.reltuples >= 0 AND c.relpages > 0 THEN (c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::int))::bigint
                        ELSE pg_relation_size(c.oid) / 100 END,
                   (c.relkind = 'r' AND NOT c.relispartition AND NOT c.relrowsecurity AND NOT c.relhasrules
                    AND has_table_privilege(c.oid, 'TRUNCATE')
                    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgtype & 40 <> 0))::int,
                   has_table_privilege(c.oid, 'DELETE')::int, has_table_privilege(c.oid, 'SELECT')::int, row_security_active(c.oid)::int
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_class r ON c.relispartition AND r.oid = {Root}
            LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
            WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {UserSchemas}
            """,

        Columns = $"""
            SELECT n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), (NOT a.attnotnull)::int, (a.attnum < 0)::int
            FROM pg_catalog.pg_attribute a
            JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'f') AND NOT a.attisdropped AND {UserSchemas}
            ORDER BY n.nspname, c.relname, a.attnum
            """,

        ForeignKeys = $"""
            SELECT k.oid::text, k.conname::text, n.nspname::text, d.relname::text, da.attname::text, pn.nspname::text, p.relname::text, pa.attname::text,
                   CASE k.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END, 1, 'on', 0
            FROM pg_catalog.pg_constraint k
            JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
            JOIN pg_catalog.pg_class d ON d.oid = {Root}
            JOIN pg_catalog.pg_namespace n ON n.oid = d.relnamespace
            JOIN pg_catalog.pg_class pc ON pc.oid = k.confrelid
            JOIN pg_catalog.pg_class p ON p.oid = CASE WHEN pc.relispartition THEN COALESCE(pg_partition_root(pc.oid), pc.oid) ELSE pc.oid END
            JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
            JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u(dcol, pcol, pos) ON true
            JOIN pg_catalog.pg_attribute da ON da.attrelid = k.conrelid AND da.attnum = u.dcol
            JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = u.pcol
            WHERE k.contype = 'f' AND k.conparentid = 0 AND {UserSchemas}
            ORDER BY n.nspname, d.relname, k.conname, k.oid, u.pos
            """,

        Identities = $"""
            SELECT n.nspname::text, c.relname::text, a.attname::text, sn.nspname::text, s.relname::text
            FROM pg_catalog.pg_class s
            JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
            JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = s.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
            JOIN pg_catalog.pg_class c ON c.oid = d.refobjid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
            WHERE s.relkind = 'S' AND {UserSchemas} AND NOT {NumbersOthers}
            """,

        Objects = $"""
            SELECT 'constraint', n.nspname::text, c.relname::text, k.conname::text,
                   pg_get_constraintdef(k.oid) || ' ' || k.convalidated || ' ' || k.condeferrable || ' ' || k.condeferred, 0
            FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE {UserSchemas}
            UNION ALL
            SELECT 'index', n.nspname::text, c.relname::text, x.relname::text, pg_get_indexdef(i.indexrelid) || ' ' || i.indisvalid || ' ' || i.indisready, 0
            FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE {UserSchemas}
            UNION ALL
            SELECT 'trigger', n.nspname::text, c.relname::text, t.tgname::text, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text, (t.tgtype & 8 <> 0 AND t.tgenabled <> 'D')::int
            FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE NOT t.tgisinternal AND {UserSchemas}
            UNION ALL
            SELECT 'rule', n.nspname::text, c.relname::text, w.rulename::text, pg_get_ruledef(w.oid) || ' ' || w.ev_enabled::text, (w.ev_type = '4' AND w.ev_enabled <> 'D')::int
            FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class c ON c.oid = w.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE w.rulename <> '_RETURN' AND {UserSchemas}
            """,

        Facts = $"""
            WITH RECURSIVE uses AS (
                SELECT DISTINCT w.ev_class AS reader, d.refobjid AS source
                FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> w.ev_class
                WHERE w.rulename = '_RETURN'),
            reach AS (
                SELECT reader, source FROM uses
                UNION
                SELECT uses.reader, reach.source FROM reach JOIN uses ON uses.source = reach.reader),
            heirs AS (
                SELECT i.inhrelid AS heir, i.inhparent AS ancestor FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE c.relkind IN ('r', 'f') AND NOT c.relispartition
                UNION
                SELECT heirs.heir, i.inhparent FROM heirs JOIN pg_catalog.pg_inherits i ON i.inhrelid = heirs.ancestor)
            SELECT 'materialized view', n.nspname::text, c.relname::text, v.relname::text, vn.nspname::text
            FROM reach
            JOIN pg_catalog.pg_class v ON v.oid = reach.reader AND v.relkind = 'm' JOIN pg_catalog.pg_namespace vn ON vn.oid = v.relnamespace
            JOIN pg_catalog.pg_class c ON c.oid = reach.source AND c.relkind IN ('r', 'p', 'm') JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE {UserSchemas}
            UNION ALL
            SELECT 'foreign key without index', n.nspname::text, c.relname::text, k.conname::text, pn.nspname::text || '.' || p.relname::text
            FROM pg_catalog.pg_constraint k
            JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_class p ON p.oid = k.confrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
            WHERE k.contype = 'f' AND k.conparentid = 0 AND {UserSchemas} AND pg_relation_size(c.oid) > {LargeTable} AND pg_relation_size(p.oid) > {LargeTable}
              AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL
                              AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
            UNION ALL
            SELECT 'foreign key not enforced', n.nspname::text, c.relname::text, k.conname::text,
                   CASE WHEN NOT k.convalidated THEN 'not validated' ELSE 'its triggers are disabled' END
            FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE k.contype = 'f' AND {UserSchemas}
              AND (NOT k.convalidated OR EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled = 'D'))
            UNION ALL
            SELECT DISTINCT 'free sequence', n.nspname::text, c.relname::text, s.relname::text, a.attname::text
            FROM pg_catalog.pg_attrdef f
            JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid = 0
            JOIN pg_catalog.pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
            JOIN pg_catalog.pg_class c ON c.oid = f.adrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
            WHERE {UserSchemas} AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend o WHERE o.classid = 'pg_catalog.pg_class'::regclass AND o.objid = s.oid AND o.refobjid = c.oid AND o.deptype IN ('a', 'i'))
            UNION ALL
            SELECT 'shared sequence', n.nspname::text, c.relname::text, s.relname::text, NULL
            FROM pg_catalog.pg_class s
            JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = s.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
            JOIN pg_catalog.pg_class c ON c.oid = d.refobjid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE s.relkind = 'S' AND {UserSchemas} AND {NumbersOthers}
            UNION ALL
            SELECT 'unused sequence', n.nspname::text, s.relname::text, s.relname::text, NULL
            FROM pg_catalog.pg_class s JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
            WHERE s.relkind = 'S' AND {UserSchemas}
              AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend o WHERE o.classid = 'pg_catalog.pg_class'::regclass AND o.objid = s.oid AND o.deptype IN ('a', 'i', 'e'))
              AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend u WHERE u.classid = 'pg_catalog.pg_attrdef'::regclass AND u.refclassid = 'pg_catalog.pg_class'::regclass AND u.refobjid = s.oid)
            UNION ALL
            SELECT 'inherits', n.nspname::text, c.relname::text, a.relname::text, an.nspname::text
            FROM heirs
            JOIN pg_catalog.pg_class c ON c.oid = heirs.heir JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_class a ON a.oid = heirs.ancestor JOIN pg_catalog.pg_namespace an ON an.oid = a.relnamespace
            WHERE {UserSchemas}
            UNION ALL
            SELECT 'event trigger', NULL, 'event', e.evtname::text, e.evtevent::text FROM pg_catalog.pg_event_trigger e WHERE e.evtenabled <> 'D' AND e.evtevent <> 'sql_drop'
            UNION ALL
            SELECT 'read only', NULL, '', CASE WHEN pg_is_in_recovery() THEN 'the server is a standby' ELSE 'transaction_read_only is on' END, NULL WHERE current_setting('transaction_read_only') = 'on'
            ORDER BY 1, 2, 3, 4
            """,
    };

    private string Only(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
        => string.Join(", ", tables.Select(t => "ONLY " + Table(sql, t)));
}
