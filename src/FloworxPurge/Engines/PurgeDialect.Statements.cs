using System.Data;
using System.Globalization;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <content>The statements over the rows of tables.</content>
public abstract partial class PurgeDialect
{
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
    /// A table that is not partitioned, as the source of a DELETE or a SELECT of its own rows alone, such as <c>ONLY "a"</c>: another
    /// session may make a kept table inherit from it at any time. Default: as <see cref="Table"/>, for engines where tables do not inherit.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="table">The table.</param>
    /// <returns>SQL text.</returns>
    public virtual string TableOnly(ISqlGenerationHelper sql, TableName table) => Table(sql, table);

    /// <summary>
    /// The source of a DELETE or a SELECT of a row set: its table, without the rows of tables that inherit from it where the set leaves
    /// them out.
    /// </summary>
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

    /// <summary>
    /// Gets the most rows that one DELETE should take, where the engine bounds statements or transactions; <see langword="null"/> (the
    /// default) for any number.
    /// </summary>
    public virtual int? RowsPerStatement => null;

    /// <summary>
    /// Deletes at most a number of rows, in any order; it is run until it deletes none. <see langword="null"/> (the default) when the
    /// engine cannot.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="rows">The rows. The parameters of the statement are theirs.</param>
    /// <param name="limit">The number of rows, <see cref="RowsPerStatement"/>.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? DeleteSome(ISqlGenerationHelper sql, RowSet rows, int limit) => null;

    /// <summary>
    /// Deletes rows of several tables in one statement, with any foreign keys among them, and returns one row with the number of deleted
    /// rows for each table; <see langword="null"/> (the default) when the engine cannot.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="sets">
    /// The rows of each table. The parameters of the statement are theirs, one set after the other (<see cref="RowSet.NumberParameters"/>).
    /// </param>
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
    public virtual string CountReferencing(ISqlGenerationHelper sql, RowSet rows, IReadOnlyList<string> columns)
        => $"SELECT {CountRows} {Referencing(sql, rows, columns)}";

    /// <summary>
    /// Makes a query read what is committed now, and not what a snapshot of the transaction shows, and keeps it so until the transaction
    /// ends. Default: the query as it is, for engines whose every statement sees what is committed.
    /// </summary>
    /// <param name="query">A SELECT without a locking clause.</param>
    /// <returns>SQL text.</returns>
    public virtual string ReadCurrent(string query) => query;

    /// <summary>Selects a 1 for each row that references a row through a foreign key.</summary>
    internal string SelectReferencing(ISqlGenerationHelper sql, RowSet rows, IReadOnlyList<string> columns)
        => $"SELECT 1 {Referencing(sql, rows, columns)}";

    private string Referencing(ISqlGenerationHelper sql, RowSet rows, IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(columns);
        string condition = string.Join(" AND ", columns.Select(column => sql.DelimitIdentifier(column) + " IS NOT NULL"));
        return $"FROM {Source(sql, rows)}{Where(rows, condition)}";
    }

    /// <summary>Counts the rows of several tables: one row a table, its position in the list (from 0) and its count.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="sets">
    /// The rows of each table. The parameters of the statement are theirs, one set after the other (<see cref="RowSet.NumberParameters"/>).
    /// </param>
    /// <returns>SQL text.</returns>
    /// <exception cref="ArgumentNullException">A parameter is null.</exception>
    public virtual string Count(ISqlGenerationHelper sql, IReadOnlyList<RowSet> sets)
        => string.Join(" UNION ALL ", RowSet.NumberParameters(sets).Select((rows, i)
            => string.Create(CultureInfo.InvariantCulture, $"SELECT {i}, {CountRows} FROM {Source(sql, rows)}{Where(rows)}")));

    /// <summary>
    /// Looks at several tables: one row a table, with its position in the list (from 0) and the number of its rows, or 1 and 0 for some and
    /// none where they are not counted.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="sets">
    /// The rows of each table, and whether they are counted. The parameters of the statement are those of the row sets, one after the
    /// other.
    /// </param>
    /// <returns>SQL text.</returns>
    /// <exception cref="ArgumentNullException">A parameter is null.</exception>
    public virtual string Look(ISqlGenerationHelper sql, IReadOnlyList<(RowSet Rows, bool IsCounted)> sets)
        => string.Join(" UNION ALL ", LookAtEach(sql, sets));

    /// <summary>The parts of <see cref="Look"/>, one for each table.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="sets">The rows of each table, and whether they are counted.</param>
    /// <returns>A SELECT for each table.</returns>
    /// <exception cref="ArgumentNullException">A parameter is null.</exception>
    protected IEnumerable<string> LookAtEach(ISqlGenerationHelper sql, IReadOnlyList<(RowSet Rows, bool IsCounted)> sets)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(sets);
        return RowSet.NumberParameters([.. sets.Select(set => set.Rows)]).Select((rows, i) =>
        {
            string from = $"FROM {Source(sql, rows)}{Where(rows)}";
            return string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT {i}, {(sets[i].IsCounted ? $"{CountRows} {from}" : $"CASE WHEN EXISTS (SELECT 1 {from}) THEN 1 ELSE 0 END")}");
        });
    }

    /// <summary>
    /// Truncates tables in one statement, without CASCADE, or <see langword="null"/> (the default) when the engine has no transactional
    /// form of it.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="tables">The tables; no table outside this list references them.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? Truncate(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables) => null;
}
