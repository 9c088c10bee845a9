using System.Data.Common;
using System.Globalization;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Execution;

/// <summary>The only stage that writes: one transaction, verified before it is committed.</summary>
internal sealed class PurgeExecutor(
    DatabaseSession session,
    PurgePlan plan,
    Func<CancellationToken, Task<FreshFacts>> readFacts,
    PurgeOptions options,
    ILogger logger,
    IProgress<PurgeProgress>? progress)
{
    // A trigger that fills a purged table gets this many chances to come to rest.
    private const int MostClearingPasses = 3;

    private const string Savepoint = "floworxpurge";

    private const string NewPlan = "Make a new plan with PlanAsync and look at it.";

    private string CommandTimeout
        => string.Create(CultureInfo.InvariantCulture, $"{(session.Context.Database.GetCommandTimeout() is { } seconds ? $"{seconds} s" : "the connection string")}");

    /// <summary>Runs the plan. Whatever ends the run is in the result, not thrown.</summary>
    public async Task<PurgeRun> RunAsync(CancellationToken cancellationToken)
    {
        int attempts = 0;
        bool joins = session.Transaction is not null || session.HasAmbientTransaction;
        PurgeRun run = NewRun(joins, 1);
        try
        {
            if (joins)
            {
                await AttemptAsync(run, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                // A strategy that retries begins again from the facts.
                await session.Context.Database.CreateExecutionStrategy().ExecuteAsync(
                    async token =>
                    {
                        run = NewRun(joins, ++attempts);
                        await AttemptAsync(run, token).ConfigureAwait(false);
                    },
                    cancellationToken).ConfigureAwait(false);
            }
        }
        catch (RunStoppedException e)
        {
            End(run, e.End, e.Message, e);
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is not ObjectDisposedException)
        {
            End(run, RunEnd.Cancelled, "the caller asked to stop", e);
        }
        catch (Exception e) when (e is not ObjectDisposedException)
        {
            // Strategies wrap a failure that a retry might have mended.
            Exception cause = e is RetryLimitExceededException or InvalidOperationException && e.InnerException is DbException inner ? inner : e;
            string error = cause is DbException failure && session.Dialect.IsLockTimeout(failure)
                ? $"a lock was not had in time ({cause.Message.TrimEnd('.')}).{run.LockHolders} Let the other session end, or wait longer."
                : cause is TimeoutException or { InnerException: TimeoutException }
                    ? $"a statement took longer than the command timeout of {CommandTimeout} ({cause.GetBaseException().Message.TrimEnd('.')}): it waits for another session's lock, or it has much to do. Let the other session end, or give it more time with Database.SetCommandTimeout."
                    : cause.Message;
            End(run, RunEnd.Failed, error, cause);
        }

        return run;
    }

    private static void End(PurgeRun run, RunEnd end, string error, Exception exception)
    {
        run.End = end;
        run.Error = error;
        run.Exception = exception;
    }

    private PurgeRun NewRun(bool joins, int attempt)
        => new(attempt, joins, plan.Tables.Select(table => table.Table)) { Database = plan.Database };

    private async Task AttemptAsync(PurgeRun run, CancellationToken cancellationToken)
    {
        await session.ReopenAsync(cancellationToken).ConfigureAwait(false);
        if (!session.TryJoinAmbientTransaction())
        {
            throw new RunStoppedException(RunEnd.Refused, "the connection does not take part in the ambient transaction (TransactionScope), since its provider cannot, so nothing could be rolled back. Purge outside of the scope, or inside a transaction of the context.");
        }

        IDbContextTransaction? own = run.JoinedTransaction ? null : await session.Context.Database.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        StepRunner? steps = null;
        var guard = new SessionGuard(session, run, options.LockTimeout);
        try
        {
            logger.Begins(plan.Database.Database, run.Attempt, plan.Fingerprint);
            if (run.JoinedTransaction && session.Transaction is { SupportsSavepoints: true } joined)
            {
                await joined.CreateSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
            }

            Report(PurgePhase.Reading);
            await guard.EnterAsync(cancellationToken).ConfigureAwait(false);
            FreshFacts facts = await ReadFactsAsync(cancellationToken).ConfigureAwait(false);
            Admit(run, facts);
            steps = new StepRunner(session, facts, run, options.TimeProvider, logger, progress);
            await WorkAsync(run, facts, steps, cancellationToken).ConfigureAwait(false);
            await steps.RestoreAsync(cancellationToken).ConfigureAwait(false);
            await guard.LeaveAsync(cancellationToken).ConfigureAwait(false);
            if (run.JoinedTransaction && session.Transaction is { SupportsSavepoints: true } kept)
            {
                await kept.ReleaseSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
            }

            if (own is not null)
            {
                Report(PurgePhase.Committing);
                cancellationToken.ThrowIfCancellationRequested();
                await CommitAsync(own).ConfigureAwait(false);
            }

            run.End = RunEnd.Done;
        }
        catch (Exception e)
        {
            await RollbackAsync(run, own, steps, guard).ConfigureAwait(false);
            if (guard.IsLockTimeout(e))
            {
                run.LockHolders = session.IsOpen ? await guard.DescribeHoldersAsync().ConfigureAwait(false) : string.Empty;
            }

            throw;
        }
        finally
        {
            if (own is not null)
            {
                await own.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<FreshFacts> ReadFactsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await readFacts(cancellationToken).ConfigureAwait(false);
        }
        catch (PurgeException e)
        {
            // No plan could be made of what is there now, such as when the table of a filter is gone.
            throw new RunStoppedException(RunEnd.Refused, $"the plan no longer fits: {e.Message} {NewPlan}");
        }
    }

    private void Admit(PurgeRun run, FreshFacts facts)
    {
        run.Database = facts.Plan.Database;
        TargetGuard.CheckDatabase(facts.Plan.Database, options);
        if (!string.Equals(facts.Plan.Fingerprint, plan.Fingerprint, StringComparison.Ordinal))
        {
            throw new RunStoppedException(RunEnd.Refused, $"the plan no longer fits: {PlanDifference.Describe(plan, facts.Plan)} {NewPlan}");
        }

        if (plan.Mode == PurgeMode.BestEffort && session.Transaction is not { SupportsSavepoints: true })
        {
            throw new RunStoppedException(RunEnd.Refused, "best effort needs a transaction with savepoints, and there is none. Use PurgeMode.AllOrNothing.");
        }
    }

    private async Task WorkAsync(PurgeRun run, FreshFacts facts, StepRunner steps, CancellationToken cancellationToken)
    {
        bool bestEffort = plan.Mode == PurgeMode.BestEffort;
        var verifier = new PurgeVerifier(session, facts, run);
        await steps.LockAsync(cancellationToken).ConfigureAwait(false);
        Report(PurgePhase.Counting);
        await verifier.BeforeAsync(cancellationToken).ConfigureAwait(false);
        TargetGuard.CheckRows(run, options);
        await steps.RunAllAsync(bestEffort, cancellationToken).ConfigureAwait(false);

        // Only a trigger's rows are cleared again: rows of another session are somebody's data, and fail the verification.
        IReadOnlyList<SchemaObject> triggers = facts.Triggers();
        for (int pass = 1; pass <= MostClearingPasses && triggers.Count > 0; pass++)
        {
            IReadOnlyList<TableName> filled = await verifier.NotEmptyAsync(cancellationToken).ConfigureAwait(false);
            if (filled.Count == 0)
            {
                break;
            }

            logger.ClearedAgain(pass, string.Join(", ", filled));
            run.Notes.AddRange(filled.Select(table => new PlanNote(
                NoteGrade.Warning,
                table,
                string.Create(CultureInfo.InvariantCulture, $"Held {run.Tables[table].After} rows again after it was emptied, and was cleared again (pass {pass}). Triggers that fire: {string.Join(", ", triggers.Select(trigger => $"\"{trigger.Name}\" on {trigger.Table}"))}."))));
            await steps.ClearAgainAsync(bestEffort, cancellationToken).ConfigureAwait(false);
        }

        Report(PurgePhase.Verifying);
        await verifier.AfterAsync(cancellationToken).ConfigureAwait(false);
    }

    // From here on nobody can tell the server to stop; a commit that fails says that its outcome is open.
    private static async Task CommitAsync(IDbContextTransaction transaction)
    {
        try
        {
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (DbException e) when (e.IsTransient)
        {
            throw new RunStoppedException(RunEnd.Failed, $"the connection failed during the commit ({e.Message}), so it is not known whether the server committed. Count the rows before doing anything else.");
        }
    }

    private async Task RollbackAsync(PurgeRun run, IDbContextTransaction? own, StepRunner? steps, SessionGuard guard)
    {
        try
        {
            if (own is not null)
            {
                await own.RollbackAsync(CancellationToken.None).ConfigureAwait(false);
            }
            else if (session.Transaction is { SupportsSavepoints: true } joined)
            {
                await joined.RollbackToSavepointAsync(Savepoint, CancellationToken.None).ConfigureAwait(false);
                await (steps?.RestoreAsync(CancellationToken.None) ?? Task.CompletedTask).ConfigureAwait(false);
                await guard.LeaveAsync(CancellationToken.None).ConfigureAwait(false);
            }
            else
            {
                run.LeavesRollbackToCaller = true;
                run.Notes.Add(new PlanNote(NoteGrade.Warning, Table: null, "The caller's transaction has no savepoints: it has to be rolled back by the caller."));
            }
        }
        catch (Exception e) when (e is DbException or InvalidOperationException)
        {
            logger.RollbackNotSent(e);
            run.Notes.Add(new PlanNote(NoteGrade.Warning, Table: null, $"The rollback could not be sent ({e.Message}). A server rolls back what was not committed when the connection is gone."));
        }
    }

    private void Report(PurgePhase phase) => progress?.Report(new PurgeProgress(phase, 0, plan.Steps.Count, [], 0));
}
