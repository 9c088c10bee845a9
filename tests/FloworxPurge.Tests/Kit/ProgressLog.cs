
namespace FloworxPurge.Tests.Kit;

/// <summary>Records the progress that a purge reports, at the time it is reported.</summary>
public sealed class ProgressLog(Action<PurgeProgress, int>? told = null) : IProgress<PurgeProgress>
{
    private readonly List<PurgeProgress> _reports = [];

    /// <summary>Everything that was reported.</summary>
    public IReadOnlyList<PurgeProgress> Reports => _reports;

    /// <inheritdoc/>
    public void Report(PurgeProgress value)
    {
        _reports.Add(value);
        told?.Invoke(value, Reports.Count);
    }
}
