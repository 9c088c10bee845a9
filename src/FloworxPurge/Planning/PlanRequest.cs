using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Planning;

/// <summary>The input of the planner: facts and options, no connection.</summary>
internal sealed record PlanRequest
{
    public required ComparedSchema Schema { get; init; }

    public required IReadOnlyList<TableDisposition> Dispositions { get; init; }

    public required PurgeDialect Dialect { get; init; }

    public required ISqlGenerationHelper Sql { get; init; }

    public required bool BestEffort { get; init; }

    /// <summary>Gets whether TRUNCATE is used where it is the same; <see langword="null"/> for large tables.</summary>
    public required bool? Truncate { get; init; }

    public required bool ResetIdentity { get; init; }

    public bool LocksTables { get; init; }

    public bool LimitsLockWaits { get; init; }

    public bool RefreshMaterializedViews { get; init; }

    public bool PurgeHistory { get; init; }

    /// <summary>Gets the kept tables to which triggers may add rows.</summary>
    public IReadOnlySet<TableName> AllowedInserts { get; init; } = new HashSet<TableName>();

    /// <summary>Gets whether a run is refused where a part of its result cannot be verified.</summary>
    public bool MustBeVerified { get; init; }

    /// <summary>Gets the selection of rows; null where whole tables are purged.</summary>
    public RowSelection? Selection { get; init; }

    /// <summary>Gets how a run is divided into transactions; null for one transaction.</summary>
    public ChunkSettings? Chunks { get; init; }

    /// <summary>Gets where the rows are written before they are deleted; null where they are not.</summary>
    public PlanArchive? Archive { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
