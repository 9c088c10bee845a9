using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FloworxPurge.Killed;

/// <summary>
/// Passes a point before each command, and before and after each turn of a transaction. Nothing but what is read happens between a command
/// and the next point.
/// </summary>
/// <param name="points">The points.</param>
internal sealed class KillHook(KillPoints points) : DbCommandInterceptor, IDbTransactionInterceptor
{
    private const int LongestName = 60;

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default)
        => PassAsync(command, result);

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
        => PassAsync(command, result);

    public override ValueTask<InterceptionResult<object>> ScalarExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<object> result,
        CancellationToken cancellationToken = default)
        => PassAsync(command, result);

    public ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(
        DbConnection connection,
        TransactionStartingEventData eventData,
        InterceptionResult<DbTransaction> result,
        CancellationToken cancellationToken = default)
        => PassAsync("transaction: before begin", result);

    public ValueTask<DbTransaction> TransactionStartedAsync(
        DbConnection connection,
        TransactionEndEventData eventData,
        DbTransaction result,
        CancellationToken cancellationToken = default)
        => PassAsync("transaction: after begin", result);

    public ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        InterceptionResult result,
        CancellationToken cancellationToken = default)
        => PassAsync("transaction: before commit", result);

    public Task TransactionCommittedAsync(
        DbTransaction transaction,
        TransactionEndEventData eventData,
        CancellationToken cancellationToken = default)
        => PassAsync("transaction: after commit", 0).AsTask();

    public ValueTask<InterceptionResult> TransactionRollingBackAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        InterceptionResult result,
        CancellationToken cancellationToken = default)
        => PassAsync("transaction: before rollback", result);

    public Task TransactionRolledBackAsync(
        DbTransaction transaction,
        TransactionEndEventData eventData,
        CancellationToken cancellationToken = default)
        => PassAsync("transaction: after rollback", 0).AsTask();

    private ValueTask<T> PassAsync<T>(DbCommand command, T result)
    {
        string text = command.CommandText.ReplaceLineEndings(" ");
        return PassAsync($"command: {(text.Length > LongestName ? text[..LongestName] : text)}", result);
    }

    private ValueTask<T> PassAsync<T>(string name, T result)
    {
        points.Pass(name);
        return ValueTask.FromResult(result);
    }
}
