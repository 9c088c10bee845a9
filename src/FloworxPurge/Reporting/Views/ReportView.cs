using System.Text.Json.Serialization;

namespace FloworxPurge.Reporting;

/// <summary>The texts of a report that templates bind to. The values are not encoded yet.</summary>
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

    public required string Summary { get; init; }

    public required IReadOnlyList<string> Remarks { get; init; }

    public required string? Error { get; init; }

    public required IReadOnlyList<FactView> Facts { get; init; }

    public required IReadOnlyList<FactView> Target { get; init; }

    public required IReadOnlyList<FactView> Authority { get; init; }

    public required IReadOnlyList<GuardView> Guards { get; init; }

    public required IReadOnlyList<string> Overrides { get; init; }

    public required IReadOnlyList<SkipView> Skips { get; init; }

    /// <summary>Tables that are verified empty. Nothing of a run that was rolled back is here.</summary>
    public required IReadOnlyList<TableView> Purged { get; init; }

    public required bool HasCascades { get; init; }

    /// <summary>Tables that a plan would purge, or that a run did not come to or rolled back.</summary>
    public required IReadOnlyList<TableView> Pending { get; init; }

    public required IReadOnlyList<TableView> Failed { get; init; }

    public required IReadOnlyList<CycleView> Cycles { get; init; }

    public required IReadOnlyList<FactView> Kept { get; init; }

    /// <summary>Kept tables to which triggers added rows, with the number of rows.</summary>
    public required IReadOnlyList<FactView> RowsAdded { get; init; }

    public required IReadOnlyList<FactView> Warnings { get; init; }

    public required IReadOnlyList<FactView> Notes { get; init; }

    public required IReadOnlyList<string> Identities { get; init; }

    /// <summary>Places outside the database.</summary>
    public required IReadOnlyList<PlaceView> Targets { get; init; }

    public required IReadOnlyList<VerificationView> Verifications { get; init; }

    /// <summary>Acceptance criteria.</summary>
    public required IReadOnlyList<CheckView> Checks { get; init; }

    public required IReadOnlyList<SchemaObjectView> SchemaObjects { get; init; }

    public required IReadOnlyList<FactView> Timeline { get; init; }

    public required IReadOnlyList<FactView> Evidence { get; init; }

    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>What the report does not prove.</summary>
    public required IReadOnlyList<string> Limits { get; init; }

    public required IReadOnlyList<string> NextSteps { get; init; }

    public required IReadOnlyList<string> Support { get; init; }

    public required IReadOnlyList<string> Escalation { get; init; }

    public required IReadOnlyList<string> SignOff { get; init; }

    /// <summary>The picture of rows per table; null when there are no rows.</summary>
    public required BarsView? Bars { get; init; }

    /// <summary>The picture of tables and foreign keys; null when there is no foreign key or too much to see anything.</summary>
    public required GraphView? Graph { get; init; }

    /// <summary>How the run and its tables look as test cases.</summary>
    public required IReadOnlyList<SuiteView> Suites { get; init; }
}

/// <summary>A value and what it is the value of: a label, or a table (empty for the whole database).</summary>
internal sealed record FactView(string Label, string Value);

internal sealed record GuardView(string Name, string Limit, string Actual, string Outcome);

internal sealed record SkipView(string Table, string EntityTypes, string Reason, string Explanation, IReadOnlyList<string> ForeignKeys);

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

internal sealed record CycleView(IReadOnlyList<string> Tables, IReadOnlyList<string> ForeignKeys, string BrokenBy);

internal sealed record PlaceView(
    string Name,
    string Outcome,
    string Before,
    string Removed,
    string After,
    string Reason,
    string Severity,
    string Milliseconds);

internal sealed record VerificationView(string Name, string Expected, string Actual, string Outcome);

internal sealed record CheckView(string Name, string Expected, string Actual, string Outcome, string Severity, string Milliseconds);

internal sealed record SchemaObjectView(string Kind, string Before, string After, string State);

/// <summary>A test suite of the JUnit view.</summary>
internal sealed record SuiteView(string Name, string Tests, string Failures, string Skipped, string Seconds, IReadOnlyList<CaseView> Cases);

/// <summary>A test case of the JUnit view; failure and skip are empty for one that passed.</summary>
internal sealed record CaseView(string Name, string Seconds, string Failure, string Skipped);

// Templates see the view as the serializer writes it: no member is found by reflection, also not in a trimmed program.
[JsonSerializable(typeof(ReportView))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class ReportViewContext : JsonSerializerContext;
