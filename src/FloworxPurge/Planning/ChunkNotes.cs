using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Planning;

/// <summary>
/// What a run in several transactions does differently from one in a single transaction. A query is run again for each transaction, and
/// by then the run has deleted rows that the query may read.
/// </summary>
internal static class ChunkNotes
{
    /// <summary>The notes of the queries that select rows to delete.</summary>
    public static IEnumerable<PlanNote> Of(PlanRequest request)
        => request is { Chunks: not null, Selection: { } selection }
            ? selection.Scope.Queries
                .Where(query => !query.Keeps)
                .Select(query => (Query: query, Reads: FindReads(query, request.Schema.Live, selection, request.Sql)))
                .Where(pair => pair.Reads.Count > 0)
                .Select(pair => PlanNote.Warning(
                    pair.Query.Table,
                    $"{pair.Query.Text} selects a row by {string.Join(" and ", pair.Reads)}. The query is run again for each transaction "
                        + $"({nameof(PurgeOptions.InChunks)}), and no longer selects a row that it selected because of rows that an "
                        + "earlier transaction deleted or changed: such rows may stay. To delete all of them, store their keys or a flag "
                        + "in a column first and select by that, or purge in one transaction."))
                .Distinct()
            : [];

    /// <summary>Why a run in several transactions may delete rows that are kept in one: rules that read what the run deletes.</summary>
    public static IReadOnlyList<string> FindProblems(RowSelection selection, DatabaseSchema live, ISqlGenerationHelper sql)
        =>
        [
            .. selection.Scope.Queries
                .Where(query => query.Keeps)
                .Concat(selection.Scope.References.Select(reference => reference.Condition).OfType<RowQuery>())
                .Select(query => (Query: query, Reads: FindReads(query, live, selection, sql)))
                .Where(pair => pair.Reads.Count > 0)
                .Select(pair => $"{pair.Query.Text} selects a row by {string.Join(" and ", pair.Reads)}, and "
                    + $"{nameof(PurgeOptions.InChunks)} runs it again for each transaction: it would no longer select a row that it "
                    + "selects because of rows that an earlier transaction deleted or changed. Store the keys or a flag in a column first "
                    + "and select by that, or purge in one transaction.")
                .Distinct(StringComparer.Ordinal),
        ];

    private static List<string> FindReads(
        RowQuery query,
        DatabaseSchema live,
        RowSelection selection,
        ISqlGenerationHelper sql)
    {
        var sources = new QuerySources(query.Command.Sql, sql, live.Identity.DefaultSchema);
        QuerySource[] all =
        [
            .. selection.Tables
                .Concat(selection.References.Select(reference => reference.Key.Principal))
                .Append(query.Table)
                .Distinct()
                .SelectMany(sources.Of)
                .OrderBy(source => source.Start),
        ];
        HashSet<QuerySource> own = FindOwn(query, sources, all, selection);
        TableName[] others = [.. all
            .Where(source => selection.Tables.Contains(source.Table) && !own.Contains(source))
            .Select(source => source.Table)
            .Distinct()
            .Order()];
        TableName[] views = [.. live.Tables
            .Where(table => table.Kind == TableKind.View && sources.Of(table.Name).Count > 0)
            .Select(table => table.Name)
            .Order()];
        var lost = selection.References
            .Where(reference => reference.Action == ReferenceAction.Detach
                && (reference.Key.Dependent == query.Table || sources.Of(reference.Key.Dependent).Count > 0))
            .SelectMany(reference => reference.Key.NullableColumns.Select(column => (reference.Key.Dependent, Column: column)))
            .Where(detached => sources.Reads(detached.Column))
            .Distinct()
            .ToList();
        List<string> reads = [];
        if (others.Length > 0)
        {
            reads.Add($"other rows of {string.Join(", ", others)}, of which the run deletes rows");
        }

        if (views.Length > 0)
        {
            reads.Add($"rows of the view {string.Join(", ", views)}, which may show rows that the run deletes");
        }

        if (lost.Count > 0)
        {
            reads.Add(
                $"{string.Join(", ", lost.Select(detached => $"column \"{detached.Column}\" of {detached.Dependent}"))}, which the run "
                    + "sets to NULL");
        }

        return reads;
    }

    // The row itself, its parts, what is deleted only with it, and what cannot be deleted without it.
    private static HashSet<QuerySource> FindOwn(
        RowQuery query,
        QuerySources sources,
        QuerySource[] all,
        RowSelection selection)
    {
        HashSet<QuerySource> own = [.. all.Where(source => source.Table == query.Table).Take(1)];
        for (int before = 0; before < own.Count;)
        {
            before = own.Count;
            foreach (QuerySource source in all.Where(source => !own.Contains(source)).ToList())
            {
                if (own.Any(known => selection.References.Any(reference => IsTogether(reference.Key, known, source)
                    && (IsDeletedOnlyBy(reference, selection) || reference.IsTie || reference.IsOwnership))
                    || selection.References.Any(reference => IsTogether(reference.Key, source, known)
                        && (reference.Action is ReferenceAction.Follow or ReferenceAction.Block))))
                {
                    own.Add(source);
                }
            }
        }

        return own;

        bool IsTogether(ForeignKey key, QuerySource principal, QuerySource dependent)
            => key.Principal == principal.Table && key.Dependent == dependent.Table
                && (sources.IsEqual(dependent, key.DependentColumns, principal, key.PrincipalColumns)
                    || sources.IsEqual(principal, key.PrincipalColumns, dependent, key.DependentColumns));
    }

    private static bool IsDeletedOnlyBy(RowReference reference, RowSelection selection)
        => reference.Action == ReferenceAction.Follow
            && selection.WaysTo(reference.Key.Dependent).Count == 1
            && !selection.Scope.Orphans.Contains(reference.Key.Dependent)
            && !selection.Scope.Queries.Any(query => !query.Keeps && query.Table == reference.Key.Dependent);
}
