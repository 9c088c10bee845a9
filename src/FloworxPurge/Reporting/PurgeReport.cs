using System.Text.Json.Serialization;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;

namespace FloworxPurge.Reporting;

/// <summary>The one-word result of a purge. It never claims more than was measured.</summary>
public enum PurgeVerdict
{
    /// <summary>Nothing was run: this is what a run would do.</summary>
    Planned,

    /// <summary>Every table that was to be purged is verified empty.</summary>
    Complete,

    /// <summary>Every planned table is verified empty, and some tables were skipped with a reason.</summary>
    CompleteWithSkips,

    /// <summary>
    /// Nothing was deleted, since no table could be purged: all were skipped with a reason, or the model and the filters select none.
    /// Tables that were empty already are <see cref="Complete"/>.
    /// Where rows were to be deleted: no row matched, or all that matched are blocked.
    /// </summary>
    NothingMatched,

    /// <summary>
    /// Committed, and not all of it is known to be clean: with best effort some tables failed and are as they were, part of the result
    /// could not be verified,
    /// or a required check or target did not succeed.
    /// </summary>
    Partial,

    /// <summary>The run failed. <see cref="PurgeReport.IsCommitted"/> is the result of the transaction.</summary>
    Failed,

    /// <summary>The run was refused before anything was written.</summary>
    Refused,

    /// <summary>The run was cancelled. <see cref="PurgeReport.IsCommitted"/> is the result of the transaction.</summary>
    Cancelled,
}

/// <summary>Everything that was measured about one purge. JSON is its one source; every other form is a view of it.</summary>
public sealed partial record PurgeReport
{
    /// <summary>The version of the format that this build writes: 1.</summary>
    internal const int CurrentFormatVersion = 1;

    /// <summary>Gets the version of the JSON format.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>Gets the result in one word.</summary>
    public required PurgeVerdict Verdict { get; init; }

    /// <summary>Gets the result in one sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>
    /// Gets the database, as read from the open connection; <see langword="null"/> when the run ended before it was read.
    /// </summary>
    public DatabaseIdentity? Database { get; init; }

    /// <summary>Gets the SQL dialect, such as <c>PostgreSQL</c> or <c>ANSI SQL</c>.</summary>
    public required string Dialect { get; init; }

    /// <summary>Gets the time when the run began, or when the plan was made; UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Gets how long the run took, with targets and checks; zero for a plan.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>
    /// Gets whether a table that failed was rolled back alone, with the tables that it depends on, while the others were purged. Otherwise
    /// any failure rolls everything back.
    /// </summary>
    public required bool BestEffort { get; init; }

    /// <summary>Gets whether the run worked inside a transaction that the caller opened. Then the commit is the caller's, too.</summary>
    public bool JoinedTransaction { get; init; }

    /// <summary>
    /// Gets whether the run was committed. <see langword="true"/>: it was. <see langword="false"/>: nothing was written, or what was
    /// written was rolled back. <see langword="null"/>: the caller's transaction still holds what was written, and its commit or rollback
    /// decides; or the commit was sent and not acknowledged, so the result is not known. Not part of the JSON, which has
    /// <c>transaction</c>.
    /// </summary>
    public bool? IsCommitted => Transaction switch
    {
        TransactionOutcome.Committed => true,
        TransactionOutcome.NothingWritten or TransactionOutcome.RolledBack or TransactionOutcome.RolledBackWithCaller => false,
        _ => null,
    };

    /// <summary>Gets the result of the transaction.</summary>
    [JsonInclude]
    [JsonRequired]
    internal TransactionOutcome Transaction { get; init; }

    /// <summary>
    /// Gets the time when the result was verified inside the transaction; UTC. <see langword="null"/> when it was not verified.
    /// </summary>
    public DateTimeOffset? VerifiedAt { get; init; }

    /// <summary>
    /// Gets when the tables were verified again after the commit, in a new snapshot; UTC. <see langword="null"/> when that failed or was
    /// not done: in a caller's transaction the commit is the caller's, who calls <see cref="IPurger.VerifyAsync"/> afterwards. Of single
    /// rows, those that the queries named were looked for again, and all of them where a trigger or a listener may work at the commit.
    /// </summary>
    public DateTimeOffset? LookedAgainAt { get; init; }

    /// <summary>Gets the number of attempts; more than 1 when the context's execution strategy retried it.</summary>
    public int Attempts { get; init; }

    /// <summary>
    /// Gets how the run was divided into transactions; <see langword="null"/> for one transaction.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ChunkReport? Chunks { get; init; }

    /// <summary>Gets the plan's fingerprint.</summary>
    public required string PlanFingerprint { get; init; }

    /// <summary>Gets the account that the process runs as, as reported by the operating system.</summary>
    public string Account { get; init; } = string.Empty;

    /// <summary>Gets the machine that the process runs on, as reported by the operating system.</summary>
    public string Host { get; init; } = string.Empty;

    /// <summary>Gets the details that the caller added; they are stated, not measured.</summary>
    public ReportDetails Details { get; init; } = new();

    /// <summary>Gets the guards and their results; empty for a plan.</summary>
    public IReadOnlyList<CheckReport> Guards { get; init; } = [];

    /// <summary>Gets the options that loosen a guard, by name.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    /// <summary>Gets the number of deleted rows; 0 when rolled back, and when it is not known whether the run was committed.</summary>
    public required long RowsDeleted { get; init; }

    /// <summary>Gets the tables that were to be purged, in the plan's order.</summary>
    public required IReadOnlyList<TableReport> Tables { get; init; }

    /// <summary>Gets the tables that were skipped, each with its reason and the rows that are left in it.</summary>
    public required IReadOnlyList<PlanTable> Skips { get; init; }

    /// <summary>
    /// Gets the number of rows that are left in the tables that were to be purged, skipped and failed ones included, as far as they were
    /// counted; <see langword="null"/> when the run was not committed, and when skipped tables were not looked at. A skipped table that
    /// could not be counted has the reason (<see cref="PlanTable.NotCounted"/>). Of a plan: the rows that a run would leave. Where
    /// rows were to be deleted and not whole tables, also the selected rows that are blocked, and not the rows that no rule selects.
    /// </summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? RowsLeft
    {
        get => Reporting.RowsLeft.Of(this);

        // Always calculated: a text that says something else has been changed.
        internal init => _ = value;
    }

    /// <summary>Gets the tables that were kept, each with its reason.</summary>
    public required IReadOnlyList<PlanTable> Kept { get; init; }

    /// <summary>
    /// Gets the kept tables to which triggers added rows (<see cref="TableReport.RowsArrived"/>), as
    /// <see cref="PurgeOptions.AllowInserts(string)"/> allows; empty when nothing was added, and when the run was rolled back. Written as
    /// JSON only when it is not empty.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<TableReport> RowsAdded { get; init; } = [];

    /// <summary>
    /// Gets which rows were to be deleted, where not whole tables were; <see langword="null"/> for whole tables. The counts are those of
    /// the run.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PlanScope? Scope { get; init; }

    /// <summary>
    /// Gets where the deleted rows are now, by <see cref="PurgeOptions.ArchiveTo"/>; <see langword="null"/> without an archive, and when
    /// the run ended before it was begun.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArchiveReport? Archive { get; init; }

    /// <summary>Gets the cycles among the tables, and how they were broken.</summary>
    [JsonInclude]
    [JsonRequired]
    internal IReadOnlyList<PlanCycle> Cycles { get; init; } = [];

    /// <summary>Gets the warnings and other notes.</summary>
    public required IReadOnlyList<PlanNote> Notes { get; init; }

    /// <summary>Gets the tables whose identity counter was reset.</summary>
    public required IReadOnlyList<TableName> IdentitiesReset { get; init; }

    /// <summary>Gets the verifications before the commit.</summary>
    public required IReadOnlyList<CheckReport> Verifications { get; init; }

    /// <summary>
    /// Gets the number of objects of each kind before (<c>expected</c>) and after the deletion (<c>actual</c>): <c>constraint</c>,
    /// <c>index</c>, <c>trigger</c>, <c>rule</c> or <c>versioning</c>; on PostgreSQL also <c>column</c> and <c>default</c> (those of a
    /// table) and <c>view</c> (one that reads the table). <see cref="Outcome.Passed"/> when name, definition and state of each object are
    /// the same.
    /// </summary>
    public required IReadOnlyList<CheckReport> SchemaObjects { get; init; }

    /// <summary>Gets the foreign keys of the live database among the tables that were to be purged or were skipped.</summary>
    public IReadOnlyList<ForeignKey> ForeignKeys { get; init; } = [];

    /// <summary>Gets the places outside the database, emptied after the commit.</summary>
    public IReadOnlyList<TargetReport> Targets { get; init; } = [];

    /// <summary>Gets the acceptance criteria, measured after the commit and after the targets.</summary>
    public IReadOnlyList<CheckReport> Checks { get; init; } = [];

    /// <summary>Gets the steps of the run, each with its time.</summary>
    public IReadOnlyList<PlanNote> Timeline { get; init; } = [];

    /// <summary>
    /// Gets the files that the report is written to, by <see cref="PurgeOptions.SaveReport"/>. Not part of <see cref="Hash"/>.
    /// </summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>
    /// Gets the SHA-256 of the report in lower-case hexadecimal, over its JSON without <c>files</c> and <c>hash</c>. Every file written
    /// from one report holds the same.
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

    /// <summary>Gets the reason why the run is not clean; <see langword="null"/> when it is.</summary>
    public string? Error { get; init; }
}
