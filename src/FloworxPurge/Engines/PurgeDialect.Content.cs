using FloworxPurge.Engines;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <content>What tells whether the content of a table has changed.</content>
public partial class PurgeDialect
{
    /// <summary>A query for one text that changes when any of the rows does; <see langword="null"/> (the default) to read the rows and compute it here.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="rows">The rows. The parameters of the query are theirs.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? Digest(ISqlGenerationHelper sql, RowSet rows) => null;

    /// <summary>
    /// An expression of one whole number for row <c>t</c>, which depends on every column in full precision and on no setting; <see langword="null"/> (the default) for
    /// <see cref="Digest"/>, or for reading the rows and computing it here.
    /// </summary>
    internal virtual string? RowDigest(ISqlGenerationHelper sql, IReadOnlyList<Column> columns) => null;

    /// <summary>The count of all rows, the count of those that have a digest, and the sum of the digests.</summary>
    internal virtual string SumDigests(ISqlGenerationHelper sql, RowSet rows, string row)
        => $"SELECT COUNT(*), COUNT({row}), SUM({row}) FROM {Source(sql, rows)} AS t{Where(rows)}";

    /// <summary>The digest of each row.</summary>
    internal string SelectDigests(ISqlGenerationHelper sql, RowSet rows, string row) => $"SELECT {row} FROM {Source(sql, rows)} AS t{Where(rows)}";

    /// <summary>Whether the values of a column can be read in full. Default: they can, as far as is known before they are read.</summary>
    internal virtual bool IsReadInFull(Column column) => true;

    /// <summary>A query for the columns that cannot be read in full, beside those of <see cref="IsReadInFull"/>: schema, table, column, type; <see langword="null"/> when there are none.</summary>
    internal virtual string? UnreadableColumns => null;

    /// <summary>Reads rows.</summary>
    internal string SelectAll(ISqlGenerationHelper sql, RowSet rows) => $"SELECT * FROM {Source(sql, rows)}{Where(rows)}";

    /// <summary>Reads rows in a form that a driver gives exactly.</summary>
    internal virtual string SelectExactly(ISqlGenerationHelper sql, RowSet rows, TableSchema table) => SelectAll(sql, rows);

    /// <summary>What the engine counts of a transaction's writes; <see langword="null"/> (the default) when it does not.</summary>
    internal virtual WriteStatistics? WriteStatistics => null;
}
