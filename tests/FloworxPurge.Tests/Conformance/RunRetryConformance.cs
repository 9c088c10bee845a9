using System.Data.Common;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A context that retries on failure begins the whole purge again, from the facts.</summary>
public abstract class RunRetryConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task A_transient_failure_is_retried()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, configure: UseRetries);
        FailTransiently(scenario, times: 1);

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal((PurgeVerdict.Complete, 2, 15), (report.Verdict, report.Attempts, report.RowsDeleted));
        Assert.All(report.Tables, table => Assert.Equal((3L, 3L, 0L), (table.RowsBefore, table.RowsDeleted, table.RowsAfter)));
        Assert.Equal(report.Verifications.Distinct(), report.Verifications);
        Assert.Equal(0, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task A_failure_that_stays_is_reported_with_its_cause()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, configure: UseRetries);
        string rows = await scenario.ChecksumAsync();
        FailTransiently(scenario, times: int.MaxValue);

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal((PurgeVerdict.Failed, 3), (exception.Report!.Verdict, exception.Report!.Attempts));
        Assert.Contains("the line is busy", exception.Message, StringComparison.Ordinal);
        Assert.IsType<BusyException>(exception.InnerException);
        Assert.Equal(rows, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task A_refusal_is_not_retried()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, configure: UseRetries);
        PurgePlan plan = await scenario.PlanAsync();
        await scenario.Database.ExecuteAsync("ALTER TABLE a ADD COLUMN later integer", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => Engine.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

        Assert.Equal((PurgeVerdict.Refused, 1), (exception.Report!.Verdict, exception.Report!.Attempts));
    }

    [Fact]
    public async Task A_cancellation_is_not_retried()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, configure: UseRetries);
        PurgePlan plan = await scenario.PlanAsync();
        using var source = new CancellationTokenSource();
        var progress = new ProgressLog((report, _) =>
        {
            if (report.Phase == PurgePhase.Deleting)
            {
                source.Cancel();
                throw new BusyException();
            }
        });

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => Engine.Purger().ExecuteAsync([scenario.Context], plan, progress, source.Token));

        Assert.Equal(PurgeVerdict.Cancelled, exception.Report?.Verdict);
        Assert.Equal(15, await scenario.CountAllAsync());
    }

    // At the last table of the chain, when other tables are empty already.
    private static void FailTransiently(RunScenario scenario, int times)
        => scenario.Hook.Before = (command, _) => CommandHook.Deletes(command)
            && command.CommandText.TrimEnd('"', '`', ']').EndsWith('c')
            && times-- > 0
            ? throw new BusyException()
            : ValueTask.CompletedTask;

    private static void UseRetries(TestDatabase database, DbContextOptionsBuilder options)
        => database.ConfigureRelational(
            options,
            relational => relational.WithExecutionStrategyFactory(dependencies => new RetryWhenBusy(dependencies)));

    private sealed class BusyException() : DbException("the line is busy");

    private sealed class RetryWhenBusy(ExecutionStrategyDependencies dependencies)
        : ExecutionStrategy(dependencies, maxRetryCount: 2, maxRetryDelay: TimeSpan.FromMilliseconds(1))
    {
        protected override bool ShouldRetryOn(Exception exception) => exception is BusyException;
    }
}

public sealed class SqliteRunRetryConformance() : RunRetryConformance(Engine.Sqlite);

public sealed class PostgreSqlRunRetryConformance() : RunRetryConformance(Engine.PostgreSql);

public sealed class AnsiRunRetryConformance() : RunRetryConformance(Engine.Ansi);

public sealed class MariaDbRunRetryConformance() : RunRetryConformance(Engine.MariaDb);
