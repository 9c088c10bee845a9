using System.Text.Json.Serialization;

namespace FloworxPurge.Reporting;

/// <summary>One thing that was checked: a guard before the run, a verification before the commit, or a check after the commit.</summary>
public sealed record CheckReport
{
    /// <summary>
    /// Gets the name in reports. A check that returns a report leaves it empty: the run sets the name that the check was added with.
    /// </summary>
    [JsonRequired]
    public string Name { get; init; } = string.Empty;

    /// <summary>Gets what was expected, in words or as a value; for a guard what it allows. Empty when that is not known.</summary>
    public required string Expected { get; init; }

    /// <summary>Gets what was measured, or the reason why it was not. Empty for a guard that was not evaluated.</summary>
    public required string Actual { get; init; }

    /// <summary>Gets how it ended.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>
    /// Gets whether it has to pass for a verdict that is clean; an optional check is only reported. Guards and verifications are always
    /// required. The run sets what a check was added with. The default value is <see langword="true"/>.
    /// </summary>
    [JsonRequired]
    public bool IsRequired { get; init; } = true;

    /// <summary>Gets how long the check took; <see langword="null"/> for guards and verifications. The run sets it.</summary>
    [JsonRequired]
    public TimeSpan? Duration { get; init; }

    /// <summary>Compares two texts by ordinal comparison.</summary>
    /// <param name="expected">What was expected.</param>
    /// <param name="actual">What was measured.</param>
    /// <returns><see cref="Outcome.Passed"/> when both texts are equal, otherwise <see cref="Outcome.Failed"/>.</returns>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public static CheckReport Compare(string expected, string actual)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        return new CheckReport
        {
            Expected = expected,
            Actual = actual,
            Outcome = string.Equals(expected, actual, StringComparison.Ordinal) ? Outcome.Passed : Outcome.Failed,
        };
    }
}
