using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <content>What follows the commit, or the failure of an attempt.</content>
internal sealed partial class PurgeExecutor
{
    // Undoes what can be undone, and records the outcome of the rest.
    private async Task EndAsync(
        PurgeRun run,
        RunTransaction transaction,
        PurgeUnits? units,
        SessionGuard guard,
        FreshFacts? facts,
        Exception e)
    {
        bool isReadOnly = run.FailsAsReadOnly(e, session.Dialect);
        await transaction.UndoAsync(
            () => RestoreAsync(units, guard, CancellationToken.None),
            isReadOnly || e is RunStoppedException { End: RunEnd.Refused }).ConfigureAwait(false);
        Mark(run.Transaction switch
        {
            TransactionOutcome.Committed => "ended after the commit",
            TransactionOutcome.RolledBack => "rolled back",
            TransactionOutcome.RolledBackWithCaller => "rolled back with the caller's transaction",
            TransactionOutcome.Unknown => "ended without knowing whether the commit was done",
            TransactionOutcome.RollbackLeftToCaller => "ended; the rollback is left to the caller",
            _ => "ended before anything was written",
        });
        NoteWhatStaysDeleted(run, facts);
        if (run.Transaction == TransactionOutcome.Committed)
        {
            units?.FailWhatFollows(e);
        }

        if (isReadOnly)
        {
            throw TargetGuard.ReadOnly(run, e.Message, e);
        }

        if (guard.IsLockTimeout(e))
        {
            // A failed transaction of the caller accepts no queries.
            run.LockHolders = session.IsOpen
                && run.Transaction is not (TransactionOutcome.RollbackLeftToCaller or TransactionOutcome.RolledBackWithCaller)
                ? await guard.DescribeHoldersAsync().ConfigureAwait(false)
                : string.Empty;
        }
    }

    // The transaction is over: nothing that is found here can be rolled back any more.
    private async Task LookAgainAsync(PurgeRun run, CommittedState committed, CancellationToken cancellationToken)
    {
        session.ReleaseTransaction();
        CommitFindings found = await committed.AfterAsync(run.Baseline!, cancellationToken).ConfigureAwait(false);
        run.LookedAgainAt = found.At;
        run.Skips = found.Skips;
        run.Verifications.AddRange(found.Verifications);
        run.Notes.AddRange(found.Notes);
        if (found.At is not null)
        {
            Mark("looked at again after the commit");
        }

        if (found.IsRolledBack)
        {
            run.Transaction = TransactionOutcome.RolledBack;
            throw new RunStoppedException(
                RunEnd.Failed,
                "the server answered the COMMIT with a rollback: a statement in the transaction had failed, and whoever sent it, such as "
                    + "a listener to commands, "
                    + "did not report that. Nothing was deleted.");
        }
    }

    private async Task FinishAsync(PurgeRun run, PurgeUnits units, CancellationToken cancellationToken)
    {
        session.ReleaseTransaction();
        if (run.JoinedTransaction)
        {
            units.LeaveToCaller();
        }
        else
        {
            await units.RunAfterCommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    // A rollback does not reach storage without transactions.
    private static void NoteWhatStaysDeleted(PurgeRun run, FreshFacts? facts)
    {
        if (run.Transaction == TransactionOutcome.Committed)
        {
            return;
        }

        HashSet<TableName> written = [.. run.Tables.Where(pair => pair.Value.Reported is null or > 0).Select(pair => pair.Key)];
        foreach (SchemaFact fact in facts?.Schema.Live.Facts
            .Where(fact => fact.Kind is SchemaFact.NoTransaction && written.Contains(fact.Table)) ?? [])
        {
            run.Notes.Add(
                PlanNote.Warning(fact.Table, $"Was not rolled back: its storage ({fact.Name}) has no transactions, so the rows that were "
                    + $"deleted there stay deleted."));
        }
    }
}
