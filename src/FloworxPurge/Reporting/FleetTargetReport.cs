using System.Text.Json;
using System.Text.Json.Serialization;

namespace FloworxPurge.Reporting;

/// <summary>What became of one target of a fleet.</summary>
public sealed record FleetTargetReport
{
    internal FleetTargetReport(string target, PurgeVerdict? verdict, string summary)
        => (Target, Verdict, Summary) = (target, verdict, summary);

    /// <summary>Gets the name of the target.</summary>
    [JsonInclude]
    public string Target { get; internal init; }

    /// <summary>Gets the verdict; <see langword="null"/> where the run did not reach the target, and nothing was written.</summary>
    [JsonInclude]
    public PurgeVerdict? Verdict { get; internal init; }

    /// <summary>Gets the result in one sentence: that of the report, or what went wrong before there was one.</summary>
    [JsonInclude]
    public string Summary { get; internal init; }

    /// <summary>
    /// Gets whether the report is from the receipt of an earlier call of the same run, so that this call deleted nothing.
    /// </summary>
    public bool IsFromReceipt { get; init; }

    /// <summary>Gets how long this call took for the target; zero where the run did not reach it.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>
    /// Gets the report; <see langword="null"/> where the run did not reach the target, or failed before it could be planned.
    /// </summary>
    [JsonIgnore]
    public PurgeReport? Report { get; init; }

    /// <summary>The report as its own JSON form has it, with its hash.</summary>
    [JsonInclude]
    [JsonPropertyName("report")]
    internal JsonElement? WrittenReport
    {
        get => Report is null ? null : JsonElement.Parse(Report.ToJson());
        init => _ = value;
    }

    /// <summary>A target that the run did not reach.</summary>
    internal static FleetTargetReport NotReached(string target, string why) => new(target, verdict: null, $"Not reached: {why}.");
}
