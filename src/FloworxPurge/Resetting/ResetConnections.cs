using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Transactions;
using FloworxPurge.Connections;
using FloworxPurge.Reading;
using FloworxPurge.Schema;

namespace FloworxPurge.Resetting;

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

    private ResetConnections(DbConnection like, DbConnection? onlyOne, ResetSettings options, bool isServer)
    {
        _factory = DbProviderFactories.GetFactory(like);
        _connectionString = options.ConnectionString;
        _isServer = isServer;
        OnlyOne = onlyOne;

        // The context and its connection may be disposed at the next reset; a copy has the password, which an opened connection hides.
        _like = like is ICloneable cloneable ? (DbConnection)cloneable.Clone() : like;
    }

    /// <summary>The only connection; no other can be opened to this database.</summary>
    public DbConnection? OnlyOne { get; }

    /// <summary>Finds out how connections to the session's database are opened.</summary>
    public static async Task<ResetConnections> LikeAsync(
        DatabaseSession session,
        ResetSettings options,
        CancellationToken cancellationToken)
    {
        bool isServer = session.Dialect.IsServer;
        var connections = new ResetConnections(session.Connection, onlyOne: null, options, isServer);
        bool isFile = !string.Equals(
            (await LiveSchemaReader.ReadIdentityAsync(session, cancellationToken).ConfigureAwait(false)).Server,
            InMemory,
            StringComparison.Ordinal);
        return isServer
            || isFile
            || options.ConnectionString is not null
            || await connections.FindsAsync(session, cancellationToken).ConfigureAwait(false)
            ? connections
            : new ResetConnections(session.Connection, session.Connection, options, isServer);
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
                string? here = await ResetPlan.ReadStructureMarkAsync(session, cancellationToken).ConfigureAwait(false);
                return here is not NoSchema
                    && string.Equals(
                        Convert.ToString(there, System.Globalization.CultureInfo.InvariantCulture),
                        here,
                        StringComparison.Ordinal);
            }
        }
    }
}
