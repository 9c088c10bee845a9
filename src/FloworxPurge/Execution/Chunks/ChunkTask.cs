namespace FloworxPurge.Execution;

/// <summary>What a run in several transactions works off, and in which order.</summary>
internal abstract class ChunkTask
{
    /// <summary>Checks what can be checked before anything is written.</summary>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="RunStoppedException">A table of another origin has a name that the run needs.</exception>
    public virtual Task CheckAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Prepares a new run. No transaction is open.</summary>
    /// <param name="add">Notes the run in the journal, in the transaction that remembers what it deletes.</param>
    /// <param name="cancellationToken">Cancels the preparation.</param>
    /// <returns>False where there is nothing to do, and nothing was noted.</returns>
    public abstract Task<bool> BeginAsync(Func<ChunkTotals, CancellationToken, Task> add, CancellationToken cancellationToken);

    /// <summary>Returns what a run needs to be continued and is not there any more, as a clause; null where all is there.</summary>
    /// <param name="totals">How far the run is.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public virtual Task<string?> FindLostAsync(ChunkTotals totals, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    /// <summary>Returns what the next transaction does, or null where nothing is left to do.</summary>
    /// <param name="totals">How far the run is.</param>
    /// <param name="size">The most selected rows, or rows of a table.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public abstract Task<Chunk?> NextAsync(ChunkTotals totals, int size, CancellationToken cancellationToken);

    /// <summary>Where the next transaction begins, once this one is committed. It is asked for within the transaction.</summary>
    public abstract Task<ChunkTotals> AdvanceAsync(ChunkTotals totals, Chunk chunk, PurgeRun run, CancellationToken cancellationToken);

    /// <summary>Whether nothing is left to do, unless <see cref="NextAsync"/> finds something: the run does not pause to ask it.</summary>
    public virtual bool IsThrough(ChunkTotals totals) => totals.HasEnded;

    /// <summary>How far the run is once <see cref="NextAsync"/> returned null.</summary>
    public virtual ChunkTotals End(ChunkTotals totals) => totals with { HasEnded = true };

    /// <summary>Looks, at the end of the run, at what is lost with <see cref="DropAsync"/>.</summary>
    /// <param name="totals">How far the run is.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>The same totals with what was found; the totals themselves where nothing is lost, or it was found before.</returns>
    public virtual Task<ChunkTotals> LookAsync(ChunkTotals totals, CancellationToken cancellationToken) => Task.FromResult(totals);

    /// <summary>Adds what was found at the end of the run to the result.</summary>
    public abstract Task FinishAsync(ChunkTotals totals, PurgeRun run, CancellationToken cancellationToken);

    /// <summary>Removes what only the run needed.</summary>
    public virtual Task DropAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
