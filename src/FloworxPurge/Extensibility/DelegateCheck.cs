namespace FloworxPurge.Extensibility;

/// <summary>A check that is a delegate.</summary>
public sealed class DelegateCheck : IPurgeCheck
{
    private readonly Func<ExtensionContext, CancellationToken, Task<CheckResult>> _measure;

    /// <summary>Creates the check.</summary>
    /// <param name="measure">Measures; <see cref="CheckResult.Compare"/> makes the result of two texts. An exception is reported as <see cref="CheckOutcome.NotRun"/>.</param>
    /// <exception cref="ArgumentNullException">There is no delegate.</exception>
    public DelegateCheck(Func<ExtensionContext, CancellationToken, Task<CheckResult>> measure)
    {
        ArgumentNullException.ThrowIfNull(measure);
        _measure = measure;
    }

    /// <inheritdoc/>
    public Task<CheckResult> RunAsync(ExtensionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return _measure(context, cancellationToken);
    }
}
