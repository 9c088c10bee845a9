using System.Data.Common;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Faults;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>
/// Another session adds a row that references a selected one, or changes a selected one, at any moment of a run: each third one, or
/// with <c>FLOWORXPURGE_ROUNDS</c> of 1000 or more every one.
/// </summary>
public abstract class RowArrivalConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string Rows = "A 1! 2 B 1>1 2>2 C 1>1 2>2";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Scenario_27_a_row_that_arrives_at_any_moment_is_never_lost_without_being_counted(bool cascades)
        => AtEveryGapAsync(
            cascades,
            "INSERT INTO \"B\" (\"Id\", \"ParentId\", \"OtherId\", \"Marked\") VALUES (9, 1, 7, FALSE)",
            mayBeCounted: true);

    [Fact]
    public Task A_row_that_stops_matching_before_it_is_locked_stays()
        => AtEveryGapAsync(cascades: true, "UPDATE \"A\" SET \"Marked\" = FALSE, \"OtherId\" = 7 WHERE \"Id\" = 1", mayBeCounted: false);

    [Fact]
    public Task A_row_that_another_session_moves_to_a_row_that_stays_is_not_deleted()
        => AtEveryGapAsync(cascades: true, "UPDATE \"B\" SET \"ParentId\" = 2, \"OtherId\" = 7 WHERE \"Id\" = 1", mayBeCounted: false);

    // A statement that the server accepted has its effect afterwards, unless the run counted its row as one that it deleted.
    private async Task AtEveryGapAsync(bool cascades, string statement, bool mayBeCounted)
    {
        await using RowScenario scenario = await CreateAsync(cascades);
        string sql = statement.Replace("FALSE", scenario.Database.Pick("0", "FALSE", "0", "0"), StringComparison.Ordinal);
        Purger purger = Engine.Purger(options => options.Rows<A>(a => a.Marked));
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        int gaps = 2;
        int accepted = 0;
        int refused = 0;
        for (int gap = cascades ? 1 : 2; gap <= gaps; gap += KillSweep.Step(3))
        {
            var hook = new CommandHook();
            bool isAccepted = false;
            bool isReached = false;
            hook.Before = async (_, number) =>
            {
                if (number == gap)
                {
                    isReached = true;
                    isAccepted = await TryAsync(scenario.Database, sql);
                }
            };
            await using ScenarioContext context = scenario.CreateContext(hook);
            PurgeReport report = await RunAsync(purger, context, plan);
            hook.Before = null;
            gaps = Math.Max(gaps, hook.Texts.Count);
            accepted += isAccepted ? 1 : 0;
            refused += isReached && !isAccepted ? 1 : 0;
            await AssertNothingLostAsync(scenario, report, isAccepted, mayBeCounted, $"gap {gap} of {gaps}: {hook.Texts[gap - 1]}");
            await scenario.ClearAsync();
            await scenario.InsertAsync(Rows);
        }

        Assert.True(accepted > 3, "no gap before the rows are locked");
        Assert.True(refused > 3, "no gap after the rows are locked");
    }

    private static async Task AssertNothingLostAsync(
        RowScenario scenario,
        PurgeReport report,
        bool isAccepted,
        bool mayBeCounted,
        string gap)
    {
        string left = $"{await scenario.KeysAsync("A")} | {await scenario.KeysAsync("B")} | {await scenario.KeysAsync("C")}";
        bool hasEffect = await scenario.ValuesAsync("SELECT COUNT(*) FROM \"B\" WHERE \"OtherId\" = 7") is not "0"
            || await scenario.ValuesAsync("SELECT COUNT(*) FROM \"A\" WHERE \"OtherId\" = 7") is not "0";
        string what = $"{gap}; accepted: {isAccepted}, left: {left}; {report.Summary}";
        Assert.True(!isAccepted || hasEffect || (mayBeCounted && report.RowsDeleted == 4), what);
        Assert.True(isAccepted || !hasEffect, what);
        Assert.True(isAccepted || (report.RowsDeleted == 3 && left is "2 | 2 | 2"), what);
        Assert.True(report.RowsDeleted > 0 || left.StartsWith("1 2 | 1 2", StringComparison.Ordinal), what);
    }

    private static async Task<PurgeReport> RunAsync(Purger purger, DbContext context, PurgePlan plan)
    {
        try
        {
            return await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);
        }
        catch (PurgeException exception) when (exception.Report is { IsCommitted: false } report)
        {
            return report;
        }
    }

    private static async Task<bool> TryAsync(TestDatabase database, string sql)
    {
        string timeout = database.Pick(
            sqlite: "PRAGMA busy_timeout = 20",
            postgreSql: "SET lock_timeout = '20ms'",
            mariaDb: "SET innodb_lock_wait_timeout = 0",
            sqlServer: "SET LOCK_TIMEOUT 20");
        await using DbConnection connection = await database.OpenConnectionAsync(CancellationToken);
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = timeout;
        await command.ExecuteNonQueryAsync(CancellationToken);
        command.CommandText = sql;
        try
        {
            return await command.ExecuteNonQueryAsync(CancellationToken) == 1;
        }
        catch (DbException)
        {
            return false;
        }
    }

    private async Task<RowScenario> CreateAsync(bool cascades)
    {
        RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                Required<B, A>(model, nameof(Row.ParentId), cascades ? DeleteBehavior.Cascade : DeleteBehavior.ClientCascade);
                Required<C, B>(model, nameof(Row.ParentId), cascades ? DeleteBehavior.Cascade : DeleteBehavior.ClientCascade);
            },
            Rows);
        await PrepareAsync(scenario.Database);
        return scenario;
    }

    protected virtual Task PrepareAsync(TestDatabase database) => Task.CompletedTask;
}

public class PostgreSqlRowArrivalConformance() : RowArrivalConformance(Engine.PostgreSql);

/// <summary>Of large tables, keys are looked up one by one.</summary>
public sealed class LargePostgreSqlRowArrivalConformance : PostgreSqlRowArrivalConformance
{
    protected override Task PrepareAsync(TestDatabase database) => ((PostgreSqlTestDatabase)database).PretendLargeAsync();
}

public sealed class MariaDbRowArrivalConformance() : RowArrivalConformance(Engine.MariaDb);
