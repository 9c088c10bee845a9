using System.Data.Common;
using FloworxPurge.Engines;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <content>The statements of a restore: the rows of an archive in temporary tables, and from there into their own.</content>
public abstract partial class PurgeDialect
{
    /// <summary>Gets the queries over the catalog; null where the engine cannot restore.</summary>
    internal virtual RestoreQueries? Restoring => null;

    /// <summary>Gets the settings of the session under which archived values are read as they were written.</summary>
    internal virtual IReadOnlyList<SessionSetting> RestoreSettings => [];

    /// <summary>Sets for the transaction what <see cref="RestoreSettings"/> need not give back; null where there is nothing.</summary>
    internal virtual string? PinForRestore => null;

    /// <summary>Gets whether a component of several tables, or a table that references itself, is inserted with foreign keys off.</summary>
    internal virtual bool RestoresCyclesUnchecked => false;

    /// <summary>
    /// Creates a temporary table without rows, whose columns hold exactly what those of a table hold, with an index of key columns where
    /// the engine needs one.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="name">What <see cref="KeyTable"/> returned.</param>
    /// <param name="source">The table whose columns they are.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="key">The columns among them by which rows are looked up; none where there is no key.</param>
    /// <param name="isLookedUp">Whether an UPDATE looks up each row.</param>
    internal virtual IReadOnlyList<string> CreateStage(
        ISqlGenerationHelper sql,
        string name,
        RowSet source,
        IReadOnlyList<Column> columns,
        IReadOnlyList<Column> key,
        bool isLookedUp)
        => throw new NotSupportedException($"{Name} restores no archives.");

    /// <summary>
    /// The statement that reads lines of COPY's text format into a temporary table; null where values are sent as parameters.
    /// </summary>
    internal virtual string? CopyIntoStage(ISqlGenerationHelper sql, string name, IReadOnlyList<Column> columns) => null;

    /// <summary>Opens a stream for the bytes of <see cref="CopyIntoStage"/>; null where the driver has none.</summary>
    internal virtual ValueTask<CopyStream?> OpenCopyAsync(DbConnection connection, string copy, CancellationToken cancellationToken)
        => ValueTask.FromResult<CopyStream?>(null);

    /// <summary>The value of a parameter for an archived text, which is UTF-8.</summary>
    /// <exception cref="FormatException">The text is no value of the type.</exception>
    internal virtual object ReadArchived(string storeType, byte[] text)
        => throw new NotSupportedException($"{Name} restores no archives.");

    /// <summary>Gets how many parameters a statement that inserts several rows has.</summary>
    internal virtual int MostStageParameters => 500;

    /// <summary>The value that a parameter of <see cref="ReadArchived"/> stands for.</summary>
    internal virtual string StageValue(string parameter) => parameter;

    /// <summary>A condition that two rows are the same in each column, NULL and the last digit included.</summary>
    internal virtual string SameRow(ISqlGenerationHelper sql, IReadOnlyList<Column> columns, string left, string right)
        => throw new NotSupportedException($"{Name} restores no archives.");

    /// <summary>A text of row t, which is the same for two rows that are the same in each column, and for no others.</summary>
    internal virtual string RowText(ISqlGenerationHelper sql, IReadOnlyList<Column> columns)
        => throw new NotSupportedException($"{Name} restores no archives.");

    /// <summary>A condition that two rows have one key.</summary>
    internal virtual string SameKey(ISqlGenerationHelper sql, IReadOnlyList<string> columns, string left, string right)
        => string.Join(
            " AND ",
            columns.Select(sql.DelimitIdentifier).Select(column => $"{left}.{column} = {right}.{column}"));

    /// <summary>A condition that finds the row of a temporary table with the key of a row, by the index of that table.</summary>
    internal virtual string SameStagedKey(ISqlGenerationHelper sql, IReadOnlyList<string> columns, string row, string staged)
        => SameKey(sql, columns, row, staged);

    /// <summary>A value as a text for messages.</summary>
    internal virtual string TextOf(string expression) => $"CAST({expression} AS text)";

    /// <summary>What stands between the columns of an INSERT and its SELECT, so that the given numbers are taken.</summary>
    internal virtual string TakeGivenNumbers => string.Empty;

    /// <summary>Inserts into several tables in one statement, and returns how many rows each got; null where the engine cannot.</summary>
    internal virtual string? InsertTogether(IReadOnlyList<string> inserts) => null;

    /// <summary>Keeps other sessions from changing the tables until the end; null where each statement locks what it reads.</summary>
    internal virtual string? LockForRestore(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables) => null;

    /// <summary>The words INSERT and UPDATE, as far as they fire the trigger.</summary>
    internal virtual IReadOnlyList<string> EventsOf(string trigger) => trigger.Split(' ');

    /// <summary>
    /// A query for the values of <see cref="Engines.CounterState"/>, in their order; null where the counter follows the rows by itself.
    /// </summary>
    internal virtual SqlStatement? CounterState(ISqlGenerationHelper sql, IdentityCounter counter) => null;

    /// <summary>
    /// Gets whether that query shows where a counter is, and not only a number that it has passed: what is moved is looked at again then.
    /// </summary>
    internal virtual bool ShowsCounters => true;

    /// <summary>A query for the number in a column of staged rows that a counter would come to last, of those that it can give.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="stage">The temporary table, delimited.</param>
    /// <param name="column">The column.</param>
    /// <param name="state">Where the counter is.</param>
    internal virtual SqlStatement FarthestNumber(ISqlGenerationHelper sql, string stage, Column column, CounterState state)
    {
        string number = "s." + sql.DelimitIdentifier(column.Name);
        return SqlStatement.Of(
            $"SELECT {(state.Grows ? "MAX" : "MIN")}({number}) FROM {stage} AS s WHERE {number} BETWEEN @p0 AND @p1",
            state.Least,
            state.Most);
    }

    /// <summary>Moves a counter so that it gives greater numbers than this one; null where it follows the rows by itself.</summary>
    internal virtual SqlStatement? MoveCounter(ISqlGenerationHelper sql, IdentityCounter counter, long last) => null;
}
