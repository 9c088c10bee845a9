namespace FloworxPurge.Extensibility;

/// <summary>What became of a target.</summary>
public enum TargetOutcome
{
    /// <summary>All of it is done; in a dry run: counted.</summary>
    Done,

    /// <summary>Left as it is, for a reason that was measured.</summary>
    Skipped,

    /// <summary>Not or not wholly done.</summary>
    Failed,

    /// <summary>Could not be reached. A report says <see cref="Skipped"/> for an optional target and <see cref="Failed"/> for a required one.</summary>
    Unreachable,
}

/// <summary>What a target counted and removed.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="ItemsBefore">Items counted before; <see langword="null"/> when not counted.</param>
/// <param name="ItemsRemoved">Items removed; <see langword="null"/> when not known.</param>
/// <param name="ItemsAfter">Items counted afterwards; <see langword="null"/> when not counted.</param>
/// <param name="Reason">Why it is not done, or what else is to be said; <see langword="null"/> when nothing is.</param>
public sealed record TargetResult(TargetOutcome Outcome, long? ItemsBefore, long? ItemsRemoved, long? ItemsAfter, string? Reason)
{
    /// <summary>All done.</summary>
    /// <param name="before">Items counted before.</param>
    /// <param name="removed">Items removed.</param>
    /// <param name="after">Items counted afterwards.</param>
    /// <param name="remark">What else is to be said, or <see langword="null"/>.</param>
    /// <returns>The result.</returns>
    public static TargetResult Done(long? before, long? removed, long? after, string? remark = null) => new(TargetOutcome.Done, before, removed, after, remark);

    /// <summary>A dry run: counted, nothing removed.</summary>
    /// <param name="before">Items that a run would remove.</param>
    /// <returns>The result.</returns>
    public static TargetResult Counted(long before) => new(TargetOutcome.Done, before, ItemsRemoved: 0, ItemsAfter: null, Reason: null);

    /// <summary>Left as it is.</summary>
    /// <param name="reason">The measured reason.</param>
    /// <returns>The result.</returns>
    /// <exception cref="ArgumentException">There is no reason.</exception>
    public static TargetResult Skipped(string reason) => Without(TargetOutcome.Skipped, reason);

    /// <summary>Not done.</summary>
    /// <param name="reason">What went wrong, and what to do.</param>
    /// <returns>The result. Use <c>with</c> for what was counted all the same.</returns>
    /// <exception cref="ArgumentException">There is no reason.</exception>
    public static TargetResult Failed(string reason) => Without(TargetOutcome.Failed, reason);

    /// <summary>Could not be reached: a skip when the target is optional, a failure when it is required.</summary>
    /// <param name="reason">The measured reason, such as <c>connection refused by 127.0.0.1:6379</c>.</param>
    /// <returns>The result.</returns>
    /// <exception cref="ArgumentException">There is no reason.</exception>
    public static TargetResult Unreachable(string reason) => Without(TargetOutcome.Unreachable, reason);

    private static TargetResult Without(TargetOutcome outcome, string reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new TargetResult(outcome, null, null, null, reason);
    }
}

/// <summary>One target in a report.</summary>
/// <param name="Name">The target's name.</param>
/// <param name="Severity">What its failure means for the verdict.</param>
/// <param name="Outcome">What became of it; never <see cref="TargetOutcome.Unreachable"/>.</param>
/// <param name="ItemsBefore">Items counted before; <see langword="null"/> when not counted.</param>
/// <param name="ItemsRemoved">Items removed; <see langword="null"/> when not known.</param>
/// <param name="ItemsAfter">Items counted afterwards; <see langword="null"/> when not counted.</param>
/// <param name="Reason">Why it is not done, or what else is to be said; <see langword="null"/> when nothing is.</param>
/// <param name="Duration">How long it took.</param>
public sealed record TargetReport(
    string Name,
    PurgeSeverity Severity,
    TargetOutcome Outcome,
    long? ItemsBefore,
    long? ItemsRemoved,
    long? ItemsAfter,
    string? Reason,
    TimeSpan Duration);
