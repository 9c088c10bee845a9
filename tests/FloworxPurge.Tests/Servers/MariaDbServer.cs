using System.Globalization;
using FloworxPurge.Tests.Servers;
using MySql.Data.MySqlClient;

[assembly: AssemblyFixture(typeof(MariaDbServer))]

namespace FloworxPurge.Tests.Servers;

/// <summary>
/// The MariaDB server of a test run: the one that <c>FLOWORXPURGE_TEST_MARIADB</c> names, else a throw-away one; found or started by the
/// first test that needs it.
/// </summary>
public sealed class MariaDbServer : IAsyncDisposable
{
    /// <summary>
    /// The environment variable that holds the connection string of a login that may do everything; <c>sql_mode</c> there has to hold
    /// <c>ANSI_QUOTES</c>.
    /// </summary>
    public const string Variable = "FLOWORXPURGE_TEST_MARIADB";

    private const uint MaximumPoolSize = 20;

    private readonly Lazy<Task<Found>> _found;
    private MariaDbProcess? _process;
    private int _databases;

    /// <summary>Finds nothing and starts nothing yet.</summary>
    public MariaDbServer() => _found = new(FindAsync);

    /// <summary>The server of the running tests.</summary>
    public static async Task<MariaDbServer> GetAsync()
        => await TestContext.Current.GetFixture<MariaDbServer>()
            ?? throw new InvalidOperationException("The MariaDB server is a fixture of this assembly, reached from within a test only.");

    /// <summary>The connection string of root. Skips the test where there is no server; fails it when <c>CI</c> is <c>true</c>.</summary>
    public async Task<string> GetConnectionStringAsync(CancellationToken cancellationToken = default)
    {
        QuickRun.SkipBefore("A MariaDB server");
        var found = await _found.Value.WaitAsync(cancellationToken);
        if (found.ConnectionString is null)
        {
            // The test command looks for these first words in the results.
            var reason = $"No MariaDB server: {found.Reason}, and {Variable} is not set.";
            if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
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
            CultureInfo.InvariantCulture,
            $"test_{Interlocked.Increment(ref _databases)}_{Guid.NewGuid().ToString("N")[..8]}");
        await ExecuteAsync($"CREATE DATABASE \"{name}\"", cancellationToken);
        return new MySqlConnectionStringBuilder(administrator) { Database = name, MaximumPoolSize = MaximumPoolSize }.ConnectionString;
    }

    /// <summary>Drops a database that <see cref="CreateDatabaseAsync"/> made, ending whatever is still connected to it.</summary>
    public async Task DropDatabaseAsync(string connectionString, CancellationToken cancellationToken = default)
    {
        await using (var pooled = new MySqlConnection(connectionString))
        {
            MySqlConnection.ClearPool(pooled);
        }

        var name = new MySqlConnectionStringBuilder(connectionString).Database;
        await using var connection = new MySqlConnection(await GetConnectionStringAsync(cancellationToken));
        await connection.OpenAsync(cancellationToken);

        // A DROP waits for transactions that have used the tables.
        List<ulong> others = [];
        await using (
            var list = new MySqlCommand("SELECT ID FROM information_schema.PROCESSLIST WHERE DB = @name AND ID <> "
                + "CONNECTION_ID()", connection))
        {
            list.Parameters.AddWithValue("@name", name);
            await using var reader = await list.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                others.Add(Convert.ToUInt64(reader.GetValue(0), CultureInfo.InvariantCulture));
            }
        }

        foreach (var other in others)
        {
            await using var kill = new MySqlCommand(string.Create(CultureInfo.InvariantCulture, $"KILL {other}"), connection);
            try
            {
                await kill.ExecuteNonQueryAsync(cancellationToken);
            }
            catch (MySqlException exception) when (exception.Number == (int)MySqlErrorCode.NoSuchThread)
            {
                // It has ended by itself.
            }
        }

        await using var drop = new MySqlCommand($"DROP DATABASE IF EXISTS \"{name}\"", connection);
        await drop.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Runs a command as root, outside the databases of the tests.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = new MySqlConnection(await GetConnectionStringAsync(cancellationToken));
        await connection.OpenAsync(cancellationToken);
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Stops the throw-away server, if one was started.</summary>
    public async ValueTask DisposeAsync()
    {
        MySqlConnection.ClearAllPools();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    private async Task<Found> FindAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return new(named, null);
        }

        var (install, server, reason) = MariaDbProcess.Find();
        if (reason is not null)
        {
            return new(null, reason);
        }

        // Not the token of the first test: the server is started for all of them.
        _process = await MariaDbProcess.StartAsync(install!, server!, CancellationToken.None);
        return new(_process.ConnectionString, null);
    }

    private sealed record Found(string? ConnectionString, string? Reason);
}
