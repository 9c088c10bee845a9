namespace FloworxPurge;

/// <summary>How a run is divided into transactions (<see cref="PurgeOptions.InChunks"/>).</summary>
public sealed record PlanChunks
{
    /// <summary>Gets how many selected rows a transaction deletes at most; of a whole table, how many rows.</summary>
    public required int Roots { get; init; }

    /// <summary>Gets how many rows a transaction deletes at most, dependents included, unless one selected row has more.</summary>
    public required int MaxRows { get; init; }
}
