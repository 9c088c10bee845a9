using System.Data;
using System.Data.Common;
using System.Globalization;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <summary>
/// The vocabulary of an engine: names in, SQL text out. This base class speaks ANSI SQL and is what an unknown provider gets;
/// derive from it to teach FloworxPurge another engine, and set <see cref="PurgeOptions.Dialect"/>.
/// What an engine cannot do is a <see langword="null"/>, never an exception.
/// </summary>
/// <remarks>A dialect has no state: it knows no options, no graph and no connection.</remarks>
public partial class PurgeDialect
{
    /// <summary>The name that plans and reports show.</summary>
    public virtual string Name => "ANSI SQL";

    /// <summary>The engine's name that plans and reports show; <see langword="null"/> means the provider's name.</summary>
    public virtual string? Engine => null;

    /// <summary>The aggregate that counts rows, as a 64-bit number and whatever stands on a search path. Default: <c>COUNT(*)</c>.</summary>
    internal virtual string CountRows => "COUNT(*)";

    /// <summary>Whether tables live in schemas. Default: <see langword="true"/>.</summary>
    public virtual bool HasSchemas => true;

    /// <summary>Whether the schema of a mapped table is the name of a database, of which the connection's own alone is purged.</summary>
    internal virtual bool DatabasesAreSchemas => false;

    /// <summary>How the engine compares the names of tables and columns. Default: ordinal.</summary>
    public virtual StringComparer Identifiers => StringComparer.Ordinal;

    /// <summary>How the engine compares the names of columns. Default: as <see cref="Identifiers"/>.</summary>
    public virtual StringComparer ColumnIdentifiers => Identifiers;

    /// <summary>A query for one text that tells which engine answers, where several speak through one provider; <see langword="null"/> when that is known.</summary>
    internal virtual string? ServerQuery => null;

    /// <summary>The dialect of the engine that gave this answer to <see cref="ServerQuery"/>.</summary>
    internal virtual PurgeDialect For(string server) => this;

    /// <summary>What a plan says about the engine whatever it deletes.</summary>
    internal virtual IReadOnlyList<string> Notes => [];

    /// <summary>A name as the engine keeps it: PostgreSQL cuts long ones off, where others refuse them.</summary>
    internal virtual string Stored(string name) => name;

    /// <summary>Whether the database lives on a server that many share, and not in a file or in memory.</summary>
    internal virtual bool IsServer => true;

    /// <summary>What differs between a file and another one that took its place, where the database is a file at this path; <see langword="null"/> (the default) when that is not known.</summary>
    internal virtual string? StorageId(string server) => null;

    /// <summary>A cheap query for one value that changes with what a reset depends on (tables, foreign keys, triggers); <see langword="null"/> when there is none.</summary>
    internal virtual string? StructureMark => null;

    /// <summary>A query for the rows of one table, by its delimited name, and whether row security may hide some of them (1) or not (0).</summary>
    internal virtual string CountSeen(string table) => $"SELECT {CountRows}, 0 FROM {table}";

    /// <summary>Who has written to tables in a transaction that is still open: rows of schema, table and a text; <see langword="null"/> when the engine does not tell.</summary>
    internal virtual string? OpenWriters => null;

    /// <summary>The tables whose identity counters do not stand at their beginning: rows of schema and table; <see langword="null"/> when the engine does not tell, so that all are set back.</summary>
    internal virtual string? MovedIdentities => null;

    /// <summary>Makes a query give all its rows, where a setting of the session may cut it off. Default: the query as it is.</summary>
    internal virtual string ReadAll(string query) => query;

    /// <summary>
    /// What the catalog is asked for, or <see langword="null"/> (the default) to read the live schema
    /// through the provider's own <c>IDatabaseModelFactory</c>, or, where it has none, by what the driver lists and by probing each table of the model.
    /// </summary>
    public virtual CatalogQueries? Catalog => null;

    /// <summary>Postpones foreign key checks to the end of the transaction, or <see langword="null"/> when the engine cannot.</summary>
    public virtual string? DeferConstraints => null;

    /// <summary>Takes <see cref="DeferConstraints"/> back inside a transaction that goes on.</summary>
    public virtual string? UndoDeferConstraints => null;

    /// <summary>A query for 1 when checks are already postponed and 0 when not; asked before <see cref="DeferConstraints"/> so that it can be restored.</summary>
    public virtual string? DeferConstraintsState => null;

    /// <summary>Whether a rollback turns foreign keys on again. Default: <see langword="true"/>; where the session keeps them off, <see cref="EnableConstraints"/> is run after a rollback, too.</summary>
    public virtual bool RollbackEnablesConstraints => true;

    /// <summary>Turns foreign keys off, for a cycle that nothing else breaks, or <see langword="null"/> (the default) when the engine cannot.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="keys">The foreign keys, all of them on.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? DisableConstraints(ISqlGenerationHelper sql, IReadOnlyList<ForeignKey> keys) => null;

    /// <summary>Turns foreign keys on again, each in the state that it had: one that was trusted (<see cref="ForeignKey.IsTrusted"/>) is validated.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="keys">The foreign keys that were turned off.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? EnableConstraints(ISqlGenerationHelper sql, IReadOnlyList<ForeignKey> keys) => null;

    /// <summary>Runs what the engine has put off to the commit (deferred constraint triggers), so that it can be verified; <see langword="null"/> when nothing is ever put off.</summary>
    public virtual string? RunDeferred => null;

    /// <summary>The first lines of a script for the engine's own shell, up to the begin of the transaction.</summary>
    public virtual string ScriptBegin => "START TRANSACTION;";

    /// <summary>The last line of a script for the engine's own shell.</summary>
    public virtual string ScriptEnd => "COMMIT;";

    /// <summary>
    /// Lines after each statement of a script, such as <c>GO</c>; <see langword="null"/> (the default) when the semicolon is enough. After the transaction only the last of them
    /// is written, so that those before it may ask whether it is still there.
    /// </summary>
    public virtual string? ScriptSeparator => null;

    /// <summary>
    /// Whether a foreign key of a table to itself (or of tables deleted in one statement) lets one statement delete all rows:
    /// the engine checks it when the statement ends. Default: RESTRICT is checked row by row, and of the others it is not known, since not every engine does what the standard says.
    /// </summary>
    /// <param name="onDelete">The foreign key's action.</param>
    /// <returns>
    /// <see langword="true"/> when nothing has to be done about it; <see langword="false"/> when the cycle has to be broken;
    /// <see langword="null"/> when a key that accepts NULL is set to NULL first, and one that does not is left to the engine.
    /// </returns>
    public virtual bool? ChecksAtStatementEnd(ReferentialAction onDelete) => onDelete == ReferentialAction.Restrict ? false : null;

    /// <summary>
    /// Whether ON DELETE CASCADE goes on from row to row of a cycle however many rows there are. Default: <see langword="false"/>,
    /// since engines stop and fail after 15 to 1,000 rows; such keys are set to NULL before the DELETE.
    /// </summary>
    public virtual bool FollowsCascadesToAnyDepth => false;

    /// <summary>The quoted, qualified name of a table.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="table">The table.</param>
    /// <returns>SQL text.</returns>
    /// <exception cref="ArgumentNullException">A parameter is null.</exception>
    public virtual string Table(ISqlGenerationHelper sql, TableName table)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(table);
        return sql.DelimitIdentifier(table.Name, HasSchemas ? table.Schema : null);
    }

    /// <summary>
    /// A table that is not partitioned, as the source of a DELETE or a SELECT of its own rows alone, such as <c>ONLY "a"</c>: another session may make
    /// a kept table inherit from it at any time. Default: as <see cref="Table"/>, for engines where tables do not inherit.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="table">The table.</param>
    /// <returns>SQL text.</returns>
    public virtual string TableOnly(ISqlGenerationHelper sql, TableName table) => Table(sql, table);

    /// <summary>The source of a DELETE or a SELECT of a row set: its table, without the rows of tables that inherit from it where the set leaves them out.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="rows">The rows.</param>
    /// <returns>SQL text. <see cref="Where"/> gives the condition that belongs to it.</returns>
    /// <exception cref="ArgumentNullException">A parameter is null.</exception>
    public string Source(ISqlGenerationHelper sql, RowSet rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return rows.OnlyOwnRows ? TableOnly(sql, rows.Table) : Table(sql, rows.Table);
    }

    /// <summary>The WHERE clause of a row set, with a space before it.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="condition">A further condition, or <see langword="null"/>.</param>
    /// <returns>SQL text, which is empty where all rows are meant.</returns>
    /// <exception cref="ArgumentNullException">The rows are null.</exception>
    public static string Where(RowSet rows, string? condition = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return (rows.Filter, condition) switch
        {
            (null, null) => string.Empty,
            (null, _) => $" WHERE {condition}",
            (_, null) => $" WHERE ({rows.Filter})",
            _ => $" WHERE ({rows.Filter}) AND ({condition})",
        };
    }

    /// <summary>The type that a parameter of a type is sent as. Default: the same.</summary>
    /// <param name="type">The type of a <see cref="PlanParameter"/>.</param>
    /// <returns>The type that the driver receives.</returns>
    public virtual DbType ParameterType(DbType type) => type;

    /// <summary>Deletes rows of a table.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="rows">The rows. The parameters of the statement are theirs.</param>
    /// <returns>SQL text.</returns>
    /// <exception cref="ArgumentNullException">A parameter is null.</exception>
    public virtual string Delete(ISqlGenerationHelper sql, RowSet rows) => $"DELETE FROM {Source(sql, rows)}{Where(rows)}";

    /// <summary>The most rows that one DELETE should take, where the engine bounds statements or transactions; <see langword="null"/> (the default) for any number.</summary>
    public virtual int? RowsPerStatement => null;

    /// <summary>Deletes at most a number of rows, in any order; it is run until it deletes none. <see langword="null"/> (the default) when the engine cannot.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="rows">The rows. The parameters of the statement are theirs.</param>
    /// <param name="limit">The number of rows, <see cref="RowsPerStatement"/>.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? DeleteSome(ISqlGenerationHelper sql, RowSet rows, int limit) => null;

    /// <summary>
    /// Deletes rows of several tables in one statement, whatever foreign keys are among them, and returns one row
    /// with the number of deleted rows for each table; <see langword="null"/> (the default) when the engine cannot.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="sets">The rows of each table. The parameters of the statement are theirs, one set after the other (<see cref="RowSet.NumberParameters"/>).</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? DeleteTogether(ISqlGenerationHelper sql, IReadOnlyList<RowSet> sets) => null;

    /// <summary>Sets columns of the rows that have a value there to NULL.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="rows">The rows. The parameters of the statement are theirs.</param>
    /// <param name="columns">The columns.</param>
    /// <returns>SQL text.</returns>
    /// <exception cref="ArgumentNullException">A parameter is null.</exception>
    public virtual string SetNull(ISqlGenerationHelper sql, RowSet rows, IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(columns);
        var quoted = columns.Select(sql.DelimitIdentifier).ToList();
        string assignments = string.Join(", ", quoted.Select(c => c + " = NULL"));
        return $"UPDATE {Source(sql, rows)} SET {assignments}{Where(rows, string.Join(" OR ", quoted.Select(c => c + " IS NOT NULL")))}";
    }

    /// <summary>Counts the rows that reference a row through a foreign key: every one of its columns has a value.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="rows">The rows of the dependent table. The parameters of the statement are theirs.</param>
    /// <param name="columns">The foreign key's columns.</param>
    /// <returns>A SELECT of one number.</returns>
    /// <exception cref="ArgumentNullException">A parameter is null.</exception>
    public virtual string CountReferencing(ISqlGenerationHelper sql, RowSet rows, IReadOnlyList<string> columns) => $"SELECT {CountRows} {Referencing(sql, rows, columns)}";

    /// <summary>
    /// Makes a query read what is committed now, and not what a snapshot of the transaction shows, and keeps it so until the transaction ends.
    /// Default: the query as it is, for engines whose every statement sees what is committed.
    /// </summary>
    /// <param name="query">A SELECT without a locking clause.</param>
    /// <returns>SQL text.</returns>
    public virtual string ReadCurrent(string query) => query;

    /// <summary>Selects a 1 for each row that references a row through a foreign key.</summary>
    internal string SelectReferencing(ISqlGenerationHelper sql, RowSet rows, IReadOnlyList<string> columns) => $"SELECT 1 {Referencing(sql, rows, columns)}";

    private string Referencing(ISqlGenerationHelper sql, RowSet rows, IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(columns);
        return $"FROM {Source(sql, rows)}{Where(rows, string.Join(" AND ", columns.Select(c => sql.DelimitIdentifier(c) + " IS NOT NULL")))}";
    }

    /// <summary>Counts the rows of several tables: one row a table, its position in the list (from 0) and its count.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="sets">The rows of each table. The parameters of the statement are theirs, one set after the other (<see cref="RowSet.NumberParameters"/>).</param>
    /// <returns>SQL text.</returns>
    /// <exception cref="ArgumentNullException">A parameter is null.</exception>
    public virtual string Count(ISqlGenerationHelper sql, IReadOnlyList<RowSet> sets)
        => string.Join(" UNION ALL ", RowSet.NumberParameters(sets).Select((rows, i)
            => string.Create(CultureInfo.InvariantCulture, $"SELECT {i}, {CountRows} FROM {Source(sql, rows)}{Where(rows)}")));

    /// <summary>Looks at several tables: one row a table, its position in the list (from 0) and the number of its rows, or 1 and 0 for some and none where they are not counted.</summary>
    internal virtual string Look(ISqlGenerationHelper sql, IReadOnlyList<(RowSet Rows, bool IsCounted)> sets) => string.Join(" UNION ALL ", LookAtEach(sql, sets));

    private protected IEnumerable<string> LookAtEach(ISqlGenerationHelper sql, IReadOnlyList<(RowSet Rows, bool IsCounted)> sets)
        => RowSet.NumberParameters([.. sets.Select(set => set.Rows)]).Select((rows, i) =>
        {
            string from = $"FROM {Source(sql, rows)}{Where(rows)}";
            return string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT {i}, {(sets[i].IsCounted ? $"{CountRows} {from}" : $"CASE WHEN EXISTS (SELECT 1 {from}) THEN 1 ELSE 0 END")}");
        });

    /// <summary>Truncates tables in one statement, without CASCADE, or <see langword="null"/> (the default) when the engine has no transactional form of it.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="tables">The tables; none outside this list points at them.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? Truncate(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables) => null;

    /// <summary>Whether the failure means that the connection, or the whole server, cannot write. Default: SQLSTATE <c>25006</c>.</summary>
    /// <param name="exception">The provider's exception.</param>
    /// <returns><see langword="true"/> when it does.</returns>
    /// <exception cref="ArgumentNullException">The exception is null.</exception>
    public virtual bool IsReadOnly(DbException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.SqlState is "25006";
    }

    /// <summary>Refreshes a materialized view in the transaction, or <see langword="null"/> when the engine has none.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="view">The view.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? RefreshView(ISqlGenerationHelper sql, TableName view) => null;

    /// <summary>
    /// Deletes the rows that a system-versioned table had, in the transaction, leaving table, history, retention and versioning as they were;
    /// none when the engine keeps no such rows.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="table">The table.</param>
    /// <param name="history">The table that holds them, or <see langword="null"/> when they stay within.</param>
    /// <param name="retention">How long they are kept, as <see cref="CatalogQueries.Histories"/> told.</param>
    /// <returns>Statements, each of which is sent by itself.</returns>
    public virtual IReadOnlyList<string> PurgeHistory(ISqlGenerationHelper sql, TableName table, TableName? history, string? retention) => [];

    /// <summary>Counts the rows that a system-versioned table had and has, or <see langword="null"/> when the engine keeps no such rows.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="table">The table.</param>
    /// <param name="history">The table that holds them, or <see langword="null"/> when they stay within.</param>
    /// <returns>A SELECT of one number, or <see langword="null"/>.</returns>
    public virtual string? CountHistory(ISqlGenerationHelper sql, TableName table, TableName? history) => null;

    /// <summary>Whether <see cref="ResetIdentity"/> gives a statement that would commit the transaction, so that it is run once the purge is committed. Default: <see langword="false"/>.</summary>
    public virtual bool ResetsIdentityAfterCommit => false;

    /// <summary>Sets an identity counter back to its declared seed, in the transaction unless <see cref="ResetsIdentityAfterCommit"/>, or <see langword="null"/> when the engine cannot.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="table">The table.</param>
    /// <param name="column">The numbered column.</param>
    /// <param name="sequence">The sequence behind it, where the engine has one.</param>
    /// <returns>A statement, or <see langword="null"/>.</returns>
    public virtual SqlStatement? ResetIdentity(ISqlGenerationHelper sql, TableName table, string column, TableName? sequence) => null;

    /// <summary>
    /// The one spelling of a type's name among its aliases. Gets the name in lower case, without lengths and quotes
    /// (<c>int4</c>, <c>timestamp with time zone</c>).
    /// </summary>
    /// <param name="typeName">The type's name.</param>
    /// <returns>The name that all its aliases share.</returns>
    public virtual string CanonicalTypeName(string typeName) => typeName;

    /// <summary>Whether two spellings of one type mean other lengths or precisions. Default: <see langword="true"/>; an engine that ignores them says <see langword="false"/>.</summary>
    public virtual bool KeepsTypeFacets => true;

    /// <summary>Whether what stands in brackets after a type's name is a length or a precision of it.</summary>
    internal virtual bool KeepsFacetsOf(string typeName) => KeepsTypeFacets;

    /// <summary>The lengths and precisions of a type that is written without any.</summary>
    // The standard's: character is character(1), bit is bit(1).
    internal virtual int[] DefaultFacets(string typeName) => typeName is "character" or "bit" ? [1] : [];
}
