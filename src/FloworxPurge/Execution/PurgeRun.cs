using FloworxPurge.Planning;
using System.Data.Common;
using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>Specifies how a run ended.</summary>
internal enum RunEnd
{
    /// <summary>Verified, and committed unless the transaction is the caller's.</summary>
    Done,

    /// <summary>Ended because something failed.</summary>
    Failed,

    /// <summary>Stopped before anything was written.</summary>
    Refused,

    /// <summary>Ended because the caller asked to stop.</summary>
    Cancelled,
}

/// <summary>What was measured of one table.</summary>
internal sealed class TableRun
{
    public long? Before { get; set; }

    public long? After { get; set; }

    /// <summary>The rows of the table that are not to be deleted, where others are selected; before and after.</summary>
    public (long Before, long? After)? Others { get; set; }

    /// <summary>Rows that the statements for this table reported, or null when the provider reports none.</summary>
    public long? Reported { get; set; } = 0;

    /// <summary>
    /// Rows that this transaction deleted by the server's own count, cascades included; null where the server does not count, or counts
    /// more than that.
    /// </summary>
    public long? Counted { get; set; }

    /// <summary>Gets the number of rows that were deleted, including those that a cascade or a trigger deleted.</summary>
    public long Deleted => Counted ?? (Reported is { } reported ? reported + ByCascade : Missing);

    /// <summary>Gets the number of deleted rows that no statement reported.</summary>
    public long ByCascade => Reported is { } reported ? Math.Max(0, (Counted ?? Missing) - reported) : 0;

    /// <summary>
    /// Rows that came after the rows were counted; negative when another session deleted more than came. Without the server's count, only
    /// those that came are known.
    /// </summary>
    public long Arrived => Counted is null && Reported is null ? 0 : Deleted + (After ?? 0) - (Before ?? 0);

    public TimeSpan Duration { get; set; }

    private long Missing => Math.Max(0, (Before ?? 0) - (After ?? Before ?? 0));

    public string? Error { get; set; }
}

/// <summary>One thing that was verified.</summary>
internal sealed record Verification(string Name, string Expected, string Actual, Outcome Result)
{
    /// <summary>
    /// Gets whether an unknown result is no reason to roll back: a rollback does not help, or the commit is the caller's.
    /// </summary>
    public bool MayBeUnknown { get; init; }
}

/// <summary>Everything that one attempt measured. A retry begins with a new one.</summary>
internal sealed class PurgeRun(int attempt, bool joinedTransaction, IEnumerable<TableName> tables)
{
    public int Attempt { get; } = attempt;

    public bool JoinedTransaction { get; } = joinedTransaction;

    /// <summary>Gets the outcome of the run's transaction.</summary>
    public TransactionOutcome Transaction { get; set; } = TransactionOutcome.NothingWritten;

    public RunEnd End { get; set; } = RunEnd.Failed;

    public string? Error { get; set; }

    /// <summary>
    /// Gets the sessions that held the locks when the wait timed out, as a sentence; null or empty when they are not known.
    /// </summary>
    public string? LockHolders { get; set; }

    public Exception? Exception { get; set; }

    public DatabaseIdentity? Database { get; set; }

    /// <summary>Gets the plan made of the facts inside the transaction, once it was found to be the given one.</summary>
    public PurgePlan? Plan { get; set; }

    public Dictionary<TableName, TableRun> Tables { get; } = tables.ToDictionary(table => table, _ => new TableRun());

    public List<Verification> Verifications { get; } = [];

    public IReadOnlyList<SchemaObject> ObjectsBefore { get; set; } = [];

    public IReadOnlyList<SchemaObject>? ObjectsAfter { get; set; }

    /// <summary>Gets the step that was sent and has not ended; <see langword="null"/> between the steps.</summary>
    public PlanStep? StepInProgress { get; set; }

    /// <summary>Gets whether a statement of the plan has written anything.</summary>
    public bool HasWritten { get; set; }

    public List<TableName> IdentitiesReset { get; } = [];

    public List<PlanNote> Notes { get; } = [];

    /// <summary>Gets every guard, in the order of evaluation.</summary>
    public List<CheckReport> Guards { get; init; } = [];

    /// <summary>Gets what happened when. Attempts that a retry follows stay in it.</summary>
    public List<PlanNote> Timeline { get; init; } = [];

    /// <summary>Gets when the result was verified inside the transaction.</summary>
    public DateTimeOffset? VerifiedAt { get; set; }

    /// <summary>Gets when the tables were looked at once more after the commit.</summary>
    public DateTimeOffset? LookedAgainAt { get; set; }

    /// <summary>Gets the skipped tables with the rows that are left in them; null when they were not counted.</summary>
    public IReadOnlyList<PlanTable>? Skips { get; set; }

    /// <summary>Gets what was measured last before the commit, to be compared once a caller has committed.</summary>
    public CommitBaseline? Baseline { get; set; }

    /// <summary>
    /// Gets whether a verification failed and was committed all the same: what is seen after the commit cannot be rolled back.
    /// </summary>
    public bool HasFailedVerifications => Verifications.Any(verification => verification.Result == Outcome.Failed);

    public bool HasUnknowns => Verifications.Any(verification => verification.Result == Outcome.Unknown);

    /// <summary>Gets the purged tables in which row security may hide rows from the role.</summary>
    public List<TableName> MayHoldHiddenRows { get; } = [];

    /// <summary>Gets what was selected, where not whole tables are purged.</summary>
    public SelectedRows? Selected { get; set; }

    /// <summary>Gets or sets how the run was divided into transactions; null for one transaction.</summary>
    public ChunkReport? Chunks { get; set; }

    /// <summary>Gets whether something of the run is committed, however it ended.</summary>
    public bool IsCommitted => End == RunEnd.Done || Chunks is { Transactions: > 0 };

    /// <summary>Rows that stay and lost a reference, by the statements' own counts.</summary>
    public Dictionary<TableName, long> Detached { get; } = [];

    /// <summary>Gets the number of archived rows of each purged table; null where the run has no archive.</summary>
    public Dictionary<TableName, long>? Archived { get; set; }

    /// <summary>Gets the number of archived rows that stay and lost a reference.</summary>
    public Dictionary<TableName, long> ArchivedDetached { get; } = [];

    /// <summary>Gets where the rows are now; null where the run has no archive, or ended before it was begun.</summary>
    public ArchiveReport? Archive { get; set; }

    /// <summary>Rows that this run's triggers added to kept tables which may grow.</summary>
    public Dictionary<TableName, long> RowsAdded { get; } = [];

    /// <summary>
    /// Gets what the server counts of this transaction's writes, where it does; a rollback to a savepoint is left out of it.
    /// </summary>
    public TransactionWrites? Writes { get; set; }

    /// <summary>Adds a comparison of two numbers to the verifications.</summary>
    public void Verify(string name, long expected, long actual)
        => Verify(name, expected.ToString(CultureInfo.InvariantCulture), actual.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds a comparison of two texts to the verifications.</summary>
    public void Verify(string name, string expected, string actual)
        => Verifications.Add(
            new Verification(
                name,
                expected,
                actual,
                string.Equals(expected, actual, StringComparison.Ordinal) ? Outcome.Passed : Outcome.Failed));

    /// <summary>Adds something that could not be measured to the verifications.</summary>
    /// <param name="name">What was to be measured.</param>
    /// <param name="expected">What was expected.</param>
    /// <param name="actual">Why it could not be measured.</param>
    /// <param name="mayBeUnknown">Whether that is no reason to roll back.</param>
    public void VerifyUnknown(string name, string expected, string actual, bool mayBeUnknown = false)
        => Verifications.Add(new Verification(name, expected, actual, Outcome.Unknown) { MayBeUnknown = mayBeUnknown });

    /// <summary>Writes down what a guard found.</summary>
    /// <returns><see langword="true"/> when the guard allows the run.</returns>
    public bool Guard(string name, string actual, bool isPassed)
    {
        int index = Guards.FindIndex(guard => string.Equals(guard.Name, name, StringComparison.Ordinal));
        Guards[index] = Guards[index] with { Actual = actual, Outcome = isPassed ? Outcome.Passed : Outcome.Failed };
        return isPassed;
    }

    /// <summary>Notes what failed once the run had ended, such as a listener to the transaction.</summary>
    public void NoteAfterwards(Exception exception)
        => Notes.Add(
            PlanNote.Warning(null, $"Once the transaction had ended, something that takes part in it failed: {exception.GetType().Name}: "
                + $"{exception.GetBaseException().Message.TrimEnd('.')}."));

    /// <summary>Determines whether a failure means that the run could write nothing in the first place.</summary>
    public bool FailsAsReadOnly(Exception exception, PurgeDialect dialect)
        => !HasWritten && exception is DbException failure && dialect.IsReadOnly(failure);

    /// <summary>The run that ended before the connection was open.</summary>
    public static PurgeRun BeforeItBegan(PurgePlan plan, PurgeSettings settings, RunEnd end, string error, Exception? exception)
        => new(attempt: 0, joinedTransaction: false, plan.Tables.Select(table => table.Table).Distinct())
        {
            End = end,
            Error = error,
            Exception = exception,
            Guards = TargetGuard.NotReached(settings, plan.Fingerprint),
        };

    /// <summary>Tables whose history was purged, too.</summary>
    public HashSet<TableName> HistoriesPurged { get; } = [];

    /// <summary>Gets whether something failed after the rows of its table were deleted, such as setting an identity counter back.</summary>
    public bool HasFailedSteps { get; set; }

    public bool HasFailedTables => Tables.Values.Any(table => table.Error is not null);
}
