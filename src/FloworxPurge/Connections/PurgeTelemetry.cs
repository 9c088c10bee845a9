using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace FloworxPurge.Connections;

/// <summary>
/// The activity source and the meter, both named <c>FloworxPurge</c>. Attributes follow the OpenTelemetry semantic conventions for
/// databases; those of the meter hold no names of databases, tables or targets, so that the number of series stays small.
/// </summary>
internal static class PurgeTelemetry
{
    public const string Name = "FloworxPurge";

    private static readonly string Version = typeof(PurgeTelemetry).Assembly.GetName().Version!.ToString(fieldCount: 3);

    public static ActivitySource Activities { get; } = new(Name, Version);

    private static readonly Meter Meter = new(Name, Version);

    private static readonly Counter<long> RowsDeleted = Meter.CreateCounter<long>(
        "floworxpurge.rows.deleted",
        "{row}",
        "Rows deleted by purges that were committed.");

    private static readonly Counter<long> Runs = Meter.CreateCounter<long>("floworxpurge.runs", "{run}", "Purges by verdict.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "floworxpurge.duration",
        "s",
        "Duration of a purge with its targets and checks.",
        tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600] });

    private static readonly Histogram<double> StepDuration = Meter.CreateHistogram(
        "floworxpurge.step.duration",
        "s",
        "Duration of a step of a purge.",
        tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300] });

    /// <summary>Records the end of a run.</summary>
    public static void RunEnded(string system, string verdict, string? error, long rows, TimeSpan duration)
    {
        var tags = new TagList { { "db.system.name", system }, { "floworxpurge.verdict", verdict } };
        Runs.Add(1, tags);
        RowsDeleted.Add(rows, tags);
        if (error is not null)
        {
            tags.Add("error.type", error);
        }

        Duration.Record(duration.TotalSeconds, tags);
    }

    /// <summary>Records the end of a step.</summary>
    public static void StepEnded(string system, string operation, string? error, TimeSpan duration)
    {
        if (!StepDuration.Enabled)
        {
            return;
        }

        var tags = new TagList { { "db.system.name", system }, { "db.operation.name", operation } };
        if (error is not null)
        {
            tags.Add("error.type", error);
        }

        StepDuration.Record(duration.TotalSeconds, tags);
    }
}
