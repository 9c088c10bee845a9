using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <content>How many rows were selected, through which references, and what the plan says of them.</content>
internal sealed partial class RowSelector
{
    private async Task<SelectedRows> CountAsync(long matched, IReadOnlyList<Reason> reasons, CancellationToken cancellationToken)
    {
        Dictionary<TableName, long> rows = [];
        foreach (TableName table in selection.Tables)
        {
            rows[table] = await CountAsync(_sql.CountSelected(table), [], cancellationToken).ConfigureAwait(false);
        }

        Dictionary<RowReference, long> detached = [];
        List<ScopeReference> references = [];
        foreach (RowReference reference in selection.References.Where(reference => !reference.IsTie))
        {
            long? count = reference.Action switch
            {
                ReferenceAction.Block => _blocking.GetValueOrDefault(reference),
                ReferenceAction.Detach => detached[reference] = await CountAsync(
                    _sql.CountStaying(reference),
                    [],
                    cancellationToken).ConfigureAwait(false),
                _ when IsOnlyWay(reference) => rows[reference.Key.Dependent],
                _ => await CountAsync(_sql.CountFollowed(reference), [], cancellationToken).ConfigureAwait(false),
            };
            references.Add(new ScopeReference
            {
                ForeignKey = reference.Key,
                Action = reference.Action,
                Reason = reference.Reason,
                Rows = count,
            });
        }

        return new SelectedRows(
            new PlanScope
            {
                Queries = [.. selection.Scope.Queries.Select(Report)],
                References = references,
                Blocked = [.. _blocked.Select(pair => new ScopeBlock
                {
                    Reason = reasons[pair.Key - 1].Text,
                    Table = reasons[pair.Key - 1].Table,
                    ForeignKey = reasons[pair.Key - 1].Reference?.Key,
                    Rows = pair.Value.Rows,
                    Examples = pair.Value.Examples,
                })],
                Orphans = [.. selection.Scope.Orphans.Order()],
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
            && selection.References.Count(other =>
                other.Action == ReferenceAction.Follow && other.Key.Dependent == reference.Key.Dependent) == 1;

    private ScopeQuery Report(RowQuery query)
        => new()
        {
            Text = query.Text,
            Keeps = query.Keeps,
            EntityType = query.EntityType,
            Table = query.Table,
            Sql = query.Command.Sql,
            ParametersHash = query.Command.ParametersHash,
            Rows = _found[query].Rows,
            Hidden = _found[query].Hidden,
        };
}
