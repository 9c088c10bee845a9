using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>
/// Divides the tables of a plan among several transactions: dependents first, the tables of a cycle together, and no more tables in one
/// than it may delete rows or hold locks.
/// </summary>
internal static class PlanTransactions
{
    /// <summary>Writes the units of each transaction.</summary>
    /// <param name="request">What is planned.</param>
    /// <param name="purged">The purged tables.</param>
    /// <param name="truncatable">The tables that may be truncated; none where no table is.</param>
    /// <param name="parts">The components, in order.</param>
    /// <param name="cycles">The cycles among the tables.</param>
    public static IReadOnlyList<PlanUnit> Write(
        PlanRequest request,
        Dictionary<TableName, TableDisposition> purged,
        HashSet<TableName> truncatable,
        List<(Component Component, BrokenCycle Cycle)> parts,
        IReadOnlyList<PlanCycle> cycles)
    {
        List<PlanUnit> units = [];
        HashSet<TableName> later = [.. purged.Keys];
        int number = 0;
        int steps = 0;
        foreach (List<(Component Component, BrokenCycle Cycle)> group in Groups(request, parts))
        {
            number++;
            Dictionary<TableName, TableDisposition> some = group
                .SelectMany(part => part.Cycle.Order)
                .ToDictionary(table => table, table => purged[table]);
            later.ExceptWith(some.Keys);
            HashSet<TableName> truncated = truncatable.Count == 0 ? []
                : [.. TruncationSet.Find(some, request.Schema.ForeignKeys).Where(truncatable.Contains)];
            var writer = new PlanStepWriter(request, some, truncated)
            {
                First = steps,
                Elsewhere = purged.Keys.Where(table => !some.ContainsKey(table)).ToHashSet(),
                Later = later.ToHashSet(),
            };
            IReadOnlyList<PlanUnit> written = PlanUnits.Of(
                writer.Write(group),
                cycles,
                isBestEffort: false,
                request.Dialect.ResetsIdentityAfterCommit);
            units.AddRange(written.Select(unit => unit with { Transaction = number }));
            steps += written.Sum(unit => unit.Steps.Count);
        }

        return units;
    }

    /// <summary>The part of a plan that one transaction runs.</summary>
    public static PurgePlan Of(PurgePlan plan, int number)
    {
        List<PlanUnit> units = [.. plan.Units.Where(unit => unit.Transaction == number)];
        HashSet<TableName> tables = [.. units.SelectMany(unit => unit.Tables)];
        return plan with { Units = units, Tables = [.. plan.Tables.Where(table => tables.Contains(table.Table))] };
    }

    private static IEnumerable<List<(Component Component, BrokenCycle Cycle)>> Groups(
        PlanRequest request,
        List<(Component Component, BrokenCycle Cycle)> parts)
    {
        ChunkSettings chunks = request.Chunks!;
        int most = Math.Max(1, chunks.MaxRows / chunks.Roots);
        var locks = new LockTable(request.Schema.Live);
        List<(Component Component, BrokenCycle Cycle)> group = [];
        int tables = 0;
        long needed = 0;
        foreach ((Component Component, BrokenCycle Cycle) part in parts)
        {
            long more = part.Cycle.Order.Sum(locks.NeededFor);
            if (group.Count > 0 && (tables + part.Cycle.Order.Count > most || needed + more > locks.Room / 2))
            {
                yield return group;
                group = [];
                (tables, needed) = (0, 0);
            }

            group.Add(part);
            tables += part.Cycle.Order.Count;
            needed += more;
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }
}
