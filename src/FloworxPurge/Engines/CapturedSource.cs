using FloworxPurge.Extensibility;
using FloworxPurge.Schema;

namespace FloworxPurge.Engines;

/// <summary>A table whose captured rows an engine's own reset puts back.</summary>
/// <param name="Position">The table's position in <see cref="EngineResetContext.Tables"/>.</param>
/// <param name="Copy">The table that holds the rows, delimited.</param>
/// <param name="Columns">The columns of both.</param>
/// <param name="Key">The columns of the primary key; none where there is none.</param>
/// <param name="RowNumber">The column of the key where that is the number of the row in both tables; otherwise null.</param>
/// <param name="Rows">How many rows there are.</param>
/// <param name="MayUpdate">
/// Whether a row with the key of a captured one may be set to its values; otherwise all rows are deleted and inserted.
/// </param>
/// <param name="Counters">The counters of the table, each with the number that it gave last, or null.</param>
internal sealed record CapturedSource(
    int Position,
    string Copy,
    IReadOnlyList<Column> Columns,
    IReadOnlyList<string> Key,
    string? RowNumber,
    long Rows,
    bool MayUpdate,
    IReadOnlyList<(IdentityCounter Counter, long? Last)> Counters);
