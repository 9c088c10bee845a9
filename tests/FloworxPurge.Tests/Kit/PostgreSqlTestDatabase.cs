using System.Data.Common;
using System.Diagnostics;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Tests.Kit;

/// <summary>A fresh database on the test run's PostgreSQL server. The test is skipped where there is none.</summary>
public sealed class PostgreSqlTestDatabase : TestDatabase
{
    private readonly PostgreSqlServer _server;
    private readonly List<string> _logins = [];

    private PostgreSqlTestDatabase(PostgreSqlServer server, string connectionString)
    {
        _server = server;
        ConnectionString = connectionString;
    }

    /// <inheritdoc/>
    public override string Engine => "PostgreSQL";

    /// <inheritdoc/>
    public override bool HasSchemas => true;

    /// <inheritdoc/>
    public override T Pick<T>(T sqlite, T postgreSql, T mariaDb, T sqlServer) => postgreSql;

    /// <inheritdoc/>
    public override string ConnectionString { get; }

    /// <summary>The database's own name.</summary>
    public string Name => new NpgsqlConnectionStringBuilder(ConnectionString).Database!;

    /// <summary>Makes the server estimate that each table of schema public has a hundred thousand rows.</summary>
    public Task PretendLargeAsync(CancellationToken cancellationToken = default)
        => ExecuteAsync(
            "UPDATE pg_catalog.pg_class SET reltuples = 100000, relpages = GREATEST(pg_catalog.pg_relation_size(oid) / 8192, 1) "
                + "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
            cancellationToken);

    /// <summary>A new, empty database.</summary>
    public static async Task<PostgreSqlTestDatabase> CreateAsync(CancellationToken cancellationToken = default)
        => await CreateAsync(await PostgreSqlServer.GetAsync(), cancellationToken);

    /// <summary>A new, empty database on a server of the test's own.</summary>
    public static async Task<PostgreSqlTestDatabase> CreateAsync(PostgreSqlServer server, CancellationToken cancellationToken = default)
        => new(server, await server.CreateDatabaseAsync(cancellationToken));

    /// <summary>
    /// A new login without any right of its own, gone with the database: its name and its connection string to this database.
    /// </summary>
    public async Task<(string Role, string ConnectionString)> CreateLoginAsync(CancellationToken cancellationToken = default)
    {
        var role = "login_" + Guid.NewGuid().ToString("N")[..12];
        var password = Guid.NewGuid().ToString("N");
        await ExecuteAsync($"CREATE ROLE \"{role}\" LOGIN PASSWORD '{password}'", cancellationToken);
        _logins.Add(role);
        var login = new NpgsqlConnectionStringBuilder(ConnectionString) { Username = role, Password = password };
        return (role, login.ConnectionString);
    }

    /// <summary>The server's major version.</summary>
    public async Task<int> VersionAsync(CancellationToken cancellationToken = default)
        => await ScalarAsync<int>("SELECT current_setting('server_version_num')::int / 10000", cancellationToken);

    /// <summary>Skips the test where the server is older than what the test is about.</summary>
    /// <param name="version">The major version that brought it.</param>
    /// <param name="what">What it is, at the beginning of a sentence.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task RequireAsync(int version, string what, CancellationToken cancellationToken = default)
        => Assert.SkipWhen(await VersionAsync(cancellationToken) < version, PostgreSqlServer.WhySkipped(version, what));

    /// <summary>Runs a command, in which a multirange is a text where the server is older than multiranges.</summary>
    public async Task ExecuteTypesAsync(string sql, CancellationToken cancellationToken = default)
        => await ExecuteAsync(
            await VersionAsync(cancellationToken) < 14 ? sql.Replace("int4multirange", "text", StringComparison.Ordinal) : sql,
            cancellationToken);

    /// <inheritdoc/>
    internal override string? WhyRefused(DbException exception)
        => exception is PostgresException { SqlState: PostgresErrorCodes.UndefinedObject } refused
            && refused.MessageText.Contains("multirange", StringComparison.Ordinal)
            ? PostgreSqlServer.WhySkipped(14, "A multirange")
            : null;

    /// <inheritdoc/>
    private protected override void UseProvider(DbContextOptionsBuilder options) => options.UseNpgsql(ConnectionString);

    /// <inheritdoc/>
    public override DbConnection CreateConnection() => new NpgsqlConnection(ConnectionString);

    /// <inheritdoc/>
    public override Task ExecuteUncheckedAsync(string sql, CancellationToken cancellationToken = default)
        => ExecuteAsync($"BEGIN; SET LOCAL session_replication_role = replica; {sql}; COMMIT", cancellationToken);

    /// <inheritdoc/>
    public override async Task<string> ChecksumAsync(CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenConnectionAsync(cancellationToken);
        return await PostgreSqlChecksum.ReadAsync(connection, cancellationToken);
    }

    /// <inheritdoc/>
    internal override ProcessStartInfo ShellStart()
    {
        var connection = new NpgsqlConnectionStringBuilder(ConnectionString);
        var start = new ProcessStartInfo(
            Shell.Find("psql"),
            ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", connection.Host!, "-p", $"{connection.Port}", "-U", connection.Username!, "-d", connection.Database!]);
        start.Environment["PGPASSWORD"] = connection.Password;
        start.Environment["PGCLIENTENCODING"] = "UTF8";
        return start;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        // The roles' rights inside the database go with it; only then can the roles be dropped.
        await _server.DropDatabaseAsync(ConnectionString);
        foreach (var role in _logins)
        {
            await _server.ExecuteAsync($"DROP ROLE \"{role}\"");
        }
    }
}
