using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <content>Selecting single rows before the steps of the plan, and dropping their keys after them.</content>
internal sealed partial class PurgeExecutor
{
    private async Task SelectAsync(PurgeRun run, FreshFacts facts, RowSelection selection, CancellationToken cancellationToken)
    {
        await (chunk is null
            ? session.CreateTemporaryAsync(RowSelector.Creation(selection), cancellationToken)
            : chunk.Keys.PrepareAsync(session, selection, LooksAgain(facts), cancellationToken)).ConfigureAwait(false);

        var selector = new RowSelector(session, selection, isLocked: true, chunk is { Portions.Count: > 0 } ? chunk.Portions : null);
        SelectedRows selected = await selector.SelectAsync(cancellationToken).ConfigureAwait(false);
        run.Selected = selected;
        run.Plan = selected.AddTo(run.Plan!);
        if (chunk is not null)
        {
            chunk.Taken = selector.Taken;
            chunk.CheckSize(selected);
            return;
        }

        run.Notes.AddRange(selected.ChangesSince(plan));
        if (SelectedRows.Refusal(selected.Scope, settings) is { } refusal)
        {
            throw new RunStoppedException(RunEnd.Refused, refusal);
        }
    }

    // Nothing depends on it that they are dropped: a session that has ended has none, and a run that selects again drops them first.
    private async Task DropKeysAsync(PurgeRun run, FreshFacts? facts)
    {
        bool isUsable = session.IsOpen
            && run.Transaction is not (TransactionOutcome.RollbackLeftToCaller
                or TransactionOutcome.RolledBackWithCaller
                or TransactionOutcome.Unknown);
        bool areThere = session.Dialect.KeyTablesOutliveRollback || run.End == RunEnd.Done;
        if (chunk is not null)
        {
            if (isUsable && run.End == RunEnd.Done)
            {
                chunk.Keys.Commit();
            }
            else
            {
                chunk.Keys.Forget();
            }

            return;
        }

        if (facts?.Selection is not { } selection || !isUsable || !areThere)
        {
            return;
        }

        try
        {
            // Dropping a table would fire an event trigger, whose work nobody would verify any more.
            if (facts.Schema.Live.Facts.Any(fact => fact.Kind is SchemaFact.EventTrigger))
            {
                await RowSelector.ClearAsync(session, selection, CancellationToken.None).ConfigureAwait(false);
            }
            else
            {
                await RowSelector.DropAsync(session, selection, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            run.Notes.Add(PlanNote.Warning(
                null,
                $"The temporary tables of keys could not be dropped, and stay until the session ends: {DatabaseFailure.Describe(e)}."));
        }
    }
}
