using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Kit;

/// <summary>A database of its own for one test, gone when it is disposed.</summary>
public abstract class TestDatabase : IAsyncDisposable
{
    /// <summary>The engine's name, as people say it.</summary>
    public abstract string Engine { get; }

    /// <summary>Whether tables live in schemas.</summary>
    public abstract bool HasSchemas { get; }

    /// <summary>The connection string, foreign keys enforced.</summary>
    public abstract string ConnectionString { get; }

    /// <summary>Points a context at this database.</summary>
    public abstract void Configure(DbContextOptionsBuilder options);

    /// <summary>A text of every schema object and every row of every user table: equal texts mean that nothing changed.</summary>
    public abstract Task<string> ChecksumAsync(CancellationToken cancellationToken = default);

    /// <summary>Runs SQL with no foreign key checked, so that rows can be written in any order.</summary>
    public abstract Task ExecuteUncheckedAsync(string sql, CancellationToken cancellationToken = default);

    /// <summary>Drops the database.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>A new connection, not yet open.</summary>
    public abstract DbConnection CreateConnection();

    /// <summary>A new open connection.</summary>
    public async Task<DbConnection> OpenConnectionAsync(CancellationToken cancellationToken = default)
    {
        var connection = CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs SQL on a connection of its own.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenConnectionAsync(cancellationToken);
        await ExecuteAsync(connection, sql, cancellationToken);
    }

    /// <summary>The first column of the first row, on a connection of its own; <see langword="default"/> for NULL or no row.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        var value = await command.ExecuteScalarAsync(cancellationToken);
        return value switch
        {
            null or DBNull => default,
            T exact => exact,
            _ => (T)Convert.ChangeType(value, Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T), CultureInfo.InvariantCulture),
        };
    }

    /// <summary>The number of rows of a table.</summary>
    public Task<long> CountAsync(string table, string? schema = null, CancellationToken cancellationToken = default)
        => ScalarAsync<long>($"SELECT COUNT(*) FROM {Quote(schema, table)}", cancellationToken);

    /// <summary>The quoted name of a table, as SQL writes it.</summary>
    public string Quote(string? schema, string table)
        => schema is null || !HasSchemas ? Quote(table) : Quote(schema) + "." + Quote(table);

    /// <summary>One quoted identifier.</summary>
    public static string Quote(string identifier)
        => "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    /// <summary>Names the engine, so that it is seen in test output.</summary>
    public override string ToString() => Engine;

    private protected static async Task ExecuteAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
