namespace FloworxPurge.Extensibility;

/// <content>The reset of test databases.</content>
public partial class PurgeDialect
{
    /// <summary>
    /// Creates the engine's own reset of a test database; <see langword="null"/> (the default) when there is none for this plan, so that
    /// ordered statements in a transaction are used.
    /// </summary>
    /// <param name="request">The connection, and the facts of the plan. There is at least one table.</param>
    /// <param name="cancellationToken">Stops the preparation.</param>
    /// <returns>The reset, or <see langword="null"/>.</returns>
    public virtual ValueTask<EngineReset?> CreateResetAsync(EngineResetRequest request, CancellationToken cancellationToken = default)
        => new((EngineReset?)null);
}
