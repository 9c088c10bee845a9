using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Transactions;
using FloworxPurge.Schema;

namespace FloworxPurge.Connections;

/// <summary>
/// Where a resetter's connection comes from: a new one like the context's, or the context's own where the database lives in that connection
/// alone.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class ResetConnections
{
    // As SQLite's catalog query calls every database without a file.
    private const string InMemory = ":memory:";

    // What its schema version is before anything was created.
    private const string NoSchema = "0";

    private readonly DbConnection _like;
    private readonly Func<CancellationToken, ValueTask<string>>? _connectionString;
    private readonly DbProviderFactory? _factory;
    private readonly bool _isServer;

    private ResetConnections(
        DbConnection like,
        DbConnection? onlyOne,
        Func<CancellationToken, ValueTask<string>>? connectionString,
        bool isServer)
    {
        _factory = DbProviderFactories.GetFactory(like);
        _connectionString = connectionString;
        _isServer = isServer;
        OnlyOne = onlyOne;

        // The context and its connection may be disposed at the next reset; a copy has the password, which an opened connection hides.
        _like = like is ICloneable cloneable ? (DbConnection)cloneable.Clone() : like;
    }

    /// <summary>The only connection; no other can be opened to this database.</summary>
    public DbConnection? OnlyOne { get; }

    /// <summary>Finds out how connections to the session's database are opened.</summary>
    /// <param name="session">A session of the database.</param>
    /// <param name="server">The server or the file of the database, as its catalog has it.</param>
    /// <param name="connectionString">
    /// Gives the connection string of each connection; <see langword="null"/> for that of the session.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<ResetConnections> LikeAsync(
        DatabaseSession session,
        string server,
        Func<CancellationToken, ValueTask<string>>? connectionString,
        CancellationToken cancellationToken)
    {
        bool isServer = session.Dialect.IsServer;
        var connections = new ResetConnections(session.Connection, onlyOne: null, connectionString, isServer);
        return isServer
            || !string.Equals(server, InMemory, StringComparison.Ordinal)
            || connectionString is not null
            || await connections.FindsAsync(session, cancellationToken).ConfigureAwait(false)
            ? connections
            : new ResetConnections(session.Connection, session.Connection, connectionString, isServer);
    }

    /// <summary>
    /// Determines whether a connection leads to the same database, where the database itself cannot be identified: all those in memory have
    /// one name.
    /// </summary>
    public bool LeadTo(DbConnection connection, DatabaseIdentity database)
        => _isServer
            || !string.Equals(database.Server, InMemory, StringComparison.Ordinal)
            || (OnlyOne is null && string.Equals(NameIn(connection), NameIn(_like), StringComparison.Ordinal));

    /// <summary>A connection that is not open yet.</summary>
    public async ValueTask<DbConnection> CreateAsync(CancellationToken cancellationToken)
    {
        if (_connectionString is null && _like is ICloneable cloneable)
        {
            return (DbConnection)cloneable.Clone();
        }

        DbConnection connection = _factory?.CreateConnection() ?? (DbConnection)Activator.CreateInstance(_like.GetType())!;
        connection.ConnectionString = _connectionString is null
            ? _like.ConnectionString
            : await _connectionString(cancellationToken).ConfigureAwait(false);
        if (!_isServer)
        {
            // A pool would hand our settings, foreign keys off among them, to the next who opens the file.
            var builder = _factory?.CreateConnectionStringBuilder() ?? new DbConnectionStringBuilder();
            builder.ConnectionString = connection.ConnectionString;
            builder["Pooling"] = false;
            connection.ConnectionString = builder.ConnectionString;
        }

        return connection;
    }

    private static string? NameIn(DbConnection connection)
        => new DbConnectionStringBuilder { ConnectionString = connection.ConnectionString }.TryGetValue("Data Source", out object? name)
            ? name?.ToString()
            : null;

    // A second connection to a private database in memory opens another, empty database.
    private async Task<bool> FindsAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        if (session.Dialect.StructureMark is not { } query)
        {
            return true;
        }

        DbConnection connection = await CreateAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            using (new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled))
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            }

            DbCommand command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
                command.CommandText = query;
                object? there = await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
                string? here = await session.QueryTextAsync(query, cancellationToken).ConfigureAwait(false);
                return here is not NoSchema
                    && string.Equals(
                        Convert.ToString(there, System.Globalization.CultureInfo.InvariantCulture),
                        here,
                        StringComparison.Ordinal);
            }
        }
    }
}
