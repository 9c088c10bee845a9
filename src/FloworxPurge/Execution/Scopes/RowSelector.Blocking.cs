using System.Data.Common;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Planning;

namespace FloworxPurge.Execution;

/// <content>Which of the named rows have to stay, and why.</content>
internal sealed partial class RowSelector
{
    private List<Reason> Reasons()
    {
        List<Reason> reasons = [];
        int rule = 0;
        foreach (RowQuery query in selection.Scope.Queries.Where(query => query.Keeps))
        {
            rule++;
            foreach (TableName table in selection.Tables.Where(selection.Kept.ContainsKey))
            {
                string text = $"{query.Text} keeps them, or rows that would be deleted with them";
                reasons.Add(new Reason(reasons.Count + 1, text, query.Table, Reference: null, table, rule));
            }
        }

        foreach (RowReference reference in selection.References.Where(reference => reference.Action == ReferenceAction.Block))
        {
            reasons.Add(new Reason(
                reasons.Count + 1,
                $"they, or rows that would be deleted with them, are referenced by rows of {reference.Key.Dependent.ToQuotedString()} that "
                    + $"stay ({reference.Reason}{(reference.IsByModel ? "; OnReference decides otherwise" : string.Empty)})",
                reference.Key.Dependent,
                reference,
                reference.Key.Principal,
                rule));
        }

        return reasons;
    }

    /// <returns>Whether anything is blocked, so that the rest has to be selected again.</returns>
    private async Task<bool> BlockAsync(IReadOnlyList<Reason> reasons, CancellationToken cancellationToken)
    {
        List<RowReference> spreading = [.. selection.References.Where(reference =>
            reference.Action != ReferenceAction.Detach && selection.Keys.ContainsKey(reference.Key.Dependent))];
        bool isAnyBlocked = false;
        foreach (Reason reason in reasons)
        {
            int marked = await MarkAsync(reason, cancellationToken).ConfigureAwait(false);
            for (int wave = 2; marked > 0; wave++)
            {
                isAnyBlocked = true;
                marked = 0;
                foreach (RowReference reference in spreading)
                {
                    marked += await SendAsync(
                        _sql.Spread(reference),
                        cancellationToken,
                        reason.Number,
                        wave,
                        wave - 1).ConfigureAwait(false);
                }
            }
        }

        if (isAnyBlocked)
        {
            await RemoveBlockedAsync(reasons, cancellationToken).ConfigureAwait(false);
        }

        return isAnyBlocked;
    }

    private async Task<int> MarkAsync(Reason reason, CancellationToken cancellationToken)
    {
        if (reason.Reference is not { } reference)
        {
            return await SendAsync(_sql.BlockKept(reason.Marks), cancellationToken, reason.Number, reason.Rule).ConfigureAwait(false);
        }

        int marked = await SendAsync(_sql.Block(reference), cancellationToken, reason.Number).ConfigureAwait(false);
        if (marked > 0 && !_blocking.ContainsKey(reference))
        {
            _blocking[reference] = await CountAsync(_sql.CountStaying(reference), [], cancellationToken).ConfigureAwait(false);
        }

        return marked;
    }

    private async Task RemoveBlockedAsync(IReadOnlyList<Reason> reasons, CancellationToken cancellationToken)
    {
        foreach (TableName table in selection.Roots.Keys)
        {
            foreach (Reason reason in reasons)
            {
                PlanParameter number = PlanParameter.Of(reason.Number);
                long rows = await CountAsync(_sql.CountBlocked(table), [number], cancellationToken).ConfigureAwait(false);
                if (rows == 0)
                {
                    continue;
                }

                (long before, List<string> examples) = _blocked.GetValueOrDefault(reason.Number, (0, []));
                if (examples.Count < MostExamples)
                {
                    examples.AddRange(await session.QueryAsync(
                        _sql.FirstBlocked(table, MostExamples - examples.Count),
                        [number],
                        ReadKey,
                        cancellationToken).ConfigureAwait(false));
                }

                _blocked[reason.Number] = (before + rows, examples);
            }
        }

        foreach (TableName table in selection.Roots.Keys)
        {
            await SendAsync(_sql.RemoveBlocked(table), cancellationToken).ConfigureAwait(false);
        }
    }

    private static string ReadKey(DbDataReader reader)
        => string.Join(
            ", ",
            Enumerable.Range(0, reader.FieldCount).Select(i => Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture)));

    /// <summary>Why rows that a query names may have to stay.</summary>
    /// <param name="Number">From 1; blocked keys carry it.</param>
    /// <param name="Text">The reason in words.</param>
    /// <param name="Table">The table that holds the blocking rows.</param>
    /// <param name="Reference">The reference through which they block, or null for a rule.</param>
    /// <param name="Marks">The table whose rows are blocked first.</param>
    /// <param name="Rule">The number of the rule.</param>
    private sealed record Reason(int Number, string Text, TableName Table, RowReference? Reference, TableName Marks, int Rule);
}
