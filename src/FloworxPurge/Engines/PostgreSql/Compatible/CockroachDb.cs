using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <summary>
/// CockroachDB: an engine of its own with PostgreSQL's protocol. Foreign keys are checked when a statement ends and cannot be deferred,
/// RESTRICT is NO ACTION, there are no advisory and no table locks, and DDL commits the transaction that it is in
/// (<c>autocommit_before_ddl</c>).
/// </summary>
internal sealed class CockroachDbDialect() : CompatibleDialect(Has)
{
    // A transaction that is not serializable is not committed, so that no isolation level hides later commits. The depth of cascades is
    // limited by a setting. Whether a rollback to a savepoint undoes a read-only transaction is not documented. The driver reads rows, as
    // far as that is exact.
    private static readonly PostgreSqlFeatures Has = new() { HasLockTimeout = true };

    private const string UserSchemas =
        "n.nspname NOT IN ('information_schema', 'crdb_internal') AND pg_catalog.left(n.nspname::text, 3) <> 'pg_'";

    private const string HidesRows =
        "CASE WHEN c.relrowsecurity AND (c.relforcerowsecurity OR pg_catalog.pg_get_userbyid(c.relowner)::text <> current_user::text) "
            + "THEN 1 ELSE 0 END";

    public override string Name => "CockroachDB";

    public override string Engine => "CockroachDB";

    public override string SystemName => "cockroachdb";

    public override IReadOnlyList<string> Notes =>
    [
        .. base.Notes,
        "Two purges of one CockroachDB database can run at the same time, since there are no advisory locks. Sequences are not restarted "
            + "and materialized views not looked for, since such a statement would commit the purge before it is verified.",
        "The purge is one transaction, which CockroachDB can limit: transaction_rows_written_err, and kv.transaction.max_intents_bytes "
            + "where kv.transaction.reject_over_max_intents_budget.enabled is set. A purge beyond that fails, and everything is rolled "
            + "back.",
    ];

    // Its documentation advises against statements of tens of thousands of rows.
    public override int? RowsPerStatement => 10_000;

    public override string CountSeen(string table)
        => $"SELECT {CountRows}, (SELECT {HidesRows} FROM pg_catalog.pg_class c WHERE c.oid = "
            + $"'{table.Replace("'", "''", StringComparison.Ordinal)}'::regclass) FROM {table}";

    public override string DeleteSome(ISqlGenerationHelper sql, RowSet rows, int limit)
        => string.Create(CultureInfo.InvariantCulture, $"{Delete(sql, rows)} LIMIT {limit}");

    // integer is bigint there unless default_int_size says otherwise; all of them are stored the same way.
    public override string CanonicalTypeName(string typeName)
        => base.CanonicalTypeName(typeName) is var name && name is "integer" ? "bigint" : name;

    // Only what its documentation lists of pg_catalog. There are no operators of users, and its types are words of its grammar: functions
    // alone can be others of the search path. The address that it would give as the server's is a placeholder.
    internal override CatalogQueries Catalog { get; } = new()
    {
        Identity = """
            SELECT COALESCE(NULLIF(pg_catalog.split_part(pg_catalog.split_part(pg_catalog.version(), ' (', 1), ' v', 2), ''), pg_catalog.current_setting('server_version')), NULL,
                   pg_catalog.current_database(), (SELECT d.oid::text FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()), current_user::text, pg_catalog.current_schema()::text, 1
            """,

        Schemas = "SELECT nspname::text FROM pg_catalog.pg_namespace",

        Tables = $"""
            SELECT n.nspname::text, c.relname::text, CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END, NULL, NULL,
                   CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN 1 ELSE 0 END, 0, NULL, 0,
                   CASE WHEN pg_catalog.has_table_privilege(c.oid, 'DELETE') THEN 1 ELSE 0 END, CASE WHEN pg_catalog.has_table_privilege(c.oid, 'SELECT') THEN 1 ELSE 0 END, {HidesRows}, c.oid::text
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'v', 'm') AND {UserSchemas}
            """,

        Columns = $"""
            SELECT n.nspname::text, c.relname::text, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 0 ELSE 1 END, CASE WHEN a.attnum < 0 THEN 1 ELSE 0 END
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND NOT a.attisdropped AND {UserSchemas}
            ORDER BY n.nspname, c.relname, a.attnum
            """,

        ForeignKeys = $"""
            SELECT k.oid::text, k.conname::text, n.nspname::text, c.relname::text, da.attname::text, pn.nspname::text, p.relname::text, pa.attname::text,
                   CASE k.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END, 1, 'on', 0
            FROM pg_catalog.pg_constraint k
            JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_class p ON p.oid = k.confrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
            CROSS JOIN LATERAL pg_catalog.generate_series(1, pg_catalog.array_length(k.conkey, 1)) AS u(pos)
            JOIN pg_catalog.pg_attribute da ON da.attrelid = k.conrelid AND da.attnum = k.conkey[u.pos]
            JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = k.confkey[u.pos]
            WHERE k.contype = 'f' AND {UserSchemas}
            ORDER BY n.nspname, c.relname, k.conname, k.oid, u.pos
            """,

        Identities = $"""
            SELECT n.nspname::text, c.relname::text, a.attname::text, sn.nspname::text, s.relname::text
            FROM pg_catalog.pg_class s JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
            JOIN pg_catalog.pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
            JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind = 'r' JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
            WHERE s.relkind = 'S' AND {UserSchemas}
            """,

        Objects = $"""
            SELECT 'constraint', n.nspname::text, c.relname::text, k.conname::text, pg_catalog.pg_get_constraintdef(k.oid) || ' ' || k.convalidated::text, 0
            FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE {UserSchemas}
            UNION ALL
            SELECT 'index', n.nspname::text, c.relname::text, x.relname::text, pg_catalog.pg_get_indexdef(i.indexrelid), 0
            FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE {UserSchemas}
            UNION ALL
            SELECT 'trigger', n.nspname::text, c.relname::text, t.tgname::text, t.tgtype::text || ' ' || t.tgenabled::text, CASE WHEN t.tgtype & 8 <> 0 AND t.tgenabled::text <> 'D' THEN 1 ELSE 0 END
            FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE NOT t.tgisinternal AND {UserSchemas}
            """,

        Facts = $"""
            SELECT 'foreign key not enforced', n.nspname::text, c.relname::text, k.conname::text, 'not validated'
            FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE k.contype = 'f' AND NOT k.convalidated AND {UserSchemas}
            UNION ALL
            SELECT 'read only', NULL, '', 'transaction_read_only is on', NULL WHERE pg_catalog.current_setting('transaction_read_only') = 'on'
            ORDER BY 1, 2, 3, 4
            """,
    };
}
