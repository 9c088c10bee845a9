namespace FloworxPurge.Extensibility;

/// <summary>How a check ended.</summary>
public enum CheckOutcome
{
    /// <summary>Measured, and as expected.</summary>
    Pass,

    /// <summary>Measured, and not as expected.</summary>
    Fail,

    /// <summary>Could not be measured, or was not begun. A required check that was not run after a commit makes the verdict <c>Partial</c>.</summary>
    NotRun,
}

/// <summary>What a check measured.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Expected">What was expected, in words or as a value.</param>
/// <param name="Actual">What was measured; for <see cref="CheckOutcome.NotRun"/> the reason.</param>
public sealed record CheckResult(CheckOutcome Outcome, string Expected, string Actual)
{
    /// <summary>Compares by the letter.</summary>
    /// <param name="expected">What was expected.</param>
    /// <param name="actual">What was measured.</param>
    /// <returns><see cref="CheckOutcome.Pass"/> when both are the same text, else <see cref="CheckOutcome.Fail"/>.</returns>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public static CheckResult Compare(string expected, string actual)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        return new CheckResult(string.Equals(expected, actual, StringComparison.Ordinal) ? CheckOutcome.Pass : CheckOutcome.Fail, expected, actual);
    }
}

/// <summary>One check in a report.</summary>
/// <param name="Name">The name it was added with.</param>
/// <param name="Severity">What its failure means for the verdict.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Expected">What was expected; empty when the check did not come to say so.</param>
/// <param name="Actual">What was measured, or why it was not.</param>
/// <param name="Duration">How long it took.</param>
public sealed record CheckReport(string Name, PurgeSeverity Severity, CheckOutcome Outcome, string Expected, string Actual, TimeSpan Duration);
