using System.Data;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Faults;

/// <summary>
/// The commands and turns of the transaction fail, are cancelled or lose their connection, one after the other: the report is true and the
/// session as found. Of those that only read some are tried, or with <c>FLOWORXPURGE_ROUNDS</c> of 1000 or more every one.
/// </summary>
public abstract class FaultConformance(Engine engine) : ConformanceGroup(engine)
{
    private static readonly string[] Reads = ["before SELECT", "after SELECT", "before WITH", "after WITH", "PRAGMA"];

    private static readonly string[] Writes = ["DELETE FROM", "FOR UPDATE"];

    /// <summary>Every two of the three together: each case breaks the points of a run, and all three together break no other.</summary>
    public static TheoryData<Fault, bool, bool> Cases => new()
    {
        { Fault.Fail, false, false },
        { Fault.Fail, true, true },
        { Fault.Cancel, false, true },
        { Fault.Cancel, true, false },
        { Fault.Kill, false, true },
        { Fault.Kill, true, false },
    };

    /// <summary>Best effort runs with a table that fails by itself, so that savepoints are rolled back to.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_run_of_its_own_transaction_reports_the_truth_whichever_point_breaks(Fault fault, bool bestEffort, bool isOpen)
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        await PrepareAsync(scenario, bestEffort);
        await BreakEachPointAsync(scenario, fault, bestEffort, isOpen, async run =>
        {
            string session = await SessionAsync(scenario);
            PurgeReport? report = await run();
            if (fault != Fault.Kill)
            {
                await AssertSessionAsync(scenario, session);
            }

            Assert.Null(scenario.Context.Database.CurrentTransaction);
            return report;
        });
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_run_in_the_callers_transaction_reports_the_truth_whichever_point_breaks(
        Fault fault,
        bool bestEffort,
        bool callerCommits)
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        await PrepareAsync(scenario, bestEffort);
        await BreakEachPointAsync(scenario, fault, bestEffort, isOpen: true, async run =>
        {
            IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken);
            await using var ended = new Ended(transaction, fault);
            string session = await SessionAsync(scenario);
            PurgeReport? report = await run();
            scenario.Hook.Disarm();
            bool isLost = scenario.Context.Database.GetDbConnection().State != ConnectionState.Open;
            if (!isLost && report?.Transaction != TransactionOutcome.RollbackLeftToCaller)
            {
                Assert.Same(transaction, scenario.Context.Database.CurrentTransaction);
                if (fault != Fault.Kill)
                {
                    await AssertSessionAsync(scenario, session);
                }
            }

            if (fault == Fault.Kill)
            {
                return report is null || report.Verdict is PurgeVerdict.Failed ? report : null;
            }

            bool commits = callerCommits && report?.Transaction != TransactionOutcome.RollbackLeftToCaller;
            await (commits ? transaction.CommitAsync(CancellationToken) : transaction.RollbackAsync(CancellationToken));
            return commits || report is null ? report : report with { Transaction = TransactionOutcome.RolledBack, RowsDeleted = 0 };
        });
    }

    [Theory]
    [InlineData(Fault.Fail)]
    [InlineData(Fault.Kill)]
    public async Task A_rollback_that_breaks_is_reported_truthfully(Fault fault)
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        await scenario.FailOnDeleteAsync();
        string before = await scenario.ChecksumAsync();
        foreach (string point in (string[])["before rollback", "after rollback"])
        {
            PurgePlan plan = await scenario.Purger().PlanAsync(scenario.Context, CancellationToken);
            scenario.Hook.Arm((_, at) => at == point ? BreakAsync(scenario, fault, source: null) : Task.CompletedTask);

            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
                () => scenario.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

            Assert.Contains(point, scenario.Hook.Points);
            scenario.Hook.Disarm();
            Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report!.Transaction));
            Assert.Contains("not this one", exception.Message, StringComparison.Ordinal);
            Assert.Equal(before, await scenario.ChecksumAsync());
            Assert.Equal(ConnectionState.Closed, scenario.Context.Database.GetDbConnection().State);
        }
    }

    // Some drivers cannot even dispose a transaction whose connection was killed.
    private sealed class Ended(IDbContextTransaction transaction, Fault fault) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await transaction.DisposeAsync();
            }
            catch (System.Data.Common.DbException) when (fault == Fault.Kill)
            {
                // The server has rolled it back.
            }
        }
    }

    private static async Task PrepareAsync(FaultScenario scenario, bool bestEffort)
    {
        if (bestEffort)
        {
            await scenario.FailOnDeleteAsync();
        }
    }

    // Most statements only read: each case tries some of them, and the next one others.
    private static bool IsTried(int number, string point, int turn)
        => !Reads.Any(read => point.Contains(read, StringComparison.OrdinalIgnoreCase))
            || Writes.Any(write => point.Contains(write, StringComparison.OrdinalIgnoreCase))
            || (number + turn) % KillSweep.Step(4) == 0;

    private static async Task BreakEachPointAsync(
        FaultScenario scenario,
        Fault fault,
        bool bestEffort,
        bool isOpen,
        Func<Func<Task<PurgeReport?>>, Task<PurgeReport?>> around)
    {
        int turn = ((int)fault * 2) + (bestEffort ? 1 : 0);
        await scenario.Context.Database.SetConnectionOpenAsync(isOpen);
        PurgePlan plan = await scenario.Purger(bestEffort).PlanAsync(scenario.Context, CancellationToken);
        string before = await scenario.ChecksumAsync();
        bool isBroken = true;
        for (int number = 1; isBroken; number++)
        {
            isBroken = false;
            string point = string.Empty;
            using var source = new CancellationTokenSource();
            await scenario.Context.Database.SetConnectionOpenAsync(isOpen, wasKilled: fault == Fault.Kill);
            PurgeReport? report = await around(async () =>
            {
                scenario.Hook.Arm((at, name) =>
                {
                    if (isBroken || at < number || Repeats(scenario.Hook.Points, fault) || !IsTried(at, name, turn))
                    {
                        return Task.CompletedTask;
                    }

                    (isBroken, number, point) = (true, at, name);
                    return BreakAsync(scenario, fault, source);
                });
                try
                {
                    return await scenario.Purger(bestEffort).ExecuteAsync(scenario.Context, plan, cancellationToken: source.Token);
                }
                catch (PurgeException e)
                {
                    // There is no report of a run that could not open its connection.
                    return e.Report;
                }
            });
            scenario.Hook.Disarm();
            if (report is null)
            {
                Assert.Equal(before, await scenario.ChecksumAsync());
            }
            else
            {
                await scenario.AssertTruthAsync(report, before, point);
            }

            Assert.True(isBroken || number > plan.Steps.Count, "At least every step was tried.");
        }

        PurgeReport second = await RunAgainAsync(scenario, bestEffort, plan);
        Assert.True(second.Verdict is PurgeVerdict.Complete or PurgeVerdict.Partial, second.Summary);
    }

    // Whether a run is cancelled or its connection lost after one command or before the next is the same; only a failure belongs to its
    // command.
    private static bool Repeats(IReadOnlyList<string> points, Fault fault)
        => fault != Fault.Fail
            && points.Count > 1
            && points[^1].StartsWith("before ", StringComparison.Ordinal)
            && points[^2].StartsWith("after ", StringComparison.Ordinal);

    private static async Task<PurgeReport> RunAgainAsync(FaultScenario scenario, bool bestEffort, PurgePlan plan)
    {
        try
        {
            return await scenario.Purger(bestEffort).ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);
        }
        catch (PurgeException e) when (bestEffort)
        {
            return e.Report!;
        }
    }

    private static Task BreakAsync(FaultScenario scenario, Fault fault, CancellationTokenSource? source)
    {
        switch (fault)
        {
            case Fault.Fail:
                throw new FaultException();
            case Fault.Cancel:
                source!.Cancel();
                return Task.CompletedTask;
            default:
                return scenario.KillAsync();
        }
    }

    private static Task<string> SessionAsync(FaultScenario scenario)
        => SessionText.ReadAsync(scenario.Database, scenario.Context, CancellationToken);

    private static async Task AssertSessionAsync(FaultScenario scenario, string expected)
    {
        string actual = await SessionAsync(scenario);
        Assert.True(expected == actual, $"The session was {expected} and is {actual} after:\n{string.Join('\n', scenario.Hook.Points)}");
    }
}

public sealed class SqliteFaultConformance() : FaultConformance(Engine.Sqlite);

public sealed class PostgreSqlFaultConformance() : FaultConformance(Engine.PostgreSql);

public sealed class AnsiFaultConformance() : FaultConformance(Engine.Ansi);

public sealed class MariaDbFaultConformance() : FaultConformance(Engine.MariaDb);
