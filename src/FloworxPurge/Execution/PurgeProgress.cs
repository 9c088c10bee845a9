using System.Globalization;

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

    /// <summary>Gets the number of rows deleted so far, as the engine reported them.</summary>
    public long RowsDeleted { get; init; }

    /// <summary>
    /// Gets how far a run in several transactions is: it is reported when the first transaction begins and after each commit. <see
    /// langword="null"/> in a run of one transaction.
    /// </summary>
    public ChunkProgress? Chunk { get; init; }

    /// <summary>Returns a line for a log.</summary>
    /// <returns>The phase, the step with its tables, how far a run in several transactions is, and the number of rows.</returns>
    public override string ToString()
    {
        string step = Step == 0 ? string.Empty
            : string.Create(CultureInfo.InvariantCulture, $", step {Step} of {Steps} ({string.Join(", ", Tables)})");
        string chunk = Chunk is null ? string.Empty
            : string.Create(CultureInfo.InvariantCulture, $", transactions {Chunk.Transactions}, {Chunk.Roots} of {Chunk.AllRoots} rows");
        return string.Create(CultureInfo.InvariantCulture, $"{Phase}{step}{chunk}, rows deleted {RowsDeleted}");
    }
}

/// <summary>How far a run in several transactions is (<see cref="PurgeOptions.InChunks"/>).</summary>
public sealed record ChunkProgress
{
    /// <summary>Gets the number of committed transactions, over all sessions of the run.</summary>
    public required long Transactions { get; init; }

    /// <summary>Gets the number of selected rows whose turn has come; of whole tables, the number of deleted rows.</summary>
    public required long Roots { get; init; }

    /// <summary>Gets the number of all selected rows; of whole tables, of their rows when the run began.</summary>
    public required long AllRoots { get; init; }

    /// <summary>Gets the rows a second that this session deleted on average, pauses included.</summary>
    public required double RowsPerSecond { get; init; }

    /// <summary>
    /// Gets the remaining time at this rate, if the remaining rows have as many dependents; <see langword="null"/> when it is not known
    /// yet.
    /// </summary>
    public required TimeSpan? Remaining { get; init; }
}
