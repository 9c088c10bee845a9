using System.Collections.Concurrent;
using System.Globalization;
using FloworxPurge.Tests.Kit;
using Microsoft.Data.SqlClient;

namespace FloworxPurge.Tests.Servers;

/// <summary>
/// The SQL Server that <c>FLOWORXPURGE_TEST_SQLSERVER</c> names; there is no throw-away one. A fixture of the assembly that runs the
/// conformance suite on it.
/// </summary>
public sealed class SqlServerServer : IAsyncDisposable
{
    /// <summary>The environment variable that holds the connection string of a login that may create databases.</summary>
    public const string Variable = "FLOWORXPURGE_TEST_SQLSERVER";

    // Names without case, whatever the server's own databases have: what the tests say about names holds for every server.
    private const string Collation = "Latin1_General_100_CI_AS_SC";

    private const int MaximumPoolSize = 20;

    // Two at a time may both want the database that new ones are copied from (error 1807).
    private readonly SemaphoreSlim _creating = new(1);

    private readonly ConcurrentDictionary<string, bool> _created = new(StringComparer.Ordinal);
    private int _databases;

    /// <summary>The server of the running tests.</summary>
    public static async Task<SqlServerServer> GetAsync()
        => await TestContext.Current.GetFixture<SqlServerServer>()
            ?? throw new InvalidOperationException(
                "The SQL Server is a fixture of the assembly that runs the conformance suite on it, reached from within a test only.");

    /// <summary>Creates an empty database for one test and gives its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken = default)
    {
        string administrator = Administrator();
        string name = string.Create(
            CultureInfo.InvariantCulture,
            $"test_{Interlocked.Increment(ref _databases)}_{Guid.NewGuid().ToString("N")[..8]}");
        string connectionString = new SqlConnectionStringBuilder(administrator)
        {
            InitialCatalog = name,
            MaxPoolSize = MaximumPoolSize,
        }.ConnectionString;
        await _creating.WaitAsync(cancellationToken);
        try
        {
            await ExecuteAsync(Create(name), cancellationToken);
            _created[connectionString] = true;
        }
        finally
        {
            _creating.Release();
        }

        return connectionString;
    }

    /// <summary>Drops a database that <see cref="CreateDatabaseAsync"/> made, ending whatever is still connected to it.</summary>
    public async Task DropDatabaseAsync(string connectionString, CancellationToken cancellationToken = default)
    {
        await using (var pooled = new SqlConnection(connectionString))
        {
            SqlConnection.ClearPool(pooled);
        }

        await ExecuteAsync(Drop(new SqlConnectionStringBuilder(connectionString).InitialCatalog), cancellationToken);
        _created.TryRemove(connectionString, out _);
    }

    /// <summary>Drops the databases of tests that ended before they could: this server is not a throw-away one.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (string connectionString in _created.Keys)
        {
            await DropDatabaseAsync(connectionString);
        }

        SqlConnection.ClearAllPools();
        _creating.Dispose();
    }

    internal static string Create(string name) => $"CREATE DATABASE {TestDatabase.Quote(name)} COLLATE {Collation}";

    internal static string Drop(string name) => $"""
        IF DB_ID(N'{name}') IS NOT NULL
        BEGIN
            ALTER DATABASE {TestDatabase.Quote(name)} SET SINGLE_USER WITH ROLLBACK IMMEDIATE;
            DROP DATABASE {TestDatabase.Quote(name)};
        END
        """;

    // Skips the test where there is no server; fails it when CI is true.
    private static string Administrator()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return named;
        }

        // The test command looks for these first words in the results.
        const string reason = $"No SQL Server: {Variable} is not set.";
        Assert.False(string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase), reason);
        Assert.Skip(reason);
        return "";
    }

    private static async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new SqlConnection(Administrator());
        await connection.OpenAsync(cancellationToken);
        await using var command = new SqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
