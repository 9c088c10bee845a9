using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Respawn;
using Weasel.Core;
using Weasel.Postgresql;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>A database of the benchmark's server, whose tables the owner's login owns, seen with one of the two logins.</summary>
internal sealed class PostgreSqlDatabase(BenchmarkServer server, Layout layout, string connectionString) : ResetDatabase(layout)
{
    private readonly List<NpgsqlConnection> _connections = [];
    private NpgsqlConnection? _side;

    public string ConnectionString => connectionString;

    public override IDbAdapter RespawnAdapter => DbAdapter.Postgres;

    public override Migrator WeaselMigrator { get; } = new PostgresqlMigrator();

    protected override DbConnection Side => _side!;

    protected override string MovedCounters => "SELECT COUNT(*) FROM pg_sequences WHERE last_value IS NOT NULL";

    public async Task<PostgreSqlDatabase> OpenAsync()
    {
        _side = (NpgsqlConnection)await ConnectAsync();
        return this;
    }

    public override LayoutContext CreateContext() => new(Layout, options => options.UseNpgsql(connectionString));

    public override async Task<DbConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(connectionString);
        _connections.Add(connection);
        await connection.OpenAsync();
        return connection;
    }

    public override string RestartCounters(IEnumerable<int> tables)
        => $"SELECT {string.Join(", ", tables.Select(table => $"setval('{Layout.Name(table)}_id_seq', 1, false)"))}";

    /// <summary>
    /// The side connection's commits do not wait for the disk from now on, for runs where filling is what takes the time.
    /// </summary>
    public async Task WriteWithoutWaitingAsync()
    {
        await using var command = new NpgsqlCommand("SET synchronous_commit = off", _side);
        await command.ExecuteNonQueryAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (NpgsqlConnection connection in _connections)
        {
            await connection.DisposeAsync();
        }

        await server.DropAsync(connectionString);
    }
}
