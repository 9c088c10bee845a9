namespace FloworxPurge.Reporting;

/// <summary>What a guard said.</summary>
public enum GuardOutcome
{
    /// <summary>Looked, and said yes.</summary>
    Passed,

    /// <summary>Looked, and said no: nothing was written.</summary>
    Refused,

    /// <summary>The run ended before it looked, or there was no run.</summary>
    NotReached,

    /// <summary>The options do not set it.</summary>
    NotSet,
}

/// <summary>One guard of a run. Guards look at the open connection, never at configuration.</summary>
/// <param name="Name">The option's name, such as <c>MaxRows</c>, or what the guard looks at.</param>
/// <param name="Limit">What it allows; empty when it is not set.</param>
/// <param name="Actual">What it found; empty when it did not look.</param>
/// <param name="Outcome">What it said.</param>
public sealed record GuardReport(string Name, string Limit, string Actual, GuardOutcome Outcome);
