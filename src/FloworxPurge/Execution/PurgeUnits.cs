using System.Data.Common;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Execution;

/// <summary>Runs the units of a purge, each at its time, and records what each of them did.</summary>
internal sealed class PurgeUnits
{
    private readonly DatabaseSession _session;
    private readonly FreshFacts _facts;
    private readonly PurgeRun _run;
    private readonly PurgeSettings _settings;
    private readonly ILogger _logger;
    private readonly PlanRunner _runner;
    private readonly PurgeTrace _trace;

    // Those after the commit that were run, or noted.
    private readonly HashSet<PlanUnit> _followed = new(ReferenceEqualityComparer.Instance);

    public PurgeUnits(
        DatabaseSession session,
        FreshFacts facts,
        PurgeRun run,
        PurgeSettings settings,
        ILogger logger,
        IProgress<PurgeProgress>? progress,
        PurgeTrace trace,
        IRunArchive? archive = null)
    {
        (_session, _facts, _run, _settings, _logger, _trace) = (session, facts, run, settings, logger, trace);
        _runner = new PlanRunner(
            session,
            run.JoinedTransaction,
            settings.TimeProvider,
            new PurgeRecorder(session.Dialect, facts.Plan, run, logger, progress),
            trace,
            archive);
    }

    private IEnumerable<PlanUnit> InTransaction => _facts.Plan.Units.Where(unit => !unit.RunsAfterCommit);

    private IEnumerable<PlanUnit> AfterCommit => _facts.Plan.Units.Where(unit => unit.RunsAfterCommit);

    /// <summary>Runs the steps that make the counts of rows hold.</summary>
    public Task LockAsync(CancellationToken cancellationToken)
        => _runner.RunAsync(_facts.Plan.Steps.Where(step => step.RunsBeforeCounting), cancellationToken);

    /// <summary>Runs every other unit of the transaction.</summary>
    public async Task RunAllAsync(CancellationToken cancellationToken)
    {
        foreach (PlanUnit unit in InTransaction)
        {
            await RunTracedAsync(unit, unit.HasSavepoint, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Runs the units again, since a trigger has filled purged tables. A failure of a delete ends the run: a savepoint that is created now
    /// would not bring back the table's first rows.
    /// </summary>
    public async Task RunAgainAsync(CancellationToken cancellationToken)
    {
        foreach (PlanUnit unit in InTransaction)
        {
            await RunTracedAsync(unit, unit is { HasSavepoint: true, FollowsDelete: true }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Runs the statements that commit by themselves, now that the transaction is committed. A failure is a note: the rows are deleted all
    /// the same.
    /// </summary>
    public async Task RunAfterCommitAsync(CancellationToken cancellationToken)
    {
        foreach (PlanUnit unit in AfterCommit.Where(unit => unit.Tables.All(table => _run.Tables[table].Error is null)))
        {
            try
            {
                await _trace.RunAsync(
                    "unit",
                    span => _runner.RunAsync(Described(span, unit).Steps.Select(WithLockTimeout), cancellationToken)).ConfigureAwait(false);
            }
            catch (DbException e) when (_session.IsOpen)
            {
                FailAfterwards(unit, e);
            }

            _followed.Add(unit);
        }
    }

    /// <summary>Notes the statements after the commit that were not reached, since something else failed.</summary>
    public void FailWhatFollows(Exception exception)
    {
        foreach (PlanUnit unit in AfterCommit.Where(
            unit => !_followed.Contains(unit) && unit.Tables.All(table => _run.Tables[table].Error is null)))
        {
            FailAfterwards(unit, exception);
        }
    }

    /// <summary>Notes the statements that are left to the caller, whose transaction they would commit.</summary>
    public void LeaveToCaller()
    {
        foreach (PlanUnit unit in AfterCommit)
        {
            _run.Notes.Add(PlanNote.Warning(
                unit.Tables[0],
                $"Not done, since it would commit the caller's transaction: {unit.Steps[0].Reason.TrimEnd('.')}. Run it once that is "
                    + $"committed: {unit.Steps[0].Sql}"));
        }
    }

    /// <summary>Leaves a transaction that continues, and the session, as they were found.</summary>
    public Task RestoreAsync(CancellationToken cancellationToken) => _runner.UndoAsync(cancellationToken);

    // The session's own setting applies again, which may allow a long wait.
    private PlanStep WithLockTimeout(PlanStep step)
        => _settings.LockTimeout is { } timeout ? step with { Sql = _session.Dialect.WithLockTimeout(step.Sql, timeout) } : step;

    private PlanStep Fast(PlanStep step)
        => step is { Kind: PlanStepKind.Delete, Rows: StepRows.Deleted, Tables: [var table] }
            && _facts.Selection?.Sql.DeleteFast(table) is { } sql
            ? step with { Sql = sql }
            : step;

    private Task RunTracedAsync(PlanUnit unit, bool inSavepoint, CancellationToken cancellationToken)
        => _trace.RunAsync(
            "unit",
            async span =>
            {
                await RunAsync(Described(span, unit), inSavepoint, cancellationToken).ConfigureAwait(false);
                if (unit.Tables.Select(table => _run.Tables[table].Error).FirstOrDefault(error => error is not null) is { } error)
                {
                    span.Fail("TableFailed", error);
                }
            });

    private static PlanUnit Described(PurgeSpan span, PlanUnit unit)
    {
        span.Set("floworxpurge.tables", unit.Tables.Select(table => table.ToString()).ToArray());
        return unit;
    }

    private async Task RunAsync(PlanUnit unit, bool inSavepoint, CancellationToken cancellationToken)
    {
        if (unit.Tables.Any(table => _run.Tables[table].Error is not null))
        {
            return;
        }

        if (!inSavepoint)
        {
            await _runner
                .RunAsync(unit.Steps.Where(step => !step.RunsBeforeCounting).Select(Fast), cancellationToken)
                .ConfigureAwait(false);
        }
        else if (FailedDependent(unit) is { } dependent)
        {
            Fail(unit, exception: null, $"left as it is, since table {dependent} references it and failed");
        }
        else if (await _runner.RunInSavepointAsync(unit, cancellationToken).ConfigureAwait(false) is { } failure)
        {
            if (unit.FollowsDelete)
            {
                _run.StepInProgress = null;
                FailAfterwards(unit, failure);
            }
            else
            {
                _run.StepInProgress = null;
                Fail(unit, failure, failure.Message);
            }
        }
    }

    // Deleting a principal would cascade into the rows that could not be deleted, or fail because of them.
    private TableName? FailedDependent(PlanUnit unit)
        => _facts.Schema.ForeignKeys
            .Where(key => unit.Tables.Contains(key.Principal) && !unit.Tables.Contains(key.Dependent))
            .Select(key => key.Dependent)
            .Where(table => _run.Tables.TryGetValue(table, out TableRun? state) && state.Error is not null)
            .Order()
            .FirstOrDefault();

    private void Fail(PlanUnit unit, Exception? exception, string error)
    {
        foreach (TableName table in unit.Tables)
        {
            TableRun state = _run.Tables[table];
            state.Error = error;
            state.Reported = 0;
            _run.IdentitiesReset.RemoveAll(reset => reset == table);
            _logger.TableFailed(exception, table.ToString(), error);
        }
    }

    // The rows are deleted all the same, so the table is as purged as the report says.
    private void FailAfterwards(PlanUnit unit, Exception exception)
    {
        _run.HasFailedSteps = true;
        if (unit.Steps[0].Kind == PlanStepKind.PurgeHistory)
        {
            _run.HistoriesPurged.ExceptWith(unit.Tables);
        }

        foreach (TableName table in unit.Tables)
        {
            _run.IdentitiesReset.RemoveAll(reset => reset == table);
            _run.Notes.Add(PlanNote.Warning(
                table,
                $"Not done, though its rows are deleted: {unit.Steps[0].Reason.TrimEnd('.')} ({exception.Message.TrimEnd('.')})."));
            _logger.TableFailed(exception, table.ToString(), exception.Message);
        }
    }
}
