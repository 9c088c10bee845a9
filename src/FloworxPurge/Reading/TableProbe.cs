using System.Data.Common;
using FloworxPurge.Connections;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Reading;

/// <summary>A column as the driver describes it; what it does not report is <see langword="null"/>.</summary>
internal sealed record ProbedColumn(string Name, string TypeName, Type? ClrType, bool? IsNullable, bool? IsIdentity, string? TableSchema);

/// <summary>Asks the engine for no rows of a table, to see whether it is there and which columns it has.</summary>
internal sealed class TableProbe(DatabaseSession session)
{
    private const string Savepoint = "floworxpurge_probe";

    // A table that does not exist: the engine reports the same error for each missing table.
    private const string NoSuchTable = "floworxpurge_no_such_table";

    /// <summary>Reads the columns; <see langword="null"/> when the table does not exist.</summary>
    /// <param name="table">The table.</param>
    /// <param name="exists">Whether it is known to be there, so that any failure is one.</param>
    /// <param name="cancellationToken">Stops the probe.</param>
    /// <exception cref="PurgeException">The table is there, or may be, and cannot be read.</exception>
    public async Task<IReadOnlyList<ProbedColumn>?> ReadAsync(TableName table, bool exists, CancellationToken cancellationToken)
    {
        try
        {
            return exists
                ? await DescribeAsync(table, cancellationToken).ConfigureAwait(false)
                : await TryAsync(table, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (!e.IsTransient && !cancellationToken.IsCancellationRequested)
        {
            return !exists && await IsMissingAsync(table, e, cancellationToken).ConfigureAwait(false)
                ? null
                : throw Unreadable(table, e);
        }
    }

    /// <summary>
    /// Tries it so that a failure leaves the transaction as it was: PostgreSQL and others refuse all that comes after an error.
    /// </summary>
    private async Task<IReadOnlyList<ProbedColumn>> TryAsync(TableName table, CancellationToken cancellationToken)
    {
        if (session.Transaction is not { SupportsSavepoints: true } transaction)
        {
            return await DescribeAsync(table, cancellationToken).ConfigureAwait(false);
        }

        await transaction.CreateSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<ProbedColumn> columns;
        try
        {
            columns = await DescribeAsync(table, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e)
        {
            await RollbackAsync(transaction, table, e, cancellationToken).ConfigureAwait(false);
            throw;
        }

        await transaction.ReleaseSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        return columns;
    }

    // Where the savepoint has ended with the whole transaction, the failure that ended it says more.
    private async Task RollbackAsync(
        IDbContextTransaction transaction,
        TableName table,
        DbException cause,
        CancellationToken cancellationToken)
    {
        try
        {
            await transaction.RollbackToSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
            await transaction.ReleaseSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DbException or InvalidOperationException)
        {
            throw Unreadable(table, cause);
        }
    }

    private PurgeException Unreadable(TableName table, DbException cause)
    {
        string database = $"database \"{session.Connection.Database}\" at \"{session.Connection.DataSource}\"";
        string advice = session.Dialect.IsAccessDenied(cause)
            ? $"Grant this role the right to read it in {database}"
            : $"Look at it in {database}";
        return new PurgeException(
            $"Table {table.ToQuotedString()} cannot be read: {cause.Message.TrimEnd('.')}. {advice}, or set PurgeOptions.Dialect to a "
                + $"dialect with catalog queries.",
            cause);
    }

    // Each driver has its own way to say that a table is missing, but says it of all alike.
    private async Task<bool> IsMissingAsync(TableName table, DbException failure, CancellationToken cancellationToken)
    {
        try
        {
            await TryAsync(table with { Name = NoSuchTable }, cancellationToken).ConfigureAwait(false);
            return false;
        }
        catch (DbException e) when (!cancellationToken.IsCancellationRequested)
        {
            return e.GetType() == failure.GetType()
                && e.ErrorCode == failure.ErrorCode
                && string.Equals(e.SqlState, failure.SqlState, StringComparison.Ordinal)
                && string.Equals(
                    e.Message.Replace(NoSuchTable, table.Name, StringComparison.OrdinalIgnoreCase),
                    failure.Message,
                    StringComparison.OrdinalIgnoreCase);
        }
    }

    private Task<IReadOnlyList<ProbedColumn>> DescribeAsync(TableName table, CancellationToken cancellationToken)
        => session.DescribeAsync(
            $"{session.Dialect.SelectAll(session.Sql, new RowSet { Table = table })} WHERE 1 = 0",
            ReadColumns,
            cancellationToken);

    // By position: drivers begin to count their ordinals at 0 or at 1, and put additional columns at the end.
    private static IReadOnlyList<ProbedColumn> ReadColumns(DbDataReader reader)
    {
        List<DbColumn> columns = Describe(reader);
        return columns.Count == 0
            ? [.. Enumerable
                .Range(0, reader.FieldCount)
                .Select(i => new ProbedColumn(
                    reader.GetName(i),
                    reader.GetDataTypeName(i),
                    reader.GetFieldType(i),
                    IsNullable: null,
                    IsIdentity: null,
                    TableSchema: null))]
            : [.. columns.Take(reader.FieldCount).Select((column, i) => new ProbedColumn(
                column.ColumnName,
                reader.GetDataTypeName(i),
                column.DataType ?? reader.GetFieldType(i),
                column.AllowDBNull,
                column.IsAutoIncrement,
                column.BaseSchemaName))];
    }

    private static List<DbColumn> Describe(DbDataReader reader)
    {
        try
        {
            return reader.CanGetColumnSchema() ? [.. reader.GetColumnSchema().Where(column => column.IsHidden != true)] : [];
        }
        catch (NotSupportedException)
        {
            return [];
        }
    }
}
