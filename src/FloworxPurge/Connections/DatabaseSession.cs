using System.Data;
using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Transactions;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Connections;

/// <summary>
/// The context's own connection, open for as long as the session lives. All SQL runs through EF, so that command logs,
/// interceptors and an open transaction see it.
/// </summary>
internal sealed partial class DatabaseSession : IAsyncDisposable
{
    // More than any execution strategy retries.
    private const int MostAttempts = 100;

    private readonly DbContext _context;
    private readonly IRelationalConnection _connection;
    private readonly IRawSqlCommandBuilder _commands;
    private readonly IRelationalCommandDiagnosticsLogger _logger;
    private IDbContextTransaction? _heldTransaction;
    private bool _holdsTransaction;
    private bool _wasOpen;

    private DatabaseSession(DbContext context, PurgeDialect dialect)
    {
        _context = context;
        _connection = context.GetService<IRelationalConnection>();
        _commands = context.GetService<IRawSqlCommandBuilder>();
        _logger = context.GetService<IRelationalCommandDiagnosticsLogger>();
        Sql = context.GetService<ISqlGenerationHelper>();
        Dialect = dialect;
        Connection.StateChange += CountOpenings;
    }

    public PurgeDialect Dialect { get; private set; }

    public ISqlGenerationHelper Sql { get; }

    public DbContext Context => _context;

    public DbConnection Connection => _connection.DbConnection;

    /// <summary>Gets the transaction that the context is in, its own or the caller's.</summary>
    public IDbContextTransaction? Transaction => _connection.CurrentTransaction;

    /// <summary>Gets whether the connection works inside a transaction that EF did not begin, such as a <c>TransactionScope</c>.</summary>
    public bool HasAmbientTransaction
        => _context.Database.GetEnlistedTransaction() is not null || System.Transactions.Transaction.Current is not null;

    /// <summary>
    /// Takes part in the ambient transaction, if there is one; what a connection has joined already, it joins without effect.
    /// </summary>
    /// <returns>Whether there is none, or the connection is in it.</returns>
    public bool TryJoinAmbientTransaction()
    {
        try
        {
            if (Transaction is null && System.Transactions.Transaction.Current is { } ambient)
            {
                Connection.EnlistTransaction(ambient);
            }

            return true;
        }
        catch (NotSupportedException)
        {
            return false;
        }
    }

    /// <summary>Gets whether a listener is called before a transaction is committed, and could write in it.</summary>
    public bool HasTransactionListeners
        => _context.GetService<IInterceptors>().Aggregate<IDbTransactionInterceptor>() is not null
            || _context.GetService<DiagnosticSource>().IsEnabled(RelationalEventId.TransactionCommitting.Name!);

    public bool IsOpen => Connection.State == ConnectionState.Open;

    /// <summary>Opens the context's connection, if it is not open, and closes it again at the end only then.</summary>
    /// <exception cref="PurgeException">The database does not exist or cannot be reached.</exception>
    public static async Task<DatabaseSession> OpenAsync(DbContext context, PurgeDialect dialect, CancellationToken cancellationToken)
    {
        var session = new DatabaseSession(context, dialect);
        session._wasOpen = session.IsOpen;
        DbConnection connection = session.Connection;
        if (session.Transaction is not null && !session.IsOpen)
        {
            // Opening the connection would continue outside of it, and commit what the caller may want to roll back.
            throw new PurgeException(
                $"The context's transaction has ended, since its connection to the {DatabaseFailure.Name(connection, dialect)} "
                    + $"was lost or closed. Dispose the transaction, and begin again.");
        }

        try
        {
            // Opening the file of a SQLite database that is not there would create it. Inside an ambient transaction the question
            // would be asked outside of it, which a connection that has worked in it refuses.
            if (!session.IsOpen
                && !session.HasAmbientTransaction
                && !await context.GetService<IRelationalDatabaseCreator>().ExistsAsync(cancellationToken).ConfigureAwait(false))
            {
                throw new PurgeException(
                    $"The {DatabaseFailure.Name(connection, dialect)} does not exist. Check the connection string, or create the "
                        + $"database first.");
            }

            await session._connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, cancellationToken) && !cancellationToken.IsCancellationRequested)
        {
            throw new PurgeException(
                $"The {DatabaseFailure.Name(connection, dialect)} cannot be reached: "
                    + $"{DatabaseFailure.Describe(e)}. Check that the server runs and that the connection string is right.",
                e);
        }

        await session.DetectAsync(cancellationToken).ConfigureAwait(false);
        return session;
    }

    /// <summary>Begins a transaction of the session's own.</summary>
    public Task<IDbContextTransaction> BeginTransactionAsync(CancellationToken cancellationToken)
        => Dialect.Isolation is { } level
            ? _context.Database.BeginTransactionAsync(level, cancellationToken)
            : _context.Database.BeginTransactionAsync(cancellationToken);

    /// <summary>Gets how often the connection was opened, also by EF or the host: what the session held ended before that.</summary>
    public int Openings { get; private set; }

    /// <summary>Opens the connection again when it was lost since.</summary>
    public async Task ReopenAsync(CancellationToken cancellationToken)
    {
        if (!IsOpen)
        {
            await _connection.CloseAsync().ConfigureAwait(false);
            await _connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void CountOpenings(object sender, StateChangeEventArgs change)
        => Openings += change.CurrentState == ConnectionState.Open ? 1 : 0;

    /// <summary>
    /// Determines whether the engine has ended the transaction by itself, such as by a trigger's RAISE(ROLLBACK): the driver then sends
    /// nothing more in it.
    /// </summary>
    public async Task<bool> HasTransactionEndedAsync()
    {
        try
        {
            await ExecuteAsync("SELECT 1", [], CancellationToken.None).ConfigureAwait(false);
            return false;
        }
        catch (DbException)
        {
            // An answer of the engine: a transaction that has failed is still there.
            return false;
        }
        catch (InvalidOperationException)
        {
            return IsOpen;
        }
    }

    /// <summary>From now on no statement is sent outside of the transaction that there is now.</summary>
    public void HoldTransaction()
    {
        _heldTransaction = Transaction;
        _holdsTransaction = true;
    }

    /// <summary>Ends what <see cref="HoldTransaction"/> began.</summary>
    public void ReleaseTransaction()
    {
        _heldTransaction = null;
        _holdsTransaction = false;
    }

    /// <summary>Sets how long locks are waited for, where the engine has such a setting.</summary>
    public async Task SetLockTimeoutAsync(string value, CancellationToken cancellationToken)
    {
        if (Dialect.SetLockTimeout(value) is { } statement)
        {
            await ExecuteAsync(statement.Sql, statement.Parameters, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<int> ExecuteAsync(string sql, IReadOnlyList<PlanParameter> parameters, CancellationToken cancellationToken)
    {
        (IRelationalCommand command, RelationalCommandParameterObject arguments) = Prepare(sql, parameters);
        return await command.ExecuteNonQueryAsync(arguments, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a statement with the parameters that the provider made for a query of EF.</summary>
    public async Task<int> ExecuteQueryAsync(string sql, IReadOnlyList<DbParameter> parameters, CancellationToken cancellationToken)
    {
        (IRelationalCommand command, RelationalCommandParameterObject arguments) = Prepare(sql, parameters);
        return await command.ExecuteNonQueryAsync(arguments, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the one number that a query gives, with the parameters that the provider made for a query of EF.</summary>
    public async Task<long> CountQueryAsync(string sql, IReadOnlyList<DbParameter> parameters, CancellationToken cancellationToken)
    {
        (IRelationalCommand command, RelationalCommandParameterObject arguments) = Prepare(sql, parameters);
        return Convert.ToInt64(
            await command.ExecuteScalarAsync(arguments, cancellationToken).ConfigureAwait(false),
            CultureInfo.InvariantCulture);
    }

    /// <summary>Reads all rows. No reader stays open, since most providers allow one at a time.</summary>
    public Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken)
        => QueryAsync(sql, [], read, cancellationToken);

    /// <summary>Reads all rows of a query with parameters.</summary>
    public async Task<List<T>> QueryAsync<T>(
        string sql,
        IReadOnlyList<PlanParameter> parameters,
        Func<DbDataReader, T> read,
        CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        await QueryEachAsync(sql, parameters, reader => rows.Add(read(reader)), cancellationToken).ConfigureAwait(false);
        return rows;
    }

    /// <summary>Reads row by row, keeping none.</summary>
    public Task QueryEachAsync(string sql, Action<DbDataReader> read, CancellationToken cancellationToken)
        => QueryEachAsync(sql, [], read, cancellationToken);

    /// <summary>Reads row by row of a query with parameters, keeping none.</summary>
    public Task QueryEachAsync(
        string sql,
        IReadOnlyList<PlanParameter> parameters,
        Action<DbDataReader> read,
        CancellationToken cancellationToken)
        => SendAsync(Dialect.ReadAll(sql), parameters, read, cancellationToken);

    /// <summary>Reads row by row of a query that is sent as it is, keeping none: it has all of its clauses.</summary>
    public Task QueryAsItIsAsync(string sql, Action<DbDataReader> read, CancellationToken cancellationToken)
        => SendAsync(sql, [], read, cancellationToken);

    /// <summary>Gets how long a statement may take; null for any time.</summary>
    public TimeSpan? CommandTimeout
    {
        get
        {
            using DbCommand command = Connection.CreateCommand();
            int seconds = _context.Database.GetCommandTimeout() ?? command.CommandTimeout;
            return seconds > 0 ? TimeSpan.FromSeconds(seconds) : null;
        }
    }

    /// <summary>Ends the run where the transaction is lost: what is sent outside of it would be committed on its own.</summary>
    /// <exception cref="InvalidOperationException">It is lost.</exception>
    public void ThrowIfLost()
    {
        if (_holdsTransaction && (!IsOpen || !ReferenceEquals(Transaction, _heldTransaction)))
        {
            throw new InvalidOperationException("the connection was lost inside the transaction, so the statement was not sent");
        }
    }

    /// <summary>Reads the one text that a query gives.</summary>
    public async Task<string> QueryTextAsync(string sql, CancellationToken cancellationToken)
        => (
            await QueryAsync(
                sql,
                reader => Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!,
                cancellationToken)
                .ConfigureAwait(false)).Single();

    /// <summary>
    /// Reads the first column of the first row; <see langword="null"/> when there is no row, <see cref="DBNull"/> for NULL.
    /// </summary>
    public Task<object?> ReadScalarAsync(string sql, CancellationToken cancellationToken) => ReadScalarAsync(sql, [], cancellationToken);

    /// <summary>
    /// Reads the first column of the first row; <see langword="null"/> when there is no row, <see cref="DBNull"/> for NULL.
    /// </summary>
    public async Task<object?> ReadScalarAsync(string sql, IReadOnlyList<PlanParameter> parameters, CancellationToken cancellationToken)
    {
        (IRelationalCommand command, RelationalCommandParameterObject arguments) = Prepare(sql, parameters);
        return await command.ExecuteScalarAsync(arguments, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads one row of numbers.</summary>
    public Task<IReadOnlyList<long>> QueryNumbersAsync(string sql, CancellationToken cancellationToken)
        => QueryNumbersAsync(sql, [], cancellationToken);

    /// <summary>Reads one row of numbers of a query with parameters.</summary>
    public Task<IReadOnlyList<long>> QueryNumbersAsync(
        string sql,
        IReadOnlyList<PlanParameter> parameters,
        CancellationToken cancellationToken)
        => NumbersAsync(Dialect.ReadAll(sql), parameters, cancellationToken);

    public string Source(TableSchema table)
        => Dialect.Source(Sql, table.AllRows);

    public async ValueTask DisposeAsync()
    {
        Connection.StateChange -= CountOpenings;
        await _connection.CloseAsync().ConfigureAwait(false);

        // A transaction that cannot be begun leaves EF counting one user of the connection too many.
        for (int i = 0; i < MostAttempts && !_wasOpen && IsOpen; i++)
        {
            await _connection.CloseAsync().ConfigureAwait(false);
        }
    }

    // Several engines may use one provider, so the engine is detected from the open connection.
    private async Task DetectAsync(CancellationToken cancellationToken)
    {
        if (Dialect.ServerQuery is not { } query)
        {
            return;
        }

        try
        {
            Dialect = Dialect.Detect(
                Convert.ToString(await ReadScalarAsync(query, cancellationToken).ConfigureAwait(false), CultureInfo.InvariantCulture)
                    ?? string.Empty);
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, cancellationToken) && !cancellationToken.IsCancellationRequested)
        {
            await DisposeAsync().ConfigureAwait(false);
            throw new PurgeException(
                $"The database \"{Connection.Database}\" at \"{Connection.DataSource}\" does not report its engine: "
                    + $"{DatabaseFailure.Describe(e)}. Check that it is a database of the provider's kind, and that a "
                    + $"transaction that has failed is ended first.",
                e);
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static long Number(DbDataReader reader, int column) => Convert.ToInt64(reader.GetValue(column), CultureInfo.InvariantCulture);

    private async Task<IReadOnlyList<long>> NumbersAsync(
        string sql,
        IReadOnlyList<PlanParameter> parameters,
        CancellationToken cancellationToken)
    {
        var rows = new List<long[]>();
        await SendAsync(
            sql,
            parameters,
            reader => rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => Number(reader, i))]),
            cancellationToken).ConfigureAwait(false);
        return rows.Count == 1 ? rows[0] : throw new PurgeException($"One row was expected and {rows.Count} came from: {sql}");
    }

    private async Task SendAsync(
        string sql,
        IReadOnlyList<PlanParameter> parameters,
        Action<DbDataReader> read,
        CancellationToken cancellationToken)
    {
        (IRelationalCommand command, RelationalCommandParameterObject arguments) = Prepare(Repeated(sql), parameters);
        RelationalDataReader reader = await command.ExecuteReaderAsync(arguments, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                read(reader.DbDataReader);
            }
        }
    }

    private (
        IRelationalCommand Command,
        RelationalCommandParameterObject Arguments) Prepare(string sql, IReadOnlyList<PlanParameter> parameters)
        => Prepare(sql, [.. parameters.Select((value, i) => Parameter("@p" + i.ToString(CultureInfo.InvariantCulture), value))]);

    private (
        IRelationalCommand Command,
        RelationalCommandParameterObject Arguments) Prepare(string sql, IReadOnlyList<DbParameter> parameters)
    {
        // EF opens a lost connection again by itself, and the statement would be committed on its own.
        ThrowIfLost();

        IRelationalCommand command;
        IReadOnlyDictionary<string, object?>? values = null;
        if (parameters.Count == 0)
        {
            command = _commands.Build(sql);
        }
        else
        {
            // EF takes the text for a format, in which a name with braces would be a placeholder.
            RawSqlCommand raw = _commands.Build(
                sql.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal),
                parameters,
                _context.Model);
            command = raw.RelationalCommand;
            values = raw.ParameterValues;
        }

        return (command, new RelationalCommandParameterObject(_connection, values, readerColumns: null, _context, _logger));
    }

    // Every driver sends a string as a text that the server may convert, as long as no type is set.
    private DbParameter Parameter(string name, PlanParameter value)
    {
        using DbCommand command = Connection.CreateCommand();
        DbParameter parameter = command.CreateParameter();
        parameter.ParameterName = name;
        if (value.Type is not (DbType.String or DbType.Object))
        {
            parameter.DbType = Dialect.ParameterType(value.Type);
        }

        parameter.Value = value.ToValue() ?? DBNull.Value;
        return parameter;
    }
}
