using System.Globalization;
using FloworxPurge.Extensibility;
using static FloworxPurge.Engines.PostgreSqlOperators;

namespace FloworxPurge.Engines;

/// <content>Test databases: copies of a template, and an advisory lock as the mark of their owner.</content>
internal partial class PostgreSqlDialect
{
    // The number of the lock is that of the owner. A lock belongs to the database of its session, and the view shows those of all.
    private const string Locks =
        $"pg_catalog.pg_locks l WHERE l.locktype {Eq} 'advisory' AND l.granted AND l.objsubid {Eq} 1 "
            + $"AND ((l.classid::pg_catalog.int8 {ShiftLeft} 32) {Plus} l.objid::pg_catalog.int8) {Eq} @p0";

    private const string Rows = "pg_catalog.count(*)";

    private static readonly TestDatabaseSql TestDatabaseStatements = new()
    {
        Copies = true,
        Hold = owner => SqlStatement.Of(
            $"""
            SELECT CASE WHEN EXISTS (SELECT 1 FROM {Locks} AND l.pid {Ne} pg_catalog.pg_backend_pid()) THEN 0
                        WHEN EXISTS (SELECT 1 FROM {Locks} AND l.pid {Eq} pg_catalog.pg_backend_pid()) THEN 1
                        ELSE pg_catalog.pg_try_advisory_lock(@p0)::pg_catalog.int4 END
            """,
            Number(owner)),
        Release = owner => SqlStatement.Of("SELECT pg_catalog.pg_advisory_unlock(@p0)", Number(owner)),
        Unused = start => SqlStatement.Of(
            $"""
            SELECT d.datname::pg_catalog.text FROM pg_catalog.pg_database d
            WHERE pg_catalog.starts_with(d.datname::pg_catalog.text, @p0) AND pg_catalog.pg_has_role(d.datdba, 'USAGE')
              AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity a WHERE a.datid {Eq} d.oid)
            """,
            start),
        Create = (sql, name, template) => $"CREATE DATABASE {sql.DelimitIdentifier(name)}"
            + (template is null ? string.Empty : $" TEMPLATE {sql.DelimitIdentifier(template)}"),

        // Nobody misses the rows of a test after a crash of the server, and a commit takes a fraction of the time.
        Relax = (sql, name) => $"ALTER DATABASE {sql.DelimitIdentifier(name)} SET synchronous_commit = off",
        Close = (sql, name) =>
        [
            SqlStatement.Of($"ALTER DATABASE {sql.DelimitIdentifier(name)} WITH ALLOW_CONNECTIONS false"),
            SqlStatement.Of(
                $"SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a "
                    + $"WHERE a.datname::pg_catalog.text {Eq} @p0 AND pg_catalog.pg_has_role(a.usesysid, 'MEMBER')",
                name),
        ],
        Find = name => SqlStatement.Of(
            $"SELECT {Rows} FROM pg_catalog.pg_database d WHERE d.datname::pg_catalog.text {Eq} @p0",
            name),

        // It ends an autovacuum by itself. WITH (FORCE) fails then, unless the role is a superuser.
        Drop = (sql, name) => $"DROP DATABASE IF EXISTS {sql.DelimitIdentifier(name)}",
    };

    // What the structure's mark leaves out because a plan is made anew for it: columns, checks, indexes, views, types, functions. A row of
    // the catalog has another transaction's number after each change of it. A join with the tables takes four times as long.
    private static readonly string Definitions = $"""
        SELECT pg_catalog.concat_ws(' ', ({PostgreSqlResetFunction.StructureMark}),
            (SELECT {Changes("a.attrelid", "a")} FROM pg_catalog.pg_attribute a WHERE a.attrelid {Ge} 16384 AND a.attnum {Gt} 0
             AND NOT a.attrelid {Eq} ANY (ARRAY(SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relpersistence {Eq} 't'))),
            (SELECT {Changes("k.oid", "k")} FROM pg_catalog.pg_constraint k WHERE k.oid {Ge} 16384),
            (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c WHERE c.oid {Ge} 16384 AND c.relkind {IsAnyOf("i", "I", "v", "m")}
               AND c.relpersistence {Ne} 't'),
            (SELECT {Changes("e.oid", "e")} FROM pg_catalog.pg_enum e WHERE e.oid {Ge} 16384),
            (SELECT {Changes("n.oid", "n")} FROM pg_catalog.pg_namespace n
             WHERE n.oid {Ge} 16384 AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')),
            (SELECT {Changes("p.oid", "p")} FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid {Eq} p.pronamespace
             WHERE p.oid {Ge} 16384 AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')))
        """;

    internal override TestDatabaseSql? TestDatabases => TestDatabaseStatements;

    internal override string? DefinitionMark => Definitions;

    private static string Changes(string number, string row)
        => $"pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum({number}::pg_catalog.int8 {Plus} "
            + $"pg_catalog.hashtext({row}.xmin::pg_catalog.text)::pg_catalog.int8))";

    private static long Number(string owner)
        => unchecked((long)ulong.Parse(owner, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
}
