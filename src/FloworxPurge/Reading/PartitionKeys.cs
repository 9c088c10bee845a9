using FloworxPurge.Schema;

namespace FloworxPurge.Reading;

/// <summary>
/// Attributes foreign keys to the partitions that hold the rows, where the model maps partitions and not the whole table, as EF Core's
/// scaffolder does.
/// </summary>
/// <param name="live">The live schema, in which a key of a partition is one of the whole table.</param>
/// <param name="mapped">The live tables that the model maps.</param>
internal sealed class PartitionKeys(DatabaseSchema live, HashSet<TableName> mapped)
{
    // Those that are divided hold no rows of their own, and are of interest where the model maps them.
    private readonly ILookup<TableName, TableName> _partitions = live.Tables
        .Where(table => table.PartOf is not null && (!table.IsDivided || mapped.Contains(table.Name)))
        .ToLookup(table => table.PartOf!, table => table.Name);

    private readonly ILookup<TableName, TableName> _mapped = live.Tables
        .Where(table => table.PartOf is not null && mapped.Contains(table.Name))
        .ToLookup(table => table.PartOf!, table => table.Name);

    private readonly Dictionary<TableName, IReadOnlyList<TableName>> _wholes = live.Tables
        .Where(table => table.PartOf is not null)
        .ToDictionary(table => table.Name, table => table.Wholes);

    /// <summary>The live foreign keys, between the tables that are purged or kept by themselves.</summary>
    public List<ForeignKey> Live()
        => [.. live.ForeignKeys
            .SelectMany(key => Dependents(key).Select(dependent => key with { Dependent = dependent }))
            .SelectMany(ToPrincipals)];

    /// <summary>
    /// A foreign key, and the same key to each partition of its principal that the model maps: a row of a partition is a row of its root,
    /// so that what references the root references the partition, too.
    /// </summary>
    public IEnumerable<ForeignKey> ToPrincipals(ForeignKey key)
        => _mapped[key.Principal]
            .Where(partition => IsPartOf(partition, key.PrincipalPart))
            .Select(partition => key with { Principal = partition })
            .Prepend(key);

    /// <summary>A foreign key, and the same key of each partition of its dependent that the model maps, which has it, too.</summary>
    public IEnumerable<ForeignKey> ToDependents(ForeignKey key)
        => _mapped[key.Dependent]
            .Where(partition => IsPartOf(partition, key.DependentPart))
            .Select(partition => key with { Dependent = partition })
            .Prepend(key);

    // Rows of a root that the model does not map are rows of its partitions, each of which is purged or kept.
    private IEnumerable<TableName> Dependents(ForeignKey key)
        => mapped.Contains(key.Dependent) || !_mapped.Contains(key.Dependent)
            ? [key.Dependent]
            : _partitions[key.Dependent].Where(partition => IsPartOf(partition, key.DependentPart));

    // A key of one partition concerns those within it, and those that it is within.
    private bool IsPartOf(TableName partition, TableName? part)
        => part is null
            || part == partition
            || !_wholes.TryGetValue(part, out IReadOnlyList<TableName>? wholes)
            || wholes.Contains(partition)
            || _wholes[partition].Contains(part);
}
