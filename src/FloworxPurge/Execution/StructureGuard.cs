using System.Data.Common;
using System.Globalization;
using FloworxPurge.Connections;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Execution;

/// <summary>Locks the structure of the tables before any fact is read, so that the facts stay true until the end.</summary>
internal sealed class StructureGuard(DatabaseSession session)
{
    private const string Savepoint = "floworxpurge_structure";

    private const int ManyTables = 100;

    private string? _refusal;
    private DbException? _cause;

    /// <summary>
    /// Gets the state of the structure once it was locked, before any fact was read; <see langword="null"/> where the engine has no such
    /// text.
    /// </summary>
    public string? State { get; private set; }

    /// <summary>
    /// Takes the lock. A table that cannot be locked is no failure yet: the facts say why, such as that it does not exist any more.
    /// </summary>
    /// <param name="tables">The tables.</param>
    /// <param name="isBestEffort">
    /// Whether a table that another session has locked does not stop the run. Its steps then fail by themselves.
    /// </param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <exception cref="RunStoppedException">A table cannot be locked, and the transaction cannot go on.</exception>
    public async Task HoldAsync(IReadOnlyList<TableName> tables, bool isBestEffort, CancellationToken cancellationToken)
    {
        if (tables.Count == 0 || session.Dialect.HoldStructure(session.Sql, tables) is not { } sql)
        {
            return;
        }

        if (await HasNoRoomAsync(tables.Count, cancellationToken).ConfigureAwait(false))
        {
            State = await ReadStateAsync(session, cancellationToken).ConfigureAwait(false);
            return;
        }

        IDbContextTransaction? transaction = session.Transaction is { SupportsSavepoints: true } own ? own : null;
        if (!await TryHoldAsync(sql, transaction, isBestEffort && transaction is not null, cancellationToken).ConfigureAwait(false))
        {
            // What changes in a table that is not held is found before the commit.
            foreach (TableName table in tables)
            {
                await TryHoldAsync(
                    session.Dialect.HoldStructure(session.Sql, [table])!,
                    transaction,
                    maySkip: true,
                    cancellationToken).ConfigureAwait(false);
            }
        }

        State = await ReadStateAsync(session, cancellationToken).ConfigureAwait(false);
    }

    // The driver may close a connection whose server has no room for a lock. The facts say how much room is needed.
    private async Task<bool> HasNoRoomAsync(int tables, CancellationToken cancellationToken)
    {
        if (tables < ManyTables || session.Dialect.LockRoom is not { } query)
        {
            return false;
        }

        long room = (await session.QueryNumbersAsync(query, cancellationToken).ConfigureAwait(false))[0];
        if (tables > room)
        {
            _refusal = string.Create(
                CultureInfo.InvariantCulture,
                $"the lock table of the server has room for {room} locks, and there are {tables} tables");
        }

        return tables > room;
    }

    // Returns false when the lock wait timed out.
    private async Task<bool> TryHoldAsync(string sql, IDbContextTransaction? transaction, bool maySkip, CancellationToken cancellationToken)
    {
        if (transaction is not null)
        {
            await transaction.CreateSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        }

        bool isHeld = true;
        try
        {
            await session.ExecuteAsync(sql, [], cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (maySkip && session.IsOpen && session.Dialect.IsLockTimeout(e))
        {
            isHeld = false;
            await transaction!.RollbackToSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e)
            when (!cancellationToken.IsCancellationRequested
                && session.IsOpen
                && !session.Dialect.IsLockTimeout(e)
                && !session.Dialect.IsReadOnly(e)
            && !e.IsTransient && e.SqlState?.StartsWith("57", StringComparison.Ordinal) != true)
        {
            (_refusal, _cause) = (e.Message.TrimEnd('.'), e);
            if (transaction is null)
            {
                ThrowIfNotHeld();
            }

            await transaction!.RollbackToSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        }

        if (transaction is not null)
        {
            await transaction.ReleaseSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        }

        return isHeld;
    }

    /// <summary>Reads the state of the structure as it is now.</summary>
    public static async Task<string?> ReadStateAsync(DatabaseSession session, CancellationToken cancellationToken)
        => session.Dialect.StructureState is { } query
            ? await session.QueryTextAsync(query, cancellationToken).ConfigureAwait(false)
            : null;

    /// <summary>Ends a run whose facts fit although their tables could not be locked.</summary>
    /// <exception cref="RunStoppedException">The lock was refused.</exception>
    public void ThrowIfNotHeld()
    {
        if (_refusal is { } refusal)
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                $"the structure of the tables cannot be locked ({refusal}), so that another session could change it "
                    + $"while rows are deleted. {TargetGuard.NewPlan}",
                _cause);
        }
    }
}
