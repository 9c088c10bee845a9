using FloworxPurge.Execution;

namespace FloworxPurge.Reporting;

/// <summary>
/// What templates bind to beside the report itself: texts, and the parts that the verdict allows. Nothing is encoded yet.
/// </summary>
internal sealed record ReportView
{
    public required ReportWording Words { get; init; }

    public required string Title { get; init; }

    /// <summary>The verdict in words.</summary>
    public required string Verdict { get; init; }

    /// <summary><c>good</c>, <c>mixed</c>, <c>bad</c> or <c>planned</c>.</summary>
    public required string Tone { get; init; }

    /// <summary>Gets whether nothing was run.</summary>
    public required bool IsPlan { get; init; }

    /// <summary>Gets whether anything was deleted, or may have been.</summary>
    public required bool HasEffect { get; init; }

    public required string Summary { get; init; }

    public required IReadOnlyList<string> Remarks { get; init; }

    public required string? Error { get; init; }

    /// <summary>Date, environment, operation, duration and the sums.</summary>
    public required IReadOnlyList<FactView> Facts { get; init; }

    /// <summary>
    /// The database, each target and each check, the rows that are left, the verifications, the approval and the guards, each with its
    /// state; the tone is as for the verdict.
    /// </summary>
    public required IReadOnlyList<ComponentView> Components { get; init; }

    public required IReadOnlyList<FactView> Target { get; init; }

    public required IReadOnlyList<FactView> Authority { get; init; }

    /// <summary>The guards that are set.</summary>
    public required IReadOnlyList<CheckReport> Guards { get; init; }

    public required IReadOnlyList<string> Overrides { get; init; }

    /// <summary>Which rows were selected, and what became of those that were not deleted; null for whole tables.</summary>
    public required ScopeView? Scope { get; init; }

    /// <summary>Tables that are verified empty. Nothing of a run that was rolled back is here.</summary>
    public required IReadOnlyList<TableReport> Purged { get; init; }

    public required bool HasCascades { get; init; }

    /// <summary>Gets whether tables of <c>purged</c> have other rows, which stay.</summary>
    public required bool HasKeptRows { get; init; }

    /// <summary>Tables that a plan would purge, or that a run did not come to or rolled back.</summary>
    public required IReadOnlyList<TableReport> Pending { get; init; }

    /// <summary>Those of <c>purged</c> and <c>pending</c> that had no rows.</summary>
    public required IReadOnlyList<TableReport> EmptyTables { get; init; }

    public required IReadOnlyList<TableReport> Failed { get; init; }

    /// <summary>Gets whether identity counters were reset, or would be.</summary>
    public required bool HasIdentities { get; init; }

    /// <summary>Where the deleted rows are now; empty without an archive.</summary>
    public required IReadOnlyList<FactView> Archive { get; init; }

    /// <summary>The verifications that the verdict allows; those of purged tables that passed are one.</summary>
    public required IReadOnlyList<CheckReport> Verifications { get; init; }

    /// <summary>What is ready, as far as it was measured or stated.</summary>
    public required IReadOnlyList<ChecklistItem> Checklist { get; init; }

    /// <summary>What was measured, and stated, about security.</summary>
    public required IReadOnlyList<string> Security { get; init; }

    /// <summary>The result in sentences, with the host's own behind it.</summary>
    public required IReadOnlyList<string> Conclusion { get; init; }

    public required IReadOnlyList<FactView> Evidence { get; init; }

    /// <summary>What the report does not prove.</summary>
    public required IReadOnlyList<string> Limits { get; init; }

    /// <summary>The picture of rows per table; null when there are no rows, and in other formats than HTML.</summary>
    public required BarsView? Bars { get; init; }

    /// <summary>
    /// The picture of tables and foreign keys; null when there is no foreign key or too much to see anything, and in other formats than
    /// HTML.
    /// </summary>
    public required GraphView? Graph { get; init; }

    /// <summary>How the run and its tables look as test cases.</summary>
    public required IReadOnlyList<SuiteView> Suites { get; init; }

    /// <summary>What an erasure certificate states, or that the report is none.</summary>
    public required CertificateView Certificate { get; init; }
}

/// <summary>A value and what it is the value of.</summary>
internal sealed record FactView(string Label, string Value);

internal sealed record ComponentView(string Name, string State, string Details, string Tone);

internal sealed record ChecklistItem(bool IsDone, string Text);

/// <summary>A test suite of the JUnit view.</summary>
internal sealed record SuiteView(string Name, string Tests, string Failures, string Skipped, string Seconds, IReadOnlyList<CaseView> Cases);

/// <summary>A test case of the JUnit view; failure and skip are empty for one that passed.</summary>
internal sealed record CaseView(string Name, string Seconds, string Failure, string Skipped);
