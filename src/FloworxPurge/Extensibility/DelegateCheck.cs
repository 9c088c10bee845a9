using FloworxPurge.Reporting;

namespace FloworxPurge.Extensibility;

/// <summary>A check that is a delegate.</summary>
internal sealed class DelegateCheck : IPurgeCheck
{
    private readonly Func<ExtensionContext, CancellationToken, Task<CheckReport>> _measure;

    /// <summary>Creates the check.</summary>
    /// <param name="measure">
    /// Measures; <see cref="CheckReport.Compare"/> makes the result of two texts. An exception is reported as <see cref="Outcome.NotRun"/>.
    /// </param>
    /// <exception cref="ArgumentNullException">There is no delegate.</exception>
    public DelegateCheck(Func<ExtensionContext, CancellationToken, Task<CheckReport>> measure)
    {
        ArgumentNullException.ThrowIfNull(measure);
        _measure = measure;
    }

    /// <inheritdoc/>
    public Task<CheckReport> RunAsync(ExtensionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return _measure(context, cancellationToken);
    }
}
