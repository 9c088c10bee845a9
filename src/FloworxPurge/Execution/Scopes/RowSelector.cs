using FloworxPurge.Connections;
using FloworxPurge.Planning;

namespace FloworxPurge.Execution;

/// <summary>
/// Selects the rows to delete: what the queries name, what references lead to from there, and of that the largest part of which nothing is
/// referenced by rows that stay. The keys are kept in temporary tables of the session, so that the client holds none of them.
/// </summary>
/// <param name="session">The session.</param>
/// <param name="selection">What is selected, and how.</param>
/// <param name="isLocked">
/// Whether selected rows are locked, each before its dependents are read: then no row can come to reference them any more.
/// </param>
/// <param name="portions">What is taken of the rows that were named when the run began; null for all that the queries name now.</param>
internal sealed partial class RowSelector(
    DatabaseSession session,
    RowSelection selection,
    bool isLocked,
    IReadOnlyList<RowPortion>? portions = null)
{
    private const int MostExamples = 10;

    // Fewer keys need no statistics.
    private const long RowsWorthAnalyzing = 100;

    private readonly RowSelectionSql _sql = selection.Sql;
    private readonly Dictionary<RowQuery, (long Rows, long? Hidden)> _found = [];
    private readonly Dictionary<RowReference, long> _blocking = [];
    private readonly SortedDictionary<int, (long Rows, List<string> Examples)> _blocked = [];
    private readonly List<string> _script = [];
    private readonly HashSet<KeyTable> _filled = [];

    /// <summary>Creates the tables of keys, in place of those that an earlier run may have left.</summary>
    public static IReadOnlyList<string> Creation(RowSelection selection)
        => [.. selection.All.SelectMany(table => new[] { table.Drop, table.Create })];

    /// <summary>Drops the tables of keys.</summary>
    public static async Task DropAsync(DatabaseSession session, RowSelection selection, CancellationToken cancellationToken)
    {
        foreach (KeyTable table in selection.All)
        {
            await session.ExecuteAsync(table.Drop, [], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Empties the tables of keys, which stay until the session ends.</summary>
    public static async Task ClearAsync(DatabaseSession session, RowSelection selection, CancellationToken cancellationToken)
    {
        foreach (KeyTable table in selection.All)
        {
            await session.ExecuteAsync(table.Clear, [], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Selects the rows. The tables of keys are there and empty.</summary>
    public async Task<SelectedRows> SelectAsync(CancellationToken cancellationToken)
    {
        _script.AddRange(Creation(selection));
        await ReadConditionsAsync(cancellationToken).ConfigureAwait(false);
        await (portions is null
            ? ReadRootsAsync(cancellationToken)
            : ReadPortionsAsync(portions, cancellationToken)).ConfigureAwait(false);
        long matched = await CountRootsAsync(cancellationToken).ConfigureAwait(false);
        await ReadKeptAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Reason> reasons = Reasons();
        while (true)
        {
            await FollowAsync(cancellationToken).ConfigureAwait(false);

            // An orphan is deleted as well, so that what it references is not blocked by it.
            await RemoveOrphansAsync(cancellationToken).ConfigureAwait(false);
            if (!await BlockAsync(reasons, cancellationToken).ConfigureAwait(false))
            {
                break;
            }

            foreach (KeyTable keys in selection.Keys.Values)
            {
                _filled.Add(keys);
                await ClearAsync(keys, cancellationToken).ConfigureAwait(false);
            }
        }

        if (isLocked)
        {
            await MarkAsync(list => list.PutOff, cancellationToken).ConfigureAwait(false);
        }

        return await CountAsync(matched, reasons, cancellationToken).ConfigureAwait(false);
    }

    private async Task ReadConditionsAsync(CancellationToken cancellationToken)
    {
        foreach ((RowReference reference, KeyTable table) in selection.Conditions)
        {
            await StoreAsync(table, reference.Condition!.Command, cancellationToken).ConfigureAwait(false);
            await SingleRows.CheckAsync(session, selection, reference.Condition, table, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReadRootsAsync(CancellationToken cancellationToken)
    {
        List<RowQuery> queries = [.. selection.Scope.Queries.Where(query => !query.Keeps)];
        HashSet<TableName> begun = [];
        foreach (RowQuery query in queries)
        {
            KeyTable stage = selection.Stages[query.Table];
            await StoreAsync(stage, query.Command, cancellationToken).ConfigureAwait(false);
            _found[query] = (await CountAsync(_sql.CountFound(stage), [], cancellationToken).ConfigureAwait(false), null);
            await SendAsync(
                _sql.Take(selection.Roots[query.Table], stage, isLocked, begun.Add(query.Table)),
                cancellationToken).ConfigureAwait(false);
            await SingleRows.CheckAsync(session, selection, query, stage, cancellationToken).ConfigureAwait(false);
        }

        foreach (RowQuery query in queries.Where(query => query.Unfiltered is not null))
        {
            KeyTable stage = selection.Stages[query.Table];
            await StoreAsync(stage, query.Unfiltered!, cancellationToken, isScripted: false).ConfigureAwait(false);
            _found[query] = (_found[query].Rows, await CountAsync(
                _sql.CountHidden(stage, selection.Roots[query.Table]),
                [],
                cancellationToken).ConfigureAwait(false));
        }

        if (isLocked && !session.Dialect.LocksOnBegin)
        {
            await ConfirmRootsAsync(queries, cancellationToken).ConfigureAwait(false);
        }
    }

    // Another session may have changed a row before it was locked, so that the query does not name it any more.
    private async Task ConfirmRootsAsync(List<RowQuery> queries, CancellationToken cancellationToken)
    {
        foreach (IGrouping<TableName, RowQuery> group in queries.GroupBy(query => query.Table))
        {
            KeyTable stage = selection.Stages[group.Key];
            await ClearAsync(stage, cancellationToken).ConfigureAwait(false);
            foreach (RowQuery query in group)
            {
                await session.ExecuteQueryAsync(
                    $"{RowSelectionSql.Store(stage)} {query.Command.Sql}",
                    query.Command.Parameters,
                    cancellationToken).ConfigureAwait(false);
            }

            await SendAsync(_sql.RemoveUnfound(selection.Roots[group.Key], stage), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<long> CountRootsAsync(CancellationToken cancellationToken)
    {
        long matched = 0;
        foreach (KeyTable roots in selection.Roots.Values)
        {
            long rows = await CountAsync(
                $"SELECT {session.Dialect.CountRows} FROM {roots.Name}",
                [],
                cancellationToken).ConfigureAwait(false);
            await AnalyzeAsync(roots, rows, cancellationToken).ConfigureAwait(false);
            matched += rows;
        }

        return matched;
    }

    private async Task ReadKeptAsync(CancellationToken cancellationToken)
    {
        int rule = 0;
        foreach (RowQuery query in selection.Scope.Queries.Where(query => query.Keeps))
        {
            rule++;
            KeyTable stage = selection.Stages[query.Table];
            KeyTable kept = selection.Kept[query.Table];
            await StoreAsync(stage, query.Command, cancellationToken).ConfigureAwait(false);
            _found[query] = (await CountAsync(_sql.CountFound(stage), [], cancellationToken).ConfigureAwait(false), null);
            await SendAsync(_sql.Take(kept, stage, isLocked: false), cancellationToken).ConfigureAwait(false);
            await SendAsync(RowSelectionSql.Number(kept), cancellationToken, rule).ConfigureAwait(false);
            for (int round = 1, added = 1; added > 0; round++)
            {
                added = 0;
                foreach (RowReference reference in selection.Keeping())
                {
                    added += await SendAsync(_sql.Keep(reference), cancellationToken, round, round - 1, rule).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        Dictionary<TableName, long> begun = [];
        foreach (TableName table in selection.Roots.Keys)
        {
            begun[table] = await SendAsync(_sql.Begin(table), cancellationToken).ConfigureAwait(false);
        }

        foreach (IReadOnlyList<TableName> component in selection.Components)
        {
            long rows = component.Sum(table => begun.GetValueOrDefault(table));
            foreach (TableName table in component.Where(selection.Keys.ContainsKey))
            {
                bool isFirst = !begun.ContainsKey(table);
                foreach (RowReference reference in selection.Into(table, component))
                {
                    rows += await SendAsync(
                        _sql.Follow(reference, inRounds: false, isLocked, isFirst),
                        cancellationToken,
                        0).ConfigureAwait(false);
                    isFirst = false;
                }
            }

            rows += await FollowInsideAsync(selection.Inside(component), cancellationToken).ConfigureAwait(false);
            foreach (TableName table in component.Where(selection.Keys.ContainsKey))
            {
                await AnalyzeAsync(selection.Keys[table], rows, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // Each round follows only what the last one added.
    private async Task<long> FollowInsideAsync(IReadOnlyList<RowReference> references, CancellationToken cancellationToken)
    {
        long rows = 0;
        for (int round = 1, added = references.Count; added > 0; round++)
        {
            added = 0;
            foreach (RowReference reference in references)
            {
                added += await SendAsync(
                    _sql.Follow(reference, inRounds: true, isLocked),
                    cancellationToken,
                    round,
                    round - 1).ConfigureAwait(false);
            }

            rows += added;
        }

        return rows;
    }

    private async Task RemoveOrphansAsync(CancellationToken cancellationToken)
    {
        List<RowReference> references = [.. selection.Orphaning.Where(reference => selection.Tables.Contains(reference.Key.Dependent))];
        int round = int.MaxValue / 2;
        for (int added = references.Count; added > 0; round++)
        {
            added = 0;
            foreach (RowReference reference in references)
            {
                added += await SendAsync(_sql.Orphan(reference, isLocked), cancellationToken, round).ConfigureAwait(false);
            }

            if (added > 0 && isLocked)
            {
                foreach (RowReference other in references.Select(reference => reference.Key.Principal).Distinct().SelectMany(_sql.Others))
                {
                    added -= await SendAsync(_sql.Unorphan(other), cancellationToken, round).ConfigureAwait(false);
                }
            }

            if (added > 0)
            {
                await FollowTiesAsync(round, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // An orphan that is stored in several tables goes whole. Rows that it owns are found by its key where they have no table of keys.
    private async Task FollowTiesAsync(int round, CancellationToken cancellationToken)
    {
        List<RowReference> ties = [.. selection.References.Where(reference => (reference.IsTie || reference.IsOwnership)
            && selection.Keys.ContainsKey(reference.Key.Dependent))];
        for (int added = ties.Count; added > 0;)
        {
            added = 0;
            foreach (RowReference tie in ties)
            {
                added += await SendAsync(_sql.Follow(tie, inRounds: true, isLocked), cancellationToken, round, round).ConfigureAwait(false);
            }
        }
    }

    private async Task StoreAsync(KeyTable stage, RowCommand command, CancellationToken cancellationToken, bool isScripted = true)
    {
        await ClearAsync(stage, cancellationToken).ConfigureAwait(false);
        _filled.Add(stage);
        string store = RowSelectionSql.Store(stage);
        await session.ExecuteQueryAsync($"{store} {command.Sql}", command.Parameters, cancellationToken).ConfigureAwait(false);
        if (isScripted)
        {
            _script.Add($"{store} {command.Script}");
        }
    }

    private async Task ClearAsync(KeyTable table, CancellationToken cancellationToken)
    {
        if (!_filled.Contains(table))
        {
            return;
        }

        _script.Add(table.Clear);
        await session.ExecuteAsync(table.Clear, [], cancellationToken).ConfigureAwait(false);
    }

    private async Task<int> SendAsync(string sql, CancellationToken cancellationToken, params int[] numbers)
    {
        PlanParameter[] parameters = [.. numbers.Select(number => PlanParameter.Of(number))];
        _script.Add(PurgePlan.WithValues(sql, parameters));
        int rows = await session.ExecuteAsync(sql, parameters, cancellationToken).ConfigureAwait(false);
        return rows >= 0 ? rows
            : throw new PurgeException(
                "The driver does not report how many rows a statement changed, as under SET NOCOUNT ON. Whether all rows were selected is "
                    + "not known. Turn that setting off for the session.");
    }

    private async Task AnalyzeAsync(KeyTable table, long rows, CancellationToken cancellationToken)
    {
        if (table.Analyze is { } analyze && rows >= RowsWorthAnalyzing)
        {
            await session.ExecuteAsync(analyze, [], cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<long> CountAsync(string sql, IReadOnlyList<PlanParameter> parameters, CancellationToken cancellationToken)
        => (await session.QueryNumbersAsync(sql, parameters, cancellationToken).ConfigureAwait(false))[0];
}
