namespace FloworxPurge.Reporting;

/// <summary>How a guard, a verification, a check or a target ended.</summary>
public enum Outcome
{
    /// <summary>Measured, and as expected. For a target: everything was removed, or counted in a dry run.</summary>
    Passed,

    /// <summary>Measured, and not as expected. For a guard: the run was refused. For a target: not everything was removed.</summary>
    Failed,

    /// <summary>Could not be measured. For a target: could not be reached.</summary>
    Unknown,

    /// <summary>Left out for a reason. For a guard: the options do not set it.</summary>
    Skipped,

    /// <summary>The run ended before it was measured, or there was no run.</summary>
    NotRun,
}
