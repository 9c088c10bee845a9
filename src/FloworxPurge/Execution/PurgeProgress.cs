
namespace FloworxPurge;

/// <summary>Specifies the phase of a running purge.</summary>
public enum PurgePhase
{
    /// <summary>Reading model and live database again.</summary>
    Reading,

    /// <summary>Selecting the rows to delete, where not whole tables are purged.</summary>
    Selecting,

    /// <summary>Counting rows before anything is written.</summary>
    Counting,

    /// <summary>Running the steps of the plan.</summary>
    Deleting,

    /// <summary>Verifying the result.</summary>
    Verifying,

    /// <summary>Committing.</summary>
    Committing,

    /// <summary>Emptying the places outside the database, after the commit.</summary>
    EmptyingTargets,

    /// <summary>Running the checks, after the commit.</summary>
    Checking,
}

/// <summary>The progress of a running purge.</summary>
public sealed record PurgeProgress
{
    /// <summary>Gets what the purge does now.</summary>
    public required PurgePhase Phase { get; init; }

    /// <summary>Gets the number of the plan's current step, from 1; 0 outside <see cref="PurgePhase.Deleting"/>.</summary>
    public int Step { get; init; }

    /// <summary>Gets how many steps the plan has.</summary>
    public int Steps { get; init; }

    /// <summary>Gets the tables of the current step.</summary>
    public IReadOnlyList<TableName> Tables { get; init; } = [];

    /// <summary>Rows deleted so far, as the engine reported them.</summary>
    public long RowsDeleted { get; init; }
}
