namespace FloworxPurge.Dialects;

/// <summary>The queries over PostgreSQL's catalog, with what its relatives say otherwise.</summary>
/// <remarks>
/// Always with pg_catalog, since a temporary table of a catalog's name would come first. Never an information_schema view (it hides constraints
/// from roles that do not own them), and never LIKE 'pg_%' for the system's schemas, which also matches a schema named pgboss.
/// </remarks>
internal sealed record PostgreSqlCatalog
{
    /// <summary>Keeps the system's schemas out.</summary>
    public const string UserSchemasOnly =
        "n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'";

    /// <summary>The default of <see cref="IsOriginal"/>.</summary>
    public const string Original = "k.conparentid = 0";

    // Below a megabyte a scan per deleted row is not worth a warning.
    private const string LargeTable = "1048576";

    // As a query of its own within the query: a role that may not call the function, and a server without it, could not even ask whether it may.
    private const string ClusterNumber = """
        CASE WHEN pg_catalog.has_function_privilege(pg_catalog.to_regprocedure('pg_catalog.pg_control_system()'), 'EXECUTE') THEN
                   pg_catalog.substring(pg_catalog.query_to_xml('SELECT system_identifier FROM pg_catalog.pg_control_system()', true, false, '')::pg_catalog.text, '<system_identifier>([0-9-]+)<') END
        """;

    private static string IdentityOf(string clusterNumber) => $"""
        SELECT current_setting('server_version'), COALESCE(host(inet_server_addr()) || ':' || inet_server_port(), 'local socket'),
               current_database(), pg_catalog.concat_ws('/', (SELECT oid::text FROM pg_catalog.pg_database WHERE datname = current_database()), {clusterNumber}), current_user::text, current_schema()::text,
               CASE WHEN current_setting('session_replication_role') = 'replica' THEN 0 ELSE 1 END
        """;

    /// <summary>Whether the server says which cluster of databases it is: the number of a database is also that of one in another cluster.</summary>
    public bool ReadsClusterNumber { get; init; } = true;

    /// <summary>The schemas that are read, as a condition on n.</summary>
    public string UserSchemas { get; init; } = UserSchemasOnly;

    /// <summary>Whether a table (c) is one of several parts, whose rows and foreign keys are those of the whole.</summary>
    public Func<string, string> IsPart { get; init; } = table => $"{table}.relispartition";

    /// <summary>Whether table c is a whole of such parts.</summary>
    public string IsWhole { get; init; } = "c.relkind = 'p'";

    /// <summary>The whole that a table is part of, or itself.</summary>
    public Func<string, string> RootOf { get; init; } = table => $"CASE WHEN {table}.relispartition THEN COALESCE(pg_partition_root({table}.oid), {table}.oid) ELSE {table}.oid END";

    /// <summary>Whether a foreign key k from c to pc does not merely repeat, for a part, one of the whole.</summary>
    public string IsOriginal { get; init; } = Original;

    /// <summary>The size of a table, NULL where the engine does not tell.</summary>
    public Func<string, string> Bytes { get; init; } = table => $"pg_relation_size({table}.oid)";

    /// <summary>The tables that are read: those of <see cref="UserSchemas"/>, and parts of them that lie elsewhere.</summary>
    public string Scope { get => field ?? UserSchemas; init; }

    // A sequence s, owned by table c, that is the default of another table's column; partitions repeat their root's defaults.
    private string NumbersOthers => $"""
        EXISTS (SELECT 1 FROM pg_catalog.pg_attrdef o JOIN pg_catalog.pg_depend u ON u.classid = 'pg_catalog.pg_attrdef'::regclass AND u.objid = o.oid AND u.refobjid = s.oid
                WHERE o.adrelid <> c.oid AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_class h WHERE h.oid = o.adrelid AND {IsPart("h")}))
        """;

    private string Tables => $"""
        SELECT n.nspname::text, c.relname::text,
               CASE WHEN c.relkind = 'f' THEN 'foreign'
                    WHEN {IsPart("c")} THEN 'partition'
                    WHEN {IsWhole} THEN 'partitioned'
                    WHEN c.relkind IN ('v', 'm') THEN 'view'
                    WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid) THEN 'inheritance parent'
                    ELSE 'table' END,
               rn.nspname::text, r.relname::text,
               pg_table_is_visible(c.oid)::int,
               EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')::int,
               CASE WHEN c.relkind <> 'r' THEN NULL
                    WHEN c.reltuples >= 0 AND c.relpages > 0 THEN (c.reltuples / c.relpages * ({Bytes("c")} / current_setting('block_size')::int))::bigint
                    ELSE {Bytes("c")} / 100 END,
               (c.relkind = 'r' AND NOT {IsPart("c")} AND NOT c.relrowsecurity AND NOT c.relhasrules
                AND has_table_privilege(c.oid, 'TRUNCATE')
                AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgtype & 40 <> 0))::int,
               has_table_privilege(c.oid, 'DELETE')::int, has_table_privilege(c.oid, 'SELECT')::int, row_security_active(c.oid)::int, c.oid::text
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_class r ON {IsPart("c")} AND r.oid = {RootOf("c")}
        LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {Scope}
        """;

    private string Columns => $"""
        SELECT n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), (NOT a.attnotnull)::int, (a.attnum < 0)::int
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f') AND NOT a.attisdropped AND {Scope}
        ORDER BY n.nspname, c.relname, a.attnum
        """;

    private string ForeignKeys => $"""
        SELECT k.oid::text, k.conname::text, n.nspname::text, d.relname::text, da.attname::text, pn.nspname::text, p.relname::text, pa.attname::text,
               CASE k.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END, 1, 'on', 0
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
        JOIN pg_catalog.pg_class d ON d.oid = {RootOf("c")}
        JOIN pg_catalog.pg_namespace n ON n.oid = d.relnamespace
        JOIN pg_catalog.pg_class pc ON pc.oid = k.confrelid
        JOIN pg_catalog.pg_class p ON p.oid = {RootOf("pc")}
        JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
        JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u(dcol, pcol, pos) ON true
        JOIN pg_catalog.pg_attribute da ON da.attrelid = k.conrelid AND da.attnum = u.dcol
        JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = u.pcol
        WHERE k.contype = 'f' AND {IsOriginal} AND {UserSchemas}
        ORDER BY n.nspname, d.relname, k.conname, k.oid, u.pos
        """;

    private string Identities => $"""
        SELECT n.nspname::text, c.relname::text, a.attname::text, sn.nspname::text, s.relname::text
        FROM pg_catalog.pg_class s
        JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = s.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
        JOIN pg_catalog.pg_class c ON c.oid = d.refobjid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
        WHERE s.relkind = 'S' AND {UserSchemas} AND NOT {NumbersOthers}
        """;

    private string Objects => $"""
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
        UNION ALL
        SELECT 'column', n.nspname::text, c.relname::text, c.relname::text,
               pg_catalog.md5(pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.attidentity), ',' ORDER BY a.attnum)), 0
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {UserSchemas}
        GROUP BY n.nspname, c.relname
        UNION ALL
        SELECT 'default', n.nspname::text, c.relname::text, c.relname::text, pg_catalog.md5(pg_catalog.string_agg(f.adnum || ' ' || f.adbin::text, ',' ORDER BY f.adnum)), 0
        FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_class c ON c.oid = f.adrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f') AND {UserSchemas}
        GROUP BY n.nspname, c.relname
        UNION ALL
        SELECT DISTINCT 'view', n.nspname::text, c.relname::text, vn.nspname::text || '.' || v.relname::text, pg_catalog.md5(w.ev_action::text), 0
        FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class v ON v.oid = w.ev_class JOIN pg_catalog.pg_namespace vn ON vn.oid = v.relnamespace
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> w.ev_class
        JOIN pg_catalog.pg_class c ON c.oid = d.refobjid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE w.rulename = '_RETURN' AND {UserSchemas}
        """;

    private string SequenceFacts => $"""
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
        """;

    private string Facts => $"""
        WITH RECURSIVE uses AS (
            SELECT DISTINCT w.ev_class AS reader, d.refobjid AS source
            FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> w.ev_class
            WHERE w.rulename = '_RETURN'),
        reach AS (
            SELECT reader, source FROM uses
            UNION
            SELECT uses.reader, reach.source FROM reach JOIN uses ON uses.source = reach.reader),
        heirs AS (
            SELECT i.inhrelid AS heir, i.inhparent AS ancestor FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE c.relkind IN ('r', 'f') AND NOT {IsPart("c")}
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
        WHERE k.contype = 'f' AND k.conparentid = 0 AND {UserSchemas} AND c.relkind = 'r' AND p.relkind = 'r' AND {Bytes("c")} > {LargeTable} AND {Bytes("p")} > {LargeTable}
          AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL
                          AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
        UNION ALL
        SELECT 'foreign key not enforced', n.nspname::text, c.relname::text, k.conname::text,
               CASE WHEN NOT k.convalidated THEN 'not validated' ELSE 'its triggers are disabled' END
        FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE k.contype = 'f' AND {UserSchemas}
          AND (NOT k.convalidated OR EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled = 'D'))
        UNION ALL
        {SequenceFacts}
        SELECT 'inherits', n.nspname::text, c.relname::text, a.relname::text, an.nspname::text
        FROM heirs
        JOIN pg_catalog.pg_class c ON c.oid = heirs.heir JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_class a ON a.oid = heirs.ancestor JOIN pg_catalog.pg_namespace an ON an.oid = a.relnamespace
        WHERE {UserSchemas}
        UNION ALL
        SELECT 'event trigger', NULL, 'event', e.evtname::text, e.evtevent::text FROM pg_catalog.pg_event_trigger e WHERE e.evtenabled <> 'D' AND e.evtevent <> 'sql_drop'
        UNION ALL
        SELECT 'deferrable trigger', n.nspname::text, c.relname::text, t.tgname::text, NULL
        FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE t.tgdeferrable AND NOT t.tgisinternal AND t.tgenabled <> 'D'
        UNION ALL
        SELECT 'read only', NULL, '', CASE WHEN pg_is_in_recovery() THEN 'the server is a standby' ELSE 'transaction_read_only is on' END, NULL WHERE current_setting('transaction_read_only') = 'on'
        ORDER BY 1, 2, 3, 4
        """;

    /// <summary>The queries.</summary>
    public CatalogQueries ToQueries() => new()
    {
        Identity = IdentityOf(ReadsClusterNumber ? ClusterNumber : "NULL"),
        Schemas = "SELECT nspname::text FROM pg_catalog.pg_namespace",
        Tables = Tables,
        Columns = Columns,
        ForeignKeys = ForeignKeys,
        Identities = Identities,
        Objects = Objects,
        Facts = Facts,
    };
}
