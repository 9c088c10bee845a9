
namespace FloworxPurge.Planning;

/// <summary>Finds foreign keys to set to NULL so that no cycle is left.</summary>
internal static class CycleCut
{
    // 2^12 subsets are looked at one by one; beyond that the search gives way to a minimal set that need not be the smallest.
    private const int MostKeysForExactSearch = 12;

    /// <summary>
    /// The nullable keys with the fewest columns whose removal leaves no cycle, none when there is no cycle; of equals the first in ordinal
    /// order. <see langword="null"/> when the other keys form a cycle of their own.
    /// </summary>
    /// <param name="tables">The tables.</param>
    /// <param name="keys">The keys among them, without self references.</param>
    public static IReadOnlyList<ForeignKey>? Find(IReadOnlyList<TableName> tables, IReadOnlyList<ForeignKey> keys)
    {
        List<ForeignKey> notNull = [.. keys.Where(key => key.NullableColumns.Count == 0)];
        if (DependencyGraph.Order(tables, notNull).Count < tables.Count)
        {
            return null;
        }

        List<ForeignKey> nullable = [.. keys
            .Where(key => key.NullableColumns.Count > 0)
            .OrderBy(key => key.Shape, StringComparer.Ordinal)
            .ThenBy(key => key.Name, StringComparer.Ordinal)];
        return nullable.Count <= MostKeysForExactSearch ? Smallest(notNull, nullable) : Minimal(notNull, nullable);
    }

    private static List<ForeignKey> Smallest(List<ForeignKey> notNull, List<ForeignKey> nullable)
    {
        // Which nullable keys follow a nullable key along NOT NULL keys: every cycle is a cycle of these.
        ILookup<TableName, TableName> principals = notNull.ToLookup(key => key.Dependent, key => key.Principal);
        int[] followers = [.. nullable.Select(key =>
        {
            HashSet<TableName> reached = Reached(key.Principal, table => principals[table]);
            return Bits(nullable, next => reached.Contains(next.Dependent));
        })];

        int all = (1 << nullable.Count) - 1;
        int cut = Enumerable.Range(0, all + 1)
            .OrderBy(bits => Columns(nullable, bits))
            .First(bits => !HasCycle(all & ~bits, followers));
        return [.. nullable.Where((_, i) => (cut & (1 << i)) != 0)];
    }

    /// <summary>Gives every key back that closes no cycle.</summary>
    private static List<ForeignKey> Minimal(List<ForeignKey> notNull, List<ForeignKey> nullable)
    {
        var principals = new Dictionary<TableName, List<TableName>>();
        IEnumerable<TableName> Next(TableName table) => principals.TryGetValue(table, out List<TableName>? next) ? next : [];
        void Add(ForeignKey key)
        {
            principals.TryAdd(key.Dependent, []);
            principals[key.Dependent].Add(key.Principal);
        }

        notNull.ForEach(Add);
        var cut = new List<ForeignKey>();
        foreach (ForeignKey key in nullable)
        {
            if (Reached(key.Principal, Next).Contains(key.Dependent))
            {
                cut.Add(key);
            }
            else
            {
                Add(key);
            }
        }

        return cut;
    }

    /// <summary>A table and everything that is reached from it.</summary>
    /// <param name="start">The table.</param>
    /// <param name="next">The tables one step further.</param>
    public static HashSet<TableName> Reached(TableName start, Func<TableName, IEnumerable<TableName>> next)
    {
        var reached = new HashSet<TableName> { start };
        var open = new Stack<TableName>([start]);
        while (open.TryPop(out TableName? table))
        {
            foreach (TableName other in next(table).Where(reached.Add))
            {
                open.Push(other);
            }
        }

        return reached;
    }

    // A key without a follower that is left is part of no cycle; when every key that is left has one, there is a cycle.
    private static bool HasCycle(int left, int[] followers)
    {
        for (int before = 0; before != left;)
        {
            before = left;
            for (int i = 0; i < followers.Length; i++)
            {
                if ((followers[i] & left) == 0)
                {
                    left &= ~(1 << i);
                }
            }
        }

        return left != 0;
    }

    // One NULL among a composite key's columns breaks the reference, and one column may be part of several keys.
    private static int Columns(List<ForeignKey> nullable, int bits)
        => nullable.Where((_, i) => (bits & (1 << i)) != 0).Select(key => (key.Dependent, key.NullableColumns[0])).Distinct().Count();

    private static int Bits(List<ForeignKey> keys, Func<ForeignKey, bool> isSet)
        => keys.Select((key, i) => isSet(key) ? 1 << i : 0).Sum();
}
