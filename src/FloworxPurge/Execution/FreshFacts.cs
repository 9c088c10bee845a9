using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>The plan as it would be made now, and the facts under it.</summary>
/// <param name="Plan">The plan made of the facts as they are inside the transaction.</param>
/// <param name="Schema">The facts.</param>
internal sealed record FreshFacts(PurgePlan Plan, ComparedSchema Schema)
{
    private readonly Dictionary<TableName, TableSchema> _tables = Schema.Live.Tables.ToDictionary(table => table.Name);

    public TableSchema Table(TableName name) => _tables[name];

    /// <summary>The kept and skipped tables that the purge could touch: through foreign keys, or anywhere when a delete trigger fires.</summary>
    public IReadOnlyList<TableSchema> ReachableKept()
    {
        var purged = Plan.Tables.Select(table => table.Table).ToHashSet();
        bool triggersFire = Schema.Live.Objects.Any(o => o.FiresOnDelete && purged.Contains(o.Table));
        HashSet<TableName> reached = [.. purged];
        ILookup<TableName, ForeignKey> byPrincipal = Schema.Live.ForeignKeys.ToLookup(key => key.Principal);
        var queue = new Queue<TableName>(purged);
        while (queue.TryDequeue(out TableName? table))
        {
            foreach (ForeignKey key in byPrincipal[table].Where(key => reached.Add(key.Dependent)))
            {
                queue.Enqueue(key.Dependent);
            }
        }

        return [.. Schema.Live.Tables.Where(table => table.Kind is TableKind.Table or TableKind.PartitionedTable or TableKind.InheritanceParent
            && !purged.Contains(table.Name)
            && (triggersFire || reached.Contains(table.Name)))];
    }

    /// <summary>The foreign keys of kept and skipped tables to purged ones.</summary>
    public IReadOnlyList<ForeignKey> KeysFromKept()
    {
        var purged = Plan.Tables.Select(table => table.Table).ToHashSet();
        return [.. Schema.ForeignKeys.Where(key => purged.Contains(key.Principal) && !purged.Contains(key.Dependent))];
    }

    /// <summary>The delete triggers of purged tables.</summary>
    public IReadOnlyList<SchemaObject> DeleteTriggers()
    {
        var purged = Plan.Tables.Select(table => table.Table).ToHashSet();
        return [.. Schema.Live.Objects.Where(o => o.FiresOnDelete && purged.Contains(o.Table))];
    }
}
