using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Execution;

/// <summary>The only stage that writes: one transaction, verified before it is committed.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed partial class PurgeExecutor(
    DatabaseSession session,
    PurgePlan plan,
    Func<CancellationToken, Task<FreshFacts>> readFacts,
    PurgeSettings settings,
    ILogger logger,
    IProgress<PurgeProgress>? progress,
    PurgeTrace trace,
    Chunk? chunk = null,
    IRunArchive? archive = null,
    RunReceipt? receipt = null)
{
    // The maximum number of extra delete passes for purged tables that triggers insert rows into.
    private const int MostClearingPasses = 3;

    private const int MostTables = 5;

    private readonly List<PlanNote> _timeline = [];

    private IEnumerable<TableName> Tables
        => chunk is { Tables.Count: > 0 } ? chunk.Tables : plan.Tables.Select(table => table.Table).Distinct();

    private string CommandTimeout
        => string.Create(
            CultureInfo.InvariantCulture,
            $"{(session.Context.Database.GetCommandTimeout() is { } seconds ? $"{seconds} s" : "the connection string")}");

    /// <summary>Runs the plan. A failure of the run is in the result, not thrown.</summary>
    public async Task<PurgeRun> RunAsync(CancellationToken cancellationToken)
    {
        int attempts = 0;
        bool joins = session.Transaction is not null || session.HasAmbientTransaction;
        PurgeRun run = NewRun(joins, 1);
        try
        {
            if (joins)
            {
                await AttemptOnceAsync(run, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                // A strategy that retries begins again from the facts.
                await session.Context.Database.CreateExecutionStrategy().ExecuteAsync(
                    async token =>
                    {
                        run = NewRun(joins, ++attempts);
                        await AttemptOnceAsync(run, token).ConfigureAwait(false);
                    },
                    cancellationToken).ConfigureAwait(false);
            }
        }
        catch (RunStoppedException e)
        {
            End(run, e.End, e.Message, e.InnerException ?? e);
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is not ObjectDisposedException)
        {
            End(run, RunEnd.Cancelled, "the caller asked to stop", e);
        }
        catch (Exception e) when (e is not ObjectDisposedException)
        {
            // Execution strategies wrap a failure that they consider transient.
            Exception cause = e is RetryLimitExceededException or InvalidOperationException && e.InnerException is DbException inner
                ? inner
                : e;
            string error = cause is DbException failure && session.Dialect.IsLockTimeout(failure)
                ? $"the lock wait timed out ({DatabaseFailure.Describe(cause)}).{run.LockHolders} Let the other session end, or wait "
                    + "longer."
                : cause is TimeoutException or { InnerException: TimeoutException }
                    ? $"a statement took longer than the command timeout of {CommandTimeout} "
                        + $"({DatabaseFailure.Describe(cause)}): it waits for another session's lock, or it has much to do. "
                        + $"Let the other session end, or give it more time with Database.SetCommandTimeout."
                    : cause is DbException limited
                        && session.Dialect.AdviceOn(limited) is { } advice ? $"{DatabaseFailure.Describe(cause)}. {advice}"
                    : cause is DbException ? DatabaseFailure.Describe(cause) + "."
                    : cause.Message;
            if (cause is DbException && run.StepInProgress is { } step && !step.Tables.Any(table => Names(error, table)))
            {
                error = $"{error.TrimEnd('.')}, in step {step.Number.ToString(CultureInfo.InvariantCulture)} ({step.Kind} of "
                    + $"{string.Join(", ", step.Tables.Take(MostTables).Select(table => table.ToQuotedString()))}"
                    + $"{(step.Tables.Count > MostTables ? " and others" : string.Empty)}).";
            }

            End(run, RunEnd.Failed, error, cause);
        }

        return run;
    }

    // A trigger's message, or an engine's, may name no table at all.
    private static bool Names(string error, TableName table)
        => Regex.IsMatch(
            error,
            $@"(?<!\w){Regex.Escape(table.Name)}(?!\w)",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
            TimeSpan.FromSeconds(1));

    private static void End(PurgeRun run, RunEnd end, string error, Exception exception)
    {
        run.End = end;
        run.Error = error;
        run.Exception = exception;
    }

    private PurgeRun NewRun(bool joins, int attempt)
        => new(attempt, joins, Tables)
        {
            Database = plan.Database,
            Guards = TargetGuard.NotReached(settings, plan.Fingerprint),
            Timeline = _timeline,
        };

    // What fails behind the commit is noted here, where no strategy retries it: the purge would run once more.
    private async Task AttemptOnceAsync(PurgeRun run, CancellationToken cancellationToken)
    {
        try
        {
            await TracedAttemptAsync(run, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (run.Transaction == TransactionOutcome.Committed)
        {
            run.End = RunEnd.Done;
            run.NoteAfterwards(e);
        }
    }

    private Task TracedAttemptAsync(PurgeRun run, CancellationToken cancellationToken)
        => trace.RunAsync(
            "attempt",
            span =>
            {
                span.Set("floworxpurge.attempt", run.Attempt);
                return ArchivedAttemptAsync(run, cancellationToken);
            });

    private async Task BeginAsync(PurgeRun run, RunTransaction transaction, CancellationToken cancellationToken)
    {
        try
        {
            await transaction.BeginAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (run.FailsAsReadOnly(e, session.Dialect))
        {
            throw TargetGuard.ReadOnly(run, e.Message, e);
        }

        Mark(run.JoinedTransaction ? "joined the caller's transaction" : "transaction begun");
    }

    private async Task AttemptAsync(PurgeRun run, CancellationToken cancellationToken)
    {
        var transaction = new RunTransaction(session, run, logger);
        await using (transaction.ConfigureAwait(false))
        {
            await BeginAsync(run, transaction, cancellationToken).ConfigureAwait(false);
            PurgeUnits? units = null;
            FreshFacts? facts = null;
            var guard = new SessionGuard(session, run, settings.LockTimeout, settings.TimeProvider);
            var structure = new StructureGuard(session);
            var committed = new CommittedState(session, settings.TimeProvider, settings.LockTimeout);
            try
            {
                logger.Begins(plan.Database.Database, run.Attempt, plan.Fingerprint);
                await transaction.MarkAsync(cancellationToken).ConfigureAwait(false);
                Report(PurgePhase.Reading);
                facts = await ReadAndAdmitAsync(run, guard, structure, cancellationToken).ConfigureAwait(false);
                if (chunk is { IsAdmission: true })
                {
                    await transaction.UndoAsync(() => RestoreAsync(units, guard, CancellationToken.None), isRefused: true)
                        .ConfigureAwait(false);
                    run.End = RunEnd.Done;
                    return;
                }

                facts = await RestrictAsync(run, facts, cancellationToken).ConfigureAwait(false);
                Mark("facts read again, and the plan fits");
                units = new PurgeUnits(session, facts, run, settings, logger, progress, trace, archive);
                await WorkAsync(run, facts, structure, units, cancellationToken).ConfigureAwait(false);
                await CompleteArchiveAsync(run, cancellationToken).ConfigureAwait(false);
                await UseKeyAsync(run, cancellationToken).ConfigureAwait(false);
                run.Baseline = await committed.BeforeAsync(facts, run, LooksAgain(facts), cancellationToken).ConfigureAwait(false);
                await (chunk?.RecordAsync(chunk, run, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
                await WriteReceiptAsync(run, cancellationToken).ConfigureAwait(false);
                await RestoreAsync(units, guard, cancellationToken).ConfigureAwait(false);
                if (!run.JoinedTransaction)
                {
                    Report(PurgePhase.Committing, run);
                }

                await trace.RunAsync(
                    "commit",
                    _ => transaction.CompleteAsync(committed, cancellationToken)).ConfigureAwait(false);
                Mark(run.JoinedTransaction ? "done; the commit is left to the caller" : "committed");
                run.End = RunEnd.Done;
                if (!run.JoinedTransaction && LooksAgain(facts))
                {
                    await trace.RunAsync(
                        "verify after the commit",
                        _ => LookAgainAsync(run, committed, cancellationToken)).ConfigureAwait(false);
                }

                await FinishAsync(run, units, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                await EndAsync(run, transaction, units, guard, facts, e).ConfigureAwait(false);
                throw;
            }
            finally
            {
                await DropKeysAsync(run, facts).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads the facts under locks, and evaluates the guards.</summary>
    private async Task<FreshFacts> ReadAndAdmitAsync(
        PurgeRun run,
        SessionGuard guard,
        StructureGuard structure,
        CancellationToken cancellationToken)
    {
        await guard.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (settings.RequiredDatabase is not null || settings.AllowedDatabases.Count > 0)
        {
            // Checked before locking, so that nothing is locked in a database that may not be purged.
            TargetGuard.CheckDatabase(
                run,
                await LiveSchemaReader.ReadIdentityAsync(session, cancellationToken).ConfigureAwait(false),
                settings);
        }

        await CheckKeyAsync(cancellationToken).ConfigureAwait(false);
        await structure.HoldAsync(
            chunk is { IsAdmission: true } ? [] : [.. Tables.Order()],
            plan.BestEffort,
            cancellationToken).ConfigureAwait(false);
        FreshFacts facts = await trace.RunAsync(
            "read facts",
            _ => ReadFactsAsync(run, structure.State, cancellationToken)).ConfigureAwait(false);
        Admit(run, facts);
        structure.ThrowIfNotHeld();
        return facts;
    }

    // One of several transactions may delete from some of the tables alone.
    private async Task<FreshFacts> RestrictAsync(PurgeRun run, FreshFacts facts, CancellationToken cancellationToken)
    {
        if (chunk is null)
        {
            return facts;
        }

        FreshFacts part = await chunk.Restrict(facts, cancellationToken).ConfigureAwait(false);
        run.Plan = part.Plan;
        return part;
    }

    private static async Task RestoreAsync(PurgeUnits? units, SessionGuard guard, CancellationToken cancellationToken)
    {
        await (units?.RestoreAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        await guard.LeaveAsync(cancellationToken).ConfigureAwait(false);
    }

    // Once at the end of a run in several transactions, unless something may work at each commit.
    private bool LooksAgain(FreshFacts facts) => chunk is null || facts.MayWorkAtCommit || session.HasTransactionListeners;

    private async Task<FreshFacts> ReadFactsAsync(PurgeRun run, string? structure, CancellationToken cancellationToken)
    {
        try
        {
            return await (chunk?.Facts.ReadAsync(structure, cancellationToken) ?? readFacts(cancellationToken)).ConfigureAwait(false);
        }
        catch (PurgeException e)
        {
            // No plan could be made of what is there now, such as when the table of a filter no longer exists.
            throw TargetGuard.NoPlan(run, e.Message);
        }
    }

    private void Admit(PurgeRun run, FreshFacts facts)
    {
        run.Database = facts.Plan.Database;
        TargetGuard.CheckDatabase(run, facts.Plan.Database, settings);
        TargetGuard.CheckWritable(run, facts.Schema.Live);
        TargetGuard.CheckPlan(run, plan, facts.Plan);
        TargetGuard.CheckVerifiable(facts.Plan, settings);
        TargetGuard.CheckKeptStorage(run, facts);

        foreach (IGrouping<int, PlanUnit> transaction in facts.Plan.Units.GroupBy(unit => unit.Transaction))
        {
            if (LockTable.Refusal(facts.Schema.Live, transaction.SelectMany(unit => unit.Tables).Distinct()) is { } locks)
            {
                throw new RunStoppedException(RunEnd.Refused, locks);
            }
        }

        if (plan.BestEffort && session.Transaction is not { SupportsSavepoints: true })
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                "best effort needs a transaction with savepoints, and there is none. Set PurgeOptions.BestEffort to false.");
        }

        // The fingerprint covers no sentence and no count: a report says what was found here, not what the given plan claims.
        run.Plan = facts.Plan;
    }

    private async Task WorkAsync(
        PurgeRun run,
        FreshFacts facts,
        StructureGuard structure,
        PurgeUnits units,
        CancellationToken cancellationToken)
    {
        var verifier = new PurgeVerifier(session, facts, run, structure.State);
        await units.LockAsync(cancellationToken).ConfigureAwait(false);
        if (facts.Selection is { } selection)
        {
            // Creating tables may fire an event trigger, whose work has to be seen.
            await verifier.WatchAsync(cancellationToken).ConfigureAwait(false);
            Report(PurgePhase.Selecting);
            await trace.RunAsync(
                "select rows",
                _ => SelectAsync(run, facts, selection, cancellationToken)).ConfigureAwait(false);
            Mark("rows selected and locked");
        }

        Report(PurgePhase.Counting);
        await trace.RunAsync("count rows", _ => verifier.BeforeAsync(cancellationToken)).ConfigureAwait(false);
        Mark("rows counted");
        TargetGuard.CheckRows(run, settings);
        await BeginArchiveAsync(run, facts, cancellationToken).ConfigureAwait(false);
        await units.RunAllAsync(cancellationToken).ConfigureAwait(false);
        await RunDeferredAsync(run, facts, cancellationToken).ConfigureAwait(false);
        Mark("steps of the plan run");

        // Only rows that triggers inserted are deleted again: rows of another session fail the verification.
        IReadOnlyList<SchemaObject> triggers = facts.Triggers();
        for (int pass = 1; pass <= MostClearingPasses && triggers.Count > 0; pass++)
        {
            IReadOnlyList<TableName> filled = await verifier.NotEmptyAsync(cancellationToken).ConfigureAwait(false);
            if (filled.Count == 0)
            {
                break;
            }

            logger.TablesRefilled(pass, string.Join(", ", filled));
            run.Notes.AddRange(filled.Select(table => new PlanNote
            {
                Grade = LogLevel.Warning,
                Table = table,
                Text = string.Create(
                    CultureInfo.InvariantCulture,
                    $"Held {Quantity.Of(run.Tables[table].After ?? 0, "row")} again after it was emptied, and was cleared again (pass "
                        + $"{pass}). Triggers that fire: "
                        + $"{string.Join(", ", triggers.Select(trigger => $"\"{trigger.Name}\" on {trigger.Table}"))}."),
            }));
            await units.RunAgainAsync(cancellationToken).ConfigureAwait(false);
            await RunDeferredAsync(run, facts, cancellationToken).ConfigureAwait(false);
        }

        Report(PurgePhase.Verifying, run);
        await trace.RunAsync("verify", _ => verifier.AfterAsync(settings, cancellationToken)).ConfigureAwait(false);
        run.VerifiedAt = settings.TimeProvider.GetUtcNow();
        Mark("result verified");
    }

    // A constraint trigger that is deferred to the commit would do its work after the verification. It may defer another one, which is run
    // in the next pass.
    private async Task RunDeferredAsync(PurgeRun run, FreshFacts facts, CancellationToken cancellationToken)
    {
        if ((facts.MayWorkAtCommit || facts.Triggers().Count > 0) && session.Dialect.RunDeferred is { } sql)
        {
            long before = 0;
            for (int pass = 1; pass <= (facts.MayWorkAtCommit ? MostClearingPasses : 1); pass++)
            {
                before = pass == MostClearingPasses ? await CountWritesAsync(run, cancellationToken).ConfigureAwait(false) : 0;
                await session.ExecuteAsync(sql, [], cancellationToken: cancellationToken).ConfigureAwait(false);
            }

            if (facts.MayWorkAtCommit && await CountWritesAsync(run, cancellationToken).ConfigureAwait(false) != before)
            {
                run.VerifyUnknown("work that triggers defer to the commit", "done", "more was deferred each time that it was done");
            }

            const string Note =
                "Deferred constraints and triggers of the caller's transaction were run before the verification, and are immediate from "
                    + "here on.";
            if (run.JoinedTransaction && run.Notes.All(note => !string.Equals(note.Text, Note, StringComparison.Ordinal)))
            {
                run.Notes.Add(PlanNote.Warning(null, Note));
            }
        }
    }

    // Where the server does not count, what is left shows after the commit.
    private static async Task<long> CountWritesAsync(PurgeRun run, CancellationToken cancellationToken)
        => run.Writes is { } writes
            ? (await writes.ReadAsync(cancellationToken).ConfigureAwait(false)).Sum(table => table.Inserted + table.Updated + table.Deleted)
            : 0;

    private void Mark(string what) => _timeline.Add(PlanNote.Event(settings.TimeProvider.GetUtcNow(), what));

    private void Report(PurgePhase phase, PurgeRun? run = null)
        => progress?.Report(new PurgeProgress
        {
            Phase = phase,
            Steps = plan.Steps.Count,
            RowsDeleted = run?.Tables.Values.Sum(table => table.Reported ?? 0) ?? 0,
        });
}
