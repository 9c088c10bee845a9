namespace FloworxPurge.Reporting;

/// <summary>A report in words, as the templates bind to it. Every value is text, and none is encoded yet.</summary>
internal sealed record ReportView
{
    public required ReportWording Words { get; init; }

    public required string Title { get; init; }

    public required string Verdict { get; init; }

    public required string Summary { get; init; }

    public required IReadOnlyList<string> Remarks { get; init; }

    public required string Error { get; init; }

    public required IReadOnlyList<FactView> Facts { get; init; }

    public required IReadOnlyList<FactView> Target { get; init; }

    public required IReadOnlyList<SkipView> Skips { get; init; }

    /// <summary>Tables that are verified empty. Nothing of a run that was rolled back is here.</summary>
    public required IReadOnlyList<TableView> Purged { get; init; }

    public required bool HasCascades { get; init; }

    /// <summary>Tables that a plan would purge, or that a run did not come to or rolled back.</summary>
    public required IReadOnlyList<TableView> Pending { get; init; }

    public required IReadOnlyList<TableView> Failed { get; init; }

    public required IReadOnlyList<CycleView> Cycles { get; init; }

    public required IReadOnlyList<FactView> Kept { get; init; }

    public required IReadOnlyList<FactView> Warnings { get; init; }

    public required IReadOnlyList<FactView> Notes { get; init; }

    public required IReadOnlyList<string> Identities { get; init; }

    public required IReadOnlyList<CheckView> Verifications { get; init; }

    public required IReadOnlyList<SchemaObjectView> SchemaObjects { get; init; }

    public required IReadOnlyList<FactView> Evidence { get; init; }
}

/// <summary>A value and what it is the value of: a label, or a table (empty for the whole database).</summary>
internal sealed record FactView(string Label, string Value);

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

internal sealed record CheckView(string Name, string Expected, string Actual, string Outcome);

internal sealed record SchemaObjectView(string Kind, string Before, string After, string State);
