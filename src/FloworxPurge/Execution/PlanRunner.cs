using System.Data.Common;
using System.Runtime.ExceptionServices;
using FloworxPurge.Connections;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Execution;

/// <summary>
/// Runs units of a plan over one session, for purges and for resets. It adds nothing to what the plan says: what a statement returns, what
/// undoes it and what fails together.
/// </summary>
/// <param name="session">The session.</param>
/// <param name="transactionContinues">
/// Whether the transaction continues after the run, so that what the plan changed in it has to be undone.
/// </param>
/// <param name="time">The clock of the durations.</param>
/// <param name="listener">Is informed of each step.</param>
/// <param name="trace">The activities of the run; none for a reset, which takes less time than they do.</param>
/// <param name="archive">Where rows are stored before they are changed or deleted, or null.</param>
internal sealed class PlanRunner(
    DatabaseSession session,
    bool transactionContinues,
    TimeProvider time,
    PlanListener listener,
    PurgeTrace? trace = null,
    IRunArchive? archive = null)
{
    private const string Savepoint = "floworxpurge_table";

    // The steps whose effect is there and has to be undone, in their order.
    private readonly List<PlanStep> _toUndo = [];

    /// <summary>Gets what has to be undone by now, in the order of the steps.</summary>
    public IReadOnlyList<SqlStatement> Pending => [.. _toUndo.Select(step => step.Inverse!)];

    /// <summary>Runs the steps of a unit, in order.</summary>
    /// <exception cref="DbException">A step failed.</exception>
    public async Task RunAsync(IEnumerable<PlanStep> steps, CancellationToken cancellationToken)
    {
        foreach (PlanStep step in steps)
        {
            cancellationToken.ThrowIfCancellationRequested();
            listener.Begin(step);
            if (trace is null)
            {
                await RunStepAsync(step, cancellationToken).ConfigureAwait(false);
                continue;
            }

            long start = time.GetTimestamp();
            using PurgeSpan span = StepSpan.Start(trace, step);
            try
            {
                long? deleted = await span.RunAsync(_ => RunStepAsync(step, cancellationToken)).ConfigureAwait(false);
                span.Set("floworxpurge.rows.deleted", deleted);
            }
            finally
            {
                trace.Guard(() => PurgeTelemetry.StepEnded(
                    trace.System,
                    StepSpan.Operation(step),
                    span.Error,
                    time.GetElapsedTime(start)));
            }
        }
    }

    /// <returns>The rows that were deleted, or <see langword="null"/> when the step deletes none or their number is not known.</returns>
    private async Task<long?> RunStepAsync(PlanStep step, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        if (step.Inverse is not null
            && (step.OutlivesTransaction || transactionContinues)
            && !await IsThereAsync(step, cancellationToken).ConfigureAwait(false))
        {
            // Before the statement: one that fails may have had its effect.
            _toUndo.Add(step);
        }

        IReadOnlyList<long?> rows = await SendAsync(step, cancellationToken).ConfigureAwait(false);
        _toUndo.RemoveAll(earlier => earlier.Number == step.Undoes);
        listener.End(step, rows, time.GetElapsedTime(start));
        return rows.Count == 0 || rows.Contains(null) || step.Rows == StepRows.Detached ? null : rows.Sum();
    }

    /// <summary>Runs the steps of a unit in a savepoint.</summary>
    /// <returns>The failure, whose effects are rolled back, or <see langword="null"/>.</returns>
    public async Task<DbException?> RunInSavepointAsync(PlanUnit unit, CancellationToken cancellationToken)
    {
        IDbContextTransaction transaction = session.Transaction!;
        DbException? failure = null;
        await listener.BeforeSavepointAsync(cancellationToken).ConfigureAwait(false);
        await transaction.CreateSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        try
        {
            await RunAsync(unit.Steps, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (!cancellationToken.IsCancellationRequested && session.IsOpen && listener.MayContinueAfter(e))
        {
            await RollbackToSavepointAsync(transaction, e, cancellationToken).ConfigureAwait(false);
            await listener.AfterRollbackAsync(cancellationToken).ConfigureAwait(false);
            await UndoAsync(unit.Steps, cancellationToken).ConfigureAwait(false);
            failure = e;
        }

        await transaction.ReleaseSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        return failure;
    }

    /// <summary>Undoes what a transaction that continues, or a session, would keep.</summary>
    public Task UndoAsync(CancellationToken cancellationToken) => UndoAsync(_toUndo, cancellationToken);

    private async Task UndoAsync(IEnumerable<PlanStep> steps, CancellationToken cancellationToken)
    {
        foreach (PlanStep step in steps.Where(_toUndo.Contains).Reverse().ToList())
        {
            await session.ExecuteAsync(step.Inverse!.Sql, step.Inverse.Parameters, cancellationToken).ConfigureAwait(false);
            _toUndo.Remove(step);
        }
    }

    private async Task<bool> IsThereAsync(PlanStep step, CancellationToken cancellationToken)
        => step.StateSql is { } query && (await session.QueryNumbersAsync(query, cancellationToken).ConfigureAwait(false))[0] != 0;

    private async Task<IReadOnlyList<long?>> SendAsync(PlanStep step, CancellationToken cancellationToken)
    {
        if (archive is not null && await archive.TryRunAsync(step, cancellationToken).ConfigureAwait(false) is { } deleted)
        {
            return [deleted];
        }

        switch (step.Rows)
        {
            case StepRows.DeletedByTable:
                return [.. await session.QueryNumbersAsync(step.Sql, step.Parameters, cancellationToken).ConfigureAwait(false)];

            case StepRows.DeletedUntilNone:
                return [await SendUntilNoneAsync(step, cancellationToken).ConfigureAwait(false)];

            case StepRows.Deleted or StepRows.Detached:
                int affected = await session.ExecuteAsync(step.Sql, step.Parameters, cancellationToken).ConfigureAwait(false);
                return [affected < 0 ? null : affected];

            case StepRows.AllCounted:
                // No other session could write since the rows were counted: the plan locks the tables first.
                await session.ExecuteAsync(step.Sql, step.Parameters, cancellationToken).ConfigureAwait(false);
                return [.. step.Tables.Select(listener.RowsBefore)];

            default:
                await session.ExecuteAsync(step.Sql, step.Parameters, cancellationToken).ConfigureAwait(false);
                return [];
        }
    }

    private async Task<long?> SendUntilNoneAsync(PlanStep step, CancellationToken cancellationToken)
    {
        // A trigger that inserts deleted rows again would keep it running forever; the verification finds what is left then.
        long most = 2 * (listener.MostRows(step.Tables[0]) ?? (long.MaxValue / 2));
        long total = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            int affected = await session.ExecuteAsync(step.Sql, step.Parameters, cancellationToken).ConfigureAwait(false);
            if (affected < 0)
            {
                await session.ExecuteAsync(step.ScriptSql!, step.Parameters, cancellationToken).ConfigureAwait(false);
                return null;
            }

            if (affected == 0)
            {
                return total;
            }

            total += affected;
            listener.Continue(step, total);
        }
        while (total <= most);
        return total;
    }

    // Where the savepoint has ended with the whole transaction, the failure that ended it says more.
    private async Task RollbackToSavepointAsync(IDbContextTransaction transaction, DbException cause, CancellationToken cancellationToken)
    {
        try
        {
            await transaction.RollbackToSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException) when (session.IsOpen)
        {
            // A deadlock that this transaction was chosen for, on engines whose driver does not notice that.
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
}
