using FloworxPurge.Planning;

namespace FloworxPurge.Reporting;

/// <summary>Which rows were selected, and what became of those that were not deleted. Texts, not encoded.</summary>
internal sealed record ScopeView(
    string Selected,
    IReadOnlyList<SelectedView> Queries,
    IReadOnlyList<string> Blocked,
    IReadOnlyList<ReferenceView> References,
    IReadOnlyList<string> Detached,
    IReadOnlyList<string> Orphans)
{
    /// <summary>The view of a report; null where whole tables were to be purged.</summary>
    public static ScopeView? Of(PurgeReport report, ReportText text)
        => report.Scope is not { } scope ? null : new ScopeView(
            ScopeText.Matched(scope),
            [.. scope.Queries.Select(query => new SelectedView(
                query.Text,
                query.Table.ToString(),
                text.Number(query.Rows),
                query.Keeps ? "kept" : "to delete",
                query.Hidden is { } hidden ? text.Number(hidden) : "no filter"))],
            [.. scope.Blocked.Select(ScopeText.Of)],
            [.. scope.References
                .OrderByDescending(reference => reference.Rows is not 0)
                .Select(reference => new ReferenceView(
                    reference.ForeignKey.ToString(),
                    ReportText.Of(reference.Action),
                    text.Number(reference.Rows),
                    reference.Reason))],
            [.. ScopeText.Used(scope)
                .Where(reference => reference.Action == ReferenceAction.Detach)
                .Select(reference => $"{reference.ForeignKey.Dependent}: {ScopeText.Effect(reference)} "
                    + $"{string.Join(", ", reference.ForeignKey.NullableColumns)}")],
            [.. scope.Orphans.Select(table => table.ToString())]);
}

/// <summary>A query with its rows.</summary>
internal sealed record SelectedView(string Text, string Table, string Rows, string Use, string Hidden);

/// <summary>A reference with what happens to the rows that have it.</summary>
internal sealed record ReferenceView(string Key, string Action, string Rows, string Reason);
