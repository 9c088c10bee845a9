using System.Text.Json.Serialization;

namespace FloworxPurge.Reporting;

/// <summary>What a target outside the database counted and removed.</summary>
public sealed record TargetReport
{
    /// <summary>Gets the target's name. A target that returns a report leaves it empty: the run sets it.</summary>
    [JsonRequired]
    public string Name { get; init; } = string.Empty;

    /// <summary>
    /// Gets whether it has to succeed for a verdict that is clean; an optional target is only reported. The run sets what the target was
    /// added with. The default value is <see langword="true"/>.
    /// </summary>
    [JsonRequired]
    public bool IsRequired { get; init; } = true;

    /// <summary>
    /// Gets the outcome. A target returns <see cref="Outcome.Passed"/>, <see cref="Outcome.Failed"/>, <see cref="Outcome.Skipped"/>, or
    /// <see cref="Outcome.Unknown"/> when it could not be reached; the report of the run has <see cref="Outcome.Skipped"/> for an optional
    /// target that could not be reached, and <see cref="Outcome.Failed"/> for a required one.
    /// </summary>
    public required Outcome Outcome { get; init; }

    /// <summary>Gets the number of items counted before; <see langword="null"/> when not counted.</summary>
    [JsonRequired]
    public long? ItemsBefore { get; init; }

    /// <summary>Gets the number of items removed; <see langword="null"/> when not known.</summary>
    [JsonRequired]
    public long? ItemsRemoved { get; init; }

    /// <summary>Gets the number of items counted afterwards; <see langword="null"/> when not counted.</summary>
    [JsonRequired]
    public long? ItemsAfter { get; init; }

    /// <summary>Gets the reason why it is not done, or a remark; <see langword="null"/> when there is none.</summary>
    [JsonRequired]
    public string? Reason { get; init; }

    /// <summary>Gets how long it took. The run sets it.</summary>
    [JsonRequired]
    public TimeSpan Duration { get; init; }

    /// <summary>Everything was removed.</summary>
    /// <param name="before">Items counted before.</param>
    /// <param name="removed">Items removed.</param>
    /// <param name="after">Items counted afterwards.</param>
    /// <param name="remark">A remark, or <see langword="null"/> (the default).</param>
    /// <returns>The report.</returns>
    public static TargetReport Done(long? before, long? removed, long? after, string? remark = null)
        => new() { Outcome = Outcome.Passed, ItemsBefore = before, ItemsRemoved = removed, ItemsAfter = after, Reason = remark };

    /// <summary>A dry run: the items are counted, and nothing is removed.</summary>
    /// <param name="before">Items that a run would remove.</param>
    /// <returns>The report.</returns>
    public static TargetReport Counted(long before) => Done(before, removed: 0, after: null);

    /// <summary>Nothing was removed, for a reason.</summary>
    /// <param name="reason">The measured reason.</param>
    /// <returns>The report.</returns>
    /// <exception cref="ArgumentException">There is no reason.</exception>
    public static TargetReport Skipped(string reason) => Without(Outcome.Skipped, reason);

    /// <summary>Not everything was removed.</summary>
    /// <param name="reason">What failed, and what to do.</param>
    /// <returns>The report. Use <c>with</c> to add what was counted.</returns>
    /// <exception cref="ArgumentException">There is no reason.</exception>
    public static TargetReport Failed(string reason) => Without(Outcome.Failed, reason);

    /// <summary>The target could not be reached: it is skipped when it is optional, and fails when it is required.</summary>
    /// <param name="reason">The measured reason, such as <c>connection refused by 127.0.0.1:6379</c>.</param>
    /// <returns>The report.</returns>
    /// <exception cref="ArgumentException">There is no reason.</exception>
    public static TargetReport Unreachable(string reason) => Without(Outcome.Unknown, reason);

    private static TargetReport Without(Outcome outcome, string reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new TargetReport { Outcome = outcome, Reason = reason };
    }
}
