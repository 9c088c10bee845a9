using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Execution;

/// <summary>The transaction of one attempt, its own or the caller's from a savepoint on, and its outcome.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class RunTransaction(DatabaseSession session, PurgeRun run, ILogger logger) : IAsyncDisposable
{
    private const string Savepoint = "floworxpurge";

    private IDbContextTransaction? _own;
    private bool _hasSavepoint;

    /// <summary>Begins a transaction, unless the run joins the caller's.</summary>
    /// <exception cref="RunStoppedException">The connection cannot take part in the ambient transaction, or cannot write.</exception>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (!run.JoinedTransaction)
        {
            await session.ReopenAsync(cancellationToken).ConfigureAwait(false);
        }

        if (!session.TryJoinAmbientTransaction())
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                "the connection does not take part in the ambient transaction (TransactionScope), since its provider cannot, so nothing "
                    + "could be rolled back. Purge outside of the scope, or inside a transaction of the context.");
        }

        _own = run.JoinedTransaction ? null : await session.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        session.HoldTransaction();
    }

    /// <summary>Marks the point in the caller's transaction to which a failure goes back.</summary>
    public async Task MarkAsync(CancellationToken cancellationToken)
    {
        if (_own is null && session.Transaction is { SupportsSavepoints: true } joined)
        {
            await joined.CreateSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
            _hasSavepoint = true;
        }
    }

    /// <summary>Commits, or leaves the commit to the caller.</summary>
    /// <exception cref="RunStoppedException">It is not known whether the commit was done.</exception>
    public async Task CompleteAsync(CommittedState committed, CancellationToken cancellationToken)
    {
        if (_own is not null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await CommitAsync(_own, committed).ConfigureAwait(false);
            run.Transaction = TransactionOutcome.Committed;
            return;
        }

        if (_hasSavepoint)
        {
            await session.Transaction!.ReleaseSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        }

        run.Transaction = TransactionOutcome.LeftToCaller;
    }

    /// <summary>Undoes what the run wrote, as far as that is the run's to do, and records the outcome.</summary>
    /// <param name="restore">Restores the settings of a transaction or a session that continues.</param>
    /// <param name="isRefused">Whether the run ended before its first write.</param>
    public async Task UndoAsync(Func<Task> restore, bool isRefused)
    {
        try
        {
            if (run.Transaction == TransactionOutcome.NothingWritten)
            {
                TransactionOutcome undone = await (
                    _own is null ? UndoInCallersAsync(restore, isRefused) : RollbackAsync(_own, restore)).ConfigureAwait(false);
                run.Transaction = isRefused ? TransactionOutcome.NothingWritten : undone;
            }
        }
        finally
        {
            session.ReleaseTransaction();
        }
    }

    public async ValueTask DisposeAsync()
    {
        session.ReleaseTransaction();
        try
        {
            if (_own is not null)
            {
                await _own.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (IsNotSent(e))
        {
            // The outcome of the transaction is known by now, and this exception does not describe it.
            run.NoteAfterwards(e);
        }
    }

    // From here on the commit cannot be cancelled, and a commit that fails may have been done.
    private async Task CommitAsync(IDbContextTransaction own, CommittedState committed)
    {
        try
        {
            using ServerWarnings warnings = ServerWarnings.Collect(session.Connection);
            await own.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            run.Notes.AddRange(warnings.Texts.Select(text => PlanNote.Warning(null, $"The server warned at the commit: {text}.")));
        }
        catch (Exception e)
        {
            // A listener may have failed after the commit was done: the server knows.
            bool couldRollBack = await TryRollbackAsync(own).ConfigureAwait(false);
            bool isOpen = session.IsOpen;
            session.ReleaseTransaction();
            string? status = couldRollBack ? null : await TryAskAsync(own, committed).ConfigureAwait(false);
            if (string.Equals(status, "committed", StringComparison.Ordinal))
            {
                run.Notes.Add(
                    PlanNote.Warning(null, $"The commit was not acknowledged ({e.Message.TrimEnd('.')}); asked again, the server says "
                        + $"that the transaction is committed."));
                return;
            }

            bool isRejected = e is DbException failure ? isOpen && session.Dialect.IsCommitRejected(failure) : couldRollBack;
            if (string.Equals(status, "aborted", StringComparison.Ordinal) || (status is null && isRejected))
            {
                run.Transaction = TransactionOutcome.RolledBack;
                throw;
            }

            run.Transaction = TransactionOutcome.Unknown;
            throw new RunStoppedException(
                RunEnd.Failed,
                $"the commit was not acknowledged ({e.Message.TrimEnd('.')}). Count the rows before doing anything else.",
                e);
        }
    }

    // A server that cannot be reached any more gives no answer. The context takes no command while its transaction is over and not
    // disposed.
    private async Task<string?> TryAskAsync(IDbContextTransaction own, CommittedState committed)
    {
        try
        {
            await own.DisposeAsync().ConfigureAwait(false);
            return await committed.AskAsync(run.Baseline?.TransactionId).ConfigureAwait(false);
        }
        catch (Exception e) when (IsNotSent(e))
        {
            logger.RollbackNotSent(e);
            return null;
        }
    }

    // A transaction that can be rolled back was not committed; one that has ended does not report how.
    private static async Task<bool> TryRollbackAsync(IDbContextTransaction own)
    {
        try
        {
            await own.RollbackAsync(CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (IsNotSent(e))
        {
            return false;
        }
    }

    private async Task<TransactionOutcome> RollbackAsync(IDbContextTransaction own, Func<Task> restore)
    {
        try
        {
            await own.RollbackAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (IsNotSent(e))
        {
            NoteNotSent(e, "A server rolls back what was not committed when the transaction's connection ends.");
        }

        session.ReleaseTransaction();
        await RestoreSessionAsync(restore).ConfigureAwait(false);
        return TransactionOutcome.RolledBack;
    }

    private async Task<TransactionOutcome> UndoInCallersAsync(Func<Task> restore, bool isRefused)
    {
        bool isUndone = false;
        try
        {
            if (_hasSavepoint && session.Transaction is { } joined)
            {
                await joined.RollbackToSavepointAsync(Savepoint, CancellationToken.None).ConfigureAwait(false);
                isUndone = true;
                await restore().ConfigureAwait(false);
                await joined.ReleaseSavepointAsync(Savepoint, CancellationToken.None).ConfigureAwait(false);
                return TransactionOutcome.RolledBack;
            }

            if (isRefused)
            {
                await restore().ConfigureAwait(false);
                return TransactionOutcome.NothingWritten;
            }
        }
        catch (Exception e) when (IsNotSent(e))
        {
            if (!session.IsOpen)
            {
                NoteNotSent(
                    e,
                    "The connection was lost, and the caller's transaction has ended with it: a server rolls back what was not "
                        + "committed.");
                return TransactionOutcome.RolledBackWithCaller;
            }

            if (!isUndone && await session.HasTransactionEndedAsync().ConfigureAwait(false))
            {
                run.Notes.Add(
                    PlanNote.Warning(null, "The engine has rolled back the caller's whole transaction: what the caller wrote there "
                        + "before is rolled back, too. Begin again with a new transaction."));
                return TransactionOutcome.RolledBackWithCaller;
            }

            NoteNotSent(e, "The caller's transaction is not as it was found: it has to be rolled back by the caller.");
            return isUndone ? TransactionOutcome.RolledBack : TransactionOutcome.RollbackLeftToCaller;
        }

        if (session.Transaction is { SupportsSavepoints: true })
        {
            // It failed before the savepoint: going back to one that is not there would fail the caller's transaction.
            return TransactionOutcome.NothingWritten;
        }

        await RestoreSessionAsync(restore).ConfigureAwait(false);
        run.Notes.Add(PlanNote.Warning(null, "The caller's transaction has no savepoints: it has to be rolled back by the caller."));
        return TransactionOutcome.RollbackLeftToCaller;
    }

    // A session that has ended has no settings to restore.
    private async Task RestoreSessionAsync(Func<Task> restore)
    {
        try
        {
            if (session.IsOpen)
            {
                await restore().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (IsNotSent(e))
        {
            run.Notes.Add(
                PlanNote.Warning(null, $"The session could not be given its settings back ({e.Message.TrimEnd('.')}). Close its "
                    + $"connection before it is used again."));
        }
    }

    // For any exception of a driver or an interceptor: the run has to report its outcome.
    private static bool IsNotSent(Exception e) => e is not OutOfMemoryException;

    private void NoteNotSent(Exception exception, string consequence)
    {
        logger.RollbackNotSent(exception);
        run.Notes.Add(PlanNote.Warning(null, $"The rollback could not be sent ({exception.Message.TrimEnd('.')}). {consequence}"));
    }
}
