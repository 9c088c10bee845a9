using System.Data.Common;
using FloworxPurge.Engines;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <summary>
/// What an engine's own reset of a test database (<see cref="PurgeDialect.CreateResetAsync"/>) works with: the connection, the facts of the
/// plan, and what it reports besides the number of rows.
/// </summary>
public sealed class EngineResetContext
{
    private readonly Func<IEnumerable<int>, Exception?, PurgeException> _refilled;
    private readonly Func<IEnumerable<int>, PurgeException> _blocked;

    internal EngineResetContext(
        Func<IEnumerable<int>, Exception?, PurgeException> refilled,
        Func<IEnumerable<int>, PurgeException> blocked)
    {
        _refilled = refilled;
        _blocked = blocked;
    }

    /// <summary>Gets the open connection.</summary>
    public required DbConnection Connection { get; init; }

    /// <summary>Gets whether only the resetter uses the connection, so that its settings may be changed.</summary>
    public required bool OwnsConnection { get; init; }

    /// <summary>Gets a function that runs a statement over the connection through EF Core, whose log shows it.</summary>
    public required Func<SqlStatement, CancellationToken, Task> Execute { get; init; }

    /// <summary>Gets a function that runs a query over the connection through EF Core and reads each row.</summary>
    public required Func<SqlStatement, Action<DbDataReader>, CancellationToken, Task> Query { get; init; }

    /// <summary>Gets the provider's quoting.</summary>
    public required ISqlGenerationHelper Sql { get; init; }

    /// <summary>Gets the server or the file of the database, as <see cref="PurgeDialect.IdentityQuery"/> returned it.</summary>
    public required string Server { get; init; }

    /// <summary>
    /// Gets the value of <see cref="PurgeDialect.StructureMark"/> before the facts were read; <see langword="null"/> where the dialect has
    /// no such query.
    /// </summary>
    public required string? StructureMark { get; init; }

    /// <summary>Gets how long a lock is waited for.</summary>
    public required TimeSpan LockTimeout { get; init; }

    /// <summary>Gets the tables to empty, dependents first. Other members refer to a table by its position here, from 0.</summary>
    public required IReadOnlyList<RowSet> Tables { get; init; }

    /// <summary>
    /// The statements of the plan that empty the tables, in order, each with the tables that it concerns and whether it deletes all of
    /// their rows. Other statements prepare or follow the deletes.
    /// </summary>
    public required IReadOnlyList<(SqlStatement Statement, IReadOnlyList<int> Tables, bool IsDelete)> Statements { get; init; }

    /// <summary>Gets the tables that are part of a cycle of foreign keys.</summary>
    public required IReadOnlyList<int> TablesInCycles { get; init; }

    /// <summary>Gets the partitions of the tables and the tables themselves, in which other sessions may write.</summary>
    public required IReadOnlyCollection<TableName> WatchedTables { get; init; }

    /// <summary>Gets whether tables of the model are not emptied, since the plan skips them.</summary>
    public required bool SkipsTables { get; init; }

    /// <summary>
    /// The foreign keys of kept tables to the tables, as the dependent table and the columns of the key. A row that has a value in all
    /// columns blocks the reset.
    /// </summary>
    public required IReadOnlyList<(RowSet Dependent, IReadOnlyList<string> Columns)> KeptKeys { get; init; }

    /// <summary>
    /// Gets a statement that keeps other sessions from adding rows to kept tables that an action of a foreign key would change;
    /// <see langword="null"/> when there are none or the engine has no such statement.
    /// </summary>
    public required string? LockOfKeptTables { get; init; }

    /// <summary>
    /// Gets the triggers and rules that a DELETE of the tables fires, by kind and state as <see cref="PurgeDialect.ObjectsQuery"/> returned
    /// them.
    /// </summary>
    public required IReadOnlyList<(string Kind, string State)> Triggers { get; init; }

    /// <summary>Gets whether identity counters are to be restarted.</summary>
    public required bool ResetIdentity { get; init; }

    /// <summary>The sequences behind identity columns that are to be restarted, each with its table.</summary>
    public required IReadOnlyList<(TableName Sequence, int Table)> Sequences { get; init; }

    /// <summary>
    /// Gets or sets what gives the connection its settings back and releases what the reset holds, when the resetter is disposed or makes
    /// a new plan. The connection stays open. The default value is <see langword="null"/>: nothing.
    /// </summary>
    public Func<ValueTask>? Cleanup { get; set; }

    /// <summary>
    /// Gets or sets whether another session has written to the tables in a transaction that is still open. The reset sets it in each call
    /// that deletes rows. The default value is <see langword="false"/>.
    /// </summary>
    public bool HasOpenWriters { get; set; }

    /// <summary>
    /// Creates the exception to throw when the schema is not the one that the plan was made for (see <see cref="StructureMark"/>). Nothing
    /// may be changed then; the resetter makes a new plan.
    /// </summary>
    /// <returns>The exception.</returns>
    public static Exception SchemaChanged() => new SchemaChangedException();

    /// <summary>
    /// Creates the exception to throw when tables still held rows after the last delete. The reset rolls everything back before.
    /// </summary>
    /// <param name="tables">The positions of the tables in <see cref="Tables"/>.</param>
    /// <param name="innerException">The engine's error, if that is how it was found.</param>
    /// <returns>The exception, which names the tables.</returns>
    /// <exception cref="ArgumentNullException">The positions are null.</exception>
    public Exception Refilled(IEnumerable<int> tables, Exception? innerException = null)
    {
        ArgumentNullException.ThrowIfNull(tables);
        return _refilled(tables, innerException);
    }

    /// <summary>Creates the exception to throw when rows of kept tables reference the tables. Nothing may be changed then.</summary>
    /// <param name="keys">The positions of the foreign keys in <see cref="KeptKeys"/>.</param>
    /// <returns>The exception, which names the foreign keys.</returns>
    /// <exception cref="ArgumentNullException">The positions are null.</exception>
    public Exception Blocked(IEnumerable<int> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return _blocked(keys);
    }

    /// <summary>Gets the tables whose captured rows are to be put back, in the order of <see cref="Tables"/>.</summary>
    internal IReadOnlyList<CapturedSource> Captured { get; init; } = [];

    /// <summary>Gets the foreign keys between them, each as the positions of the principal and of the dependent.</summary>
    internal IReadOnlyList<(int Principal, int Dependent)> CapturedKeys { get; init; } = [];

    /// <summary>
    /// Gets the keys by which a captured row is deleted with a row of another of <see cref="Tables"/>: the position of its table, and the
    /// columns of the key.
    /// </summary>
    internal IReadOnlyList<(int Dependent, IReadOnlyList<string> Columns)> CapturedCascades { get; init; } = [];

    /// <summary>
    /// Gets the position of the table that each of <see cref="KeptKeys"/> references, if rows of it were captured, and -1 otherwise.
    /// </summary>
    internal IReadOnlyList<int> CapturedPrincipals { get; init; } = [];

    /// <summary>Gets a query for each foreign key to a kept table, of the captured rows that reference a row that is not there.</summary>
    internal IReadOnlyList<string> MissingPrincipals { get; init; } = [];

    /// <summary>Gets what creates the exception to throw when one of <see cref="MissingPrincipals"/> finds a row.</summary>
    internal Func<int, PurgeException>? PrincipalMissing { get; init; }

    /// <summary>Gets what creates the exception to throw when the copies of a table do not hold the captured rows any more.</summary>
    internal Func<int, PurgeException>? CopiesChanged { get; init; }

    /// <summary>
    /// Gets or sets whether the reset puts captured rows back in the transaction that deletes the others. The dialect sets it.
    /// </summary>
    internal bool PutsRowsBack { get; set; }

    /// <summary>Gets whether a pooler has given the connection another session.</summary>
    internal bool HasLostSession { get; private set; }

    /// <summary>Creates the exception to throw when the session is another one than the reset was created in.</summary>
    internal Exception SessionLost()
    {
        HasLostSession = true;
        return new SessionLostException();
    }

    /// <summary>The session is another one than the reset was created in.</summary>
    internal sealed class SessionLostException : Exception;

    /// <summary>The schema is not the one that the plan was made for.</summary>
    internal sealed class SchemaChangedException : Exception;
}
