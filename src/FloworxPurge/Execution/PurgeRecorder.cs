using System.Data.Common;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Execution;

/// <summary>Records what each step of a purge did, and reports its progress.</summary>
internal sealed class PurgeRecorder(
    PurgeDialect dialect,
    PurgePlan plan,
    PurgeRun run,
    ILogger logger,
    IProgress<PurgeProgress>? progress) : PlanListener
{
    private readonly int _steps = plan.Steps.Count;
    private long _rows;
    private long _rowsAtSavepoint;

    public override void Begin(PlanStep step)
    {
        run.StepInProgress = step;
        Continue(step, rows: 0);
    }

    public override void Continue(PlanStep step, long rows)
        => progress?.Report(new PurgeProgress
        {
            Phase = PurgePhase.Deleting,
            Step = step.Number,
            Steps = _steps,
            Tables = step.Tables,
            RowsDeleted = _rows + rows,
        });

    public override void End(PlanStep step, IReadOnlyList<long?> rows, TimeSpan duration)
    {
        run.StepInProgress = null;
        run.HasWritten |= !step.OnlyPrepares;
        if (step.Rows == StepRows.Detached)
        {
            // Its table may be one that is kept.
            run.Detached[step.Tables[0]] = run.Detached.GetValueOrDefault(step.Tables[0]) + (rows[0] ?? 0);
            logger.StepDone(step.Number, _steps, step.Kind.ToString(), string.Join(", ", step.Tables), rows[0] ?? 0);
            return;
        }

        for (int i = 0; i < rows.Count; i++)
        {
            TableRun state = run.Tables[step.Tables[i]];
            state.Reported = step.Rows == StepRows.AllCounted ? rows[i] : state.Reported + rows[i];
        }

        foreach (TableName table in step.Rows == StepRows.None ? [] : step.Tables)
        {
            run.Tables[table].Duration += duration;
        }

        if (step.Kind == PlanStepKind.ResetIdentity)
        {
            run.IdentitiesReset.AddRange(step.Tables);
        }
        else if (step.Kind == PlanStepKind.PurgeHistory)
        {
            run.HistoriesPurged.Add(step.Tables[0]);
        }

        long total = rows.Sum(number => number ?? 0);
        _rows += total;
        logger.StepDone(step.Number, _steps, step.Kind.ToString(), string.Join(", ", step.Tables), total);
    }

    public override long? RowsBefore(TableName table) => run.Tables[table].Before;

    // A trigger may have filled a table that was empty.
    public override long? MostRows(TableName table)
        => run.Tables[table] is { Before: { } before } state ? Math.Max(before, state.After ?? 0) : null;

    public override bool MayContinueAfter(DbException failure) => !run.FailsAsReadOnly(failure, dialect);

    public override Task BeforeSavepointAsync(CancellationToken cancellationToken)
    {
        _rowsAtSavepoint = _rows;
        return run.Writes?.MarkAsync(cancellationToken) ?? Task.CompletedTask;
    }

    public override Task AfterRollbackAsync(CancellationToken cancellationToken)
    {
        _rows = _rowsAtSavepoint;

        // Where rows are selected, one savepoint holds every step.
        run.Detached.Clear();
        return run.Writes?.ForgetAsync(cancellationToken) ?? Task.CompletedTask;
    }
}
