using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Inside a transaction that the caller opened, the caller decides what becomes of the purge.</summary>
public abstract class RunTransactionConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task A_rollback_by_the_caller_brings_all_rows_back()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        string rows = await scenario.ChecksumAsync();

        await using (IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            string session = await scenario.SessionAsync();
            PurgeReport report = await scenario.PurgeAsync(options => options.ResetIdentity = true);

            Assert.Equal((PurgeVerdict.Complete, true, 15), (report.Verdict, report.JoinedTransaction, report.RowsDeleted));
            Assert.Contains("The commit is the caller's: call VerifyAsync after it.", report.Summary, StringComparison.Ordinal);
            Assert.Equal(session, await scenario.SessionAsync());
            Assert.Same(transaction, scenario.Context.Database.CurrentTransaction);
            await transaction.RollbackAsync(CancellationToken);
        }

        Assert.Equal(rows, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task A_commit_by_the_caller_empties_the_tables()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        await using (IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            await scenario.PurgeAsync();
            await transaction.CommitAsync(CancellationToken);
        }

        Assert.Equal(0, await scenario.CountAllAsync());
    }

    [Theory]
    [InlineData("a")]
    [InlineData("c")]
    [InlineData("e")]
    public async Task A_failure_leaves_the_earlier_changes_of_the_caller(string failing)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        await scenario.Database.RaiseOnDeleteAsync(failing, "not this one", CancellationToken);

        await using (IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            await scenario.ExecuteAsync("INSERT INTO c (\"Id\") VALUES (77)");
            string session = await scenario.SessionAsync();

            PurgeException exception = await scenario.FailAsync();

            Assert.Equal((PurgeVerdict.Failed, true), (exception.Report!.Verdict, exception.Report!.JoinedTransaction));
            Assert.Contains("rolled back inside the caller's transaction", exception.Message, StringComparison.Ordinal);
            Assert.Equal(session, await scenario.SessionAsync());
            await transaction.CommitAsync(CancellationToken);
        }

        Assert.Equal(16, await scenario.CountAllAsync());
        Assert.Equal(1, await scenario.Database.ScalarAsync<long>("SELECT COUNT(*) FROM c WHERE \"Id\" = 77", CancellationToken));
    }

    [Fact]
    public async Task A_cancellation_leaves_the_earlier_changes_of_the_caller()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        var plan = await scenario.PlanAsync();
        using var source = new CancellationTokenSource();
        scenario.Hook.Before = (command, _) =>
        {
            if (command.CommandText == plan.Steps[^1].Sql)
            {
                source.Cancel();
            }

            return ValueTask.CompletedTask;
        };

        await using (IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            await scenario.ExecuteAsync("INSERT INTO c (\"Id\") VALUES (77)");
            string session = await scenario.SessionAsync();

            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
                () => Engine.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: source.Token));

            Assert.Equal(PurgeVerdict.Cancelled, exception.Report?.Verdict);
            Assert.Equal(session, await scenario.SessionAsync());
            await transaction.CommitAsync(CancellationToken);
        }

        Assert.Equal(16, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task Best_effort_works_inside_the_callers_transaction()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        await scenario.Database.RaiseOnDeleteAsync("b", "not this one", CancellationToken);

        await using (IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            string session = await scenario.SessionAsync();

            PurgeException exception = await scenario.FailAsync(options => options.BestEffort = true);

            Assert.Equal((PurgeVerdict.Partial, true), (exception.Report!.Verdict, exception.Report!.JoinedTransaction));
            Assert.Equal(session, await scenario.SessionAsync());
            await transaction.CommitAsync(CancellationToken);
        }

        Assert.Equal(
            [("a", 0), ("b", 3), ("c", 3), ("d", 0), ("e", 0)],
            (await scenario.Graph.CountAsync(scenario.Database, CancellationToken)).Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public async Task A_deferral_of_the_callers_own_is_left_as_it_was()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        Assert.SkipUnless(scenario.Database.Pick(true, false, false, false), $"{Engine} needs no deferral, so there is none to restore.");
        await using IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken);
        await scenario.ExecuteAsync("PRAGMA defer_foreign_keys = ON");

        await scenario.PurgeAsync();

        Assert.EndsWith("defer_foreign_keys=1", await scenario.SessionAsync(), StringComparison.Ordinal);
    }
}

public sealed class SqliteRunTransactionConformance() : RunTransactionConformance(Engine.Sqlite);

public sealed class PostgreSqlRunTransactionConformance() : RunTransactionConformance(Engine.PostgreSql);

public sealed class AnsiRunTransactionConformance() : RunTransactionConformance(Engine.Ansi);

public sealed class MariaDbRunTransactionConformance() : RunTransactionConformance(Engine.MariaDb);
