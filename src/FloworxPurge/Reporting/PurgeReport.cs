using System.Text.Json.Serialization;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;

namespace FloworxPurge.Reporting;

/// <summary>The one-word result of a purge. None of them says more than was measured.</summary>
public enum PurgeVerdict
{
    /// <summary>Nothing was run: this is what a run would do.</summary>
    Planned,

    /// <summary>Every table that was to be purged is verified empty.</summary>
    Complete,

    /// <summary>Every planned table is verified empty, and some tables were skipped with a reason.</summary>
    CompleteWithSkips,

    /// <summary>
    /// Committed, and not all of it is known to be clean: with best effort some tables failed and are as they were, part of the result
    /// could not be verified,
    /// or a required check or target did not succeed.
    /// </summary>
    Partial,

    /// <summary>The run failed. <see cref="PurgeReport.Transaction"/> says whether what it wrote is rolled back.</summary>
    Failed,

    /// <summary>The run was refused before anything was written.</summary>
    Refused,

    /// <summary>The run was cancelled. <see cref="PurgeReport.Transaction"/> says whether what it wrote is rolled back.</summary>
    Cancelled,
}

/// <summary>Everything that was measured about one purge. JSON is its one source; every other form is a view of it.</summary>
public sealed partial record PurgeReport
{
    /// <summary>The version of the format that this build writes: 1.</summary>
    internal const int CurrentFormatVersion = 1;

    /// <summary>The version of the JSON format.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>The result in one word.</summary>
    public required PurgeVerdict Verdict { get; init; }

    /// <summary>The result in one sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>The database, as read from the open connection; <see langword="null"/> when the run ended before it was read.</summary>
    public DatabaseIdentity? Database { get; init; }

    /// <summary>The SQL dialect, such as <c>PostgreSQL</c> or <c>ANSI SQL</c>.</summary>
    public required string Dialect { get; init; }

    /// <summary>When the run began, or when the plan was made; UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long the run took; zero for a plan.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>What a failing table does to the rest.</summary>
    public required PurgeMode Mode { get; init; }

    /// <summary>Whether the run worked inside a transaction that the caller opened. Then the commit is the caller's, too.</summary>
    public bool JoinedTransaction { get; init; }

    /// <summary>What became of what the run wrote.</summary>
    public required TransactionOutcome Transaction { get; init; }

    /// <summary>
    /// When the result was verified inside the transaction; UTC. <see langword="null"/> when the run did not come that far.
    /// </summary>
    public DateTimeOffset? VerifiedAt { get; init; }

    /// <summary>
    /// When the tables were looked at once more after the commit, in a new snapshot; UTC. <see langword="null"/> when that was not done: in
    /// a caller's transaction the
    /// commit is the caller's, who calls <see cref="IPurger.VerifyAsync"/> afterwards.
    /// </summary>
    public DateTimeOffset? LookedAgainAt { get; init; }

    /// <summary>How often the run was begun; above 1 when the context's execution strategy retried it.</summary>
    public int Attempts { get; init; }

    /// <summary>The plan's fingerprint.</summary>
    public required string PlanFingerprint { get; init; }

    /// <summary>The account that the process runs as, as the operating system says.</summary>
    public string Account { get; init; } = string.Empty;

    /// <summary>The machine that the process runs on, as the operating system says.</summary>
    public string Host { get; init; } = string.Empty;

    /// <summary>What the caller added; stated, not measured.</summary>
    public ReportDetails Details { get; init; } = new();

    /// <summary>Every guard and what it said; empty for a plan.</summary>
    public IReadOnlyList<CheckReport> Guards { get; init; } = [];

    /// <summary>The options that loosen a guard, by name.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    /// <summary>The number of deleted rows; 0 when rolled back, and when it is not known whether the run was committed.</summary>
    public required long RowsDeleted { get; init; }

    /// <summary>The tables that were to be purged, in the plan's order.</summary>
    public required IReadOnlyList<TableReport> Tables { get; init; }

    /// <summary>The tables that were skipped, each with its reason.</summary>
    public required IReadOnlyList<PlanTable> Skips { get; init; }

    /// <summary>The tables that were kept, each with its reason.</summary>
    public required IReadOnlyList<PlanTable> Kept { get; init; }

    /// <summary>
    /// The kept tables to which triggers added rows (<see cref="TableReport.RowsArrived"/>), as
    /// <see cref="PurgeOptions.AllowInserts(string)"/> allows; empty when nothing was added, and when the run was rolled back.
    /// Written as JSON only when it is not empty.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<TableReport> RowsAdded { get; init; } = [];

    /// <summary>The cycles among the tables, and how they were broken.</summary>
    public required IReadOnlyList<PlanCycle> Cycles { get; init; }

    /// <summary>What else was found.</summary>
    public required IReadOnlyList<PlanNote> Notes { get; init; }

    /// <summary>The tables whose identity counter was set back.</summary>
    public required IReadOnlyList<TableName> IdentitiesReset { get; init; }

    /// <summary>What was verified before the commit.</summary>
    public required IReadOnlyList<CheckReport> Verifications { get; init; }

    /// <summary>
    /// The number of objects of each kind before (<c>expected</c>) and after the deletion (<c>actual</c>): <c>constraint</c>, <c>index</c>,
    /// <c>trigger</c>, <c>rule</c> or
    /// <c>versioning</c>; on PostgreSQL also <c>column</c> and <c>default</c> (those of a table) and <c>view</c> (one that reads the
    /// table).
    /// <see cref="Outcome.Passed"/> when name, definition and state of each object are the same.
    /// </summary>
    public required IReadOnlyList<CheckReport> SchemaObjects { get; init; }

    /// <summary>The foreign keys of the live database among the tables that were to be purged or were skipped.</summary>
    public IReadOnlyList<ForeignKey> ForeignKeys { get; init; } = [];

    /// <summary>The places outside the database, emptied after the commit.</summary>
    public IReadOnlyList<TargetReport> Targets { get; init; } = [];

    /// <summary>The acceptance criteria, measured after the commit and after the targets.</summary>
    public IReadOnlyList<CheckReport> Checks { get; init; } = [];

    /// <summary>What happened when.</summary>
    public IReadOnlyList<PlanNote> Timeline { get; init; } = [];

    /// <summary>
    /// The files that the report is written to, by <see cref="PurgeOptions.SaveReport"/>. Not part of <see cref="Hash"/>.
    /// </summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>
    /// SHA-256 of the report in lower-case hexadecimal, over its JSON without <c>files</c> and <c>hash</c>. Every file written from one
    /// report holds the same.
    /// </summary>
    public string Hash => ReportJson.Hash(this);

    /// <summary>
    /// What was measured last before the commit. Not part of the JSON: a report that was read back is compared by its tables alone.
    /// </summary>
    [JsonIgnore]
    internal CommitBaseline? Baseline { get; init; }

    /// <summary>The verdict that the run has if everything is as it was verified when the tables are looked at after the commit.</summary>
    [JsonIgnore]
    internal PurgeVerdict? VerdictOnceCommitted { get; init; }

    /// <summary>
    /// <see cref="RowsAdded"/> as the JSON form has it: a report without added rows is written as it was before there were any.
    /// </summary>
    [JsonInclude]
    [JsonPropertyName("rowsAdded")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal IReadOnlyList<TableReport>? WrittenRowsAdded
    {
        get => RowsAdded.Count == 0 ? null : RowsAdded;
        init => RowsAdded = value ?? [];
    }

    /// <summary>Why the run is not clean, in words; <see langword="null"/> when it is.</summary>
    public string? Error { get; init; }
}
