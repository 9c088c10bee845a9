using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Execution;

/// <summary>
/// A run in several transactions, each with the guards and verifications of a run of its own. What is done is noted in the journal in the
/// transaction that does it, so that any later session goes on behind the last commit.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed partial class ChunkedRun(
    DatabaseSession session,
    PurgePlan plan,
    Func<CancellationToken, Task<FreshFacts>> readFacts,
    PurgeSettings settings,
    ILogger logger,
    IProgress<PurgeProgress>? progress,
    PurgeTrace trace,
    Func<DbContext, CancellationToken, Task<bool>>? condition,
    Func<JournalEntry?, IRunArchive?> openArchive,
    RunReceipt? receipt = null)
{
    private readonly ChunkSettings _chunks = settings.Chunks!;
    private readonly FactsCache _facts = new(readFacts);
    private readonly SessionKeys _keys = new();
    private readonly List<PlanNote> _timeline = [];
    private readonly ChunkRecord _record = new(plan);
    private JournalEntry? _entry;
    private IRunArchive? _archive;
    private ArchiveReport? _archived;
    private ChunkTotals _totals = new();
    private PurgePlan? _plan;
    private bool _isNew;

    // Whether the lock was lost, so that another session may have continued the run.
    private bool _mayBeTakenOver;
    private int _size;

    // Until a transaction that uses it is committed.
    private bool _usesKey = settings.RunKey is not null;

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

        if (TargetGuard.RefusalOf(plan, settings) is { } refusal)
        {
            return Before(RunEnd.Refused, refusal, exception: null);
        }

        PurgeRun admission = await ExecuteAsync(new Chunk(_facts, _keys) { IsAdmission = true }, cancellationToken).ConfigureAwait(false);
        if (admission.End != RunEnd.Done)
        {
            return admission;
        }

        PurgeRun? ended = null;
        try
        {
            string server = _facts.Last!.Plan.Database.Server;
            RunLock held = await RunLock.AcquireAsync(session, server, time: null, cancellationToken).ConfigureAwait(false);
            await using (held.ConfigureAwait(false))
            {
                ended = await RunOrGiveUpAsync(held, cancellationToken).ConfigureAwait(false);
                await _keys.DropAsync(session, _facts.Last).ConfigureAwait(false);
                await session.ForgetRepeatedAsync().ConfigureAwait(false);
            }

            return ended;
        }
        catch (Exception e) when (ended is not null && !IsOfCaller(e))
        {
            // What the session held ends with it.
            ended.Notes.Add(PlanNote.Warning(
                null,
                "What the session held for the run could not be released, and stays until the session ends: "
                    + $"{DatabaseFailure.Describe(e)}."));
            return ended;
        }
        catch (RunStoppedException e)
        {
            return Stopped(e.End, e.Message, e.InnerException ?? e);
        }
        catch (PurgeException e) when (!cancellationToken.IsCancellationRequested)
        {
            return Stopped(RunEnd.Refused, e.Message, e.InnerException ?? e);
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && !IsOfCaller(e))
        {
            return Stopped(RunEnd.Cancelled, "the caller asked to stop", e);
        }
        catch (Exception e) when (e is not OutOfMemoryException && !IsOfCaller(e))
        {
            // Whatever a driver, a file or the condition of the caller throws: the run reports what is committed.
            return Stopped(RunEnd.Failed, e is DbException ? DatabaseFailure.Describe(e) + "." : e.Message, e);
        }
    }

    // A context that the caller has disposed. Once something is committed, a report has to say so.
    private bool IsOfCaller(Exception exception) => exception is ObjectDisposedException && _totals.Chunks == 0;

    private async Task<RunJournal> OpenJournalAsync(CancellationToken cancellationToken)
    {
        RunJournal journal = await RunJournal.OpenAsync(session, cancellationToken).ConfigureAwait(false);
        if (settings.RunKey is { } key)
        {
            await journal.ThrowIfUsedAsync(key, cancellationToken).ConfigureAwait(false);
        }

        if (receipt is not null)
        {
            await receipt.ThrowIfWrittenAsync(journal, cancellationToken).ConfigureAwait(false);
        }

        return journal;
    }

    private async Task<PurgeRun> RunLockedAsync(RunLock held, ChunkTask task, CancellationToken cancellationToken)
    {
        await task.CheckAsync(cancellationToken).ConfigureAwait(false);
        RunJournal journal = await OpenJournalAsync(cancellationToken).ConfigureAwait(false);
        if (!await ContinueAsync(journal, task, cancellationToken).ConfigureAwait(false)
            && !await BeginAsync(journal, task, cancellationToken).ConfigureAwait(false))
        {
            // Nothing is to be deleted: an ordinary run reports that, and deletes what matches by now.
            _archive = openArchive(null);
            return await ExecuteAsync(chunk: null, cancellationToken).ConfigureAwait(false);
        }

        _archive = openArchive(_entry);
        if (_facts.Last!.Selection is { } selection && !_facts.Last.MayWorkAtCommit && !session.HasTransactionListeners)
        {
            // Before the first transaction reads the facts, which it would have to read again: a new table changes the structure.
            await _keys.PrepareAsync(session, selection, survivesCommit: false, cancellationToken).ConfigureAwait(false);
            _keys.Commit();
            await session.PrepareRepeatedAsync(cancellationToken).ConfigureAwait(false);
        }

        _size = _chunks.Roots;
        var throttle = new ChunkThrottle(session, _chunks, condition, settings.TimeProvider);
        long began = settings.TimeProvider.GetTimestamp();
        long rowsBefore = _totals.Tables.Sum(table => table.Rows);
        Report(TimeSpan.Zero, rowsBefore);
        for ((long Rows, TimeSpan Duration)? last = null; ;)
        {
            bool isThrough = task.IsThrough(_totals);
            if (!isThrough)
            {
                await WaitAsync(throttle, held, journal, last, cancellationToken).ConfigureAwait(false);
            }

            if (await task.NextAsync(_totals, _size, cancellationToken).ConfigureAwait(false) is not { } chunk)
            {
                break;
            }

            if (isThrough)
            {
                await WaitAsync(throttle, held, journal, last, cancellationToken).ConfigureAwait(false);
            }

            long start = settings.TimeProvider.GetTimestamp();
            chunk.HoldAsync = token => HoldAsync(held, journal, token);
            chunk.CheckOwnerAsync = token => CheckOwnerAsync(journal, token);
            PurgeRun run = await RunChunkAsync(journal, task, chunk, start, cancellationToken).ConfigureAwait(false);
            if (run.Exception is ChunkTooLargeException && _size > 1)
            {
                _size /= 2;
                last = null;
                continue;
            }

            if (run.End != RunEnd.Done)
            {
                return Stopped(run);
            }

            last = (run.Tables.Values.Sum(table => table.Deleted), settings.TimeProvider.GetElapsedTime(start));
            _size = last.Value.Rows < _chunks.MaxRows / 2 ? Math.Min(_chunks.Roots, _size * 2) : _size;
            Report(settings.TimeProvider.GetElapsedTime(began), rowsBefore);
        }

        return await FinishAsync(journal, task, cancellationToken).ConfigureAwait(false);
    }

    private async Task WaitAsync(
        ChunkThrottle throttle,
        RunLock held,
        RunJournal journal,
        (long Rows, TimeSpan Duration)? last,
        CancellationToken cancellationToken)
    {
        if (last is { } done)
        {
            await throttle.WaitAsync(done.Rows, done.Duration, cancellationToken).ConfigureAwait(false);
            if (session.Transaction is not null || session.HasAmbientTransaction)
            {
                throw new RunStoppedException(
                    RunEnd.Failed,
                    $"the condition of {nameof(PurgeOptions.InChunks)} left a transaction open, in which nothing more could be committed. "
                        + "Let it commit or roll back what it begins.");
            }

            await HoldAsync(held, journal, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task HoldAsync(RunLock held, RunJournal journal, CancellationToken cancellationToken)
    {
        _mayBeTakenOver |= await held.RenewAsync(settings.TimeProvider, cancellationToken).ConfigureAwait(false);
        if (_mayBeTakenOver)
        {
            await CheckOwnerAsync(journal, cancellationToken).ConfigureAwait(false);
            _mayBeTakenOver = false;
        }
    }

    private async Task CheckOwnerAsync(RunJournal journal, CancellationToken cancellationToken)
    {
        if (!IsOurs(await journal.ReadAsync(_entry!.RunId, cancellationToken).ConfigureAwait(false)))
        {
            throw TakenOver();
        }
    }

    private bool IsOurs(JournalEntry? noted)
        => noted is not null
            && string.Equals(noted.State, JournalEntry.Running, StringComparison.Ordinal)
            && string.Equals(noted.Owner, _entry!.Owner, StringComparison.Ordinal)
            && noted.Chunks == _entry.Chunks;

    /// <summary>Takes an unfinished run over.</summary>
    /// <returns>False where there is none.</returns>
    private async Task<bool> ContinueAsync(RunJournal journal, ChunkTask task, CancellationToken cancellationToken)
    {
        IReadOnlyList<JournalEntry> running = await journal.ReadRunningAsync(cancellationToken).ConfigureAwait(false);
        string fingerprint = PlanFingerprint.OfTask(plan);
        JournalEntry? same = running.FirstOrDefault(entry => string.Equals(entry.Fingerprint, fingerprint, StringComparison.Ordinal));
        if (same is not null
            && await task.FindLostAsync(ChunkTotals.FromJson(same.Progress), cancellationToken).ConfigureAwait(false) is { } lost)
        {
            if (!settings.AbandonUnfinished)
            {
                throw new RunStoppedException(
                    RunEnd.Refused,
                    $"an unfinished run of these options cannot be continued: {lost}. Set "
                        + $"{nameof(PurgeOptions.AbandonUnfinished)} to give it up and to begin a new one.");
            }

            same = null;
        }

        foreach (JournalEntry other in running.Where(entry => entry != same))
        {
            if (!settings.AbandonUnfinished)
            {
                throw new RunStoppedException(
                    RunEnd.Refused,
                    $"a run with other options, which began at {Moment(other.StartedAt)}, has not ended; "
                        + $"{Quantity.Of(other.Chunks, "transaction")} of it {(other.Chunks == 1 ? "is" : "are")} committed. Continue it "
                        + $"with its options, or set {nameof(PurgeOptions.AbandonUnfinished)} to give it up.");
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

    private async Task<bool> BeginAsync(RunJournal journal, ChunkTask task, CancellationToken cancellationToken)
    {
        long planned = plan.Tables.Sum(table => table.Rows ?? 0);
        if (planned > settings.MaxRows)
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the plan deletes {Quantity.Of(planned, "row")} in all of its transactions, and {nameof(PurgeOptions.MaxRows)} is "
                        + $"{settings.MaxRows}. Raise it, or delete less."));
        }

        _isNew = true;
        return await task.BeginAsync((totals, token) => AddAsync(journal, totals, token), cancellationToken).ConfigureAwait(false);
    }

    private async Task AddAsync(RunJournal journal, ChunkTotals totals, CancellationToken cancellationToken)
    {
        _totals = totals;
        DateTimeOffset now = settings.TimeProvider.GetUtcNow();
        _entry = new JournalEntry(NewId(), PlanFingerprint.OfTask(plan), JournalEntry.Running, now)
        {
            Owner = NewId(),
            Progress = totals.ToJson(),
        };
        await journal.AddAsync(_entry, cancellationToken).ConfigureAwait(false);
        Mark($"run {_entry.RunId} begun, with {Quantity.Of(totals.Listed.Sum(), "row")} to delete");
    }

    private async Task<PurgeRun> RunChunkAsync(
        RunJournal journal,
        ChunkTask task,
        Chunk chunk,
        long start,
        CancellationToken cancellationToken)
    {
        (ChunkTotals Totals, JournalEntry Entry)? next = null;
        chunk.RecordAsync = async (_, run, token) =>
        {
            ChunkTotals totals = await task.AdvanceAsync(
                _totals.Add(run, settings.TimeProvider.GetElapsedTime(start), _chunks.MaxRows),
                chunk,
                run,
                token).ConfigureAwait(false);
            JournalEntry entry = _entry! with
            {
                Chunks = totals.Chunks,
                UpdatedAt = settings.TimeProvider.GetUtcNow(),
                Progress = totals.ToJson(),
                Archive = _archive?.Location,
                ArchiveHash = _archive?.Receipt.Hash,
                Manifest = _archive?.Manifest,
            };
            if (!await journal.TryUpdateAsync(_entry!, entry, token).ConfigureAwait(false))
            {
                throw TakenOver();
            }

            await UseKeyAsync(journal, token).ConfigureAwait(false);
            next = (totals, entry);
        };
        PurgeRun run = await ExecuteAsync(chunk, cancellationToken).ConfigureAwait(false);
        _archived = run.Archive ?? _archived;
        if (run.End == RunEnd.Done && next is { } committed)
        {
            (_totals, _entry) = committed;
            _plan = _facts.Last!.Plan;
            _usesKey = false;
            _record.Add(run, _totals);
        }

        return run;
    }

    private Task UseKeyAsync(RunJournal journal, CancellationToken cancellationToken)
        => _usesKey
            ? journal.UseAsync(
                settings.RunKey!,
                PlanFingerprint.OfTask(plan),
                _entry!.Owner,
                settings.TimeProvider.GetUtcNow(),
                cancellationToken)
            : Task.CompletedTask;

    private Task<PurgeRun> ExecuteAsync(Chunk? chunk, CancellationToken cancellationToken)
    {
        long deleted = _totals.Tables.Sum(table => table.Rows);
        PurgeSettings rest = settings.MaxRows is { } most && chunk is not null
            ? settings with { MaxRows = Math.Max(0, most - deleted) }
            : settings;

        // The progress is that of the run: its transactions are short.
        return new PurgeExecutor(session, plan, readFacts, rest, logger, progress: null, trace, chunk, _archive, receipt)
            .RunAsync(cancellationToken);
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
            // The first transaction may be one of some of the tables.
            foreach (PlanTable table in plan.Tables)
            {
                part.Tables.TryAdd(table.Table, new TableRun());
            }

            return part;
        }

        PurgeRun run = Result();
        run.End = part.End;
        run.Exception = part.Exception;
        run.Error = $"after {Quantity.Of(_totals.Chunks, "transaction")}, which {(_totals.Chunks == 1 ? "is" : "are")} committed: "
            + $"{part.Error?.TrimEnd('.')}. "
            + (part.End == RunEnd.Refused
                ? "Once nothing stands against it, a run with a new plan and the same options continues this one, and a run with "
                    + $"{nameof(PurgeOptions.AbandonUnfinished)} gives it up."
                : "Once nothing stands against it, the same call continues the run.");
        run.Notes.AddRange(part.Notes.Except(run.Notes));
        return run;
    }

    private PurgeRun Result()
    {
        // What stopped the run may be a plan that does not have all of the tables whose rows are deleted.
        PurgeRun run = _record.ToRun(_totals, settings, _plan ?? _facts.Last!.Plan, _timeline);
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
        run.Archive = _archived;
        return run;
    }

    private static RunStoppedException TakenOver()
        => new(RunEnd.Failed, "another session continues this run by now, or has ended it. Nothing more was deleted by this one.");

    private static string NewId() => Guid.NewGuid().ToString("D");

    private void Mark(string what) => _timeline.Add(PlanNote.Event(settings.TimeProvider.GetUtcNow(), what));

    private void Report(TimeSpan elapsed, long rowsBefore)
    {
        long rows = _totals.Tables.Sum(table => table.Rows);
        double rate = elapsed > TimeSpan.Zero ? (rows - rowsBefore) / elapsed.TotalSeconds : 0;
        long all = _totals.Listed.Sum();
        progress?.Report(new PurgeProgress
        {
            Phase = PurgePhase.Deleting,
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
