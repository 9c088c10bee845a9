using System.Globalization;
using System.Text.Json.Serialization;
using FloworxPurge.Planning;

namespace FloworxPurge.Reporting;

/// <summary>What became of all targets of a fleet.</summary>
public sealed partial record FleetReport
{
    private const int CurrentFormatVersion = 1;

    private FleetReport()
    {
    }

    /// <summary>Gets the version of the JSON format.</summary>
    [JsonInclude]
    public int FormatVersion { get; internal init; } = CurrentFormatVersion;

    /// <summary>Gets the id of the run.</summary>
    public required string RunId { get; init; }

    /// <summary>
    /// Gets the worst verdict of the targets, from bad to good: <see cref="PurgeVerdict.Failed"/>, <see cref="PurgeVerdict.Partial"/>,
    /// <see cref="PurgeVerdict.Refused"/>, <see cref="PurgeVerdict.Cancelled"/>, <see cref="PurgeVerdict.NothingMatched"/> of whole tables
    /// or of rows that are all blocked, <see cref="PurgeVerdict.CompleteWithSkips"/>, <see cref="PurgeVerdict.Complete"/>. A target in
    /// which no row matched makes nothing worse: the verdict is <see cref="PurgeVerdict.NothingMatched"/> where no row matched in any.
    /// Targets that were not reached make it <see cref="PurgeVerdict.Cancelled"/> or worse.
    /// </summary>
    public required PurgeVerdict Verdict { get; init; }

    /// <summary>Gets the result in one sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>Gets the time when this call began; UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Gets how long this call took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>
    /// Gets the number of rows that the run has deleted in all targets, those of earlier calls included; of a run in several transactions
    /// that has not ended, what is committed.
    /// </summary>
    public required long RowsDeleted { get; init; }

    /// <summary>Gets the targets, in the order of the fleet, with those that were not reached.</summary>
    public required IReadOnlyList<FleetTargetReport> Targets { get; init; }

    /// <summary>
    /// Gets the exit code for a process, the same as that of the command: 0 complete, also with skips; 1 failed; 3 refused; 5 partial;
    /// 6 nothing matched; 130 cancelled.
    /// </summary>
    [JsonInclude]
    public int ExitCode { get; internal init; }

    internal static FleetReport Of(string runId, DateTimeOffset startedAt, TimeSpan duration, IReadOnlyList<FleetTargetReport> targets)
    {
        PurgeVerdict verdict = targets.Select(VerdictOf).MaxBy(Rank);
        long rows = targets.Sum(target => target.Report?.RowsDeleted ?? 0);
        return new FleetReport
        {
            RunId = runId,
            StartedAt = startedAt,
            Duration = duration,
            Targets = targets,
            RowsDeleted = rows,
            Verdict = verdict,
            ExitCode = ExitCodeOf(verdict),
            Summary = Summarize(targets, rows),
        };

        // No row of a target may match the rules; that no table of it could be purged, or that every row is blocked, is another matter.
        int Rank(PurgeVerdict one) => one switch
        {
            PurgeVerdict.NothingMatched when targets.All(target => target.Verdict != one || target.Report?.Scope is { Matched: 0 }) => 0,
            PurgeVerdict.Complete => 1,
            PurgeVerdict.CompleteWithSkips => 2,
            PurgeVerdict.NothingMatched => 3,
            PurgeVerdict.Cancelled => 4,
            PurgeVerdict.Refused => 5,
            PurgeVerdict.Partial => 6,
            _ => 7,
        };
    }

    private static int ExitCodeOf(PurgeVerdict verdict) => verdict switch
    {
        PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips => 0,
        PurgeVerdict.Refused => 3,
        PurgeVerdict.Partial => 5,
        PurgeVerdict.NothingMatched => 6,
        PurgeVerdict.Cancelled => 130,
        _ => 1,
    };

    private static PurgeVerdict VerdictOf(FleetTargetReport target) => target.Verdict ?? PurgeVerdict.Cancelled;

    private static string Summarize(IReadOnlyList<FleetTargetReport> targets, long rows)
    {
        string states = string.Join(
            ", ",
            targets
                .GroupBy(target => target.Verdict is { } verdict ? WordFor(verdict) : "not reached", StringComparer.Ordinal)
                .OrderByDescending(group => group.Count())
                .ThenBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => Text($"{group.Count()} {group.Key}")));
        int answered = targets.Count(target => target.IsFromReceipt);
        return Text($"{Quantity.Of(targets.Count, "target")}: {states}. {Quantity.Of(rows, "row")} deleted by this run.")
            + (answered == 0
                ? string.Empty
                : Text($" {Quantity.Of(answered, "target")} answered from the receipt of an earlier call, which deleted the rows."));
    }

    /// <summary>The verdict of a target in a sentence or a column.</summary>
    internal static string WordFor(PurgeVerdict verdict) => verdict switch
    {
        PurgeVerdict.CompleteWithSkips => "complete with skips",
        PurgeVerdict.NothingMatched => "nothing matched",
        _ => verdict.ToString().ToLowerInvariant(),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
