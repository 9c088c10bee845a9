using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Planning;

namespace FloworxPurge.Execution;

internal sealed partial class ChunkedRun
{
    private async Task<PurgeRun> RunOrGiveUpAsync(RunLock held, CancellationToken cancellationToken)
    {
        ChunkTask task = plan.Scope is null
            ? new TableTask(session, plan, _facts, _keys, settings)
            : new RowTask(session, plan, _facts, _keys, _chunks, settings.TimeProvider);
        PurgeRun? run = null;
        try
        {
            return run = await RunLockedAsync(held, task, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (_isNew && _totals.Chunks == 0 && run is not { End: RunEnd.Done } and not { Transaction: TransactionOutcome.Unknown })
            {
                await GiveUpAsync(held, task, run).ConfigureAwait(false);
            }
        }
    }

    // Nothing is deleted, so that there is nothing to continue: the run would only keep one with other options from beginning.
    private async Task GiveUpAsync(RunLock held, ChunkTask task, PurgeRun? run)
    {
        if (!session.IsOpen || session.Transaction is not null)
        {
            return;
        }

        try
        {
            await held.RenewAsync(settings.TimeProvider, CancellationToken.None).ConfigureAwait(false);
            RunJournal? journal = await RunJournal.FindAsync(session, CancellationToken.None).ConfigureAwait(false);
            JournalEntry? noted = journal is null || _entry is null
                ? null
                : await journal.ReadAsync(_entry.RunId, CancellationToken.None).ConfigureAwait(false);

            // Where its first transaction is committed after all, it is not as it was begun, and stays.
            if (_archive is not null && IsOurs(noted))
            {
                await _archive.TakeBackAsync(run).ConfigureAwait(false);
            }

            if (noted is null
                || await journal!.TryUpdateAsync(
                    _entry!,
                    _entry! with { State = JournalEntry.Abandoned, UpdatedAt = settings.TimeProvider.GetUtcNow() },
                    CancellationToken.None).ConfigureAwait(false))
            {
                await task.DropAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            run?.Notes.Add(PlanNote.Warning(
                null,
                $"The run, which deleted nothing, could not be given up ({DatabaseFailure.Describe(e)}). The same call continues it, and "
                    + $"{nameof(PurgeOptions.AbandonUnfinished)} gives it up."));
        }
    }

    private static string Moment(DateTimeOffset time)
        => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + "Z";
}
