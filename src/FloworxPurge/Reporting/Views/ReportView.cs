namespace FloworxPurge.Reporting;

/// <summary>A report in words, as the templates bind to it. Every value but <see cref="Report"/> and <see cref="Custom"/> is text, and none is encoded yet.</summary>
internal sealed record ReportView
{
    public required ReportWording Words { get; init; }

    public required string Title { get; init; }

    /// <summary>The verdict in words.</summary>
    public required string Verdict { get; init; }

    /// <summary><c>good</c>, <c>mixed</c>, <c>bad</c> or <c>planned</c>.</summary>
    public required string Tone { get; init; }

    /// <summary>Whether nothing was run.</summary>
    public required bool IsPlan { get; init; }

    public required string Summary { get; init; }

    public required Rows<string> Remarks { get; init; }

    public required string Error { get; init; }

    public required Rows<FactView> Facts { get; init; }

    public required Rows<FactView> Target { get; init; }

    public required Rows<FactView> Authority { get; init; }

    public required Rows<GuardView> Guards { get; init; }

    public required Rows<string> Overrides { get; init; }

    public required Rows<SkipView> Skips { get; init; }

    /// <summary>Tables that are verified empty. Nothing of a run that was rolled back is here.</summary>
    public required Rows<TableView> Purged { get; init; }

    public required bool HasCascades { get; init; }

    /// <summary>Tables that a plan would purge, or that a run did not come to or rolled back.</summary>
    public required Rows<TableView> Pending { get; init; }

    public required Rows<TableView> Failed { get; init; }

    public required Rows<CycleView> Cycles { get; init; }

    public required Rows<FactView> Kept { get; init; }

    /// <summary>Kept tables to which triggers added rows, with the number of rows.</summary>
    public required Rows<FactView> RowsAdded { get; init; }

    public required Rows<FactView> Warnings { get; init; }

    public required Rows<FactView> Notes { get; init; }

    public required Rows<string> Identities { get; init; }

    /// <summary>Places outside the database.</summary>
    public required Rows<PlaceView> Targets { get; init; }

    public required Rows<VerificationView> Verifications { get; init; }

    /// <summary>Acceptance criteria.</summary>
    public required Rows<CheckView> Checks { get; init; }

    public required Rows<SchemaObjectView> SchemaObjects { get; init; }

    public required Rows<FactView> Timeline { get; init; }

    public required Rows<FactView> Evidence { get; init; }

    public required Rows<string> Files { get; init; }

    /// <summary>What the report does not prove.</summary>
    public required Rows<string> Limits { get; init; }

    public required Rows<string> NextSteps { get; init; }

    public required Rows<string> Support { get; init; }

    public required Rows<string> Escalation { get; init; }

    public required Rows<string> SignOff { get; init; }

    /// <summary>The picture of rows per table, a <see cref="BarsView"/>, or nothing when there are no rows.</summary>
    public required object Bars { get; init; }

    /// <summary>The picture of tables and foreign keys, a <see cref="GraphView"/>, or nothing when there is no foreign key or too much to see anything.</summary>
    public required object Graph { get; init; }

    /// <summary>How the run and its tables look as test cases.</summary>
    public required Rows<SuiteView> Suites { get; init; }

    /// <summary>Everything that was measured, under the names of the JSON form.</summary>
    public object Report => Raw.Value;

    internal required Lazy<object> Raw { get; init; }

    /// <summary>The data of the caller.</summary>
    public required object Custom { get; init; }
}

/// <summary>A value and what it is the value of: a label, or a table (empty for the whole database).</summary>
internal sealed record FactView(string Label, string Value);

internal sealed record GuardView(string Name, string Limit, string Actual, string Outcome);

internal sealed record SkipView(string Table, string EntityTypes, string Reason, string Explanation, Rows<string> ForeignKeys);

internal sealed record TableView
{
    public required string Level { get; init; }

    public required string Table { get; init; }

    public required string EntityTypes { get; init; }

    public required string Before { get; init; }

    public required string Deleted { get; init; }

    public required string ByCascade { get; init; }

    public required string After { get; init; }

    public required string Milliseconds { get; init; }

    public required string Error { get; init; }
}

internal sealed record CycleView(Rows<string> Tables, Rows<string> ForeignKeys, string BrokenBy);

internal sealed record PlaceView(string Name, string Outcome, string Before, string Removed, string After, string Reason, string Severity, string Milliseconds);

internal sealed record VerificationView(string Name, string Expected, string Actual, string Outcome);

internal sealed record CheckView(string Name, string Expected, string Actual, string Outcome, string Severity, string Milliseconds);

internal sealed record SchemaObjectView(string Kind, string Before, string After, string State);

/// <summary>A test suite of the JUnit view.</summary>
internal sealed record SuiteView(string Name, string Tests, string Failures, string Skipped, string Seconds, Rows<CaseView> Cases);

/// <summary>A test case of the JUnit view; failure and skip are empty for one that passed.</summary>
internal sealed record CaseView(string Name, string Seconds, string Failure, string Skipped);
