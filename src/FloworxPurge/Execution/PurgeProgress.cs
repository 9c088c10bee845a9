
namespace FloworxPurge;

/// <summary>What a running purge is busy with.</summary>
public enum PurgePhase
{
    /// <summary>Reading model and live database again.</summary>
    Reading,

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

/// <summary>A sign of life of a running purge.</summary>
/// <param name="Phase">What it is busy with.</param>
/// <param name="Step">The number of the plan's current step, from 1; 0 outside <see cref="PurgePhase.Deleting"/>.</param>
/// <param name="Steps">How many steps the plan has.</param>
/// <param name="Tables">The tables of the current step.</param>
/// <param name="RowsDeleted">Rows deleted so far, as the engine reported them.</param>
public sealed record PurgeProgress(PurgePhase Phase, int Step, int Steps, IReadOnlyList<TableName> Tables, long RowsDeleted);
