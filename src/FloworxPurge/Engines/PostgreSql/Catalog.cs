using FloworxPurge.Extensibility;
using static FloworxPurge.Engines.PostgreSqlOperators;

namespace FloworxPurge.Engines;

/// <summary>The queries over PostgreSQL's catalog, with what differs on PostgreSQL-compatible engines.</summary>
/// <remarks>
/// Tables, types, functions and operators always with pg_catalog, since a temporary table or a schema of the search path may come first.
/// Never an information_schema view (it hides constraints from roles that do not own them), and never LIKE 'pg_%' for the system's schemas,
/// which also matches a schema named pgboss.
/// </remarks>
internal sealed record PostgreSqlCatalog
{
    /// <summary>Keeps the system's schemas out.</summary>
    public const string UserSchemasOnly =
        $"n.nspname {Ne} 'information_schema' AND pg_catalog.left(n.nspname, 3) {Ne} 'pg_'";

    /// <summary>The default of <see cref="IsOriginal"/>.</summary>
    public const string Original = $"k.conparentid {Eq} 0";

    /// <summary>The number of locks that the server has room for.</summary>
    public const string LockRoom =
        $"pg_catalog.current_setting('max_locks_per_transaction')::pg_catalog.int8 {Times} "
            + $"(pg_catalog.current_setting('max_connections')::pg_catalog.int8 {Plus} "
            + "pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int8)";

    // Through the whole row, since versions before 18 have no such column. A key that is not enforced is not validated either.
    private const string IsNotEnforced = $"(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conenforced') {Eq} 'false'";

    /// <summary>Whether foreign key k is <c>on</c>, <c>untrusted</c> or <c>off</c>.</summary>
    public const string KeyState = $"CASE WHEN k.convalidated THEN 'on' WHEN {IsNotEnforced} THEN 'off' ELSE 'untrusted' END";

    // Through the whole row, since PostgreSQL 11, which YugabyteDB is made from, has no such column. Such an expression is kept where
    // defaults are.
    private const string IsVirtual =
        $"CASE WHEN a.atthasdef AND (pg_catalog.to_jsonb(a) OPERATOR(pg_catalog.->>) 'attgenerated') {Eq} 'v' THEN 1 ELSE 0 END";

    // Without it no statement can name a table of the schema, whatever the rights on the table are.
    private const string MayUseSchema = "pg_catalog.has_schema_privilege(n.oid, 'USAGE')";

    // As it is written: current_schemas leaves out those that the role may not use.
    private const string IsOnSearchPath = $"""
        n.nspname::pg_catalog.text {Eq} ANY (SELECT CASE WHEN pg_catalog.btrim(p.part) {Eq} '$user' THEN current_user::pg_catalog.text
                                                   ELSE pg_catalog.btrim(p.part) END
            FROM pg_catalog.unnest(pg_catalog.string_to_array(
                pg_catalog.replace(pg_catalog.current_setting('search_path'), '"', ''), ',')) AS p(part))
        """;

    // Two tables of this size have about 7,000 rows each, and a scan per deleted row takes seconds.
    private const string LargeTable = "262144";

    // As a query of its own within the query: a role that may not call the function, and a server without it, could not even ask whether it
    // may.
    private const string ClusterNumber = """
        CASE WHEN pg_catalog.has_function_privilege(pg_catalog.to_regprocedure('pg_catalog.pg_control_system()'), 'EXECUTE') THEN
                   pg_catalog.substring(pg_catalog.query_to_xml('SELECT system_identifier FROM pg_catalog.pg_control_system()', true, false, '')::pg_catalog.text, '<system_identifier>([0-9-]+)<') END
        """;

    private static string IdentityOf(string clusterNumber) => $"""
        SELECT pg_catalog.current_setting('server_version'), COALESCE(pg_catalog.host(pg_catalog.inet_server_addr()) {Join} ':' {Join} pg_catalog.inet_server_port()::pg_catalog.text, 'local socket'),
               pg_catalog.current_database(), pg_catalog.concat_ws('/', (SELECT oid::pg_catalog.text FROM pg_catalog.pg_database WHERE datname {Eq} pg_catalog.current_database()), {clusterNumber}), current_user::pg_catalog.text, pg_catalog.current_schema()::pg_catalog.text,
               CASE WHEN pg_catalog.current_setting('session_replication_role') {Eq} 'replica' THEN 0 ELSE 1 END
        """;

    /// <summary>
    /// Gets whether the server reports which cluster of databases it is: the number of a database is also that of one in another cluster.
    /// </summary>
    public bool ReadsClusterNumber { get; init; } = true;

    /// <summary>Gets the schemas that are read, as a condition on n.</summary>
    public string UserSchemas { get; init; } = UserSchemasOnly;

    /// <summary>Gets whether a table (c) is one of several parts, whose rows and foreign keys are those of the whole.</summary>
    public Func<string, string> IsPart { get; init; } = table => $"{table}.relispartition";

    /// <summary>Gets whether table c is a whole of such parts.</summary>
    public string IsWhole { get; init; } = $"c.relkind {Eq} 'p'";

    /// <summary>Gets the whole that a table is part of, or itself.</summary>
    public Func<string, string> RootOf { get; init; } = table
        => $"CASE WHEN {table}.relispartition THEN COALESCE(pg_catalog.pg_partition_root({table}.oid), {table}.oid) ELSE {table}.oid END";

    /// <summary>Gets whether a foreign key k from c to pc does not merely repeat, for a part, one of the whole.</summary>
    public string IsOriginal { get; init; } = Original;

    /// <summary>Gets the size of a table, NULL where the engine does not report it.</summary>
    public Func<string, string> Bytes { get; init; } = table => $"pg_catalog.pg_relation_size({table}.oid)";

    /// <summary>Gets the tables that are read: those of <see cref="UserSchemas"/>, and parts of them that lie elsewhere.</summary>
    public string Scope { get => field ?? UserSchemas; init; }

    // A sequence s, owned by table c, that is the default of another table's column; its partitions repeat its defaults.
    private string NumbersOthers => $"""
        EXISTS (SELECT 1 FROM pg_catalog.pg_attrdef o JOIN pg_catalog.pg_depend u ON u.classid {Eq} 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND u.objid {Eq} o.oid AND u.refobjid {Eq} s.oid
                WHERE o.adrelid {Ne} c.oid AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_class h WHERE h.oid {Eq} o.adrelid AND {IsPart("h")} AND {RootOf("h")} {Eq} c.oid))
        """;

    private string Tables => $"""
        SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
               CASE WHEN c.relkind {Eq} 'f' THEN 'foreign'
                    WHEN {IsPart("c")} AND c.relkind {Eq} 'p' THEN 'divided partition'
                    WHEN {IsPart("c")} THEN 'partition'
                    WHEN {IsWhole} THEN 'partitioned'
                    WHEN c.relkind {IsAnyOf("v", "m")} THEN 'view'
                    WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_inherits i WHERE i.inhparent {Eq} c.oid) THEN 'inheritance parent'
                    ELSE 'table' END,
               rn.nspname::pg_catalog.text, r.relname::pg_catalog.text,
               pg_catalog.pg_table_is_visible(c.oid)::pg_catalog.int4,
               EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid {Eq} c.oid AND d.deptype {Eq} 'e')::pg_catalog.int4,
               CASE WHEN c.relkind {Ne} 'r' THEN NULL
                    WHEN c.reltuples {Ge} 0 AND c.relpages {Gt} 0 THEN (c.reltuples {Divide} c.relpages {Times} ({Bytes("c")} {Divide} pg_catalog.current_setting('block_size')::pg_catalog.int4))::pg_catalog.int8
                    ELSE {Bytes("c")} {Divide} 100 END,
               (c.relkind {Eq} 'r' AND NOT {IsPart("c")} AND NOT c.relrowsecurity AND NOT c.relhasrules
                AND pg_catalog.has_table_privilege(c.oid, 'TRUNCATE')
                AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t WHERE t.tgrelid {Eq} c.oid AND NOT t.tgisinternal AND (t.tgtype {BitAnd} 40) {Ne} 0))::pg_catalog.int4,
               (pg_catalog.has_table_privilege(c.oid, 'DELETE') AND {MayUseSchema})::pg_catalog.int4,
               (pg_catalog.has_table_privilege(c.oid, 'SELECT') AND {MayUseSchema})::pg_catalog.int4,
               pg_catalog.row_security_active(c.oid)::pg_catalog.int4, c.oid::pg_catalog.text, NULL::pg_catalog.text,
               hn.nspname::pg_catalog.text, h.relname::pg_catalog.text
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        LEFT JOIN pg_catalog.pg_class r ON {IsPart("c")} AND r.oid {Eq} {RootOf("c")}
        LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid {Eq} r.relnamespace
        LEFT JOIN pg_catalog.pg_inherits p ON {IsPart("c")} AND p.inhrelid {Eq} c.oid AND p.inhparent {Ne} r.oid AND r.oid {Ne} c.oid
        LEFT JOIN pg_catalog.pg_class h ON h.oid {Eq} p.inhparent
        LEFT JOIN pg_catalog.pg_namespace hn ON hn.oid {Eq} h.relnamespace
        WHERE c.relkind {IsAnyOf("r", "p", "f", "v", "m")} AND {Scope}
        """;

    private string Columns => $"""
        WITH RECURSIVE domains AS (
            SELECT t.oid AS number, t.typbasetype AS base, t.typtypmod AS modifier FROM pg_catalog.pg_type t WHERE t.typtype {Eq} 'd'
            UNION ALL
            SELECT d.number, t.typbasetype, t.typtypmod
            FROM domains d JOIN pg_catalog.pg_type t ON t.oid {Eq} d.base WHERE t.typtype {Eq} 'd')
        SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.attname::pg_catalog.text,
               pg_catalog.format_type(a.atttypid, a.atttypmod), (NOT a.attnotnull)::pg_catalog.int4, (a.attnum {Lt} 0)::pg_catalog.int4, {IsVirtual}, pg_catalog.format_type(b.base, b.modifier)
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_class c ON c.oid {Eq} a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        LEFT JOIN (SELECT d.number, d.base, d.modifier FROM domains d JOIN pg_catalog.pg_type t ON t.oid {Eq} d.base
                   WHERE t.typtype {Ne} 'd') AS b ON b.number {Eq} a.atttypid
        WHERE c.relkind {IsAnyOf("r", "p", "f")} AND NOT a.attisdropped AND {Scope}
        ORDER BY n.nspname, c.relname, a.attnum
        """;

    private string ForeignKeys => $"""
        SELECT k.oid::pg_catalog.text, k.conname::pg_catalog.text, n.nspname::pg_catalog.text, d.relname::pg_catalog.text, da.attname::pg_catalog.text, pn.nspname::pg_catalog.text, p.relname::pg_catalog.text, pa.attname::pg_catalog.text,
               CASE WHEN k.confdeltype {Eq} 'a' THEN 'NO ACTION' WHEN k.confdeltype {Eq} 'r' THEN 'RESTRICT' WHEN k.confdeltype {Eq} 'c' THEN 'CASCADE' WHEN k.confdeltype {Eq} 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END, 1, {KeyState}, 0,
               CASE WHEN {IsPart("c")} THEN cn.nspname::pg_catalog.text END, c.relname::pg_catalog.text,
               CASE WHEN {IsPart("pc")} THEN pcn.nspname::pg_catalog.text END, pc.relname::pg_catalog.text
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class c ON c.oid {Eq} k.conrelid
        JOIN pg_catalog.pg_class d ON d.oid {Eq} {RootOf("c")}
        JOIN pg_catalog.pg_namespace n ON n.oid {Eq} d.relnamespace
        JOIN pg_catalog.pg_namespace cn ON cn.oid {Eq} c.relnamespace
        JOIN pg_catalog.pg_class pc ON pc.oid {Eq} k.confrelid
        JOIN pg_catalog.pg_namespace pcn ON pcn.oid {Eq} pc.relnamespace
        JOIN pg_catalog.pg_class p ON p.oid {Eq} {RootOf("pc")}
        JOIN pg_catalog.pg_namespace pn ON pn.oid {Eq} p.relnamespace
        JOIN LATERAL ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) WITH ORDINALITY AS u(dcol, pcol, pos) ON true
        JOIN pg_catalog.pg_attribute da ON da.attrelid {Eq} k.conrelid AND da.attnum {Eq} u.dcol
        JOIN pg_catalog.pg_attribute pa ON pa.attrelid {Eq} k.confrelid AND pa.attnum {Eq} u.pcol
        WHERE k.contype {Eq} 'f' AND {IsOriginal} AND {UserSchemas}
        ORDER BY n.nspname, d.relname, k.conname, k.oid, u.pos
        """;

    private string Identities => $"""
        SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.attname::pg_catalog.text, sn.nspname::pg_catalog.text,
               s.relname::pg_catalog.text, {MayRestart}::pg_catalog.int4
        FROM pg_catalog.pg_class s
        JOIN pg_catalog.pg_namespace sn ON sn.oid {Eq} s.relnamespace
        JOIN pg_catalog.pg_depend d ON d.classid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid {Eq} s.oid AND d.refclassid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype {IsAnyOf("a", "i")}
        JOIN pg_catalog.pg_class c ON c.oid {Eq} d.refobjid
        JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid {Eq} c.oid AND a.attnum {Eq} d.refobjsubid
        WHERE s.relkind {Eq} 'S' AND {UserSchemas} AND NOT {NumbersOthers}
        """;

    // pg_get_ruledef is not used: it finds rules by an operator of the search path.
    private string Objects => $"""
        SELECT 'constraint', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, k.conname::pg_catalog.text,
               pg_catalog.concat_ws(' ', pg_catalog.pg_get_constraintdef(k.oid), k.convalidated, k.condeferrable, k.condeferred), 0
        FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid {Eq} k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE {UserSchemas}
        UNION ALL
        SELECT 'index', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, x.relname::pg_catalog.text, pg_catalog.concat_ws(' ', pg_catalog.pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready), 0
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid {Eq} i.indexrelid JOIN pg_catalog.pg_class c ON c.oid {Eq} i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE {UserSchemas}
        UNION ALL
        SELECT 'trigger', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, t.tgname::pg_catalog.text, pg_catalog.concat_ws(' ', pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled), CASE WHEN (t.tgtype {BitAnd} 8) {Eq} 0 OR t.tgenabled {Eq} 'D' THEN 0 WHEN (t.tgtype {BitAnd} 1) {Eq} 1 THEN 1 ELSE 2 END
        FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid {Eq} t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE NOT t.tgisinternal AND {UserSchemas}
        UNION ALL
        SELECT 'rule', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, w.rulename::pg_catalog.text,
               pg_catalog.concat_ws(' ', pg_catalog.md5(pg_catalog.concat_ws(' ', w.ev_type, w.is_instead, w.ev_qual, w.ev_action)), w.ev_enabled), (w.ev_type {Eq} '4' AND w.ev_enabled {Ne} 'D')::pg_catalog.int4
        FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class c ON c.oid {Eq} w.ev_class JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE w.rulename {Ne} '_RETURN' AND {UserSchemas}
        UNION ALL
        SELECT 'column', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.relname::pg_catalog.text,
               pg_catalog.md5(pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.attidentity), ',' ORDER BY a.attnum)), 0
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid {Eq} a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE c.relkind {IsAnyOf("r", "p", "f")} AND a.attnum {Gt} 0 AND NOT a.attisdropped AND {UserSchemas}
        GROUP BY n.nspname, c.relname
        UNION ALL
        SELECT 'default', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.relname::pg_catalog.text, pg_catalog.md5(pg_catalog.string_agg(pg_catalog.concat_ws(' ', f.adnum, f.adbin), ',' ORDER BY f.adnum)), 0
        FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_class c ON c.oid {Eq} f.adrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE c.relkind {IsAnyOf("r", "p", "f")} AND {UserSchemas}
        GROUP BY n.nspname, c.relname
        UNION ALL
        SELECT DISTINCT 'view', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, vn.nspname::pg_catalog.text {Join} '.' {Join} v.relname::pg_catalog.text, pg_catalog.md5(w.ev_action::pg_catalog.text), 0
        FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class v ON v.oid {Eq} w.ev_class JOIN pg_catalog.pg_namespace vn ON vn.oid {Eq} v.relnamespace
        JOIN pg_catalog.pg_depend d ON d.classid {Eq} 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid {Eq} w.oid AND d.refclassid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid {Ne} w.ev_class
        JOIN pg_catalog.pg_class c ON c.oid {Eq} d.refobjid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE w.rulename {Eq} '_RETURN' AND {UserSchemas}
        """;

    // ALTER SEQUENCE asks for its ownership. s is a sequence.
    private const string MayRestart = "pg_catalog.pg_has_role(s.relowner, 'USAGE')";

    private const string SequenceName = "n.nspname::pg_catalog.text, s.relname::pg_catalog.text";

    private const string UserName = "c.relname::pg_catalog.text, cn.nspname::pg_catalog.text";

    private const string IsTable = "OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass";

    // A call of nextval whose argument is something else than one name, within a text of SQL.
    private const string Composed = "nextval[[:space:]]*[(]+[[:space:]]*([^''([:space:]]|''([^'']|'''')*''(::text)?[[:space:]]*[|][|])";

    // As nextval(text) reads it.
    private const string Identifier = """("([^"]|"")+"|[[:alpha:]_][[:alnum:]_$]*)""";

    // 1574 is the number of nextval everywhere.
    private const string DefaultDraws = $"pg_catalog.strpos(f.adbin::pg_catalog.text, ':funcid 1574 ') {Gt} 0";

    // Defaults that look a sequence up when they are used, and the parts of the name that they give.
    private const string CalledByText = $"""
        SELECT q.number, CASE WHEN q.called OPERATOR(pg_catalog.~) '^{Identifier}([.]{Identifier})?$' THEN pg_catalog.parse_ident(q.called) END AS parts
        FROM (SELECT f.adrelid AS number, pg_catalog.replace(m.found[1], '''''', '''') AS called
              FROM pg_catalog.pg_attrdef f
              CROSS JOIN LATERAL pg_catalog.regexp_matches(
                  pg_catalog.pg_get_expr(f.adbin, f.adrelid), 'nextval[(]+''((?:[^'']|'''')+)''::text', 'g') AS m(found)
              WHERE {DefaultDraws} OFFSET 0) AS q
        """;

    // What may draw from a sequence without a dependency in the catalog: defaults that compose the name, defaults of domains, and
    // functions; those of triggers stand for the tables that fire them.
    private const string UnseenDraws = $"""
        SELECT c.relname AS name, c.relnamespace AS schema, pg_catalog.pg_get_expr(f.adbin, f.adrelid) AS source
        FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_class c ON c.oid {Eq} f.adrelid
        WHERE {DefaultDraws} AND pg_catalog.pg_get_expr(f.adbin, f.adrelid) OPERATOR(pg_catalog.~*) '{Composed}'
        UNION ALL
        SELECT t.typname, t.typnamespace, t.typdefault FROM pg_catalog.pg_type t
        WHERE t.typtype {Eq} 'd' AND t.oid {Ge} 16384 AND pg_catalog.strpos(t.typdefault, 'nextval(') {Gt} 0
          AND pg_catalog.strpos(t.typdefault, '::text') {Gt} 0
        UNION ALL
        SELECT COALESCE(c.relname, p.proname), COALESCE(c.relnamespace, p.pronamespace), p.prosrc
        FROM pg_catalog.pg_proc p
        LEFT JOIN pg_catalog.pg_trigger t ON t.tgfoid {Eq} p.oid LEFT JOIN pg_catalog.pg_class c ON c.oid {Eq} t.tgrelid
        WHERE p.oid {Ge} 16384 AND pg_catalog.strpos(pg_catalog.lower(p.prosrc), 'nextval') {Gt} 0
          AND pg_catalog.left((SELECT fn.nspname FROM pg_catalog.pg_namespace fn WHERE fn.oid {Eq} p.pronamespace)::pg_catalog.text, 3) {Ne} 'pg_'
          AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend e WHERE e.classid {Eq} 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.objid {Eq} p.oid AND e.deptype {Eq} 'e')
        """;

    // What uses a sequence: the table that owns it, or that has a default with it, also one that names it as a text; and any other object.
    private static string SequenceUses => $"""
        SELECT 'sequence', {SequenceName}, CASE WHEN {MayRestart} THEN '' ELSE 'only its owner may restart it' END, NULL
        FROM pg_catalog.pg_class s JOIN pg_catalog.pg_namespace n ON n.oid {Eq} s.relnamespace
        WHERE s.relkind {Eq} 'S' AND {UserSchemasOnly}
        UNION ALL
        SELECT DISTINCT 'sequence use', {SequenceName}, COALESCE(c.relname::pg_catalog.text, 'another object'), cn.nspname::pg_catalog.text
        FROM pg_catalog.pg_class s JOIN pg_catalog.pg_namespace n ON n.oid {Eq} s.relnamespace
        JOIN pg_catalog.pg_depend d ON d.refclassid {IsTable} AND d.refobjid {Eq} s.oid AND d.deptype {Ne} 'i'
        LEFT JOIN pg_catalog.pg_attrdef f ON d.classid {Eq} 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND f.oid {Eq} d.objid
        LEFT JOIN pg_catalog.pg_class c ON c.oid {Eq} f.adrelid LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid {Eq} c.relnamespace
        WHERE s.relkind {Eq} 'S' AND {UserSchemasOnly}
        UNION ALL
        SELECT 'sequence use', {SequenceName}, {UserName}
        FROM pg_catalog.pg_class s JOIN pg_catalog.pg_namespace n ON n.oid {Eq} s.relnamespace
        JOIN pg_catalog.pg_depend d ON d.classid {IsTable} AND d.objid {Eq} s.oid AND d.deptype {IsAnyOf("a", "i")}
        JOIN pg_catalog.pg_class c ON c.oid {Eq} d.refobjid JOIN pg_catalog.pg_namespace cn ON cn.oid {Eq} c.relnamespace
        WHERE s.relkind {Eq} 'S' AND {UserSchemasOnly} AND d.refclassid {IsTable}
        UNION ALL
        SELECT DISTINCT 'sequence use', {SequenceName}, {UserName}
        FROM ({CalledByText}) AS late
        JOIN pg_catalog.pg_class c ON c.oid {Eq} late.number JOIN pg_catalog.pg_namespace cn ON cn.oid {Eq} c.relnamespace
        JOIN pg_catalog.pg_class s ON s.relkind {Eq} 'S' AND s.relname::pg_catalog.text {Eq} late.parts[pg_catalog.cardinality(late.parts)]
        JOIN pg_catalog.pg_namespace n ON n.oid {Eq} s.relnamespace
          AND (pg_catalog.cardinality(late.parts) {Eq} 1 OR n.nspname::pg_catalog.text {Eq} late.parts[1])
        WHERE {UserSchemasOnly}
        UNION ALL
        SELECT DISTINCT 'possible sequence use', {SequenceName}, unseen.name::pg_catalog.text, un.nspname::pg_catalog.text
        FROM ({UnseenDraws}) AS unseen JOIN pg_catalog.pg_namespace un ON un.oid {Eq} unseen.schema
        JOIN pg_catalog.pg_class s ON s.relkind {Eq} 'S'
          AND (unseen.source OPERATOR(pg_catalog.~*) '{Composed}'
               OR pg_catalog.strpos(pg_catalog.lower(unseen.source), pg_catalog.lower(s.relname::pg_catalog.text)) {Gt} 0)
        JOIN pg_catalog.pg_namespace n ON n.oid {Eq} s.relnamespace
        WHERE {UserSchemasOnly}
        UNION ALL

        """;

    private string SequenceFacts => SequenceUses + $"""
        SELECT DISTINCT 'free sequence', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, s.relname::pg_catalog.text, a.attname::pg_catalog.text
        FROM pg_catalog.pg_attrdef f
        JOIN pg_catalog.pg_depend d ON d.classid {Eq} 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid {Eq} f.oid AND d.refclassid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid {Eq} 0
        JOIN pg_catalog.pg_class s ON s.oid {Eq} d.refobjid AND s.relkind {Eq} 'S'
        JOIN pg_catalog.pg_class c ON c.oid {Eq} f.adrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid {Eq} f.adrelid AND a.attnum {Eq} f.adnum
        WHERE {UserSchemas} AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend o WHERE o.classid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass AND o.objid {Eq} s.oid AND o.refobjid {Eq} c.oid AND o.deptype {IsAnyOf("a", "i")})
        UNION ALL
        SELECT 'shared sequence', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, s.relname::pg_catalog.text, NULL
        FROM pg_catalog.pg_class s
        JOIN pg_catalog.pg_depend d ON d.classid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid {Eq} s.oid AND d.refclassid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype {IsAnyOf("a", "i")}
        JOIN pg_catalog.pg_class c ON c.oid {Eq} d.refobjid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE s.relkind {Eq} 'S' AND {UserSchemas} AND {NumbersOthers}
        UNION ALL
        SELECT 'unused sequence', n.nspname::pg_catalog.text, s.relname::pg_catalog.text, s.relname::pg_catalog.text, NULL
        FROM pg_catalog.pg_class s JOIN pg_catalog.pg_namespace n ON n.oid {Eq} s.relnamespace
        WHERE s.relkind {Eq} 'S' AND {UserSchemas}
          AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend o WHERE o.classid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass AND o.objid {Eq} s.oid AND o.deptype {IsAnyOf("a", "i", "e")})
          AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend u WHERE u.classid {Eq} 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND u.refclassid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass AND u.refobjid {Eq} s.oid)
        UNION ALL
        """;

    private string Facts => $"""
        WITH RECURSIVE uses AS (
            SELECT DISTINCT w.ev_class AS reader, d.refobjid AS source
            FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d ON d.classid {Eq} 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid {Eq} w.oid AND d.refclassid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid {Ne} w.ev_class
            WHERE w.rulename {Eq} '_RETURN'),
        reach AS (
            SELECT reader, source FROM uses
            UNION
            SELECT uses.reader, reach.source FROM reach JOIN uses ON uses.source {Eq} reach.reader),
        heirs AS (
            SELECT i.inhrelid AS heir, i.inhparent AS ancestor FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid {Eq} i.inhrelid WHERE c.relkind {IsAnyOf("r", "f")} AND NOT {IsPart("c")}
            UNION
            SELECT heirs.heir, i.inhparent FROM heirs JOIN pg_catalog.pg_inherits i ON i.inhrelid {Eq} heirs.ancestor)
        SELECT 'materialized view', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, v.relname::pg_catalog.text, vn.nspname::pg_catalog.text
        FROM reach
        JOIN pg_catalog.pg_class v ON v.oid {Eq} reach.reader AND v.relkind {Eq} 'm' JOIN pg_catalog.pg_namespace vn ON vn.oid {Eq} v.relnamespace
        JOIN pg_catalog.pg_class c ON c.oid {Eq} reach.source AND c.relkind {IsAnyOf("r", "p", "m")} JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE {UserSchemas}
        UNION ALL
        SELECT 'foreign key without index', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, k.conname::pg_catalog.text, pn.nspname::pg_catalog.text {Join} '.' {Join} p.relname::pg_catalog.text
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class c ON c.oid {Eq} k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        JOIN pg_catalog.pg_class p ON p.oid {Eq} k.confrelid JOIN pg_catalog.pg_namespace pn ON pn.oid {Eq} p.relnamespace
        WHERE k.contype {Eq} 'f' AND k.conparentid {Eq} 0 AND {UserSchemas} AND c.relkind {Eq} 'r' AND p.relkind {Eq} 'r' AND {Bytes("c")} {Gt} {LargeTable} AND {Bytes("p")} {Gt} {LargeTable}
          AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid {Eq} k.conrelid AND i.indisvalid AND i.indpred IS NULL
                          AND (i.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality(k.conkey) {Minus} 1] {Contains} k.conkey)
        UNION ALL
        SELECT 'foreign key not enforced', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, k.conname::pg_catalog.text,
               CASE WHEN {IsNotEnforced} THEN 'NOT ENFORCED' WHEN NOT k.convalidated THEN 'not validated' ELSE 'its triggers are disabled' END
        FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid {Eq} k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE k.contype {Eq} 'f' AND {UserSchemas}
          AND (NOT k.convalidated OR EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t WHERE t.tgconstraint {Eq} k.oid AND t.tgenabled {Eq} 'D'))
        UNION ALL
        {SequenceFacts}
        SELECT 'inherits', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.relname::pg_catalog.text, an.nspname::pg_catalog.text
        FROM heirs
        JOIN pg_catalog.pg_class c ON c.oid {Eq} heirs.heir JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        JOIN pg_catalog.pg_class a ON a.oid {Eq} heirs.ancestor JOIN pg_catalog.pg_namespace an ON an.oid {Eq} a.relnamespace
        WHERE {UserSchemas}
        UNION ALL
        {Detaching}
        SELECT 'closed schema', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, n.nspname::pg_catalog.text,
               CASE WHEN {IsOnSearchPath} THEN 'search path' END
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE c.relkind {IsAnyOf("r", "p", "f", "v", "m")} AND {UserSchemas} AND NOT {MayUseSchema}
        UNION ALL
        SELECT 'same name', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, o.relname::pg_catalog.text,
               f.nspname::pg_catalog.text
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        JOIN pg_catalog.pg_class o ON o.relname {Eq} c.relname AND o.oid {Ne} c.oid
        JOIN pg_catalog.pg_namespace f ON f.oid {Eq} o.relnamespace
        WHERE c.relkind {IsAnyOf("r", "p", "f")} AND o.relkind {IsAnyOf("r", "p", "f", "v", "m")} AND {UserSchemas}
          AND pg_catalog.pg_table_is_visible(c.oid) AND f.nspname {Eq} ANY (pg_catalog.current_schemas(false))
        UNION ALL
        SELECT 'event trigger', NULL, 'event', e.evtname::pg_catalog.text, e.evtevent::pg_catalog.text FROM pg_catalog.pg_event_trigger e WHERE e.evtenabled {Ne} 'D' AND e.evtevent {Ne} 'sql_drop' AND e.evtevent {Ne} 'login'
        UNION ALL
        SELECT 'deferrable trigger', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, t.tgname::pg_catalog.text, NULL
        FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid {Eq} t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE t.tgdeferrable AND NOT t.tgisinternal AND t.tgenabled {Ne} 'D'
        UNION ALL
        {Foreseen}
        SELECT 'read only', NULL, '', CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'the server is a standby' ELSE 'transaction_read_only is on' END, CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE 'session' END WHERE pg_catalog.current_setting('transaction_read_only') {Eq} 'on'
        ORDER BY 1, 2, 3, 4
        """;

    // nextval(text) looks its sequence up when it is called, so the catalog knows no dependency. 1574 is the number of nextval everywhere.
    private const string LateSequence = $"""
        SELECT f.adrelid,
               pg_catalog.substring(pg_catalog.pg_get_expr(f.adbin, f.adrelid), 'nextval[(]+''([^'']+)''::text') AS called
        FROM pg_catalog.pg_attrdef f
        WHERE pg_catalog.strpos(f.adbin::pg_catalog.text, ':funcid 1574 ') {Gt} 0
          AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class q ON q.oid {Eq} d.refobjid AND q.relkind {Eq} 'S'
                          WHERE d.classid {Eq} 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid {Eq} f.oid
                            AND d.refclassid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass)
        """;

    /// <summary>Gets what would stop a purge, or disturb kept tables after it, so that the plan can say so.</summary>
    public string Foreseen { get; init; } = $"""
        SELECT DISTINCT 'no replica identity', n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
                u.pubname::pg_catalog.text, NULL
        FROM pg_catalog.pg_publication_tables u
        JOIN pg_catalog.pg_publication b ON b.pubname {Eq} u.pubname AND b.pubdelete
        JOIN pg_catalog.pg_namespace n ON n.nspname {Eq} u.schemaname
        JOIN pg_catalog.pg_class c ON c.relnamespace {Eq} n.oid AND c.relname {Eq} u.tablename
        WHERE {UserSchemasOnly} AND (c.relreplident {Eq} 'n'
           OR (c.relreplident {Eq} 'd' AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_index i
                WHERE i.indrelid {Eq} c.oid AND i.indisprimary))
           OR (c.relreplident {Eq} 'i' AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_index i
                WHERE i.indrelid {Eq} c.oid AND i.indisreplident)))
        UNION ALL
        SELECT DISTINCT 'shared sequence', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, s.relname::pg_catalog.text, NULL
        FROM ({LateSequence}) AS late
        JOIN pg_catalog.pg_class s ON s.relkind {Eq} 'S' AND s.oid {Eq}
            CASE WHEN late.called OPERATOR(pg_catalog.~) '^("[^"]+"|[^".]+)([.]("[^"]+"|[^".]+))?$' 
            THEN pg_catalog.to_regclass(late.called)::pg_catalog.oid END
        JOIN pg_catalog.pg_depend d ON d.classid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid {Eq} s.oid
            AND d.refclassid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype {IsAnyOf("a", "i")}
        JOIN pg_catalog.pg_class c ON c.oid {Eq} d.refobjid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE c.oid {Ne} late.adrelid AND {UserSchemasOnly}
        UNION ALL
        SELECT 'lock table', NULL, '', pg_catalog.current_setting('max_locks_per_transaction'),
               ({LockRoom})::pg_catalog.text
        UNION ALL
        """;

    // Through the whole row, since versions before 14 have no such column.
    private string Detaching => $"""
        SELECT 'detaching partition', n.nspname::pg_catalog.text, r.relname::pg_catalog.text, c.relname::pg_catalog.text, cn.nspname::pg_catalog.text
        FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class c ON c.oid {Eq} i.inhrelid JOIN pg_catalog.pg_namespace cn ON cn.oid {Eq} c.relnamespace
        JOIN pg_catalog.pg_class p ON p.oid {Eq} i.inhparent
        JOIN pg_catalog.pg_class r ON r.oid {Eq} {RootOf("p")} JOIN pg_catalog.pg_namespace n ON n.oid {Eq} r.relnamespace
        WHERE (pg_catalog.to_jsonb(i) OPERATOR(pg_catalog.->>) 'inhdetachpending') {Eq} 'true'
        UNION ALL
        """;

    private const string Collations = $"""
        SELECT n.nspname, c.relname, a.attname, m.nspname, o.collname
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_collation o ON o.oid {Eq} a.attcollation JOIN pg_catalog.pg_namespace m ON m.oid {Eq} o.collnamespace
        JOIN pg_catalog.pg_class c ON c.oid {Eq} a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE a.attnum {Gt} 0 AND NOT a.attisdropped AND o.collname {Ne} 'default'
          AND n.nspname {Ne} 'pg_catalog' AND n.nspname {Ne} 'information_schema'
        ORDER BY n.nspname, c.relname, a.attname
        """;

    private const string PrimaryKeys = $"""
        SELECT n.nspname, c.relname, a.attname
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class c ON c.oid {Eq} k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        CROSS JOIN LATERAL pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u(number, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid {Eq} c.oid AND a.attnum {Eq} u.number
        WHERE k.contype {Eq} 'p'
        ORDER BY n.nspname, c.relname, u.position
        """;

    // A type such as citext has an operator of its own, and without its schema on the search path another one is found.
    private const string HiddenOperators = $"""
        SELECT DISTINCT n.nspname, c.relname, k.conname, m.nspname
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class c ON c.oid {Eq} k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        CROSS JOIN LATERAL pg_catalog.unnest(k.conpfeqop) AS u(number)
        JOIN pg_catalog.pg_operator o ON o.oid {Eq} u.number JOIN pg_catalog.pg_namespace m ON m.oid {Eq} o.oprnamespace
        WHERE k.contype {Eq} 'f' AND NOT pg_catalog.pg_operator_is_visible(o.oid)
        """;

    /// <summary>The queries.</summary>
    public CatalogQueries ToQueries() => new()
    {
        Identity = IdentityOf(ReadsClusterNumber ? ClusterNumber : "NULL"),
        Schemas = "SELECT nspname::pg_catalog.text FROM pg_catalog.pg_namespace",
        Tables = Tables,
        Columns = Columns,
        ForeignKeys = ForeignKeys,
        Identities = Identities,
        Objects = Objects,
        PrimaryKeys = PrimaryKeys,
        Collations = Collations,
        HiddenOperators = HiddenOperators,
        Facts = Facts,
    };
}
