using System.Globalization;
using FloworxPurge.Tests.Servers;
using Npgsql;

[assembly: AssemblyFixture(typeof(PostgreSqlServer))]

namespace FloworxPurge.Tests.Servers;

/// <summary>
/// The PostgreSQL server of a test run: the one that <c>FLOWORXPURGE_TEST_POSTGRES</c> names, else a throw-away one; found or started by
/// the first test that needs it.
/// </summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    /// <summary>The environment variable that holds the connection string of a superuser login.</summary>
    public const string Variable = "FLOWORXPURGE_TEST_POSTGRES";

    /// <summary>
    /// The environment variable that holds the major version which the server must have, where a certain one is asked for.
    /// </summary>
    public const string VersionVariable = "FLOWORXPURGE_TEST_POSTGRES_VERSION";

    private const int MaximumPoolSize = 20;

    // Seconds.
    private const int DropLimit = 300;

    // DROP sleeps for a tenth of a second when it finds a session, also one that is about to end.
    private const string EndSessions = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1";

    private readonly Lazy<Task<Found>> _found;
    private PostgreSqlCluster? _cluster;
    private int _databases;

    /// <summary>Finds nothing and starts nothing yet.</summary>
    public PostgreSqlServer() => _found = new(FindAsync);

    /// <summary>The server of the running tests.</summary>
    public static async Task<PostgreSqlServer> GetAsync()
        => await TestContext.Current.GetFixture<PostgreSqlServer>()
            ?? throw new InvalidOperationException("The PostgreSQL server is a fixture of this assembly, reached from within a test only.");

    /// <summary>
    /// The connection string of the superuser, to the database it names. Skips the test where there is no server; fails it when <c>CI</c>
    /// is <c>true</c>.
    /// </summary>
    public async Task<string> GetConnectionStringAsync(CancellationToken cancellationToken = default)
    {
        QuickRun.SkipBefore("A PostgreSQL server");
        var found = await _found.Value.WaitAsync(cancellationToken);
        if (found.ConnectionString is null)
        {
            // The test command looks for these first words in the results.
            var reason = $"No PostgreSQL server: {found.Reason}, and {Variable} is not set.";
            if (IsContinuousIntegration)
            {
                Assert.Fail(reason);
            }

            Assert.Skip(reason);
        }

        return found.ConnectionString!;
    }

    /// <summary>Creates an empty database for one test and gives its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken = default)
    {
        var administrator = await GetConnectionStringAsync(cancellationToken);
        var name = string.Create(
            CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}_{Guid.NewGuid().ToString("N")[..8]}");
        await ExecuteAsync(
            administrator,
            $"CREATE DATABASE \"{name}\" TEMPLATE template0{await StrategyAsync(cancellationToken)}",
            cancellationToken);
        return new NpgsqlConnectionStringBuilder(administrator)
        {
            Database = name,
            MaxPoolSize = MaximumPoolSize,
            ConnectionIdleLifetime = 10,
            ConnectionPruningInterval = 5,
        }.ConnectionString;
    }

    /// <summary>Drops a database that <see cref="CreateDatabaseAsync"/> made, ending whatever is still connected to it.</summary>
    public async Task DropDatabaseAsync(string connectionString, CancellationToken cancellationToken = default)
    {
        await using (var pooled = new NpgsqlConnection(connectionString))
        {
            NpgsqlConnection.ClearPool(pooled);
        }

        var name = new NpgsqlConnectionStringBuilder(connectionString).Database;
        var administrator = await GetConnectionStringAsync(cancellationToken);
        await using var connection = new NpgsqlConnection(administrator);
        await connection.OpenAsync(cancellationToken);
        await using var end = new NpgsqlCommand(EndSessions, connection);
        end.Parameters.AddWithValue(name!);
        while (await end.ExecuteScalarAsync(cancellationToken) is not 0L)
        {
            await Task.Delay(1, cancellationToken);
        }

        // Every session of the server has to take note of it, also one that a test holds up: seldom, that takes longer than the default of
        // 30 s.
        await using var drop = new NpgsqlCommand(
            $"DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)",
            connection)
        { CommandTimeout = DropLimit };
        await drop.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// The reason of a skip on a server that is too old. The test command looks for it in the results: such a skip on a version that has it
    /// is a failure.
    /// </summary>
    /// <param name="version">The major version that brought it.</param>
    /// <param name="what">What it is, at the beginning of a sentence.</param>
    public static string WhySkipped(int version, string what)
        => string.Create(CultureInfo.InvariantCulture, $"{what} needs PostgreSQL {version}.");

    /// <summary>Runs a command as the superuser, outside the databases of the tests.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken = default)
        => await ExecuteAsync(await GetConnectionStringAsync(cancellationToken), sql, cancellationToken);

    /// <summary>Stops the throw-away server, if one was started.</summary>
    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    private static bool IsContinuousIntegration
        => string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    // Three times as fast as the default, but only where a checkpoint costs nothing; versions before 15 know no other and have no word for
    // it.
    private async Task<string> StrategyAsync(CancellationToken cancellationToken)
    {
        if (_cluster is null)
        {
            return "";
        }

        await using var connection = new NpgsqlConnection(_cluster.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection.PostgreSqlVersion.Major >= 15 ? " STRATEGY file_copy" : "";
    }

    private async Task<Found> FindAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return new(named, null);
        }

        var (folder, reason) = PostgreSqlBinaries.Find();
        if (folder is null)
        {
            return new(null, reason);
        }

        // Not the token of the first test: the server is started for all of them.
        _cluster = await PostgreSqlCluster.StartAsync(folder, isDurable: false, CancellationToken.None);
        return new(_cluster.ConnectionString, null);
    }

    private static async Task ExecuteAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record Found(string? ConnectionString, string? Reason);
}
