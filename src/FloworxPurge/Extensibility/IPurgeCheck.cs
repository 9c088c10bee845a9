using FloworxPurge.Reporting;

namespace FloworxPurge.Extensibility;

/// <summary>Something that has to hold once the purge is committed: an acceptance criterion.</summary>
/// <remarks>
/// Its name, and whether it is required, are given where it is added: <see cref="PurgeOptions.AddCheck(string, IPurgeCheck, bool)"/>.
/// </remarks>
public interface IPurgeCheck
{
    /// <summary>Measures. Runs after the commit and after the targets, in the order in which the checks were added.</summary>
    /// <param name="context">The purge that was committed.</param>
    /// <param name="cancellationToken">Stops the check; the purge stays committed.</param>
    /// <returns>
    /// What was expected and what was measured. An exception is reported as <see cref="Outcome.NotRun"/> with its message.
    /// </returns>
    /// <exception cref="ArgumentNullException">The context is null.</exception>
    Task<CheckReport> RunAsync(ExtensionContext context, CancellationToken cancellationToken = default);
}
