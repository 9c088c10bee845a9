using FloworxPurge.Execution;

namespace FloworxPurge.Reporting;

/// <summary>The phrases that depend on what became of the purge: the tense tells a plan, a purge and a run without effect apart.</summary>
internal sealed record ReportWording
{
    public required string Title { get; init; }

    public required string Error { get; init; }

    public string Target { get; init; } = "Target database";

    public required string Skips { get; init; }

    public required string Pending { get; init; }

    public string Purged { get; init; } = "Tables purged";

    public string Failed { get; init; } = "Tables that failed";

    public required string Cycles { get; init; }

    public required string Kept { get; init; }

    public string Warnings { get; init; } = "Warnings";

    public string Notes { get; init; } = "Notes";

    public required string Identities { get; init; }

    public required string Verifications { get; init; }

    public required string SchemaObjects { get; init; }

    public string Evidence { get; init; } = "Evidence";

    public static ReportWording For(PurgeReport report) => report.Verdict switch
    {
        PurgeVerdict.Planned => Plan,
        PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips or PurgeVerdict.Partial => Purge,
        _ when report.Transaction is TransactionOutcome.Unknown => RunWithoutEffect with { Pending = "Tables that were to be purged, and may be or may not be" },
        _ when report.Transaction is TransactionOutcome.RollbackLeftToCaller => RunWithoutEffect with { Pending = "Tables that were to be purged, for the caller to roll back" },
        _ => RunWithoutEffect,
    };

    private static ReportWording Plan { get; } = new()
    {
        Title = "Purge plan",
        Error = "Why it cannot be run",
        Skips = "Tables that will be skipped",
        Pending = "Tables that will be purged",
        Cycles = "Cycles, and how they will be broken",
        Kept = "Tables that will be kept",
        Identities = "Identity counters that will be reset",
        Verifications = "Verification",
        SchemaObjects = "Schema objects",
    };

    private static ReportWording Purge { get; } = new()
    {
        Title = "Purge report",
        Error = "Why it is not complete",
        Skips = "Tables skipped",
        Pending = "Tables not purged",
        Cycles = "Cycles, and how they were broken",
        Kept = "Tables kept",
        Identities = "Identity counters reset",
        Verifications = "Verification before the commit",
        SchemaObjects = "Schema integrity",
    };

    private static ReportWording RunWithoutEffect { get; } = new()
    {
        Title = "Purge report",
        Error = "Why it stopped",
        Skips = "Tables the plan skips",
        Pending = "Tables that were to be purged and are as they were",
        Cycles = "Cycles, and how the plan breaks them",
        Kept = "Tables the plan keeps",
        Identities = "Identity counters the plan resets",
        Verifications = "Verification that did not pass",
        SchemaObjects = "Schema integrity, before and during the run",
    };
}
