using System.Text.Json.Serialization;

namespace FloworxPurge.Reporting;

/// <summary>What a purge or a reset found in a table and did with it.</summary>
public sealed record TableReport
{
    /// <summary>Gets the table.</summary>
    public required TableName Table { get; init; }

    /// <summary>Gets the entity types that are stored in the table.</summary>
    [JsonRequired]
    public IReadOnlyList<string> EntityTypes { get; init; } = [];

    /// <summary>Its level in the plan, from 1; 0 for a table that is not purged.</summary>
    [JsonRequired]
    public int Level { get; init; }

    /// <summary>
    /// Rows counted before; <see langword="null"/> when the run ended before they were counted. For a reset the rows that it found:
    /// restored seed rows are not counted.
    /// </summary>
    [JsonRequired]
    public long? RowsBefore { get; init; }

    /// <summary>
    /// Gets all rows that were deleted, by a statement, a cascade or a trigger; 0 when rolled back, and when it is not known whether the
    /// run was committed.
    /// </summary>
    [JsonRequired]
    public long RowsDeleted { get; init; }

    /// <summary>
    /// Gets those among them that the statement for this table did not report: a foreign key's cascade or a trigger deleted them.
    /// </summary>
    [JsonRequired]
    public long RowsDeletedByCascade { get; init; }

    /// <summary>Rows counted after the purge, before the commit; <see langword="null"/> when not counted.</summary>
    [JsonRequired]
    public long? RowsAfter { get; init; }

    /// <summary>
    /// Rows that came after <see cref="RowsBefore"/> was counted, from another session or a trigger; negative when another session deleted
    /// more than came.
    /// <see cref="RowsBefore"/> and these are <see cref="RowsDeleted"/> and <see cref="RowsAfter"/>.
    /// </summary>
    [JsonRequired]
    public long RowsArrived { get; init; }

    /// <summary>
    /// Gets the rows that were to be deleted, where the others stay; <see langword="null"/> (the default) for all rows. Other numbers of
    /// rows are about these rows alone.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RowSet? RowSet { get; init; }

    /// <summary>
    /// Gets the other rows of the table, counted before the commit; <see langword="null"/> where all rows were to be deleted.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? RowsKept { get; init; }

    /// <summary>Time spent in the statements that delete from this table. Tables deleted together share one time.</summary>
    [JsonRequired]
    public TimeSpan Duration { get; init; }

    /// <summary>Gets why the table is not purged although it was planned, or <see langword="null"/>.</summary>
    [JsonRequired]
    public string? Error { get; init; }
}
