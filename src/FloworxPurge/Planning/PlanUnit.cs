namespace FloworxPurge;

/// <summary>Specifies what a unit of a plan is committed or rolled back with.</summary>
public enum PlanUnitScope
{
    /// <summary>The transaction of the run. A failure rolls back everything.</summary>
    Transaction,

    /// <summary>A savepoint within the transaction of the run. A failure rolls back this unit alone.</summary>
    Savepoint,

    /// <summary>None: the statement commits by itself, so it runs once the transaction of the run is committed.</summary>
    AfterCommit,
}

/// <summary>Steps of a plan that succeed or fail together.</summary>
public sealed record PlanUnit
{
    /// <summary>Gets what the unit is committed or rolled back with.</summary>
    public required PlanUnitScope Scope { get; init; }

    /// <summary>Gets the tables that the unit works on.</summary>
    public required IReadOnlyList<TableName> Tables { get; init; }

    /// <summary>Gets the steps, in order.</summary>
    public required IReadOnlyList<PlanStep> Steps { get; init; }

    /// <summary>
    /// Gets whether the unit follows the deletion, as the restart of an identity counter does: when it fails, the rows of its tables are
    /// deleted all the same. The default is <see langword="false"/>.
    /// </summary>
    public bool FollowsDelete { get; init; }
}
