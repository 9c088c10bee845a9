using System.Data;
using System.Data.Common;
using System.Transactions;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Connections;

/// <content>What the driver reports by itself, for engines whose catalog is not known.</content>
internal sealed partial class DatabaseSession
{
    /// <summary>Sends a query that finds no rows, for what the driver reports of its columns. Logs and interceptors see it.</summary>
    public async Task<T> DescribeAsync<T>(string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        (IRelationalCommand command, RelationalCommandParameterObject arguments) = Prepare(sql, []);
        var id = Guid.NewGuid();
        DateTimeOffset begin = TimeProvider.System.GetUtcNow();
        DbCommand describe = command.CreateDbCommand(arguments, id, DbCommandMethod.ExecuteReader);
        await using (describe.ConfigureAwait(false))
        {
            try
            {
                InterceptionResult<DbDataReader> intercepted = await _logger.CommandReaderExecutingAsync(
                    _connection,
                    describe,
                    sql,
                    _context,
                    id,
                    _connection.ConnectionId,
                    begin,
                    CommandSource.FromSqlQuery,
                    cancellationToken).ConfigureAwait(false);
                DbDataReader own = intercepted.HasResult
                    ? intercepted.Result
                    : await ExecuteDescriptionAsync(describe, cancellationToken).ConfigureAwait(false);
                DbDataReader reader = await _logger.CommandReaderExecutedAsync(
                    _connection,
                    describe,
                    sql,
                    _context,
                    id,
                    _connection.ConnectionId,
                    own,
                    begin,
                    TimeProvider.System.GetUtcNow() - begin,
                    CommandSource.FromSqlQuery,
                    cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    return read(reader);
                }
            }
            catch (DbException e)
            {
                await _logger.CommandErrorAsync(
                    _connection,
                    describe,
                    sql,
                    _context,
                    DbCommandMethod.ExecuteReader,
                    id,
                    _connection.ConnectionId,
                    e,
                    begin,
                    TimeProvider.System.GetUtcNow() - begin,
                    CommandSource.FromSqlQuery,
                    cancellationToken).ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>Reads one of the driver's collections of metadata; <see langword="null"/> when the driver does not have it.</summary>
    /// <exception cref="PurgeException">The driver has it, and it cannot be read.</exception>
    public async Task<DataTable?> ReadMetadataAsync(string collection, CancellationToken cancellationToken)
    {
        try
        {
            return await GetMetadataAsync(collection, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException)
        {
            return null;
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, cancellationToken) && !cancellationToken.IsCancellationRequested)
        {
            throw new PurgeException(
                $"The driver's list \"{collection}\" of database \"{Connection.Database}\" cannot be read: "
                    + $"{e.Message.TrimEnd('.')}.{DatabaseFailure.Advice(Dialect, e, " Grant this role the right to read the catalog.")} "
                    + $"A dialect with catalog queries (PurgeOptions.Dialect) does not need that list.",
                e);
        }
    }

    private async Task<DataTable> GetMetadataAsync(string collection, CancellationToken cancellationToken)
    {
        try
        {
            return await Connection.GetSchemaAsync(collection, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidOperationException) when (IsOpen && (Transaction is not null || HasAmbientTransaction) && Connection is ICloneable)
        {
            // MySqlConnector sends no command without the transaction that the connection is in, and gives its own commands none.
            using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
            var other = (DbConnection)((ICloneable)Connection).Clone();
            await using (other.ConfigureAwait(false))
            {
                await other.OpenAsync(cancellationToken).ConfigureAwait(false);
                return await other.GetSchemaAsync(collection, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task<DbDataReader> ExecuteDescriptionAsync(DbCommand command, CancellationToken cancellationToken)
    {
        try
        {
            // Without it drivers report neither nullability nor identity columns. SchemaOnly is not asked for: drivers set the session for
            // it (MySql.Data: SQL_SELECT_LIMIT).
            return await command.ExecuteReaderAsync(CommandBehavior.KeyInfo, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException)
        {
            return await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
