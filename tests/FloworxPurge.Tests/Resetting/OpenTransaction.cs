using FloworxPurge.Tests.Kit;
using Npgsql;

namespace FloworxPurge.Tests.Resetting;

/// <summary>What a test has written and not committed yet, on a connection of its own.</summary>
internal sealed class OpenTransaction : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private OpenTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        _connection = connection;
        _transaction = transaction;
    }

    public int ProcessId => _connection.ProcessID;

    public static async Task<OpenTransaction> BeginAsync(PostgreSqlTestDatabase database, string sql, CancellationToken cancellationToken)
    {
        var connection = (NpgsqlConnection)await database.OpenConnectionAsync(cancellationToken);
        var open = new OpenTransaction(connection, await connection.BeginTransactionAsync(cancellationToken));
        await open.ExecuteAsync(sql, cancellationToken);
        return open;
    }

    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public Task CommitAsync(CancellationToken cancellationToken) => _transaction.CommitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
