using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace FloworxPurge.Execution;

/// <summary>
/// The activities and metrics of a purge are named <c>FloworxPurge</c>. Names never hold table names or data.
/// </summary>
internal static class PurgeTelemetry
{
    public const string Name = "FloworxPurge";

    public static ActivitySource Activities { get; } = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> RowsDeleted = Meter.CreateCounter<long>(
        "floworxpurge.rows.deleted",
        "{row}",
        "Rows deleted by purges that were committed.");

    private static readonly Counter<long> Runs = Meter.CreateCounter<long>("floworxpurge.runs", "{run}", "Purges by verdict.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "floworxpurge.duration",
        "s",
        "How long a purge took.");

    /// <summary>Records the end of a run.</summary>
    public static void RunEnded(Activity? activity, string verdict, string engine, long rows, TimeSpan duration)
    {
        var tags = new TagList { { "floworxpurge.verdict", verdict }, { "floworxpurge.engine", engine } };
        Runs.Add(1, tags);
        RowsDeleted.Add(rows, tags);
        Duration.Record(duration.TotalSeconds, tags);
        activity?.SetTag("floworxpurge.verdict", verdict);
        activity?.SetTag("floworxpurge.engine", engine);
        activity?.SetTag("floworxpurge.rows", rows);
    }
}
