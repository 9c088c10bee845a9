namespace FloworxPurge.Planning;

/// <summary>Foreign keys that form a cycle, and how the plan makes the deletion of its tables possible.</summary>
internal sealed record PlanCycle
{
    /// <summary>Gets the tables of the strongly connected component; one for a self reference.</summary>
    public required IReadOnlyList<TableName> Tables { get; init; }

    /// <summary>Gets the foreign keys among them.</summary>
    public required IReadOnlyList<ForeignKey> ForeignKeys { get; init; }

    /// <summary>Gets what the plan does about the cycle, in words.</summary>
    public required string BrokenBy { get; init; }
}
