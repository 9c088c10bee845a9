using FloworxPurge.Schema;

namespace FloworxPurge.Resetting;

/// <summary>A table whose rows a resetter keeps.</summary>
/// <param name="Table">The table.</param>
/// <param name="Copy">The table that holds them.</param>
/// <param name="Columns">The columns that are stored, in their order.</param>
/// <param name="Key">The columns of the primary key.</param>
/// <param name="Rows">How many rows there are.</param>
/// <param name="Counters">Its counters, each with the number that it gave last, or null.</param>
internal sealed record CapturedTable(
    TableSchema Table,
    TableName Copy,
    IReadOnlyList<Column> Columns,
    IReadOnlyList<string> Key,
    long Rows,
    IReadOnlyList<(IdentityCounter Counter, long? Last)> Counters)
{
    public TableName Name => Table.Name;

    /// <summary>Gets the column of the key where that is the number of the row in both tables; otherwise null.</summary>
    public string? RowNumber { get; init; }

    /// <summary>Gets whether a row with the key of a captured one may be set to its values, and is the same row then.</summary>
    public bool MayUpdate { get; init; }
}
