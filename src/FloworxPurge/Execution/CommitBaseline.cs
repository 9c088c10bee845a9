using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>What was true last before a commit, to be compared with what stands after it.</summary>
/// <param name="TransactionId">The server's number of the transaction, where it can be asked what became of it.</param>
/// <param name="Purged">The purged tables, which were empty.</param>
/// <param name="Kept">The kept tables within reach of the purge.</param>
/// <param name="MayWorkAtCommit">Whether a trigger may have done its work at the commit.</param>
internal sealed record CommitBaseline(
    string? TransactionId,
    IReadOnlyList<TableSchema> Purged,
    IReadOnlyList<KeptRows> Kept,
    bool MayWorkAtCommit)
{
    /// <summary>Gets the skipped tables, of which the rows that are left are counted after the commit.</summary>
    public IReadOnlyList<(PlanTable Skip, TableSchema? Table)> Skips { get; init; } = [];

    /// <summary>Gets the purged tables that no other session could write to until the commit.</summary>
    public IReadOnlySet<TableName> Locked { get; init; } = new HashSet<TableName>();

    /// <summary>Gets the selection of single rows, whose tables of keys are there; null for a purge of whole tables.</summary>
    public RowSelection? Selection { get; init; }

    /// <summary>Gets what is still true once the tables of keys are dropped.</summary>
    public CommitBaseline WithoutKeys() => Selection is null ? this : this with { Purged = [], Selection = null };

    /// <summary>The rows of a table that is counted again: counting more could take longer than the purge.</summary>
    public const int MostRowsToCount = 10_000;

    /// <summary>
    /// Determines whether a kept table is small enough to be counted, by the server's own estimate; otherwise only whether it holds rows is
    /// looked at.
    /// </summary>
    public static bool IsCounted(TableSchema table) => table.EstimatedRows is <= MostRowsToCount;

    /// <summary>Determines whether counting a table's rows could take longer than the purge, by the server's own estimate.</summary>
    public static bool IsLarge(TableSchema table) => table.EstimatedRows is > MostRowsToCount;
}

/// <summary>The rows of a kept table: their number, or 1 and 0 for some and none where they are not counted.</summary>
/// <param name="Table">The table.</param>
/// <param name="IsCounted">Whether the rows were counted.</param>
/// <param name="Rows">The number.</param>
internal sealed record KeptRows(TableSchema Table, bool IsCounted, long Rows);
