using System.Text.Json.Serialization;

namespace FloworxPurge;

/// <summary>Specifies what a plan does with a table.</summary>
public enum Disposition
{
    /// <summary>Its rows are deleted.</summary>
    Purge,

    /// <summary>It is kept with all of its rows, since no option includes it.</summary>
    Keep,

    /// <summary>It is left as it is although it was to be purged, for a measured reason.</summary>
    Skip,
}

/// <summary>A table of a plan, with what the plan does with it and why.</summary>
public sealed record PlanTable
{
    /// <summary>Gets the table.</summary>
    public required TableName Table { get; init; }

    /// <summary>Gets what the plan does with the table.</summary>
    public required Disposition Disposition { get; init; }

    /// <summary>Gets why the table is kept or skipped; <see langword="null"/> for a table that is purged.</summary>
    [JsonRequired]
    public PlanReason? Reason { get; init; }

    /// <summary>Gets why the table is skipped, which object was found, and what to do; empty for a table that is purged or kept.</summary>
    [JsonRequired]
    public string Explanation { get; init; } = string.Empty;

    /// <summary>Gets the foreign keys that block a skipped table or form its cycle; empty for other reasons.</summary>
    [JsonRequired]
    public IReadOnlyList<ForeignKey> ForeignKeys { get; init; } = [];

    /// <summary>Gets the entity types that are stored in the table; empty for a table that is kept.</summary>
    [JsonRequired]
    public IReadOnlyList<string> EntityTypes { get; init; } = [];

    /// <summary>
    /// Gets the level of a table that is purged, from 1: dependents have lower levels and are deleted first. 0 for other tables.
    /// </summary>
    [JsonRequired]
    public int Level { get; init; }

    /// <summary>
    /// Gets the number of rows when the plan was made; in the report of a run the rows that are left in a skipped table, counted after the
    /// commit. <see langword="null"/> when they were not counted.
    /// </summary>
    [JsonRequired]
    public long? Rows { get; init; }

    /// <summary>
    /// Gets why the rows of a skipped table could not be counted; <see langword="null"/> when they were counted, and when it was not tried.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? NotCounted { get; init; }

    /// <summary>Gets the rows that are deleted, where the others stay; <see langword="null"/> (the default) for all rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RowSet? RowSet { get; init; }

    /// <summary>
    /// Gets whether triggers that the purge fires may add rows to a kept table (<see cref="PurgeOptions.AllowInserts(string)"/>). Nothing
    /// else may change there. Written as JSON only when it is true.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool AllowsInserts { get; init; }

    /// <summary>
    /// Gets the engine's own number of the table, by which it differs from another table that has the same name later;
    /// <see langword="null"/> where the engine has none.
    /// </summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal string? ObjectId { get; init; }

    /// <summary>A table that is kept.</summary>
    internal static PlanTable Kept(TableName table, PlanReason reason)
        => new() { Table = table, Disposition = Disposition.Keep, Reason = reason };

    /// <summary>A table that is skipped.</summary>
    internal static PlanTable Skipped(
        TableName table,
        IReadOnlyList<string> entityTypes,
        PlanReason reason,
        string explanation,
        IReadOnlyList<ForeignKey> foreignKeys) => new()
        {
            Table = table,
            Disposition = Disposition.Skip,
            Reason = reason,
            Explanation = explanation,
            ForeignKeys = foreignKeys,
            EntityTypes = entityTypes,
        };
}
