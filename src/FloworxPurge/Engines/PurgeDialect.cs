using System.Data.Common;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <summary>
/// The SQL dialect of an engine: gets names and returns SQL text. This base class has the defaults of ANSI SQL. Derive from it to
/// support another engine, and set <see cref="PurgeOptions.Dialect"/>.
/// A member returns <see langword="null"/> for what the engine cannot do, and never throws for it.
/// </summary>
/// <remarks>
/// A dialect has no state: it has no options, no graph and no connection. A minor version may add virtual members, with a default that
/// does what was done before.
/// </remarks>
public abstract partial class PurgeDialect
{
    /// <summary>Gets the name that plans and reports show.</summary>
    public abstract string Name { get; }

    /// <summary>Gets the engine's name that plans and reports show; <see langword="null"/> means the provider's name.</summary>
    public virtual string? Engine => null;

    /// <summary>
    /// Gets the engine's name in telemetry, <c>db.system.name</c> of the OpenTelemetry conventions. The default is <c>other_sql</c>.
    /// </summary>
    public virtual string SystemName => "other_sql";

    /// <summary>
    /// Gets the aggregate that counts rows, as a 64-bit number and independent of the search path. The default is <c>COUNT(*)</c>.
    /// </summary>
    public virtual string CountRows => "COUNT(*)";

    /// <summary>Returns the database's name in telemetry, <c>db.namespace</c> of the OpenTelemetry conventions.</summary>
    internal virtual string NamespaceOf(DatabaseIdentity database) => database.Database;

    /// <summary>Gets whether tables are in schemas. Default: <see langword="true"/>.</summary>
    public virtual bool HasSchemas => true;

    /// <summary>
    /// Gets whether the schema of a mapped table is the name of a database. Only the tables of the connection's own database are purged.
    /// The default is <see langword="false"/>.
    /// </summary>
    public virtual bool DatabasesAreSchemas => false;

    /// <summary>Gets how the engine compares the names of tables and columns. Default: ordinal.</summary>
    public virtual StringComparer Identifiers => StringComparer.Ordinal;

    /// <summary>Gets how the engine compares the names of columns. Default: as <see cref="Identifiers"/>.</summary>
    public virtual StringComparer ColumnIdentifiers => Identifiers;

    /// <summary>
    /// Gets a query for one text from which <see cref="Detect"/> detects the engine, where several engines use one provider;
    /// <see langword="null"/> (the default) when it is known.
    /// </summary>
    public virtual string? ServerQuery => null;

    /// <summary>Gets the dialect of the engine that returned an answer to <see cref="ServerQuery"/>. The default is this dialect.</summary>
    /// <param name="server">The answer.</param>
    /// <returns>The dialect, whose <see cref="ServerQuery"/> is <see langword="null"/>.</returns>
    public virtual PurgeDialect Detect(string server) => this;

    /// <summary>Sentences about the engine that every plan contains. The default is none.</summary>
    public virtual IReadOnlyList<string> Notes => [];

    /// <summary>Gets a name as the engine stores it, since an engine may truncate long names. The default is the same name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The stored name.</returns>
    public virtual string Stored(string name) => name;

    /// <summary>
    /// Gets whether the database is on a server that many clients share, and not in a file or in memory. The default is
    /// <see langword="true"/>.
    /// </summary>
    public virtual bool IsServer => true;

    /// <summary>
    /// Gets a text that differs between a database file and another one that replaced it; <see langword="null"/> (the default) when the
    /// database is no file or there is no such text.
    /// </summary>
    /// <param name="server">The server or file, as <see cref="IdentityQuery"/> returned it.</param>
    /// <returns>The text, or <see langword="null"/>.</returns>
    public virtual string? StorageId(string server) => null;

    /// <summary>
    /// Gets a fast query for one value that changes with the tables, foreign keys and triggers that a reset depends on;
    /// <see langword="null"/> (the default) when there is none.
    /// </summary>
    public virtual string? StructureMark => null;

    /// <summary>
    /// Counts the rows of one table, and returns in a second column whether row security may hide some of them (1) or not (0).
    /// </summary>
    /// <param name="table">The delimited name of the table.</param>
    /// <returns>A SELECT of two numbers.</returns>
    public virtual string CountSeen(string table) => $"SELECT {CountRows}, 0 FROM {table}";

    /// <summary>
    /// Gets a query for the sessions that have written to tables in a transaction that is still open: rows of schema, table and a text.
    /// <see langword="null"/> (the default) when the engine does not report them.
    /// </summary>
    public virtual string? OpenWriters => null;

    /// <summary>
    /// Gets a query for the tables whose identity counters are not at their beginning: rows of schema and table. <see langword="null"/>
    /// (the default) when the engine does not report them, so that all counters are restarted.
    /// </summary>
    public virtual string? MovedIdentities => null;

    /// <summary>
    /// Makes a query return all of its rows, where a setting of the session may limit them. The default is the query itself.
    /// </summary>
    /// <param name="query">A SELECT.</param>
    /// <returns>SQL text.</returns>
    public virtual string ReadAll(string query) => query;

    /// <summary>Defers foreign key checks to the end of the transaction, or <see langword="null"/> when the engine cannot.</summary>
    public virtual string? DeferConstraints => null;

    /// <summary>Undoes <see cref="DeferConstraints"/> inside a transaction that continues.</summary>
    public virtual string? UndoDeferConstraints => null;

    /// <summary>
    /// Gets a query for 1 when checks are already deferred and 0 when not; it runs before <see cref="DeferConstraints"/> so that it can be
    /// restored.
    /// </summary>
    public virtual string? DeferConstraintsState => null;

    /// <summary>
    /// Gets whether a rollback turns foreign keys on again. Default: <see langword="true"/>; where the session keeps them off,
    /// <see cref="EnableConstraints"/> is run after a rollback, too.
    /// </summary>
    public virtual bool RollbackEnablesConstraints => true;

    /// <summary>
    /// Turns foreign keys off, for a cycle that nothing else breaks, or <see langword="null"/> (the default) when the engine cannot.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="keys">The foreign keys, all of them on.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? DisableConstraints(ISqlGenerationHelper sql, IReadOnlyList<ForeignKey> keys) => null;

    /// <summary>
    /// Turns foreign keys on again, each in the state that it had: one that was trusted (<see cref="ForeignKey.IsTrusted"/>) is validated.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="keys">The foreign keys that were turned off.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? EnableConstraints(ISqlGenerationHelper sql, IReadOnlyList<ForeignKey> keys) => null;

    /// <summary>
    /// Runs what the engine has deferred to the commit (constraint triggers), so that it can be verified; <see langword="null"/> when
    /// nothing is deferred.
    /// </summary>
    public virtual string? RunDeferred => null;

    /// <summary>Gets the first lines of a script for the engine's own shell, up to the begin of the transaction.</summary>
    public virtual string ScriptBegin => "START TRANSACTION;";

    /// <summary>Gets the last line of a script for the engine's own shell.</summary>
    public virtual string ScriptEnd => "COMMIT;";

    /// <summary>
    /// Lines after each statement of a script, such as <c>GO</c>; <see langword="null"/> (the default) when the semicolon is enough. After
    /// the transaction only the last of them is written, so that those before it may ask whether it is still there.
    /// </summary>
    public virtual string? ScriptSeparator => null;

    /// <summary>
    /// Determines whether a foreign key of a table to itself (or of tables deleted in one statement) lets one statement delete all rows:
    /// the engine checks it when the statement ends. Default: RESTRICT is checked row by row, and of the others it is not known, since not
    /// every engine does what the standard says.
    /// </summary>
    /// <param name="onDelete">The foreign key's action.</param>
    /// <returns>
    /// <see langword="true"/> when nothing has to be done about it; <see langword="false"/> when the cycle has to be broken;
    /// <see langword="null"/> when a key that accepts NULL is set to NULL first, and one that does not is left to the engine.
    /// </returns>
    public virtual bool? ChecksAtStatementEnd(ReferentialAction onDelete) => onDelete == ReferentialAction.Restrict ? false : null;

    /// <summary>
    /// Gets whether ON DELETE CASCADE follows the rows of a cycle to any depth. Default: <see langword="false"/>, since engines stop and
    /// fail after 15 to 1,000 rows; such keys are set to NULL before the DELETE.
    /// </summary>
    public virtual bool FollowsCascadesToAnyDepth => false;

    /// <summary>
    /// Determines whether the failure means that the connection, or the whole server, cannot write. Default: SQLSTATE <c>25006</c>.
    /// </summary>
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
    /// Deletes the earlier rows of a system-versioned table, in the transaction, leaving table, history, retention and versioning as they
    /// were; none when the engine keeps no such rows.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="table">The table.</param>
    /// <param name="history">The table that holds them, or <see langword="null"/> when they stay within.</param>
    /// <param name="retention">How long they are kept, as <see cref="HistoriesQuery"/> returned it.</param>
    /// <returns>Statements, each of which is sent by itself.</returns>
    public virtual IReadOnlyList<string> PurgeHistory(ISqlGenerationHelper sql, TableName table, TableName? history, string? retention)
        => [];

    /// <summary>
    /// Counts the current and the earlier rows of a system-versioned table, or <see langword="null"/> when the engine keeps no such rows.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="table">The table.</param>
    /// <param name="history">The table that holds them, or <see langword="null"/> when they stay within.</param>
    /// <returns>A SELECT of one number, or <see langword="null"/>.</returns>
    public virtual string? CountHistory(ISqlGenerationHelper sql, TableName table, TableName? history) => null;

    /// <summary>
    /// Gets whether <see cref="ResetIdentity"/> returns a statement that would commit the transaction, so that it is run once the purge is
    /// committed. Default: <see langword="false"/>.
    /// </summary>
    public virtual bool ResetsIdentityAfterCommit => false;

    /// <summary>
    /// Restarts an identity counter at its declared seed, in the transaction unless <see cref="ResetsIdentityAfterCommit"/>, or
    /// <see langword="null"/> when the engine cannot.
    /// </summary>
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

    /// <summary>
    /// Gets whether two spellings of one type mean other lengths or precisions. Default: <see langword="true"/>; an engine that ignores
    /// them returns <see langword="false"/>.
    /// </summary>
    public virtual bool KeepsTypeFacets => true;

    /// <summary>
    /// Determines whether the numbers in brackets after a type's name are a length or a precision of it. The default is
    /// <see cref="KeepsTypeFacets"/>.
    /// </summary>
    /// <param name="typeName">The name of the type, as <see cref="CanonicalTypeName"/> returned it.</param>
    /// <returns><see langword="true"/> when types with other numbers differ.</returns>
    public virtual bool KeepsFacetsOf(string typeName) => KeepsTypeFacets;

    /// <summary>
    /// Gets the lengths and precisions of a type that is written without any. The default follows the standard: <c>character</c> is
    /// <c>character(1)</c>, and <c>bit</c> is <c>bit(1)</c>.
    /// </summary>
    /// <param name="typeName">The name of the type, as <see cref="CanonicalTypeName"/> returned it.</param>
    /// <returns>The numbers, or none.</returns>
    public virtual int[] DefaultFacets(string typeName) => typeName is "character" or "bit" ? [1] : [];
}
