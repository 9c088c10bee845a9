using System.Data.Common;
using System.Globalization;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Tests.Schema;

/// <summary>Schemas of PostgreSQL that are out of the ordinary are purged and reset by every role, or skipped with the reason.</summary>
public sealed class OddSchemasPostgreSqlTests
{
    // Every role on the server of the whole suite; where a certain version is asked for beside it, one for each schema in turn.
    public static TheoryData<string, OddRole> Cases()
    {
        TheoryData<string, OddRole> cases = [];
        OddRole[] roles = Enum.GetValues<OddRole>();
        bool isOneVersion = Environment.GetEnvironmentVariable(PostgreSqlServer.VersionVariable) is { Length: > 0 };
        foreach ((OddSchema schema, int turn) in OddSchemasPostgreSql.All.Select((schema, turn) => (schema, turn)))
        {
            foreach (OddRole role in isOneVersion ? [roles[turn % roles.Length]] : roles)
            {
                cases.Add(schema.Name, role);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task It_is_purged_and_reset_or_skipped_with_the_reason(string name, OddRole role)
    {
        OddSchema schema = OddSchemasPostgreSql.All.Single(schema => schema.Name == name);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        PostgreSqlTestDatabase created = await PostgreSqlTestDatabase.CreateAsync(cancellationToken);
        await using PostgreSqlOddDatabase database = new(created);
        await created.RequireAsync(schema.Version, $"The schema of \"{name}\"", cancellationToken);
        await new OddSchemaRun(database, schema, role, cancellationToken).RunAsync();
    }

    private sealed class PostgreSqlOddDatabase(PostgreSqlTestDatabase database) : OddSchemaDatabase(database)
    {
        private readonly Dictionary<OddRole, string> _logins = new() { [OddRole.Superuser] = database.ConnectionString };

        protected override string TablesQuery => """
            SELECT format('%I.%I', n.nspname, c.relname), format('%I.%I', rn.nspname, r.relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_class r ON r.oid = CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::oid ELSE c.oid END
            JOIN pg_namespace rn ON rn.oid = r.relnamespace
            WHERE c.relkind IN ('r', 'f') AND n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_' ORDER BY 1
            """;

        protected override string RowsQuery(string table) => $"SELECT t::text FROM ONLY {table} AS t";

        public override async Task CreateAsync(OddSchema schema, CancellationToken cancellationToken)
        {
            (string owner, _logins[OddRole.Owner]) = await database.CreateLoginAsync(cancellationToken);
            (string writer, _logins[OddRole.Writer]) = await database.CreateLoginAsync(cancellationToken);
            await database.ExecuteAsync(
                $"ALTER DATABASE \"{database.Name}\" OWNER TO {owner}; ALTER SCHEMA public OWNER TO {owner};"
                    + Named(schema.Before, owner, writer),
                cancellationToken);
            Assert.Null(await RunAsync(OddRole.Owner, schema.Tables, cancellationToken));
            await database.ExecuteAsync(
                $"""
                DO $$ DECLARE s text; BEGIN
                FOR s IN SELECT nspname FROM pg_namespace WHERE nspname <> 'information_schema' AND left(nspname, 3) <> 'pg_' LOOP
                EXECUTE format('GRANT USAGE ON SCHEMA %I TO {writer}', s);
                EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO {writer}', s);
                EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO {writer}', s);
                END LOOP; END $$;
                {Named(schema.After, owner, writer)}
                """,
                cancellationToken);
            await using NpgsqlConnection pooled = new(database.ConnectionString);
            NpgsqlConnection.ClearPool(pooled);
        }

        public override void Use(DbContextOptionsBuilder options, OddRole role) => options.UseNpgsql(_logins[role]);

        public override DbConnection Connect(OddRole role) => new NpgsqlConnection(_logins[role]);

        public override bool IsDenied(DbException exception) => exception.SqlState == PostgresErrorCodes.InsufficientPrivilege;

        public override bool IsDuplicate(DbException exception)
            => exception.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.ExclusionViolation;

        private string Named(string sql, string owner, string writer)
        {
            NpgsqlConnectionStringBuilder connection = new(database.ConnectionString);
            return sql
                .Replace("{owner}", owner, StringComparison.Ordinal)
                .Replace("{writer}", writer, StringComparison.Ordinal)
                .Replace("{database}", database.Name, StringComparison.Ordinal)
                .Replace("{port}", connection.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("{superuser}", connection.Username, StringComparison.Ordinal)
                .Replace("{password}", connection.Password, StringComparison.Ordinal);
        }
    }
}
