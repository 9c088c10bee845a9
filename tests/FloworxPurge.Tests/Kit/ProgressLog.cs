
namespace FloworxPurge.Tests.Kit;

/// <summary>Keeps what a purge tells of its progress, at the moment it is told.</summary>
public sealed class ProgressLog(Action<PurgeProgress, int>? told = null) : IProgress<PurgeProgress>
{
    private readonly List<PurgeProgress> _reports = [];

    /// <summary>Everything that was told.</summary>
    public IReadOnlyList<PurgeProgress> Reports => _reports;

    /// <inheritdoc/>
    public void Report(PurgeProgress value)
    {
        _reports.Add(value);
        told?.Invoke(value, Reports.Count);
    }
}
