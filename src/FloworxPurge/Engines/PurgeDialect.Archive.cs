using System.Data.Common;
using FloworxPurge.Engines;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <content>How rows are read for an archive, each value exactly as it is stored.</content>
public abstract partial class PurgeDialect
{
    /// <summary>
    /// Gets why rows cannot be archived, as the end of a sentence; <see langword="null"/> when they can.
    /// </summary>
    internal virtual string? NoArchive => "how it stores its values is not known to this library";

    /// <summary>
    /// Gets a query for the columns that an archive holds, in their order, without those that the engine computes: schema, table, column,
    /// type, why it cannot be archived or NULL, and whether its values are names of objects (1), which depend on the search path.
    /// </summary>
    internal virtual string? ArchiveColumns => null;

    /// <summary>Gets the most columns of a table that can be archived.</summary>
    internal virtual int MostArchivedColumns => int.MaxValue;

    /// <summary>
    /// Gets whether every statement sees what is committed when it begins, and not what a snapshot of the transaction shows.
    /// </summary>
    internal virtual bool ReadsCurrentRows => true;

    /// <summary>Gets whether a rollback undoes CREATE TABLE, and the statement commits nothing.</summary>
    internal virtual bool CreatesTablesInTransaction => false;

    /// <summary>
    /// Gets the settings of the session that decide how values are written as text, and what they have to be; none where no setting does.
    /// </summary>
    internal virtual IReadOnlyList<(string Name, string Value)> ArchiveSettings => [];

    /// <summary>Gets the setting of the search path, for columns whose values are names of objects.</summary>
    internal virtual (string Name, string Value)? ArchiveSearchPath => null;

    /// <summary>Reads settings of the session as one row of texts.</summary>
    internal virtual string ReadSettings(IReadOnlyList<string> names) => throw new NotSupportedException($"{Name} has no such settings.");

    /// <summary>Changes settings of the session until the transaction ends; the values are parameters.</summary>
    internal virtual string WriteSettings(IReadOnlyList<string> names) => throw new NotSupportedException($"{Name} has no such settings.");

    /// <summary>Gets whether the server itself writes rows as lines of text.</summary>
    internal virtual bool CopiesRows => false;

    /// <summary>Begins to read the lines of rows that a query, or a DELETE with RETURNING, returns.</summary>
    /// <param name="connection">The connection, which has no open reader.</param>
    /// <param name="query">The query.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>The lines. Disposing ends the statement.</returns>
    internal virtual Task<Stream> CopyAsync(DbConnection connection, string query, CancellationToken cancellationToken)
        => throw new NotSupportedException($"{Name} does not write rows as lines of text.");

    /// <summary>Gets why the driver of a connection cannot be used for <see cref="CopyAsync"/>; null when it can.</summary>
    internal virtual string? NoCopy(DbConnection connection) => null;

    /// <summary>Deletes rows and returns columns of them.</summary>
    internal static string DeleteReturning(ISqlGenerationHelper sql, string delete, IEnumerable<string> columns)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return $"{delete} RETURNING {string.Join(", ", columns.Select(sql.DelimitIdentifier))}";
    }

    /// <summary>Reads columns of rows.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="from">What follows FROM: a source whose alias is <paramref name="alias"/>, and a condition.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="columns">The columns with their types.</param>
    /// <param name="locks">Whether the rows are locked against changes.</param>
    internal string SelectArchived(
        ISqlGenerationHelper sql,
        string from,
        string alias,
        IEnumerable<(string Name, string Type)> columns,
        bool locks)
    {
        ArgumentNullException.ThrowIfNull(sql);
        IEnumerable<string> values = columns
            .Select(column => ArchivedValue($"{alias}.{sql.DelimitIdentifier(column.Name)}", column.Type));
        return $"SELECT {string.Join(", ", values)} FROM {from}{(locks || !ReadsCurrentRows ? LockClause(alias) : string.Empty)}";
    }

    /// <summary>The expression, or expressions, that read a column in a form in which the driver returns it exactly.</summary>
    internal virtual string ArchivedValue(string column, string type) => column;

    /// <summary>Writes the current row of a query of <see cref="SelectArchived"/>.</summary>
    internal virtual void WriteArchived(DbDataReader reader, int columns, CopyLineWriter line)
        => throw new NotSupportedException($"{Name} has no form for the values of an archive.");

    /// <summary>
    /// Determines whether values of a type may be numbers of objects that are stored elsewhere, and stay when a row goes.
    /// </summary>
    internal virtual bool NumbersLargeObjects(string storeType) => false;

    /// <summary>
    /// Gets a query for the last number that a counter used, or NULL; <see langword="null"/> when it is not known.
    /// </summary>
    internal virtual SqlStatement? LastNumber(ISqlGenerationHelper sql, TableName table, TableName? sequence) => null;

    /// <summary>A query for whether the role may read a sequence (1 or 0); null where that is not asked.</summary>
    internal virtual SqlStatement? MayReadSequence(TableName sequence) => null;

    /// <summary>
    /// Gets a query for the number before the one that a counter gives next, or NULL where it begins; <see langword="null"/> when it is
    /// not known.
    /// </summary>
    internal virtual SqlStatement? NumberBefore(ISqlGenerationHelper sql, TableName table, TableName? sequence)
        => LastNumber(sql, table, sequence);
}
