using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FloworxPurge.Tests.Faults;

/// <summary>Sees every command and every turn of a transaction, before and after, and lets a test break one of them.</summary>
public sealed class FaultHook : DbCommandInterceptor, IDbTransactionInterceptor
{
    private readonly List<string> _points = [];
    private Func<int, string, Task>? _act;

    /// <summary>The points that were passed since the last <see cref="Arm"/>.</summary>
    public IReadOnlyList<string> Points => _points;

    /// <summary>From now on calls the delegate at each point, with its number, from 1, and its name.</summary>
    public void Arm(Func<int, string, Task> act)
    {
        _points.Clear();
        _act = act;
    }

    public void Disarm() => _act = null;

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default)
        => await PassAsync(result, "before " + command.CommandText);

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
        => await PassAsync(result, "before " + command.CommandText);

    public override async ValueTask<InterceptionResult<object>> ScalarExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<object> result,
        CancellationToken cancellationToken = default)
        => await PassAsync(result, "before " + command.CommandText);

    public override async ValueTask<int> NonQueryExecutedAsync(
        DbCommand command,
        CommandExecutedEventData eventData,
        int result,
        CancellationToken cancellationToken = default)
        => await PassAsync(result, "after " + command.CommandText);

    public async ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(
        DbConnection connection,
        TransactionStartingEventData eventData,
        InterceptionResult<DbTransaction> result,
        CancellationToken cancellationToken = default)
        => await PassAsync(result, "before begin");

    public async ValueTask<InterceptionResult> CreatingSavepointAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        InterceptionResult result,
        CancellationToken cancellationToken = default)
        => await PassAsync(result, "before savepoint");

    public Task CreatedSavepointAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        CancellationToken cancellationToken = default)
        => PassAsync(0, "after savepoint");

    public async ValueTask<InterceptionResult> RollingBackToSavepointAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        InterceptionResult result,
        CancellationToken cancellationToken = default)
        => await PassAsync(result, "before rollback to savepoint");

    public Task RolledBackToSavepointAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        CancellationToken cancellationToken = default)
        => PassAsync(0, "after rollback to savepoint");

    public async ValueTask<InterceptionResult> ReleasingSavepointAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        InterceptionResult result,
        CancellationToken cancellationToken = default)
        => await PassAsync(result, "before release");

    public Task ReleasedSavepointAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        CancellationToken cancellationToken = default)
        => PassAsync(0, "after release");

    public async ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        InterceptionResult result,
        CancellationToken cancellationToken = default)
        => await PassAsync(result, "before commit");

    public Task TransactionCommittedAsync(
        DbTransaction transaction,
        TransactionEndEventData eventData,
        CancellationToken cancellationToken = default)
        => PassAsync(0, "after commit");

    public async ValueTask<InterceptionResult> TransactionRollingBackAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        InterceptionResult result,
        CancellationToken cancellationToken = default)
        => await PassAsync(result, "before rollback");

    public Task TransactionRolledBackAsync(
        DbTransaction transaction,
        TransactionEndEventData eventData,
        CancellationToken cancellationToken = default)
        => PassAsync(0, "after rollback");

    private async Task<T> PassAsync<T>(T result, string point)
    {
        if (_act is { } act)
        {
            _points.Add(point);
            await act(_points.Count, point);
        }

        return result;
    }
}
