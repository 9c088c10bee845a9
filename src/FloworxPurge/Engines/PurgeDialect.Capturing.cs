using FloworxPurge.Engines;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <content>Rows that a resetter keeps in tables of its own, and puts back.</content>
public abstract partial class PurgeDialect
{
    /// <summary>
    /// Gets a query for a text by which the rows that the transaction inserts differ from all others; <see langword="null"/> (the default)
    /// where rows show nothing of it.
    /// </summary>
    internal virtual string? RowStamp => null;

    /// <summary>
    /// Gets a query for the tables whose primary key of one column is the number by which the engine finds the row, as schema and table;
    /// <see langword="null"/> (the default) where rows have no such number.
    /// </summary>
    internal virtual string? TablesByRowNumber => null;

    /// <summary>Creates a table without rows and without other keys that holds columns of a table exactly.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="name">The name of the new table.</param>
    /// <param name="source">The table.</param>
    /// <param name="columns">The columns of both.</param>
    /// <param name="rowNumber">The column that is the number of the row, or <see langword="null"/>.</param>
    internal virtual string CreateCopy(
        ISqlGenerationHelper sql,
        TableName name,
        RowSet source,
        IReadOnlyList<Column> columns,
        string? rowNumber)
        => CreateArchiveTable(sql, name, source, columns.Select(column => column.Name));

    /// <summary>
    /// Gets a query for the number of rows of a table if each of them is as it was put back, or else for another number; <see
    /// langword="null"/> where that cannot be found out.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="source">The table.</param>
    /// <param name="copy">The table of the resetter, delimited.</param>
    /// <param name="columns">The columns of both.</param>
    /// <param name="key">The columns of the primary key; none where there is none.</param>
    /// <param name="stamp">The answer to <see cref="RowStamp"/> when the rows were put back.</param>
    internal virtual string? CountUntouched(
        ISqlGenerationHelper sql,
        RowSet source,
        string copy,
        IReadOnlyList<Column> columns,
        IReadOnlyList<string> key,
        string? stamp)
        => CountSame(sql, source, copy, columns, key) is not { } same
            ? null
            : $"SELECT 2 * ({same}) - (SELECT {CountRows} FROM {Source(sql, source)} AS t)";

    /// <summary>
    /// Gets the settings of the session with which rows are put back exactly, and in any order where that is the only way; none by default.
    /// </summary>
    internal virtual IReadOnlyList<SessionSetting> CapturedRowSettings => ArchiveSchemaSettings;

    /// <summary>
    /// Gets a query that draws a number from a sequence and returns the number before it; <see langword="null"/> (the default) where <see
    /// cref="NumberBefore"/> is exact. It is for a server that reserves numbers in memory and shows only the one behind them.
    /// </summary>
    internal virtual string? DrawNumberBefore(ISqlGenerationHelper sql, TableName sequence) => null;

    /// <summary>Sets counters to the numbers that they gave last.</summary>
    internal virtual IReadOnlyList<SqlStatement> SetCounters(
        ISqlGenerationHelper sql,
        IReadOnlyList<(IdentityCounter Counter, long Last)> counters)
        => [];

    /// <summary>Counts the rows of a table that are the same as in a copy; <see langword="null"/> where there is no key.</summary>
    internal string? CountSame(
        ISqlGenerationHelper sql,
        RowSet source,
        string copy,
        IReadOnlyList<Column> columns,
        IReadOnlyList<string> key)
        => key.Count == 0 ? null
            : $"SELECT {CountRows} FROM {Source(sql, source)} AS t JOIN {copy} AS s ON {SameKey(sql, key, "t", "s")} "
                + $"WHERE {SameRow(sql, columns, "t", "s")}";
}
