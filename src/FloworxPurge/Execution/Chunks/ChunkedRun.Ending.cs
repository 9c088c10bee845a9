using System.Data.Common;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Execution;

/// <content>The end of a run, once no transaction is left.</content>
internal sealed partial class ChunkedRun
{
    private async Task<PurgeRun> FinishAsync(RunJournal journal, ChunkTask task, CancellationToken cancellationToken)
    {
        _totals = task.End(_totals);
        PurgeRun run = Result();
        run.End = RunEnd.Done;
        if (run.Archive is null && _archive is { Receipt.Chunks: > 0 })
        {
            // The session before was stopped behind the last commit, so that nothing was left to archive. The archive is checked and
            // reported all the same.
            await _archive.PrepareAsync(session, plan, _ => Task.FromResult(_facts.Last!), cancellationToken).ConfigureAwait(false);
            await _archive.EndAsync(run, isHeld: true).ConfigureAwait(false);
        }

        // Nothing was left to delete, so that no transaction has used it.
        await UseKeyAsync(journal, cancellationToken).ConfigureAwait(false);
        ChunkTotals looked = await task.LookAsync(_totals, cancellationToken).ConfigureAwait(false);
        if (!ReferenceEquals(looked, _totals))
        {
            // The lists are dropped before the run has ended, or nothing would drop them after a kill. A run that is stopped in between
            // is continued without them.
            _totals = looked;
            await UpdateAsync(journal, JournalEntry.Running, cancellationToken).ConfigureAwait(false);
        }

        await task.FinishAsync(_totals, run, cancellationToken).ConfigureAwait(false);
        run.Chunks = run.Chunks! with { HasEnded = true };
        try
        {
            await task.DropAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (session.IsOpen && !cancellationToken.IsCancellationRequested)
        {
            // Nothing else is left to do, and the next attempt may fail in the same way.
            run.Notes.Add(PlanNote.Warning(
                null,
                $"The lists of the rows of the run could not be dropped ({DatabaseFailure.Describe(e)}). The next run drops them."));
        }

        Mark("run ended, and looked at again");
        await EndAsync(journal, run, cancellationToken).ConfigureAwait(false);
        return run;
    }

    // A run that has ended and has no receipt would be done once more, with the rows that match by then.
    private async Task EndAsync(RunJournal journal, PurgeRun run, CancellationToken cancellationToken)
    {
        if (receipt is null)
        {
            await UpdateAsync(journal, JournalEntry.Done, cancellationToken).ConfigureAwait(false);
            return;
        }

        IDbContextTransaction transaction = await session.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            Mark($"receipt of run \"{receipt.RunId}\" of target \"{receipt.Target}\" written");
            await journal.AddAsync(
                receipt.Entry(run.Plan ?? plan, run, _entry!.Owner, settings.TimeProvider.GetUtcNow()),
                cancellationToken).ConfigureAwait(false);
            await UpdateAsync(journal, JournalEntry.Done, cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task UpdateAsync(RunJournal journal, string state, CancellationToken cancellationToken)
    {
        JournalEntry next = _entry! with
        {
            State = state,
            UpdatedAt = settings.TimeProvider.GetUtcNow(),
            Progress = _totals.ToJson(),
        };
        if (!await journal.TryUpdateAsync(_entry!, next, cancellationToken).ConfigureAwait(false))
        {
            throw TakenOver();
        }

        _entry = next;
    }
}
