using FloworxPurge.Execution;

namespace FloworxPurge.Reporting;

/// <summary>The phrases that depend on the result of the purge: a plan, a purge and a run without effect have different tenses.</summary>
internal sealed record ReportWording
{
    public required string Title { get; init; }

    public required string Error { get; init; }

    public string Target { get; init; } = "Target database";

    public string Components { get; init; } = "State of the components";

    public string Authority { get; init; } = "Approval and guards";

    public string Guards { get; init; } = "Guards";

    public string Overrides { get; init; } = "Overrides";

    public required string Scope { get; init; }

    public required string Blocked { get; init; }

    public string References { get; init; } = "References to these rows";

    public string Detached { get; init; } = "Rows that stay and lose a reference";

    public string Orphans { get; init; } = "Deleted when no remaining row references them";

    public string KeptRows { get; init; } = "Kept";

    public required string Skips { get; init; }

    public required string Pending { get; init; }

    public string Purged { get; init; } = "Tables purged";

    public string Failed { get; init; } = "Tables that failed";

    public required string Cycles { get; init; }

    public required string Kept { get; init; }

    public string Warnings { get; init; } = "Warnings";

    public string Notes { get; init; } = "Notes";

    public string RowsAdded { get; init; } = "Rows that triggers added to kept tables";

    public required string Identities { get; init; }

    public string Archive { get; init; } = "Archive";

    public required string Targets { get; init; }

    public required string ItemsRemoved { get; init; }

    public required string Checks { get; init; }

    public string Bars { get; init; } = "Rows deleted per table";

    public required string Graph { get; init; }

    public required string Verifications { get; init; }

    public required string SchemaObjects { get; init; }

    public string EmptyTables { get; init; } = "Without rows";

    /// <summary>What follows the number of rows of a skipped table.</summary>
    public string RowsLeft { get; init; } = "rows left";

    public string Checklist { get; init; } = "Checklist";

    public string Security { get; init; } = "Security";

    public string Conclusion { get; init; } = "Conclusion";

    public string Timeline { get; init; } = "Timeline (UTC)";

    public string Evidence { get; init; } = "Evidence";

    public string Files { get; init; } = "Files written";

    public string Limits { get; init; } = "What this report does not prove";

    public string NextSteps { get; init; } = "Next steps";

    public string Support { get; init; } = "Support";

    public string Escalation { get; init; } = "When to escalate";

    public string SignOff { get; init; } = "Sign-off";

    public static ReportWording For(PurgeReport report)
        => report.Scope is null ? ForTables(report) : ForTables(report) with
        {
            Purged = "Tables that rows were deleted from",
            Pending = report.Verdict is PurgeVerdict.Planned ? "Tables that rows will be deleted from" : ForTables(report).Pending,
            EmptyTables = "Without rows to delete",
        };

    private static ReportWording ForTables(PurgeReport report) => report.Verdict switch
    {
        PurgeVerdict.Planned => Plan,
        PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips or PurgeVerdict.Partial => Purge,
        PurgeVerdict.NothingMatched => Purge with
        {
            Error = "Why nothing was purged",
            Targets = "Outside the database, as it was",
            Checks = "Acceptance criteria, not checked",
        },
        _ when report.Transaction is TransactionOutcome.Unknown => RunWithoutEffect with
        {
            Pending = "Tables that were to be purged, and may be or may not be",
        },
        _ when report.Transaction is TransactionOutcome.RollbackLeftToCaller => RunWithoutEffect with
        {
            Pending = "Tables that were to be purged, for the caller to roll back",
        },
        _ => RunWithoutEffect,
    };

    private static ReportWording Plan { get; } = new()
    {
        Title = "Purge plan",
        Error = "Why it cannot be run",
        Scope = "Rows that will be deleted",
        Blocked = "Selected, and will stay",
        Skips = "Tables that will be skipped",
        EmptyTables = "Without rows now",
        RowsLeft = "rows",
        Pending = "Tables that will be purged",
        Cycles = "Cycles, and how they will be broken",
        Kept = "Tables that will be kept",
        Identities = "Identity counters that will be reset",
        Targets = "Outside the database, after the commit",
        ItemsRemoved = "To remove",
        Checks = "Acceptance criteria that will be checked",
        Bars = "Rows to delete per table",
        Graph = "The tables, and the order in which they will be purged",
        Limits = "What this plan does not say",
        Verifications = "Verification",
        SchemaObjects = "Schema objects",
    };

    private static ReportWording Purge { get; } = new()
    {
        Title = "Purge report",
        Error = "Why it is not complete",
        Scope = "Rows deleted",
        Blocked = "Selected, and not deleted",
        Skips = "Tables skipped",
        EmptyTables = "Empty before the purge, and verified empty",
        Pending = "Tables not purged",
        Cycles = "Cycles, and how they were broken",
        Kept = "Tables kept",
        Identities = "Identity counters reset",
        Targets = "Outside the database",
        ItemsRemoved = "Removed",
        Checks = "Acceptance criteria",
        Graph = "The tables, and the order in which they were purged",
        Verifications = "Verification before the commit",
        SchemaObjects = "Schema integrity",
    };

    private static ReportWording RunWithoutEffect { get; } = new()
    {
        Title = "Purge report",
        Error = "Why it stopped",
        Scope = "Rows that were to be deleted",
        Blocked = "Selected, and not in the plan",
        Skips = "Tables the plan skips",
        Pending = "Tables that were to be purged and are as they were",
        Cycles = "Cycles, and how the plan breaks them",
        Kept = "Tables the plan keeps",
        Identities = "Identity counters the plan resets",
        Targets = "Outside the database, as it was",
        ItemsRemoved = "Removed",
        Checks = "Acceptance criteria, not checked",
        Graph = "The tables, and the order of the plan",
        Verifications = "Verification that did not pass",
        SchemaObjects = "Schema integrity, before and during the run",
    };
}
