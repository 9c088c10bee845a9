using System.Text.Json.Serialization;

namespace FloworxPurge;

/// <summary>
/// Steps of a plan that succeed or fail together: within the transaction of the run, where a failure rolls back everything, unless
/// <see cref="HasSavepoint"/> or <see cref="RunsAfterCommit"/> is set.
/// </summary>
public sealed record PlanUnit
{
    /// <summary>
    /// Gets whether the unit has a savepoint within the transaction of the run, so that a failure rolls back this unit alone. The default
    /// value is <see langword="false"/>.
    /// </summary>
    public bool HasSavepoint { get; init; }

    /// <summary>
    /// Gets whether the unit runs once the transaction of the run is committed, since its statement commits by itself. The default value
    /// is <see langword="false"/>.
    /// </summary>
    public bool RunsAfterCommit { get; init; }

    /// <summary>
    /// Gets the number of the transaction that the unit belongs to, from 1, in a plan of several transactions of whole tables
    /// (<see cref="PurgeOptions.InChunks"/>). The default value is 0, for a plan of one transaction.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Transaction { get; init; }

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
