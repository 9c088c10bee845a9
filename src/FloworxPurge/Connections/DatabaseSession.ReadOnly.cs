using System.Data.Common;
using System.Globalization;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Connections;

/// <content>Reads that cannot write: a function that a row-security policy calls may do more than the policy needs.</content>
internal sealed partial class DatabaseSession
{
    // A transaction locks what it reads until it ends, and the server's table of locks has room for some thousands.
    private const int MostTablesOfATransaction = 200;

    private const string ReadSavepoint = "floworxpurge_read";

    private const string NoTransactionBlock = "25P01";

    private IDbContextTransaction? _reading;
    private int _tablesRead;

    /// <summary>Gets whether the session cannot write for as long as it reads, and could before.</summary>
    public bool IsMadeReadOnly { get; private set; }

    /// <summary>
    /// Reads in a read-only transaction where the engine has one, else as it is. In a caller's transaction a savepoint is made read-only,
    /// and rolled back to, where the engine supports that.
    /// </summary>
    /// <exception cref="PurgeException">
    /// Something that reading runs tried to write; or the session could not be given its setting back.
    /// </exception>
    public Task<T> ReadOnlyAsync<T>(Func<Task<T>> read, CancellationToken cancellationToken)
        => ReadOnlyAsync([], read, cancellationToken);

    /// <summary>
    /// Reads as <see cref="ReadOnlyAsync{T}(Func{Task{T}}, CancellationToken)"/> does, once statements have created temporary tables, which
    /// a read-only transaction may fill and not create.
    /// </summary>
    public async Task<T> ReadOnlyAsync<T>(IReadOnlyList<string> prepare, Func<Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            if (Dialect is not { ReadOnlyState: not null, MakeReadOnly: not null })
            {
                await CreateTemporaryAsync(prepare, cancellationToken).ConfigureAwait(false);
            }

            return Dialect switch
            {
                { ReadOnlyState: { } state, MakeReadOnly: { } make } => await ReadInTransactionAsync(
                    prepare,
                    $"{state}; {make}",
                    read,
                    cancellationToken).ConfigureAwait(false),
                { MakeNextReadOnly: { } next } => await ReadInNextTransactionAsync(next, read, cancellationToken).ConfigureAwait(false),
                _ => await read().ConfigureAwait(false),
            };
        }
        catch (DbException e) when (Dialect.IsReadOnly(e))
        {
            throw new PurgeException(
                $"Something in database \"{Connection.Database}\" at \"{Connection.DataSource}\" tried to write while tables were only "
                    + $"read, such as a function that a row-security policy calls; it was stopped, and nothing was changed: "
                    + $"{e.Message.TrimEnd('.')}. "
                    + "Take the write out of it, or read as a role to which the policy does not apply.",
                e);
        }
    }

    /// <summary>Creates temporary tables.</summary>
    /// <exception cref="PurgeException">The session may not create them; the message says what to do.</exception>
    public async Task CreateTemporaryAsync(IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        try
        {
            foreach (string sql in statements)
            {
                await ExecuteAsync(sql, [], cancellationToken).ConfigureAwait(false);
            }
        }
        catch (DbException e) when (Dialect.IsReadOnly(e) || Dialect.IsAccessDenied(e))
        {
            throw new PurgeException(
                $"Rows are selected with temporary tables, which this session of database \"{Connection.Database}\" at "
                    + $"\"{Connection.DataSource}\" may not create: {DatabaseFailure.Describe(e)}. "
                    + (Dialect.IsReadOnly(e) ? "Use a connection that may write." : Dialect.KeyTableRight),
                e);
        }
    }

    // A caller's transaction is read in as it is: it cannot be made read-only any more.
    private async Task<T> ReadInNextTransactionAsync<T>(string next, Func<Task<T>> read, CancellationToken cancellationToken)
    {
        if (Transaction is not null || HasAmbientTransaction || !await TryBeginNextAsync(next, cancellationToken).ConfigureAwait(false))
        {
            return await read().ConfigureAwait(false);
        }

        try
        {
            return await read().ConfigureAwait(false);
        }
        finally
        {
            await EndReadingAsync().ConfigureAwait(false);
        }
    }

    // Returns false in a transaction that was begun by SQL text, and where the driver cannot begin one.
    private async Task<bool> TryBeginNextAsync(string next, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(next, [], cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (Dialect.CannotBegin(e))
        {
            return false;
        }

        try
        {
            _reading = await _context.Database.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (DbException e) when (Dialect.CannotBegin(e))
        {
            await UndoReadOnlyAsync(Dialect.UndoNextReadOnly!).ConfigureAwait(false);
            return false;
        }
        catch
        {
            // A listener may have kept it from being begun.
            await UndoReadOnlyAsync(Dialect.UndoNextReadOnly!).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<T> ReadInTransactionAsync<T>(
        IReadOnlyList<string> prepare,
        string make,
        Func<Task<T>> read,
        CancellationToken cancellationToken)
    {
        if (Transaction is not null || HasAmbientTransaction)
        {
            return await ReadInCallersTransactionAsync(prepare, make, read, refusal: null, cancellationToken).ConfigureAwait(false);
        }

        IDbContextTransaction own;
        try
        {
            own = await _context.Database.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidOperationException e) when (IsOpen)
        {
            // A transaction that was begun by SQL text is known to the driver alone, which refuses another.
            return await ReadInCallersTransactionAsync(prepare, make, read, e, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await BeginReadingAsync(own, prepare, make, cancellationToken).ConfigureAwait(false);
            return await read().ConfigureAwait(false);
        }
        finally
        {
            await EndReadingAsync().ConfigureAwait(false);
        }
    }

    private async Task<T> ReadInCallersTransactionAsync<T>(
        IReadOnlyList<string> prepare,
        string make,
        Func<Task<T>> read,
        InvalidOperationException? refusal,
        CancellationToken cancellationToken)
    {
        bool isPrepared = false;
        try
        {
            if (prepare.Count > 0)
            {
                await ExecuteAsync($"SAVEPOINT {ReadSavepoint}", [], cancellationToken).ConfigureAwait(false);
                isPrepared = true;
                await CreateTemporaryAsync(prepare, cancellationToken).ConfigureAwait(false);
            }

            string savepoint = isPrepared ? string.Empty : $"SAVEPOINT {ReadSavepoint}; ";
            IsMadeReadOnly = (await QueryNumbersAsync($"{savepoint}{make}", cancellationToken).ConfigureAwait(false))[0] == 0;
        }
        catch (PurgeException) when (isPrepared)
        {
            await UndoReadOnlyAsync($"ROLLBACK TO SAVEPOINT {ReadSavepoint}; RELEASE SAVEPOINT {ReadSavepoint}").ConfigureAwait(false);
            throw;
        }
        catch (DbException e) when (e.SqlState is NoTransactionBlock && refusal is not null)
        {
            throw new InvalidOperationException(refusal.Message, refusal);
        }
        catch (DbException e) when (e.SqlState is NoTransactionBlock && HasAmbientTransaction)
        {
            // The connection was opened before the scope, and takes no part in it.
            using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
            return await ReadInTransactionAsync(prepare, make, read, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await read().ConfigureAwait(false);
        }
        finally
        {
            await UndoReadOnlyAsync($"ROLLBACK TO SAVEPOINT {ReadSavepoint}; RELEASE SAVEPOINT {ReadSavepoint}").ConfigureAwait(false);
        }
    }

    private async Task BeginReadingAsync(
        IDbContextTransaction transaction,
        IReadOnlyList<string> prepare,
        string make,
        CancellationToken cancellationToken)
    {
        _reading = transaction;
        await CreateTemporaryAsync(prepare, cancellationToken).ConfigureAwait(false);
        IsMadeReadOnly = (await QueryNumbersAsync(make, cancellationToken).ConfigureAwait(false))[0] == 0;
    }

    private async Task EndReadingAsync()
    {
        IDbContextTransaction? ended = _reading;
        _reading = null;
        _tablesRead = 0;
        IsMadeReadOnly = false;
        try
        {
            if (ended is not null)
            {
                await ended.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            // Nothing was written, and a transaction that cannot be rolled back ends with its connection.
            await Connection.CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends the locks of tables that were read, before more are.</summary>
    private async Task RenewReadingAsync(int tables, CancellationToken cancellationToken)
    {
        _tablesRead += tables;
        if (_reading is not null && _tablesRead > MostTablesOfATransaction)
        {
            await EndReadingAsync().ConfigureAwait(false);
            _tablesRead = tables;
            if (Dialect.MakeNextReadOnly is { } next)
            {
                await TryBeginNextAsync(next, cancellationToken).ConfigureAwait(false);
                return;
            }

            IDbContextTransaction own = await _context.Database.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await BeginReadingAsync(own, [], $"{Dialect.ReadOnlyState}; {Dialect.MakeReadOnly}", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Gives the session something back. Not through EF: a listener to commands, or a log, that fails must not keep the session from it.
    /// </summary>
    public async Task ExecuteUnheardAsync(string sql, IReadOnlyList<PlanParameter> parameters)
    {
        DbCommand command = Connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
            command.Transaction = Transaction?.GetDbTransaction();
            command.Parameters.AddRange(
                parameters.Select((value, i) => Parameter("@p" + i.ToString(CultureInfo.InvariantCulture), value)).ToArray());
            await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    // A session that has ended has no settings to restore.
    private async Task UndoReadOnlyAsync(string sql)
    {
        IsMadeReadOnly = false;
        if (!IsOpen)
        {
            return;
        }

        try
        {
            await ExecuteUnheardAsync(sql, []).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOpen && DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            throw new PurgeException(
                $"The session of database \"{Connection.Database}\" was made read-only while it was read, and could not be given its "
                    + $"setting back: {e.Message.TrimEnd('.')}. Roll its transaction back and close its connection before it is used "
                    + $"again.",
                e);
        }
    }
}
