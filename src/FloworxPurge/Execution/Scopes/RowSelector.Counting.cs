using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <content>What the plan and the report say of the selected rows.</content>
internal sealed partial class RowSelector
{
    // Reading them takes about a tenth of a second.
    private const long RowsWorthNoting = 1_000_000;

    private async Task<SelectedRows> CountAsync(long matched, IReadOnlyList<Reason> reasons, CancellationToken cancellationToken)
    {
        Dictionary<TableName, long> rows = [];
        foreach (TableName table in selection.Tables)
        {
            rows[table] = await CountAsync(_sql.CountSelected(table), [], cancellationToken).ConfigureAwait(false);
        }

        Dictionary<RowReference, long> detached = [];
        List<long?> counts = [];
        foreach (RowReference reference in selection.Reported)
        {
            counts.Add(reference.Action switch
            {
                ReferenceAction.Block => _blocking.GetValueOrDefault(reference),
                ReferenceAction.Detach => detached[reference] = await CountAsync(
                    _sql.CountStaying(reference),
                    [],
                    cancellationToken).ConfigureAwait(false),
                _ when IsOnlyWay(reference) => rows[reference.Key.Dependent],
                _ => await CountAsync(_sql.CountFollowed(reference), [], cancellationToken).ConfigureAwait(false),
            });
        }

        PlanScope scope = selection.Report();
        return new SelectedRows(
            scope with
            {
                Queries = [.. scope.Queries.Zip(selection.Scope.Queries, (query, read) => query with
                {
                    Rows = _found[read].Rows,
                    Hidden = _found[read].Hidden,
                })],
                References = [.. scope.References.Zip(counts, (reference, count) => reference with { Rows = count })],
                Blocked = [.. _blocked.Select(pair => new ScopeBlock
                {
                    Reason = reasons[pair.Key - 1].Text,
                    Table = reasons[pair.Key - 1].Table,
                    ForeignKey = reasons[pair.Key - 1].Reference?.Key,
                    Rows = pair.Value.Rows,
                    Examples = pair.Value.Examples,
                })],
                Matched = matched,
                Selection = _script,
            },
            rows,
            detached,
            [.. await ReadScansAsync(rows, cancellationToken).ConfigureAwait(false),
                .. await ReadOrphanCyclesAsync(cancellationToken).ConfigureAwait(false)]);
    }

    private async Task<IReadOnlyList<PlanNote>> ReadScansAsync(Dictionary<TableName, long> rows, CancellationToken cancellationToken)
    {
        List<PlanNote> notes = [];
        foreach (ForeignKey key in selection.Unindexed.Where(key => rows[key.Principal] > 0))
        {
            TableSchema table = selection.Live(key.Dependent);
            long? scanned = table.EstimatedRows ?? (table.CanSelect
                ? await CountAsync(_sql.CountAll(key.Dependent), [], cancellationToken).ConfigureAwait(false)
                : null);
            if (selection.IsLargeWithoutIndex(key) || scanned is not { } each || (decimal)rows[key.Principal] * each >= RowsWorthNoting)
            {
                notes.Add(RowNotes.Scan(key, scanned, rows[key.Principal]));
            }
        }

        return notes;
    }

    private async Task<IReadOnlyList<PlanNote>> ReadOrphanCyclesAsync(CancellationToken cancellationToken)
    {
        List<PlanNote> notes = [];
        foreach (IGrouping<TableName, RowReference> cycle in selection.OrphanCycles.GroupBy(reference => reference.Key.Principal))
        {
            long rows = await CountAsync(_sql.CountKeptOrphans(cycle.Key), [], cancellationToken).ConfigureAwait(false);
            if (rows > 0)
            {
                notes.Add(RowNotes.OrphanCycle(cycle.Key, rows, [.. cycle.Select(reference => reference.Key)]));
            }
        }

        return notes;
    }

    // All of the dependent's selected rows came along this reference, so that they need not be counted again.
    private bool IsOnlyWay(RowReference reference)
        => !selection.Roots.ContainsKey(reference.Key.Dependent)
            && !selection.Scope.Orphans.Contains(reference.Key.Dependent)
            && selection.WaysTo(reference.Key.Dependent).Count == 1;
}
