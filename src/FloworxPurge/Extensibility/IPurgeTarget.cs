using FloworxPurge.Reporting;

namespace FloworxPurge.Extensibility;

/// <summary>A place outside the database that is emptied after the commit: a cache, a folder, an identity provider.</summary>
public interface IPurgeTarget
{
    /// <summary>The name in reports, such as <c>Redis cache.internal:6379, database 0</c>. Without credentials.</summary>
    string Name { get; }

    /// <summary>
    /// Gets whether <see cref="PurgeAsync"/> can count without removing anything when <see cref="ExtensionContext.IsDryRun"/> asks for it.
    /// It is not called in a dry run otherwise.
    /// </summary>
    bool SupportsDryRun { get; }

    /// <summary>Removes the items. Runs after the commit, in the order in which the targets were added; no target stops another.</summary>
    /// <param name="context">The purge that was committed, or the dry run.</param>
    /// <param name="cancellationToken">Stops the work; the purge stays committed.</param>
    /// <returns>
    /// What was counted and what became of it. An exception is reported as <see cref="Outcome.Failed"/> with its message.
    /// </returns>
    /// <exception cref="ArgumentNullException">The context is null.</exception>
    Task<TargetReport> PurgeAsync(ExtensionContext context, CancellationToken cancellationToken = default);
}
