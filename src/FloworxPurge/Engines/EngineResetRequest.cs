using System.Data.Common;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <summary>What an <see cref="EngineReset"/> is created for: the connection that it works over, and the facts of the plan.</summary>
public sealed record EngineResetRequest
{
    /// <summary>Gets the open connection.</summary>
    public required DbConnection Connection { get; init; }

    /// <summary>Gets whether only the resetter uses the connection, so that its settings may be changed.</summary>
    public required bool OwnsConnection { get; init; }

    /// <summary>Runs a statement over the connection through EF Core, whose log shows it.</summary>
    public required Func<SqlStatement, CancellationToken, Task> Execute { get; init; }

    /// <summary>Runs a query over the connection through EF Core, and reads each row.</summary>
    public required Func<SqlStatement, Action<DbDataReader>, CancellationToken, Task> Query { get; init; }

    /// <summary>Gets the provider's quoting.</summary>
    public required ISqlGenerationHelper Sql { get; init; }

    /// <summary>Gets the server or the file of the database, as <see cref="CatalogQueries.Identity"/> returned it.</summary>
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
    /// Gets the triggers and rules that a DELETE of the tables fires, by kind and state as <see cref="CatalogQueries.Objects"/> returned
    /// them.
    /// </summary>
    public required IReadOnlyList<(string Kind, string State)> Triggers { get; init; }

    /// <summary>Gets whether identity counters are to be restarted.</summary>
    public required bool ResetIdentity { get; init; }

    /// <summary>The sequences behind identity columns that are to be restarted, each with its table.</summary>
    public required IReadOnlyList<(TableName Sequence, int Table)> Sequences { get; init; }
}
