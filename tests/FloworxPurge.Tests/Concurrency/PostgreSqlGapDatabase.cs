using System.Data.Common;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Tests.Concurrency;

/// <summary>The purge is a login without ownership or superuser rights; the other session is a superuser's.</summary>
public sealed class PostgreSqlGapDatabase : GapDatabase
{
    private readonly PostgreSqlTestDatabase _database;
    private readonly string _login;

    private PostgreSqlGapDatabase(PostgreSqlTestDatabase database, string role, string login)
        : base(database)
    {
        _database = database;
        Role = role;
        _login = login;
    }

    public override IReadOnlyList<GapStatement> Statements => PostgreSqlStatements.All;

    protected override string Role { get; }

    protected override string DatabaseName => _database.Name;

    protected override string DoNotWait => "SET lock_timeout = '10ms'; SET client_min_messages = error";

    protected override string RestoreRows => """
        SET lock_timeout = '5s';
        SET session_replication_role = replica;
        DELETE FROM c; DELETE FROM p; DELETE FROM x; DELETE FROM kept; DELETE FROM kept2; DELETE FROM cand; DELETE FROM log;

        """ + Rows + "SET session_replication_role = origin;";

    protected override string RowQueries => """
        SELECT format('SELECT t.id::bigint, t::text FROM ONLY %I.%I AS t', n.nspname, c.relname)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
        """;

    private const string Rows = """
        INSERT INTO x SELECT i, 'x' || i FROM generate_series(701, 705) AS i;
        INSERT INTO p SELECT i, 'p' || i, 0 FROM generate_series(101, 105) AS i;
        INSERT INTO c SELECT 100 + i, 'c' || i, i - (i - 101) / 3 * 3, i + 600 FROM generate_series(101, 105) AS i;
        INSERT INTO kept SELECT i + 200, 'kept' || i, i FROM generate_series(101, 105) AS i;
        INSERT INTO kept2 SELECT i, 'kept2 ' || i, 0 FROM generate_series(401, 405) AS i;
        INSERT INTO cand SELECT i, 'candidate ' || i, 0 FROM generate_series(501, 505) AS i;
        INSERT INTO log (id, note) SELECT i, 'log' || i FROM generate_series(601, 605) AS i;

        """;

    public static async Task<PostgreSqlGapDatabase> CreateAsync(CancellationToken cancellationToken)
    {
        PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(cancellationToken);
        (string role, string login) = await database.CreateLoginAsync(cancellationToken);
        return new(database, role, login);
    }

    public override async Task<string?> WhyNotAsync(GapStatement statement, CancellationToken cancellationToken)
        => statement.MinimumVersion is { } version && await _database.VersionAsync(cancellationToken) < version
            ? PostgreSqlServer.WhySkipped(version, $"Statement \"{statement}\"")
            : null;

    public override long SessionOf(DbConnection connection) => ((NpgsqlConnection)connection).ProcessID;

    public override void ClearPool(DbContext context) => NpgsqlConnection.ClearPool((NpgsqlConnection)context.Database.GetDbConnection());

    // Another database's VACUUM may be at the catalogs that all databases share: those are left to it.
    public override async Task TidyAsync(CancellationToken cancellationToken)
        => await ExecuteAsync(await AdministratorAsync(cancellationToken), "VACUUM (SKIP_LOCKED)", cancellationToken);

    protected override void UseProvider(DbContextOptionsBuilder options) => options.UseNpgsql(_login);

    protected override string Rebuild(bool isPartitioned)
    {
        string p = isPartitioned
            ? """
                CREATE TABLE p (id int PRIMARY KEY, note varchar(40), amount int) PARTITION BY RANGE (id);
                CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (100) TO (104);
                CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM (104) TO (200);
                """
            : "CREATE TABLE p (id int PRIMARY KEY, note varchar(40), amount int);";
        return $$"""
            SET lock_timeout = '5s'; SET client_min_messages = error;
            DROP SCHEMA IF EXISTS public, other, third CASCADE;
            SELECT lo_unlink(oid) FROM pg_largeobject_metadata;
            ALTER DATABASE "{database}" RESET ALL;
            ALTER ROLE "{role}" RESET ALL;
            ALTER ROLE "{role}" NOSUPERUSER BYPASSRLS;
            CREATE SCHEMA public;
            GRANT USAGE ON SCHEMA public TO "{role}";
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{role}";
            CREATE TABLE x (id int PRIMARY KEY, note varchar(40));
            {{p}}
            CREATE TABLE c (id int PRIMARY KEY, note varchar(40), p_id int NOT NULL REFERENCES p, x_id int REFERENCES x);
            CREATE TABLE kept (id int NOT NULL, note varchar(40), p_id int);
            CREATE TABLE kept2 (id int NOT NULL, note varchar(40), amount int);
            CREATE TABLE cand (id int NOT NULL, note varchar(40), amount int);
            CREATE TABLE log (id int GENERATED BY DEFAULT AS IDENTITY (START WITH 650), note varchar(40));
            {{Rows}}

            """;
    }
}
