using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>The tables that one TRUNCATE without CASCADE can empty exactly as DELETE would.</summary>
internal static class TruncationSet
{
    /// <summary>Below this many rows in all a DELETE takes about a second at most, and needs no exclusive lock.</summary>
    public const long RowsWorthTruncating = 100_000;

    /// <summary>
    /// The average number of rows a table at which both take the same time. Measured on PostgreSQL 15, durable defaults, a chain of ten
    /// tables with indexed keys: 300 rows a table 0.06 s by DELETE and 0.06 to 0.27 s by TRUNCATE; 1,000 rows 0.10 to 0.18 s and
    /// 0.05 to 0.18 s; 10,000 rows 0.7 to 0.8 s and 0.06 to 0.29 s; 100,000 rows 7 to 9 s and 0.1 to 0.4 s.
    /// </summary>
    public const long RowsPerTableWorthTruncating = 1_000;

    /// <summary>Finds the tables that no table outside the set references.</summary>
    public static HashSet<TableName> Find(Dictionary<TableName, TableDisposition> purged, IReadOnlyList<ForeignKey> foreignKeys)
    {
        var set = purged.Values
            .Where(disposition => disposition.Live is { MayTruncate: true, Filter: null })
            .Select(disposition => disposition.Name)
            .ToHashSet();
        ILookup<TableName, ForeignKey> byDependent = foreignKeys.Where(key => key.IsEnforced).ToLookup(key => key.Dependent);

        // PostgreSQL does not notice that the dependent of a key that is not enforced is truncated in the same statement.
        foreach (ForeignKey key in foreignKeys.Where(key => key is { IsOff: true, IsSelfReference: false }))
        {
            set.Remove(key.Principal);
        }

        // The engine refuses to truncate a table that a table outside the statement references, with or without rows.
        var outside = new Queue<TableName>(foreignKeys.Select(key => key.Dependent).Distinct().Where(table => !set.Contains(table)));
        while (outside.TryDequeue(out TableName? table))
        {
            foreach (ForeignKey key in byDependent[table].Where(key => set.Remove(key.Principal)))
            {
                outside.Enqueue(key.Principal);
            }
        }

        return set;
    }

    /// <summary>
    /// Determines whether the tables are large enough, by the server's estimate, or a foreign key between two of them has no index: each
    /// row deleted from the principal would scan the dependent.
    /// </summary>
    /// <param name="tables">The tables.</param>
    /// <param name="facts">The facts of the catalog, which names foreign keys without an index between tables that are not small.</param>
    public static bool IsWorthIt(IReadOnlyList<TableSchema> tables, IEnumerable<SchemaFact> facts)
    {
        HashSet<TableName> names = [.. tables.Select(table => table.Name)];
        HashSet<string> principals = [.. names.Select(name => $"{name.Schema}.{name.Name}")];
        if (facts.Any(
            fact => fact.Kind is SchemaFact.KeyWithoutIndex
                && names.Contains(fact.Table)
                && principals.Contains(fact.Detail ?? string.Empty)))
        {
            return true;
        }

        long rows = 0;
        long count = 0;
        foreach (TableSchema table in tables)
        {
            rows += table.EstimatedRows ?? 0;
            count++;
        }

        return rows >= RowsWorthTruncating && rows >= count * RowsPerTableWorthTruncating;
    }
}
