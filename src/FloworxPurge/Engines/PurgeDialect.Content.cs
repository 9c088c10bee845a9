using FloworxPurge.Engines;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <content> How the content of a table is compared. Members that need facts of the live schema are the library's own: <see cref="Digest"/>
/// is what another engine overrides, and the library reads the rows themselves where it needs more than that. </content>
public abstract partial class PurgeDialect
{
    /// <summary>
    /// A query for one text that changes when any of the rows does; <see langword="null"/> (the default) to read the rows and compute it
    /// here.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="rows">The rows. The parameters of the query are theirs.</param>
    /// <param name="columns">The columns that are stored.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? Digest(ISqlGenerationHelper sql, RowSet rows, IReadOnlyList<string> columns) => null;

    /// <summary>
    /// An expression of one whole number for row <c>t</c>, which depends on every column in full precision and on no setting;
    /// <see langword="null"/> (the default) to use <see cref="Digest"/>, or to read the rows and compute it here.
    /// </summary>
    internal virtual string? RowDigest(ISqlGenerationHelper sql, IReadOnlyList<Column> columns) => null;

    /// <summary>The count of all rows, the count of those that have a digest, and the sum of the digests.</summary>
    internal virtual string SumDigests(ISqlGenerationHelper sql, RowSet rows, string row)
        => $"SELECT COUNT(*), COUNT({row}), SUM({row}) FROM {Source(sql, rows)} AS t{Where(rows)}";

    /// <summary>The digest of each row.</summary>
    internal string SelectDigests(ISqlGenerationHelper sql, RowSet rows, string row)
        => $"SELECT {row} FROM {Source(sql, rows)} AS t{Where(rows)}";

    /// <summary>
    /// Determines whether the values of a column can be read in full. The default is <see langword="true"/>; a value that .NET cannot hold
    /// exactly is still found when it is read.
    /// </summary>
    /// <param name="storeType">The type of the column.</param>
    /// <returns><see langword="false"/> when the content of its table is unknown.</returns>
    public virtual bool IsReadInFull(string storeType) => true;

    /// <summary>
    /// Gets a query for the columns that cannot be read in full, in addition to those of <see cref="IsReadInFull"/>: schema, table, column,
    /// type. <see langword="null"/> (the default) when there are none.
    /// </summary>
    public virtual string? UnreadableColumns => null;

    /// <summary>Reads rows.</summary>
    internal string SelectAll(ISqlGenerationHelper sql, RowSet rows) => $"SELECT * FROM {Source(sql, rows)}{Where(rows)}";

    /// <summary>Reads rows in a form that a driver returns exactly.</summary>
    internal virtual string SelectExactly(ISqlGenerationHelper sql, RowSet rows, TableSchema table) => SelectAll(sql, rows);

    /// <summary>
    /// Gets the engine's own counts of a transaction's writes, which only PostgreSQL has; <see langword="null"/> (the default) when it does
    /// not count.
    /// </summary>
    internal virtual WriteStatistics? WriteStatistics => null;

    /// <summary>
    /// Gets the queries without parameters that each transaction of a run sends, and that the engine takes longer to plan than to answer.
    /// </summary>
    internal virtual IReadOnlyList<string> RepeatedQueries => [];

    /// <summary>Prepares one of <see cref="RepeatedQueries"/> under a name.</summary>
    internal virtual PreparedQuery Prepare(string name, string query) => throw new NotSupportedException($"{Name} prepares no queries.");
}
