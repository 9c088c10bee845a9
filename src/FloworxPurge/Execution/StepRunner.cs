using System.Data.Common;
using System.Globalization;
using System.Runtime.ExceptionServices;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Execution;

/// <summary>Runs the statements of a plan, in their order, and writes down what each of them did.</summary>
internal sealed class StepRunner(DatabaseSession session, FreshFacts facts, PurgeRun run, PurgeOptions options, ILogger logger, IProgress<PurgeProgress>? progress)
{
    private const string Savepoint = "floworxpurge_table";

    private long _rows;
    private bool _hasDeferred;
    private StepGroup? _turnedOff;

    /// <summary>Keeps other sessions out, where the plan says so.</summary>
    public async Task LockAsync(CancellationToken cancellationToken)
    {
        foreach (PlanStep step in facts.Plan.Steps.Where(step => step.Kind == PlanStepKind.Lock))
        {
            await RunAsync(step, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Runs everything, each table alone in a savepoint when a failure is to stay with its table.</summary>
    public async Task RunAllAsync(bool bestEffort, CancellationToken cancellationToken)
    {
        foreach (PlanStep step in facts.Plan.Steps.Where(step => step.Kind == PlanStepKind.DeferConstraints))
        {
            // In a transaction that goes on after the purge, this has to be taken back.
            _hasDeferred |= run.JoinedTransaction && !await ChecksAreDeferredAsync(cancellationToken).ConfigureAwait(false);
            await RunAsync(step, cancellationToken).ConfigureAwait(false);
        }

        await RunGroupsAsync(GroupsInTransaction(), bestEffort, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Clears again what a trigger has filled. A failure ends the run: a savepoint of now would not bring the table's first rows back.</summary>
    public async Task ClearAgainAsync(bool bestEffort, CancellationToken cancellationToken)
    {
        ILookup<bool, StepGroup> groups = GroupsInTransaction().ToLookup(group => group.Steps[0].Kind is PlanStepKind.PurgeHistory or PlanStepKind.ResetIdentity or PlanStepKind.RefreshView);
        await RunGroupsAsync([.. groups[false]], bestEffort: false, cancellationToken).ConfigureAwait(false);

        // What was filled had drawn numbers, is in the history by now, and was seen by the views.
        await RunGroupsAsync([.. groups[true]], bestEffort, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs what would have committed the transaction, now that it is committed. What fails is a note: the rows are gone all the same.</summary>
    public async Task RunAfterCommitAsync(CancellationToken cancellationToken)
    {
        foreach (StepGroup group in StepGroup.Of(facts.Plan).Where(IsAfterCommit).Where(group => group.Tables.All(table => run.Tables[table].Error is null)))
        {
            try
            {
                await RunGroupAsync(Limited(group), cancellationToken).ConfigureAwait(false);
            }
            catch (DbException e) when (session.IsOpen)
            {
                FailAfterwards(group, e);
            }
        }
    }

    /// <summary>What is left to the caller, whose transaction it would commit.</summary>
    public void LeaveToCaller()
    {
        foreach (StepGroup group in StepGroup.Of(facts.Plan).Where(IsAfterCommit))
        {
            run.Notes.Add(PlanNote.Warning(group.Tables[0], $"Not done, since it would commit the caller's transaction: {group.Steps[0].Reason.TrimEnd('.')}. Run it once that is committed: {group.Steps[0].Sql}"));
        }
    }

    /// <summary>Leaves a transaction that goes on as it was found.</summary>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        if (_hasDeferred && session.Dialect.UndoDeferConstraints is { } undo)
        {
            await session.ExecuteAsync(undo, [], cancellationToken: cancellationToken).ConfigureAwait(false);
            _hasDeferred = false;
        }

        await EnableAgainAsync(cancellationToken).ConfigureAwait(false);
    }

    // The session has its own setting back by now, which may be a day.
    private StepGroup Limited(StepGroup group)
        => options.LockTimeout is { } timeout ? group with { Steps = [.. group.Steps.Select(step => step with { Sql = session.Dialect.WithLockTimeout(step.Sql, timeout) })] } : group;

    // What ended between off and on: a rollback alone gives this session its foreign keys back only where they are the database's.
    private async Task EnableAgainAsync(CancellationToken cancellationToken)
    {
        if (_turnedOff is { } group && !session.Dialect.RollbackEnablesConstraints)
        {
            PlanStep step = group.Steps.First(step => step.Kind == PlanStepKind.EnableConstraints);
            await session.ExecuteAsync(step.Sql, step.Parameters, cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        _turnedOff = null;
    }

    private List<StepGroup> GroupsInTransaction() => [.. StepGroup.Of(facts.Plan).Where(group => !IsAfterCommit(group))];

    private bool IsAfterCommit(StepGroup group) => session.Dialect.ResetsIdentityAfterCommit && group.Steps[0].Kind == PlanStepKind.ResetIdentity;

    private async Task<bool> ChecksAreDeferredAsync(CancellationToken cancellationToken)
        => session.Dialect.DeferConstraintsState is { } query && (await session.QueryNumbersAsync(query, cancellationToken).ConfigureAwait(false))[0] != 0;

    private async Task RunGroupsAsync(IReadOnlyList<StepGroup> groups, bool bestEffort, CancellationToken cancellationToken)
    {
        foreach (StepGroup group in groups)
        {
            if (group.Tables.Any(table => run.Tables[table].Error is not null))
            {
                continue;
            }

            if (!bestEffort)
            {
                await RunGroupAsync(group, cancellationToken).ConfigureAwait(false);
            }
            else if (FailedDependent(group) is { } dependent)
            {
                Fail(group, exception: null, $"left as it is, since table {dependent} references it and failed");
            }
            else
            {
                await RunGroupAloneAsync(group, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task RunGroupAsync(StepGroup group, CancellationToken cancellationToken)
    {
        foreach (PlanStep step in group.Steps)
        {
            _turnedOff = step.Kind == PlanStepKind.DisableConstraints ? group : _turnedOff;
            await RunAsync(step, cancellationToken).ConfigureAwait(false);
            _turnedOff = step.Kind == PlanStepKind.EnableConstraints ? null : _turnedOff;
        }
    }

    private async Task RunGroupAloneAsync(StepGroup group, CancellationToken cancellationToken)
    {
        IDbContextTransaction transaction = session.Transaction!;
        await (run.Writes?.MarkAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        await transaction.CreateSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        try
        {
            await RunGroupAsync(group, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (!cancellationToken.IsCancellationRequested && session.IsOpen && !run.FailsAsReadOnly(e, session.Dialect))
        {
            await RollbackToSavepointAsync(transaction, e, cancellationToken).ConfigureAwait(false);
            await (run.Writes?.ForgetAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
            await EnableAgainAsync(cancellationToken).ConfigureAwait(false);
            if (StepGroup.IsDelete(group.Steps[0].Kind) || group.Steps[0].Kind == PlanStepKind.Truncate)
            {
                Fail(group, e, e.Message);
            }
            else
            {
                FailAfterwards(group, e);
            }
        }

        await transaction.ReleaseSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
    }

    // Where the savepoint is gone with the whole transaction, what ended that tells more.
    private async Task RollbackToSavepointAsync(IDbContextTransaction transaction, DbException cause, CancellationToken cancellationToken)
    {
        try
        {
            await transaction.RollbackToSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException) when (session.IsOpen)
        {
            // A deadlock that this transaction was chosen for, on engines whose driver takes no notice of that.
            ExceptionDispatchInfo.Throw(cause);
        }
        catch (InvalidOperationException) when (session.IsOpen)
        {
            if (await session.HasTransactionEndedAsync().ConfigureAwait(false))
            {
                ExceptionDispatchInfo.Throw(cause);
            }

            throw;
        }
    }

    // Deleting a principal would cascade into the rows that could not be deleted, or fail because of them.
    private TableName? FailedDependent(StepGroup group)
        => facts.Schema.ForeignKeys
            .Where(key => group.Tables.Contains(key.Principal) && !group.Tables.Contains(key.Dependent))
            .Select(key => key.Dependent)
            .Where(table => run.Tables.TryGetValue(table, out TableRun? state) && state.Error is not null)
            .Order()
            .FirstOrDefault();

    private void Fail(StepGroup group, Exception? exception, string error)
    {
        foreach (TableName table in group.Tables)
        {
            TableRun state = run.Tables[table];
            state.Error = error;
            state.Reported = 0;
            run.IdentitiesReset.RemoveAll(reset => reset == table);
            logger.TableFailed(exception, table.ToString(), error);
        }
    }

    // The rows are gone all the same: the table is as purged as it is said to be.
    private void FailAfterwards(StepGroup group, DbException exception)
    {
        run.HasFailedSteps = true;
        foreach (TableName table in group.Tables)
        {
            run.IdentitiesReset.RemoveAll(reset => reset == table);
            if (group.Steps[0].Kind == PlanStepKind.PurgeHistory)
            {
                run.HistoriesPurged.Remove(table);
            }

            run.Notes.Add(PlanNote.Warning(table, $"Not done, though its rows are deleted: {group.Steps[0].Reason.TrimEnd('.')} ({exception.Message.TrimEnd('.')})."));
            logger.TableFailed(exception, table.ToString(), exception.Message);
        }
    }

    private async Task RunAsync(PlanStep step, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Report(step, rows: 0);
        long start = options.TimeProvider.GetTimestamp();
        long rows = await ExecuteAsync(step, cancellationToken).ConfigureAwait(false);
        TimeSpan duration = options.TimeProvider.GetElapsedTime(start);
        run.HasWritten |= step.Kind is not (PlanStepKind.Lock or PlanStepKind.DeferConstraints or PlanStepKind.DisableConstraints);
        _rows += rows;
        if (step.Kind is PlanStepKind.SetNull or PlanStepKind.Delete or PlanStepKind.DeleteInChunks or PlanStepKind.DeleteTogether or PlanStepKind.Truncate)
        {
            foreach (TableName table in step.Tables)
            {
                run.Tables[table].Duration += duration;
            }
        }

        logger.StepDone(step.Number, facts.Plan.Steps.Count, step.Kind.ToString(), string.Join(", ", step.Tables), rows);
    }

    private void Report(PlanStep step, long rows)
        => progress?.Report(new PurgeProgress
        {
            Phase = PurgePhase.Deleting,
            Step = step.Number,
            Steps = facts.Plan.Steps.Count,
            Tables = step.Tables,
            RowsDeleted = _rows + rows,
        });

    /// <summary>Runs one step and returns how many rows it deleted.</summary>
    private async Task<long> ExecuteAsync(PlanStep step, CancellationToken cancellationToken)
    {
        switch (step.Kind)
        {
            case PlanStepKind.DeleteTogether:
                IReadOnlyList<long> counts = await session.QueryNumbersAsync(step.Sql, cancellationToken).ConfigureAwait(false);
                for (int i = 0; i < counts.Count; i++)
                {
                    run.Tables[step.Tables[i]].Reported += counts[i];
                }

                return counts.Sum();

            case PlanStepKind.Delete:
                int affected = await session.ExecuteAsync(step.Sql, step.Parameters, cancellationToken: cancellationToken).ConfigureAwait(false);
                TableRun state = run.Tables[step.Tables[0]];
                state.Reported = affected < 0 ? null : state.Reported + affected;
                return Math.Max(0, affected);

            case PlanStepKind.DeleteInChunks:
                TableRun table = run.Tables[step.Tables[0]];
                long? deleted = await ChunkedDelete.RunAsync(session, step, table.Before, rows => Report(step, rows), cancellationToken).ConfigureAwait(false);
                table.Reported += deleted;
                return deleted ?? 0;

            case PlanStepKind.Truncate:
                // Nobody else could write since the rows were counted: the plan locks the tables first.
                await session.ExecuteAsync(step.Sql, step.Parameters, cancellationToken: cancellationToken).ConfigureAwait(false);
                foreach (TableRun truncated in step.Tables.Select(table => run.Tables[table]))
                {
                    truncated.Reported = truncated.Before;
                }

                return step.Tables.Sum(table => run.Tables[table].Before ?? 0);

            default:
                await session.ExecuteAsync(step.Sql, step.Parameters, cancellationToken: cancellationToken).ConfigureAwait(false);
                if (step.Kind == PlanStepKind.ResetIdentity)
                {
                    run.IdentitiesReset.Add(step.Tables[0]);
                }
                else if (step.Kind == PlanStepKind.PurgeHistory)
                {
                    run.HistoriesPurged.Add(step.Tables[0]);
                }

                return 0;
        }
    }
}
