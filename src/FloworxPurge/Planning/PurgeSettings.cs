namespace FloworxPurge.Planning;

/// <summary>The options of a purge as planning and execution read them.</summary>
internal sealed record PurgeSettings
{
    /// <summary>Gets the include and exclude filters, in the order of the calls.</summary>
    public IReadOnlyList<FilterRule> Rules { get; init; } = [];

    /// <summary>Gets the filters that name kept tables to which triggers may add rows, in the order of the calls.</summary>
    public IReadOnlyList<FilterRule> InsertRules { get; init; } = [];

    public bool BestEffort { get; init; }

    /// <summary>Gets whether a run is committed although a part of its result could not be verified.</summary>
    public bool AllowUnverified { get; init; }

    /// <summary>Gets whether the run ends, and is rolled back, where a part of its result cannot be verified.</summary>
    public bool MustBeVerified => !AllowUnverified && !BestEffort;

    public DriftTolerance DriftTolerance { get; init; }

    public OnBlocked OnBlocked { get; init; }

    public bool LockTables { get; init; }

    public TimeSpan? LockTimeout { get; init; }

    public bool ResetIdentity { get; init; }

    /// <summary>
    /// Gets whether it is the plan of a resetter: sequences of which the application keeps a block of numbers in memory continue, since the
    /// application does, too, and a counter that the role may not restart is an error of the reset.
    /// </summary>
    public bool IsReset { get; init; }

    public bool RefreshMaterializedViews { get; init; }

    public bool PurgeHistory { get; init; }

    public long? MaxRows { get; init; }

    public string? RequiredDatabase { get; init; }

    /// <summary>Gets the key that is good for one run; null for any number of runs.</summary>
    public string? RunKey { get; init; }

    /// <summary>Gets the patterns of databases that may be purged; none means any.</summary>
    public IReadOnlyList<string> AllowedDatabases { get; init; } = [];

    /// <summary>Gets the rules that select rows; where none is used, whole tables are purged.</summary>
    public RowRules RowRules { get; init; } = new();

    /// <summary>Gets whether a run in which no row matches fails.</summary>
    public bool RequireMatch { get; init; }

    /// <summary>Gets how a run is divided into transactions; null for one transaction.</summary>
    public ChunkSettings? Chunks { get; init; }

    /// <summary>Gets whether an unfinished run with other options is given up.</summary>
    public bool AbandonUnfinished { get; init; }

    /// <summary>Gets where the rows are written before they are deleted; null where they are not.</summary>
    public ArchiveSettings? Archive { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
