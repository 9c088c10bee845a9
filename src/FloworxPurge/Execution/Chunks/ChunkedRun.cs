using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Execution;

/// <summary>
/// A run in several transactions, each with the guards and verifications of a run of its own. What is done is noted in the journal in the
/// transaction that does it, so that any later session goes on behind the last commit.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class ChunkedRun(
    DatabaseSession session,
    PurgePlan plan,
    Func<CancellationToken, Task<FreshFacts>> readFacts,
    PurgeSettings settings,
    ILogger logger,
    IProgress<PurgeProgress>? progress,
    PurgeTrace trace)
{
    private readonly ChunkSettings _chunks = settings.Chunks!;
    private readonly FactsCache _facts = new(readFacts);
    private readonly SessionKeys _keys = new();
    private readonly List<PlanNote> _timeline = [];
    private readonly ChunkRecord _record = new(plan);
    private JournalEntry? _entry;
    private ChunkTotals _totals = new();
    private int _size;

    /// <summary>Runs what is left of the run. A failure is in the result, not thrown.</summary>
    public async Task<PurgeRun> RunAsync(CancellationToken cancellationToken)
    {
        if (session.Transaction is not null || session.HasAmbientTransaction)
        {
            return Before(
                RunEnd.Refused,
                $"{nameof(PurgeOptions.InChunks)} commits several times, and the context is in a transaction of the caller. Call it "
                    + "outside of the transaction.",
                exception: null);
        }

        PurgeRun admission = await ExecuteAsync(new Chunk(_facts, _keys) { IsAdmission = true }, cancellationToken).ConfigureAwait(false);
        if (admission.End != RunEnd.Done)
        {
            return admission;
        }

        try
        {
            RunLock held = await RunLock.AcquireAsync(session, _facts.Last!.Plan.Database.Server, cancellationToken).ConfigureAwait(false);
            await using (held.ConfigureAwait(false))
            {
                return await RunLockedAsync(held, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (RunStoppedException e)
        {
            return Stopped(e.End, e.Message, e.InnerException ?? e);
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is not ObjectDisposedException)
        {
            return Stopped(RunEnd.Cancelled, "the caller asked to stop", e);
        }
        catch (Exception e) when (e is DbException or PurgeException or TimeoutException or InvalidOperationException
            && e is not ObjectDisposedException)
        {
            return Stopped(RunEnd.Failed, e is DbException ? DatabaseFailure.Describe(e) + "." : e.Message, e);
        }
    }

    private async Task<PurgeRun> RunLockedAsync(RunLock held, CancellationToken cancellationToken)
    {
        RunJournal journal = await RunJournal.OpenAsync(session, cancellationToken).ConfigureAwait(false);
        FreshFacts facts = _facts.Last!;
        var lists = new ChunkLists(session, facts);
        if (!await ContinueAsync(journal, lists, cancellationToken).ConfigureAwait(false)
            && !await BeginAsync(journal, lists, cancellationToken).ConfigureAwait(false))
        {
            // No row is named: an ordinary run reports that.
            return await ExecuteAsync(chunk: null, cancellationToken).ConfigureAwait(false);
        }

        _size = _chunks.Roots;
        var throttle = new ChunkThrottle(session, _chunks, settings.TimeProvider);
        long began = settings.TimeProvider.GetTimestamp();
        long rowsBefore = _totals.Tables.Sum(table => table.Rows);
        long last = 0;
        TimeSpan duration = TimeSpan.Zero;
        for (bool isFirst = true; !_totals.HasEnded; isFirst = false)
        {
            if (!isFirst)
            {
                await throttle.WaitAsync(last, duration, cancellationToken).ConfigureAwait(false);
                await held.RenewAsync(cancellationToken).ConfigureAwait(false);
            }

            if (_totals.IsLast && !await IsWorthTryingAsync(lists, cancellationToken).ConfigureAwait(false))
            {
                await EndAsync(journal, cancellationToken).ConfigureAwait(false);
                break;
            }

            (PurgeRun run, duration) = await RunChunkAsync(journal, lists, cancellationToken).ConfigureAwait(false);
            if (run.Exception is ChunkTooLargeException && _size > 1 && !_totals.IsLast)
            {
                _size /= 2;
                last = 0;
                continue;
            }

            if (run.End != RunEnd.Done)
            {
                return Stopped(run);
            }

            last = run.Tables.Values.Sum(table => table.Deleted);
            _size = last < _chunks.MaxRows / 2 ? Math.Min(_chunks.Roots, _size * 2) : _size;
            Report(settings.TimeProvider.GetElapsedTime(began), rowsBefore);
        }

        return await FinishAsync(journal, lists, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes an unfinished run over.</summary>
    /// <returns>False where there is none.</returns>
    private async Task<bool> ContinueAsync(RunJournal journal, ChunkLists lists, CancellationToken cancellationToken)
    {
        IReadOnlyList<JournalEntry> running = await journal.ReadRunningAsync(cancellationToken).ConfigureAwait(false);
        string task = PlanFingerprint.OfTask(plan);
        JournalEntry? same = running.FirstOrDefault(entry => string.Equals(entry.Fingerprint, task, StringComparison.Ordinal));
        foreach (JournalEntry other in running.Where(entry => entry != same))
        {
            if (!_chunks.AbandonUnfinished)
            {
                throw new RunStoppedException(
                    RunEnd.Refused,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"a run with other options, which began at {other.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z, has not ended; "
                            + $"{other.Chunks} of its transactions are committed. Continue it with its options, or give it up with "
                            + $"{nameof(PurgeOptions.InChunks)}(abandonUnfinished: true)."));
            }

            await journal.TryUpdateAsync(other, other with { State = JournalEntry.Abandoned }, cancellationToken).ConfigureAwait(false);
            _timeline.Add(PlanNote.Event(settings.TimeProvider.GetUtcNow(), $"run {other.RunId}, which had not ended, given up"));
        }

        if (same is null)
        {
            return false;
        }

        _totals = ChunkTotals.FromJson(same.Progress);
        _totals = _totals with { Sessions = _totals.Sessions + 1 };
        _entry = same with { Owner = NewId(), UpdatedAt = settings.TimeProvider.GetUtcNow(), Progress = _totals.ToJson() };
        if (!await journal.TryUpdateAsync(same, _entry, cancellationToken).ConfigureAwait(false))
        {
            throw TakenOver();
        }

        Mark(string.Create(
            CultureInfo.InvariantCulture,
            $"run {same.RunId} continued behind {Quantity.Of(_totals.Chunks, "committed transaction")}"));
        return true;
    }

    /// <summary>Begins a new run.</summary>
    /// <returns>False where the queries name no row.</returns>
    private async Task<bool> BeginAsync(RunJournal journal, ChunkLists lists, CancellationToken cancellationToken)
    {
        await lists.CreateAsync(cancellationToken).ConfigureAwait(false);
        IDbContextTransaction transaction = await session.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            IReadOnlyList<long> listed = await lists.FillAsync(cancellationToken).ConfigureAwait(false);
            if (listed.Sum() > 0)
            {
                _totals = new ChunkTotals { Listed = listed, Scope = BeginningScope(listed) };
                DateTimeOffset now = settings.TimeProvider.GetUtcNow();
                _entry = new JournalEntry(NewId(), PlanFingerprint.OfTask(plan), JournalEntry.Running, now)
                {
                    Owner = NewId(),
                    Progress = _totals.ToJson(),
                };
                await journal.AddAsync(_entry, cancellationToken).ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        if (_entry is null)
        {
            await lists.DropAsync(cancellationToken).ConfigureAwait(false);
            return false;
        }

        Mark($"run {_entry.RunId} begun: {Quantity.Of(_totals.Listed.Sum(), "row")} noted");
        return true;
    }

    private PlanScope BeginningScope(IReadOnlyList<long> listed)
    {
        PlanScope scope = _facts.Last!.Plan.Scope!;
        int list = 0;
        return scope with
        {
            Selection = [],
            Queries = [.. scope.Queries.Select(query => query.Keeps ? query : query with
            {
                Rows = listed[list++],
                Hidden = plan.Scope!.Queries.FirstOrDefault(planned => planned.Identity == query.Identity)?.Hidden,
            })],
            References = [.. scope.References.Select(reference => reference with { Rows = 0 })],
        };
    }

    private async Task<(PurgeRun Run, TimeSpan Duration)> RunChunkAsync(
        RunJournal journal,
        ChunkLists lists,
        CancellationToken cancellationToken)
    {
        long start = settings.TimeProvider.GetTimestamp();
        (ChunkTotals Totals, JournalEntry Entry)? next = null;
        var chunk = new Chunk(_facts, _keys)
        {
            Portions = _totals.IsLast
                ? [.. lists.All.Select(list => new RowPortion(list, _totals.Pass, After: 0, int.MaxValue))]
                : [new RowPortion(lists.All[_totals.Next], _totals.Pass, _totals.Position, _size)],
            MaxRows = _totals.IsLast || _size == 1 ? null : _chunks.MaxRows,
            RecordAsync = async (chunk, run, token) =>
            {
                TimeSpan duration = settings.TimeProvider.GetElapsedTime(start);
                ChunkTotals totals = await AdvanceAsync(
                    _totals.Add(run, duration, _chunks.MaxRows),
                    chunk,
                    lists,
                    token).ConfigureAwait(false);
                JournalEntry entry = _entry! with
                {
                    Chunks = totals.Chunks,
                    UpdatedAt = settings.TimeProvider.GetUtcNow(),
                    Progress = totals.ToJson(),
                };
                if (!await journal.TryUpdateAsync(_entry!, entry, token).ConfigureAwait(false))
                {
                    throw TakenOver();
                }

                next = (totals, entry);
            },
        };
        PurgeRun run = await ExecuteAsync(chunk, cancellationToken).ConfigureAwait(false);
        if (run.End == RunEnd.Done && next is { } committed)
        {
            (_totals, _entry) = committed;
            _record.Add(run);
        }

        return (run, settings.TimeProvider.GetElapsedTime(start));
    }

    /// <summary>Where the next transaction begins, once this one is committed.</summary>
    private async Task<ChunkTotals> AdvanceAsync(ChunkTotals totals, Chunk chunk, ChunkLists lists, CancellationToken cancellationToken)
    {
        totals = totals with { Done = totals.Pass == 1 ? totals.Done + chunk.Taken.Sum(taken => taken.Taken) : totals.Done };
        if (totals.IsLast)
        {
            return totals with { HasEnded = true };
        }

        (RowPortion portion, long taken, long last) = chunk.Taken[0];
        if (taken == portion.Rows && last < totals.Listed[totals.Next])
        {
            return totals with { Position = last };
        }

        if (totals.Next + 1 < lists.All.Count)
        {
            return totals with { Next = totals.Next + 1, Position = 0 };
        }

        // What is blocked by rows that went later may be deleted now; what blocks each other only together.
        long later = await lists.CountLaterAsync(totals.Pass, cancellationToken).ConfigureAwait(false);
        bool wasWhole = totals.ChunksInPass == 1;
        return later == 0 || wasWhole ? totals with { HasEnded = true }
            : totals.WithoutBlocked() with
            {
                Pass = totals.Pass + 1,
                Next = 0,
                Position = 0,
                ChunksInPass = 0,
                HasDeleted = false,
                IsLast = !totals.HasDeleted,
            };
    }

    // Without locks: most often all that is left stays.
    private async Task<bool> IsWorthTryingAsync(ChunkLists lists, CancellationToken cancellationToken)
    {
        RowSelection selection = _facts.Last!.Selection!;
        _keys.Forget();
        SelectedRows selected = await session.ReadOnlyAsync(
            RowSelector.Creation(selection),
            () => new RowSelector(
                session,
                selection,
                isLocked: false,
                [.. lists.All.Select(list => new RowPortion(list, _totals.Pass, After: 0, int.MaxValue))])
                .SelectAsync(cancellationToken),
            cancellationToken).ConfigureAwait(false);
        _totals = selected.Scope.Matched > selected.Scope.BlockedRows ? _totals
            : _totals with
            {
                HasEnded = true,
                Pass = _totals.Pass - 1,
                Scope = _totals.Scope! with { Blocked = selected.Scope.Blocked },
            };
        return !_totals.HasEnded;
    }

    private async Task EndAsync(RunJournal journal, CancellationToken cancellationToken)
    {
        JournalEntry ended = _entry! with { UpdatedAt = settings.TimeProvider.GetUtcNow(), Progress = _totals.ToJson() };
        _entry = await journal.TryUpdateAsync(_entry!, ended, cancellationToken).ConfigureAwait(false) ? ended : throw TakenOver();
    }

    private async Task<PurgeRun> FinishAsync(RunJournal journal, ChunkLists lists, CancellationToken cancellationToken)
    {
        ListFindings found = await lists.LookAsync(_totals.Pass, cancellationToken).ConfigureAwait(false);
        await EndAsync(journal, cancellationToken).ConfigureAwait(false);
        PurgeRun run = Result();
        run.End = RunEnd.Done;
        run.LookedAgainAt = settings.TimeProvider.GetUtcNow();
        foreach ((TableName table, long rows) in found.There.OrderBy(pair => pair.Key))
        {
            run.Verifications.Add(new Verification(
                CommittedState.DeletedRowsOf(table.ToString()),
                "0",
                rows.ToString(CultureInfo.InvariantCulture),
                rows == 0 ? Outcome.Passed : Outcome.Unknown));
        }

        if (found.Late > 0)
        {
            run.Notes.Add(PlanNote.Warning(
                null,
                $"{Quantity.Of(found.Late, "row")} that the queries name now {(found.Late == 1 ? "was" : "were")} not deleted: the queries "
                    + "did not name them when the run began, or not when their turn came. Run again to delete them."));
        }

        if (found.Left > 0)
        {
            run.Notes.Add(PlanNote.Information(
                null,
                $"{Quantity.Of(found.Left, "row")} that the queries named when the run began {(found.Left == 1 ? "was" : "were")} gone, or "
                    + "not named any more, when their turn came."));
        }

        run.Chunks = run.Chunks! with { Late = found.Late, HasEnded = true };
        JournalEntry done = _entry! with { State = JournalEntry.Done, UpdatedAt = settings.TimeProvider.GetUtcNow() };
        if (!await journal.TryUpdateAsync(_entry!, done, cancellationToken).ConfigureAwait(false))
        {
            throw TakenOver();
        }

        await lists.DropAsync(cancellationToken).ConfigureAwait(false);
        Mark("run ended, and looked at again");
        return run;
    }

    private Task<PurgeRun> ExecuteAsync(Chunk? chunk, CancellationToken cancellationToken)
    {
        long deleted = _totals.Tables.Sum(table => table.Rows);
        PurgeSettings rest = settings.MaxRows is { } most && chunk is not null
            ? settings with { MaxRows = Math.Max(0, most - deleted) }
            : settings;
        return new PurgeExecutor(session, plan, readFacts, rest, logger, progress, trace, chunk).RunAsync(cancellationToken);
    }

    private PurgeRun Before(RunEnd end, string error, Exception? exception)
        => PurgeRun.BeforeItBegan(plan, settings, end, error, exception);

    private PurgeRun Stopped(RunEnd end, string error, Exception? exception)
    {
        PurgeRun run = Before(end, error, exception);
        return _totals.Chunks == 0 ? run : Stopped(run);
    }

    // What is committed stays so, whatever happened to the transaction that failed.
    private PurgeRun Stopped(PurgeRun part)
    {
        if (_totals.Chunks == 0)
        {
            return part;
        }

        PurgeRun run = Result();
        run.End = part.End;
        run.Exception = part.Exception;
        run.Error = $"after {Quantity.Of(_totals.Chunks, "transaction")}, which {(_totals.Chunks == 1 ? "is" : "are")} committed: "
            + $"{part.Error} The same call continues the run.";
        run.Notes.AddRange(part.Notes.Except(run.Notes));
        return run;
    }

    private PurgeRun Result()
    {
        PurgeRun run = _record.ToRun(_totals, settings, _facts.Last!.Plan, _timeline);
        run.Chunks = new ChunkReport
        {
            RunId = _entry!.RunId,
            StartedAt = _entry.StartedAt,
            Sessions = _totals.Sessions,
            Transactions = _totals.Chunks,
            Longest = _totals.Longest,
            MostRows = _totals.MostRows,
            AboveLimit = _totals.AboveLimit,
        };
        return run;
    }

    private static RunStoppedException TakenOver()
        => new(RunEnd.Failed, "another session continues this run by now, so that nothing of this transaction was kept.");

    private static string NewId() => Guid.NewGuid().ToString("D");

    private void Mark(string what) => _timeline.Add(PlanNote.Event(settings.TimeProvider.GetUtcNow(), what));

    private void Report(TimeSpan elapsed, long rowsBefore)
    {
        long rows = _totals.Tables.Sum(table => table.Rows);
        double rate = elapsed > TimeSpan.Zero ? (rows - rowsBefore) / elapsed.TotalSeconds : 0;
        long all = _totals.Listed.Sum();
        progress?.Report(new PurgeProgress
        {
            Phase = PurgePhase.Committing,
            Steps = plan.Steps.Count,
            RowsDeleted = rows,
            Chunk = new ChunkProgress
            {
                Transactions = _totals.Chunks,
                Roots = _totals.Done,
                AllRoots = all,
                RowsPerSecond = rate,
                Remaining = _totals.Done > 0 && rate > 0 && rows > 0
                    ? TimeSpan.FromSeconds((double)(all - _totals.Done) / _totals.Done * rows / rate)
                    : null,
            },
        });
    }
}
