using FloworxPurge.Dialects;
using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>How the tables of one component are deleted.</summary>
internal enum CycleMeans
{
    /// <summary>In the given order; the engine has nothing against it.</summary>
    Order,

    /// <summary>In one statement.</summary>
    Together,

    /// <summary>In any order, with checks postponed to the end of the transaction.</summary>
    Deferred,

    /// <summary>In the given order, once some foreign keys are NULL.</summary>
    SetNull,

    /// <summary>Not at all.</summary>
    Impossible,
}

/// <summary>What makes deleting a component legal.</summary>
/// <param name="Means">The means.</param>
/// <param name="Order">The tables in the order of their deletion.</param>
/// <param name="SetToNull">The foreign keys to set to NULL first.</param>
/// <param name="ForeignKeys">The foreign keys that form the cycle; empty when there is none.</param>
internal sealed record BrokenCycle(CycleMeans Means, IReadOnlyList<TableName> Order, IReadOnlyList<ForeignKey> SetToNull, IReadOnlyList<ForeignKey> ForeignKeys);

/// <summary>Finds the cheapest means that needs no extra rights.</summary>
internal static class CycleBreaker
{
    // 2^12 subsets are looked at one by one; beyond that the search gives way to a minimal set that need not be the smallest.
    private const int MostKeysForExactSearch = 12;

    /// <summary>Breaks the component's cycles, if it has any.</summary>
    /// <param name="component">The component.</param>
    /// <param name="foreignKeys">The foreign keys among its tables, self references included.</param>
    /// <param name="dialect">What the engine can do.</param>
    public static BrokenCycle Break(Component component, IReadOnlyList<ForeignKey> foreignKeys, PurgeDialect dialect)
    {
        // A key that only the model knows stops no statement.
        List<ForeignKey> enforced = [.. foreignKeys.Where(key => key.IsEnforced)];
        List<ForeignKey> between = [.. enforced.Where(key => !key.IsSelfReference)];
        List<ForeignKey> obstacles = [.. enforced.Where(key => key.IsSelfReference && !dialect.ChecksAtStatementEnd(key.OnDelete))];

        if (obstacles.Count == 0 && OrderOf(component.Tables, between) is { } order)
        {
            return new BrokenCycle(CycleMeans.Order, order, [], foreignKeys);
        }

        if (dialect.DeleteTogether([]) is not null)
        {
            return new BrokenCycle(CycleMeans.Together, component.Tables, [], foreignKeys);
        }

        if (dialect.DeferConstraints is not null)
        {
            return new BrokenCycle(CycleMeans.Deferred, component.Tables, [], foreignKeys);
        }

        return CanBeNull(obstacles) && SmallestSet(component.Tables, between) is { } nulled
            ? new BrokenCycle(CycleMeans.SetNull, OrderOf(component.Tables, between.Except(nulled))!, [.. obstacles, .. nulled], foreignKeys)
            : new BrokenCycle(CycleMeans.Impossible, component.Tables, [], foreignKeys);
    }

    private static bool CanBeNull(IEnumerable<ForeignKey> keys) => keys.All(key => key.NullableColumns.Count > 0);

    /// <summary>The tables with dependents first, or null when the keys form a cycle.</summary>
    private static List<TableName>? OrderOf(IReadOnlyList<TableName> tables, IEnumerable<ForeignKey> keys)
    {
        IReadOnlyList<Component> components = DependencyGraph.Order(tables, keys);
        return components.Count == tables.Count ? [.. components.Select(component => component.Tables[0])] : null;
    }

    /// <summary>The nullable keys with the fewest columns that leave no cycle when they are gone, none when there is no cycle; of equals the first in ordinal order.</summary>
    private static List<ForeignKey>? SmallestSet(IReadOnlyList<TableName> tables, List<ForeignKey> keys)
    {
        List<ForeignKey> nullable = [.. keys.Where(key => key.NullableColumns.Count > 0).OrderBy(key => key.Shape, StringComparer.Ordinal)];
        if (OrderOf(tables, keys.Except(nullable)) is null)
        {
            return null;
        }

        return nullable.Count <= MostKeysForExactSearch ? ExactSet(tables, keys, nullable) : MinimalSet(tables, keys, nullable);
    }

    private static List<ForeignKey> ExactSet(IReadOnlyList<TableName> tables, List<ForeignKey> keys, List<ForeignKey> nullable)
        => Enumerable.Range(0, 1 << nullable.Count)
            .Select(bits => nullable.Where((_, i) => (bits & (1 << i)) != 0).ToList())
            .OrderBy(set => set.Sum(ColumnsToNull))
            .First(set => OrderOf(tables, keys.Except(set)) is not null);

    private static List<ForeignKey> MinimalSet(IReadOnlyList<TableName> tables, List<ForeignKey> keys, List<ForeignKey> nullable)
    {
        List<ForeignKey> set = [.. nullable];
        foreach (ForeignKey key in nullable.OrderByDescending(ColumnsToNull).ThenBy(key => key.Shape, StringComparer.Ordinal))
        {
            List<ForeignKey> fewer = [.. set.Where(other => other != key)];
            if (OrderOf(tables, keys.Except(fewer)) is not null)
            {
                set = fewer;
            }
        }

        return set;
    }

    // One NULL among a composite key's columns breaks the reference.
    private static int ColumnsToNull(ForeignKey key) => Math.Min(1, key.NullableColumns.Count);
}
