using FloworxPurge.Connections;
using FloworxPurge.Planning;

namespace FloworxPurge.Execution;

/// <content>Selecting a part of the rows that the queries named when a run in several transactions began.</content>
internal sealed partial class RowSelector
{
    private readonly List<(RowPortion Portion, long Taken, long Last)> _taken = [];

    private readonly Dictionary<RowPortion, long> _confirmed = [];

    /// <summary>Gets, once rows are selected, how many rows were taken from each list, and the position of the last of them.</summary>
    public IReadOnlyList<(RowPortion Portion, long Taken, long Last)> Taken => _taken;

    private async Task ReadPortionsAsync(IReadOnlyList<RowPortion> portions, CancellationToken cancellationToken)
    {
        HashSet<TableName> begun = [];
        foreach (RowPortion portion in portions)
        {
            TableName table = portion.List.Of;
            KeyTable stage = selection.Stages[table];
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
                _sql.Take(selection.Roots[table], stage, isLocked, begun.Add(table)),
                cancellationToken).ConfigureAwait(false);
            await SingleRows.CheckAsync(session, selection, portion.List.Queries[0], stage, cancellationToken).ConfigureAwait(false);
        }

        foreach (RowQuery query in selection.Scope.Queries)
        {
            _found[query] = (0, null);
        }

        // What a row looked like when the run began does not matter: it is deleted for what it is now.
        foreach (RowList list in portions.Select(portion => portion.List))
        {
            KeyTable stage = selection.Stages[list.Of];
            await ClearAsync(stage, cancellationToken).ConfigureAwait(false);
            foreach (RowQuery query in list.Queries)
            {
                await session.ExecuteQueryAsync(
                    list.Confirm(query),
                    query.Command.Parameters,
                    cancellationToken).ConfigureAwait(false);
            }

            await SendAsync(_sql.RemoveUnfound(selection.Roots[list.Of], stage), cancellationToken).ConfigureAwait(false);
        }

        if (isLocked)
        {
            await MarkAsync(list => list.Leave, cancellationToken).ConfigureAwait(false);
        }
    }

    // Before anything is deleted, as long as the rows can be looked up.
    private async Task MarkAsync(Func<RowList, string> mark, CancellationToken cancellationToken)
    {
        for (int i = 0; i < _taken.Count; i++)
        {
            (RowPortion portion, _, long last) = _taken[i];
            long roots = await CountAsync(
                $"SELECT {session.Dialect.CountRows} FROM {selection.Roots[portion.List.Of].Name}",
                [],
                cancellationToken).ConfigureAwait(false);
            if (roots != _confirmed.GetValueOrDefault(portion, _taken[i].Taken))
            {
                await session.ExecuteAsync(
                    mark(portion.List),
                    [PlanParameter.Of(portion.Pass), PlanParameter.Of(portion.After), PlanParameter.Of(last)],
                    cancellationToken).ConfigureAwait(false);
            }

            _confirmed[portion] = roots;
        }
    }
}
