using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <content>The table that remembers runs.</content>
public abstract partial class PurgeDialect
{
    /// <summary>Gets the type of a column for text of any length.</summary>
    internal virtual string LongText => "text";

    /// <summary>What follows CREATE TABLE (...), so that the table takes part in transactions.</summary>
    internal virtual string TransactionalTable => string.Empty;

    /// <summary>Counts the tables of a name: 0 or 1.</summary>
    internal virtual SqlStatement FindTable(TableName table)
        => SqlStatement.Of(
            $"SELECT {CountRows} FROM information_schema.tables WHERE table_schema = @p0 AND table_name = @p1",
            table.Schema,
            table.Name);

    /// <summary>Counts the columns of a name in a table: 0 or 1.</summary>
    internal virtual SqlStatement FindColumn(TableName table, string column)
        => SqlStatement.Of(
            $"SELECT {CountRows} FROM information_schema.columns WHERE table_schema = @p0 AND table_name = @p1 AND column_name = @p2",
            table.Schema,
            table.Name,
            column);

    /// <summary>What a role needs to create the tables of this library, as sentences: the right, where, and the statement.</summary>
    internal virtual string RightToCreateTables(ISqlGenerationHelper sql, DatabaseIdentity database)
        => $"Grant this role the right to create tables in database \"{database.Database}\".";

    /// <summary>
    /// Gets a query for 1 when this session holds the lock of <see cref="AcquirePurgeLock"/> from now on, until it ends or releases it, and
    /// 0 when another one does; <see langword="null"/> when the engine has no such lock.
    /// </summary>
    internal virtual string? AcquireRunLock => null;

    /// <summary>Releases the lock of <see cref="AcquireRunLock"/>.</summary>
    internal virtual string? ReleaseRunLock => null;

    /// <summary>
    /// Gets a query for the number of connected replicas whose state is hidden, and of the others the longest lag in milliseconds and the
    /// most bytes that one has not replayed; <see langword="null"/> when the engine does not report it.
    /// </summary>
    internal virtual string? ReplicationState => null;

    /// <summary>
    /// Locks the database for one run where the engine has no lock of a session, until the result is disposed of; <see langword="null"/>
    /// when that is not needed, or not possible.
    /// </summary>
    /// <exception cref="IOException">Another run holds the lock.</exception>
    internal virtual IDisposable? LockRun(string server) => null;

    /// <summary>
    /// Gets why the engine cannot delete in several transactions, as the end of a sentence; <see langword="null"/> when it can.
    /// </summary>
    internal virtual string? NoChunks => "it is not tested with a server of this engine yet";

    /// <summary>
    /// Creates a table that remembers keys of rows of a table, without rows: the columns of the key, then a position, which is its primary
    /// key, then a small number.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="name">The delimited name.</param>
    /// <param name="source">The table whose keys they are.</param>
    /// <param name="columns">The key columns, each with its name in the new table.</param>
    /// <param name="position">The name of the column of the position.</param>
    /// <param name="number">The name of the column of the number.</param>
    /// <returns>Statements.</returns>
    internal virtual IReadOnlyList<string> CreateRowList(
        ISqlGenerationHelper sql,
        string name,
        RowSet source,
        IReadOnlyList<(Column Column, string Name)> columns,
        string position,
        string number)
        => throw new NotSupportedException($"{Name} has no tables of keys.");

    /// <summary>Creates the table that remembers runs.</summary>
    internal string CreateJournal(ISqlGenerationHelper sql, TableName table)
    {
        (string Name, string Type)[] columns =
        [
            ("run_id", "varchar(40) NOT NULL PRIMARY KEY"),
            ("fingerprint", "varchar(80) NOT NULL"),
            ("state", "varchar(20) NOT NULL"),
            ("started_at", "varchar(40) NOT NULL"),
            ("owner", "varchar(40) NOT NULL"),
            ("updated_at", "varchar(40) NOT NULL"),
            ("chunks", "bigint NOT NULL"),
            ("progress", $"{LongText} NOT NULL"),
            ("archive", LongText),
            ("archive_hash", "varchar(80)"),
            ("restored_at", "varchar(40)"),
            ("manifest", LongText),
        ];
        return $"CREATE TABLE {sql.DelimitIdentifier(table.Name, table.Schema)} ("
            + $"{string.Join(", ", columns.Select(column => $"{sql.DelimitIdentifier(column.Name)} {column.Type}"))}){TransactionalTable}";
    }
}
