using System.Collections.Concurrent;
using System.Data.Common;
using FloworxPurge.Extensibility;

namespace FloworxPurge.Resetting;

/// <summary>Test databases in memory: each lives as long as a connection to it is open, and none outlives the process.</summary>
internal sealed class MemoryTestDatabases(
    string owner,
    DbProviderFactory factory,
    string connectionString,
    PurgeDialect dialect) : TestDatabaseStore(owner, factory, connectionString, dialect)
{
    private readonly ConcurrentDictionary<string, DbConnection> _open = new(StringComparer.Ordinal);

    public override async Task<TestDatabasePlace> CreateAsync(
        Func<string, CancellationToken, Task> prepare,
        CancellationToken cancellationToken)
    {
        string name = NextName();
        var database = new TestDatabasePlace(name, ConnectionStringOf(builder => Dialect.LeadToMemory(builder, name)));
        DbConnection connection = Factory.CreateConnection()!;
        connection.ConnectionString = database.ConnectionString;
        _open[name] = connection;
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        await prepare(database.ConnectionString, cancellationToken).ConfigureAwait(false);
        return database;
    }

    public override async Task DropAsync(TestDatabasePlace database, CancellationToken cancellationToken)
    {
        if (_open.TryRemove(database.Name, out DbConnection? connection))
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (DbConnection connection in _open.Values)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }

        _open.Clear();
    }
}
