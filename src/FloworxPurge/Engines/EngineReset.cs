namespace FloworxPurge.Extensibility;

/// <summary>
/// An engine's own way to empty the tables of a test database, which is faster than ordered statements in a transaction. A dialect creates
/// it (<see cref="PurgeDialect.CreateResetAsync"/>). It is not called twice at the same time.
/// </summary>
public abstract class EngineReset : IAsyncDisposable
{
    /// <summary>Empties the tables that hold rows, in a transaction of its own.</summary>
    /// <param name="cancellationToken">Stops the reset; nothing is changed then.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="System.Data.Common.DbException">The engine refused a statement, and nothing was changed.</exception>
    public abstract Task<EngineResetResult> ResetAsync(CancellationToken cancellationToken = default);

    /// <summary>Gives the connection its settings back, and releases what the reset holds. The connection stays open.</summary>
    /// <returns>The work.</returns>
    public abstract ValueTask DisposeAsync();
}
