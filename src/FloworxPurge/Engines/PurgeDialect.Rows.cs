using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <content>The statements of a selection of rows: temporary tables of keys, and locks of the rows.</content>
public abstract partial class PurgeDialect
{
    /// <summary>
    /// Gets why the engine cannot delete single rows with what depends on them, as the end of a sentence; <see langword="null"/> when it
    /// can.
    /// </summary>
    internal virtual string? NoKeyTables => "its temporary tables and its row locks are not known to this library";

    /// <summary>Gets what to do where the role may not create temporary tables, as a sentence.</summary>
    internal virtual string KeyTableRight => "Grant this role the right to create temporary tables.";

    /// <summary>Gets whether several columns can be compared with the rows of a query at once: <c>(a, b) IN (SELECT ...)</c>.</summary>
    internal virtual bool ComparesRows => true;

    /// <summary>Gets whether temporary tables outlive a rollback of the transaction that created them.</summary>
    internal virtual bool KeyTablesOutliveRollback => false;

    /// <summary>
    /// Gets whether the engine deletes rows by a cascade to any depth, and faster than a statement deletes them.
    /// </summary>
    internal virtual bool CascadesFast => false;

    /// <summary>
    /// Gets whether NOT EXISTS is a join that needs no index, where NOT IN may compare each row with all others. The others need the index
    /// that NOT IN makes.
    /// </summary>
    internal virtual bool HashesNotExists => false;

    /// <summary>
    /// Gets whether many keys are looked up faster one by one in an index than the engine does it by itself, and whether it has LATERAL
    /// for that.
    /// </summary>
    internal virtual bool ProbesKeys => false;

    /// <summary>Gets whether every foreign key that the engine checks has an index on its columns.</summary>
    internal virtual bool IndexesForeignKeys => false;

    /// <summary>
    /// Gets the words between two tables that make the engine read the first one and look up each of its rows in the second;
    /// <see langword="null"/> where it has none.
    /// </summary>
    internal virtual string? JoinInOrder => null;

    /// <summary>
    /// Deletes the rows of a table that keys name, each looked up in an index, or <see langword="null"/> where the engine does so anyway.
    /// </summary>
    /// <param name="table">The table, whose rows are c.</param>
    /// <param name="keys">The source of the keys, which are k.</param>
    /// <param name="columns">The columns of a row, and the keys that they have to be equal to.</param>
    internal virtual string? DeleteByKeys(string table, string keys, IReadOnlyList<(string Row, string Key)> columns) => null;

    /// <summary>
    /// Gets the collation of columns that have no other; <see langword="null"/> where each comparison finds the right one by itself.
    /// </summary>
    internal virtual TableName? DefaultCollation => null;

    /// <summary>Determines whether a reference by columns of this type is always compared with an explicit collation.</summary>
    internal virtual bool AlwaysCollates(string typeName) => false;

    /// <summary>The qualified name of a temporary table.</summary>
    internal virtual string KeyTable(ISqlGenerationHelper sql, string name) => sql.DelimitIdentifier(name);

    /// <summary>
    /// Creates a temporary table without rows: columns of the types that key columns of a table have, then integers.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="name">What <see cref="KeyTable"/> returned.</param>
    /// <param name="source">The table whose key columns they are.</param>
    /// <param name="columns">The key columns, each with its name in the temporary table.</param>
    /// <param name="numbers">The names of the integers.</param>
    /// <param name="isUnique">Whether no two rows have the same key.</param>
    /// <returns>SQL text, without a semicolon at the end.</returns>
    internal virtual string CreateKeyTable(
        ISqlGenerationHelper sql,
        string name,
        RowSet source,
        IReadOnlyList<(Column Column, string Name)> columns,
        IReadOnlyList<string> numbers,
        bool isUnique)
        => throw new NotSupportedException($"{Name} has no tables of keys.");

    /// <summary>
    /// Makes of the statement that creates a temporary table one for a table that the engine empties at each commit, where it has such
    /// tables; otherwise the same statement.
    /// </summary>
    internal virtual string ClearedAtCommit(string create) => create;

    /// <summary>Drops a temporary table if it is there.</summary>
    internal virtual string DropKeyTable(string name) => $"DROP TABLE IF EXISTS {name}";

    /// <summary>Deletes all rows of a temporary table.</summary>
    internal virtual string ClearKeyTable(string name) => $"DELETE FROM {name}";

    /// <summary>Gathers the statistics of a temporary table, or <see langword="null"/> when the engine needs none.</summary>
    internal virtual string? AnalyzeKeyTable(string name) => null;

    /// <summary>What follows a table's alias in a SELECT that locks its rows against changes and new references.</summary>
    internal virtual string LockHint => string.Empty;

    /// <summary>What follows a SELECT that locks rows of the table with this alias against changes and new references.</summary>
    internal virtual string LockClause(string alias) => string.Empty;

    /// <summary>The first rows of a sorted query.</summary>
    internal virtual string First(string query, int rows)
        => $"{query} LIMIT {rows.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
}
