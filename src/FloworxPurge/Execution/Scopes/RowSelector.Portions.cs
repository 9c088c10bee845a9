using FloworxPurge.Connections;
using FloworxPurge.Planning;

namespace FloworxPurge.Execution;

/// <content>Selecting a part of the rows that the queries named when a run in several transactions began.</content>
internal sealed partial class RowSelector
{
    private readonly List<(RowPortion Portion, long Taken, long Last)> _taken = [];

    /// <summary>Gets, once rows are selected, how many rows were taken from each list, and the position of the last of them.</summary>
    public IReadOnlyList<(RowPortion Portion, long Taken, long Last)> Taken => _taken;

    private async Task ReadPortionsAsync(IReadOnlyList<RowPortion> portions, CancellationToken cancellationToken)
    {
        HashSet<TableName> begun = [];
        foreach (RowPortion portion in portions)
        {
            RowQuery query = portion.List.Query;
            KeyTable stage = selection.Stages[query.Table];
            PlanParameter[] from = [PlanParameter.Of(portion.Pass), PlanParameter.Of(portion.After)];
            await ClearAsync(stage, cancellationToken).ConfigureAwait(false);
            _filled.Add(stage);
            int taken = await session.ExecuteAsync(portion.List.Take(portion.Rows), from, cancellationToken).ConfigureAwait(false);

            // In the first pass all positions are taken, one after the other.
            IReadOnlyList<long> measured = portion.Pass == 1 && taken >= 0
                ? [taken, portion.After + taken]
                : await session.QueryNumbersAsync(portion.List.Measure(portion.Rows), from, cancellationToken).ConfigureAwait(false);
            _taken.Add((portion, measured[0], measured[1]));
            await SendAsync(
                _sql.Take(selection.Roots[query.Table], stage, isLocked, begun.Add(query.Table)),
                cancellationToken).ConfigureAwait(false);
            await SingleRows.CheckAsync(session, selection, query, stage, cancellationToken).ConfigureAwait(false);
        }

        foreach (RowQuery query in selection.Scope.Queries)
        {
            _found[query] = (0, null);
        }

        // What a row looked like when the run began does not matter: it is deleted for what it is now.
        foreach (IGrouping<TableName, RowList> lists in portions.Select(portion => portion.List).GroupBy(list => list.Query.Table))
        {
            KeyTable stage = selection.Stages[lists.Key];
            await ClearAsync(stage, cancellationToken).ConfigureAwait(false);
            foreach (RowList list in lists)
            {
                await session.ExecuteQueryAsync(list.Confirm, list.Query.Command.Parameters, cancellationToken).ConfigureAwait(false);
            }

            await SendAsync(_sql.RemoveUnfound(selection.Roots[lists.Key], stage), cancellationToken).ConfigureAwait(false);
        }
    }

    // Before anything is deleted, as long as the rows can be looked up.
    private async Task MarkPortionsAsync(CancellationToken cancellationToken)
    {
        foreach ((RowPortion portion, long taken, long last) in _taken)
        {
            long roots = await CountAsync(
                $"SELECT {session.Dialect.CountRows} FROM {selection.Roots[portion.List.Query.Table].Name}",
                [],
                cancellationToken).ConfigureAwait(false);
            if (roots == taken && _taken.Count == 1)
            {
                continue;
            }

            PlanParameter[] range = [PlanParameter.Of(portion.Pass), PlanParameter.Of(portion.After), PlanParameter.Of(last)];
            await session.ExecuteAsync(portion.List.PutOff, range, cancellationToken).ConfigureAwait(false);
            await session.ExecuteAsync(portion.List.Leave, range, cancellationToken).ConfigureAwait(false);
        }
    }
}
