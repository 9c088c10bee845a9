using System.Data.Common;

namespace FloworxPurge.Execution;

/// <summary>Is informed of what a <see cref="PlanRunner"/> does, and answers what it asks. The defaults do nothing.</summary>
internal abstract class PlanListener
{
    /// <summary>A step begins.</summary>
    public virtual void Begin(PlanStep step)
    {
    }

    /// <summary>A step that is sent again and again has deleted so many rows by now.</summary>
    public virtual void Continue(PlanStep step, long rows)
    {
    }

    /// <summary>A step has ended.</summary>
    /// <param name="step">The step.</param>
    /// <param name="rows">
    /// The rows that it deleted, in the order of its tables: none where it deletes none, <see langword="null"/> where the provider reports
    /// no number.
    /// </param>
    /// <param name="duration">The time that it took.</param>
    public virtual void End(PlanStep step, IReadOnlyList<long?> rows, TimeSpan duration)
    {
    }

    /// <summary>Gets the number of rows that the table had before, or <see langword="null"/> when they were not counted.</summary>
    public abstract long? RowsBefore(TableName table);

    /// <summary>Gets the most rows that the table had when its rows were counted, or <see langword="null"/> when they were not.</summary>
    public virtual long? MostRows(TableName table) => RowsBefore(table);

    /// <summary>Determines whether the transaction may continue once the unit that failed is rolled back to its savepoint.</summary>
    public virtual bool MayContinueAfter(DbException failure) => true;

    /// <summary>A savepoint is about to be created.</summary>
    public virtual Task BeforeSavepointAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What was written since the savepoint is rolled back.</summary>
    public virtual Task AfterRollbackAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
