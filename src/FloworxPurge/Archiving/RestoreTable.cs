namespace FloworxPurge;

/// <summary>A table of a restore.</summary>
public sealed record RestoreTable
{
    /// <summary>Gets the table.</summary>
    public required TableName Table { get; init; }

    /// <summary>
    /// Gets the number of rows of the archive: to be inserted, or to get a reference back. In a report of a restore, those that were.
    /// </summary>
    public required long Rows { get; init; }

    /// <summary>Gets whether the rows are in the database, and get back a reference that they lost.</summary>
    public required bool IsDetached { get; init; }

    /// <summary>
    /// Gets the counters of the table that move forward, each by its column or, where that is not known, by the quoted name of its
    /// sequence, and the number that they have given at least afterwards.
    /// </summary>
    public IReadOnlyDictionary<string, long> Counters { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);
}
