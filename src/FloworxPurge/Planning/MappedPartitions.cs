using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>
/// Where a model maps a partitioned table and a partition of it, and both are purged: their rows are the same, so that the whole table
/// deletes and counts them, once.
/// </summary>
internal static class MappedPartitions
{
    /// <summary>Joins such partitions with their tables.</summary>
    /// <param name="schema">The facts.</param>
    /// <param name="dispositions">The disposition of each table, those of blocked ones included.</param>
    public static (ComparedSchema Schema, IReadOnlyList<TableDisposition> Dispositions) Join(
        ComparedSchema schema,
        IReadOnlyList<TableDisposition> dispositions)
    {
        var purged = dispositions.Where(disposition => disposition.IsPurged).Select(disposition => disposition.Name).ToHashSet();
        var roots = dispositions
            .Where(disposition => disposition is { IsPurged: true, Live: { } live } && live.Wholes.Any(purged.Contains))
            .ToDictionary(disposition => disposition.Name, disposition => disposition.Live!.Wholes.Last(purged.Contains));
        var known = dispositions.Select(disposition => disposition.Name).ToHashSet();
        foreach (TableSchema part in schema.Live.Tables.Where(table => !known.Contains(table.Name) && table.Wholes.Any(purged.Contains)))
        {
            // Not in the model: it shares the disposition of the table.
            roots[part.Name] = part.Wholes.Last(purged.Contains);
        }

        if (roots.Count == 0)
        {
            return (schema, dispositions);
        }

        TableName RootOf(TableName table) => roots.GetValueOrDefault(table, table);
        List<ForeignKey> joined = [.. schema.ForeignKeys.Where(key => roots.ContainsKey(key.Dependent) || roots.ContainsKey(key.Principal))];
        List<ForeignKey> others = [.. schema.ForeignKeys.Except(joined)];
        ILookup<TableName, TableDisposition> partitions = dispositions
            .Where(disposition => roots.ContainsKey(disposition.Name))
            .ToLookup(disposition => RootOf(disposition.Name));
        ILookup<TableName, ComparedTable> mapped = schema.Tables
            .Where(table => roots.ContainsKey(table.Name))
            .ToLookup(table => RootOf(table.Name));
        return (
            schema with
            {
                Tables = [.. schema.Tables.Where(table => !roots.ContainsKey(table.Name)).Select(table => With(table, mapped[table.Name]))],
                ForeignKeys = [.. others, .. joined
                    .Select(key => key with { Dependent = RootOf(key.Dependent), Principal = RootOf(key.Principal) })
                    .ExceptBy(others.Select(key => (key.Shape, key.OnDelete)), key => (key.Shape, key.OnDelete))],
            },
            [.. dispositions
                .Where(disposition => !roots.ContainsKey(disposition.Name))
                .Select(disposition => With(disposition, partitions[disposition.Name]))]);
    }

    private static ComparedTable With(ComparedTable table, IEnumerable<ComparedTable> partitions) => table with
    {
        Model = table.Model with
        {
            ClrTypes = [.. table.Model.ClrTypes.Union(partitions.SelectMany(part => part.Model.ClrTypes))],
            Sequences = [.. table.Model.Sequences.Union(partitions.SelectMany(part => part.Model.Sequences))],
        },
        Drifts = [.. table.Drifts.Union(partitions.SelectMany(part => part.Drifts))],
    };

    private static TableDisposition With(TableDisposition table, IEnumerable<TableDisposition> partitions) => table with
    {
        EntityTypes = [.. table.EntityTypes
            .Union(partitions.SelectMany(part => part.EntityTypes), StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)],
    };
}
