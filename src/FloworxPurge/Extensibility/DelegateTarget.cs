using System.Globalization;
using FloworxPurge.Reporting;

namespace FloworxPurge.Extensibility;

/// <summary>A target that is two delegates, such as the cache or the queue of the application itself: one removes, one counts.</summary>
internal sealed class DelegateTarget : IPurgeTarget
{
    private readonly Func<ExtensionContext, CancellationToken, Task> _purge;
    private readonly Func<ExtensionContext, CancellationToken, Task<long>>? _count;

    /// <summary>Creates the target.</summary>
    /// <param name="name">The name in reports; without credentials.</param>
    /// <param name="purge">Removes the items. Not called in a dry run.</param>
    /// <param name="count">
    /// Counts the items that are to be removed, before and afterwards; some that are left afterwards are a failure.
    /// <see langword="null"/> (the default) when they cannot be counted: there is no dry run then, and the report has no numbers.
    /// </param>
    /// <exception cref="ArgumentException">The name is null, empty or white space, or there is no delegate that removes.</exception>
    public DelegateTarget(
        string name,
        Func<ExtensionContext, CancellationToken, Task> purge,
        Func<ExtensionContext, CancellationToken, Task<long>>? count = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(purge);
        Name = name;
        _purge = purge;
        _count = count;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public bool SupportsDryRun => _count is not null;

    /// <inheritdoc/>
    public async Task<TargetReport> PurgeAsync(ExtensionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (_count is null)
        {
            if (context.IsDryRun)
            {
                return TargetReport.Skipped("it cannot be counted, so a dry run leaves it alone");
            }

            await _purge(context, cancellationToken).ConfigureAwait(false);
            return TargetReport.Done(before: null, removed: null, after: null);
        }

        long before = await _count(context, cancellationToken).ConfigureAwait(false);
        if (context.IsDryRun)
        {
            return TargetReport.Counted(before);
        }

        try
        {
            await _purge(context, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return TargetReport.Failed($"{e.GetType().Name}: {e.Message}") with { ItemsBefore = before };
        }

        long after = await _count(context, cancellationToken).ConfigureAwait(false);
        TargetReport result = TargetReport.Done(before, Math.Max(0, before - after), after);
        return after == 0
            ? result
            : result with
            {
                Outcome = Outcome.Failed,
                Reason = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{after} {(after == 1 ? "item is" : "items are")} still there, or there again"),
            };
    }
}
