using FloworxPurge.Engines;

namespace FloworxPurge.Extensibility;

/// <content>The reset of test databases.</content>
public abstract partial class PurgeDialect
{
    /// <summary>
    /// Gets the setting of the session that <see cref="DisableConstraints"/> and <see cref="EnableConstraints"/> change; <see
    /// langword="null"/> (the default) where they change tables.
    /// </summary>
    internal virtual SessionSetting? ConstraintSetting => null;

    /// <summary>
    /// Creates the engine's own reset of a test database, which is faster than ordered statements in a transaction;
    /// <see langword="null"/> (the default) when there is none for this plan, so that ordered statements are used.
    /// </summary>
    /// <param name="context">The connection and the facts of the plan. There is at least one table.</param>
    /// <param name="cancellationToken">Stops the preparation.</param>
    /// <returns>
    /// A function that empties the tables in a transaction of its own and returns the number of rows that were deleted from each table, in
    /// the order of <see cref="EngineResetContext.Tables"/>; or <see langword="null"/> when nothing was written since the last call, so
    /// that nothing was changed. It is not called twice at the same time. When it throws or is cancelled, nothing is changed; see
    /// <see cref="EngineResetContext.SchemaChanged"/>, <see cref="EngineResetContext.Refilled"/> and
    /// <see cref="EngineResetContext.Blocked"/>.
    /// </returns>
    public virtual ValueTask<Func<CancellationToken, Task<IReadOnlyList<long>?>>?> CreateResetAsync(
        EngineResetContext context,
        CancellationToken cancellationToken = default)
        => new((Func<CancellationToken, Task<IReadOnlyList<long>?>>?)null);
}
