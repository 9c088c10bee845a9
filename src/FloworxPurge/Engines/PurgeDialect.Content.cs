using FloworxPurge.Engines;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <content>What tells whether the content of a table has changed.</content>
public partial class PurgeDialect
{
    /// <summary>A query for one text that changes when any row of a table does; <see langword="null"/> (the default) to read the rows and compute it here.</summary>
    /// <param name="source">The table, as <see cref="Table"/> or <see cref="TableOnly"/> gave it.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? Digest(string source) => null;

    /// <summary>
    /// An expression of one whole number for row <c>t</c>, which depends on every column in full precision and on no setting; <see langword="null"/> (the default) for
    /// <see cref="Digest"/>, or for reading the rows and computing it here.
    /// </summary>
    internal virtual string? RowDigest(ISqlGenerationHelper sql, IReadOnlyList<Column> columns) => null;

    /// <summary>The count of all rows, the count of those that have a digest, and the sum of the digests.</summary>
    internal virtual string SumDigests(string source, string row) => $"SELECT COUNT(*), COUNT({row}), SUM({row}) FROM {source} AS t";

    /// <summary>Whether the values of a column can be read in full. Default: they can, as far as is known before they are read.</summary>
    internal virtual bool IsReadInFull(Column column) => true;

    /// <summary>A query for the columns that cannot be read in full, beside those of <see cref="IsReadInFull"/>: schema, table, column, type; <see langword="null"/> when there are none.</summary>
    internal virtual string? UnreadableColumns => null;

    /// <summary>Reads all rows of a table.</summary>
    internal static string SelectAll(string source) => $"SELECT * FROM {source}";

    /// <summary>Reads all rows of a table, in a form that a driver gives exactly.</summary>
    internal virtual string SelectExactly(ISqlGenerationHelper sql, string source, TableSchema table) => SelectAll(source);

    /// <summary>What the engine counts of a transaction's writes; <see langword="null"/> (the default) when it does not.</summary>
    internal virtual WriteStatistics? WriteStatistics => null;
}
