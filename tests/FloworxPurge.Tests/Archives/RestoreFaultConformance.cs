using System.Data.Common;
using System.Globalization;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using MySql.Data.MySqlClient;
using Npgsql;

namespace FloworxPurge.Tests.Archives;

/// <summary>Whatever ends a restore, the archive is then restored or the database is as it was.</summary>
public abstract class RestoreFaultConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task A_restore_can_be_cancelled_at_any_command()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        string purged = await scenario.Database.ChecksumAsync(CancellationToken);
        bool isDone = false;
        for (int gap = 1; !isDone; gap += 2)
        {
            using var cancelling = new CancellationTokenSource();
            var hook = new CommandHook
            {
                Before = (_, number) => number == gap ? new ValueTask(cancelling.CancelAsync()) : ValueTask.CompletedTask,
            };
            isDone = await TryAsync(scenario, hook, cancelling.Token);

            Assert.True(isDone || purged == await scenario.Database.ChecksumAsync(CancellationToken), $"cancelled at command {gap}");
        }

        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task A_restore_whose_connection_is_lost_at_any_command_changes_nothing_and_can_be_repeated()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        string purged = await scenario.Database.ChecksumAsync(CancellationToken);
        bool isDone = false;
        for (int gap = 1; !isDone; gap += 3)
        {
            var hook = new CommandHook
            {
                Before = (command, number) => number == gap
                    ? new ValueTask(KillAsync(scenario, command.Connection!))
                    : ValueTask.CompletedTask,
            };
            isDone = await TryAsync(scenario, hook, CancellationToken.None);

            Assert.True(isDone || purged == await scenario.Database.ChecksumAsync(CancellationToken), $"lost at command {gap}");
        }

        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task A_key_that_another_session_takes_after_the_plan_refuses_the_run()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        RestorePlan plan = await scenario.PlanAsync();
        await scenario.Rows.InsertAsync("A 3");

        Assert.True(plan.CanRun, plan.ToString());
        await scenario.AssertRefusedAsync(RestoreRefusalKind.KeyInUse, "Key: 3.");
    }

    [Fact]
    public async Task A_receipt_that_another_session_marks_meanwhile_rolls_the_restore_back()
    {
        Assert.SkipWhen(Engine == Engine.Sqlite, "While a restore writes, no other session can.");
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        string purged = await scenario.Rows.KeysAsync("A");
        var hook = new CommandHook
        {
            Before = (command, _) => command.CommandText.StartsWith("UPDATE", StringComparison.Ordinal)
                && command.CommandText.Contains("restored_at", StringComparison.Ordinal)
                ? new ValueTask(scenario.Database.ExecuteAsync(
                    "UPDATE floworxpurge_runs SET restored_at = '2026-01-01T00:00:00.0000000+00:00'",
                    CancellationToken))
                : ValueTask.CompletedTask,
        };
        await using ScenarioContext context = scenario.Rows.CreateContext(hook);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => PurgeArchive.RestoreAsync(scenario.Folder, context, cancellationToken: CancellationToken));

        Assert.Equal(RestoreVerdict.Failed, failed.RestoreReport!.Verdict);
        Assert.Contains("was changed by another session while the rows were restored", failed.Message, StringComparison.Ordinal);
        Assert.Equal(purged, await scenario.Rows.KeysAsync("A"));
    }

    [Fact]
    public async Task A_row_that_another_session_deletes_behind_the_commit_is_reported()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        bool isMarked = false;
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (isMarked && command.Transaction is null)
                {
                    await scenario.Database.ExecuteAsync("DELETE FROM \"D\" WHERE \"Id\" = 1", CancellationToken);
                }

                isMarked |= command.CommandText.Contains("restored_at", StringComparison.Ordinal)
                    && command.CommandText.StartsWith("UPDATE", StringComparison.Ordinal);
            },
        };
        await using ScenarioContext context = scenario.Rows.CreateContext(hook);

        RestoreReport report = await PurgeArchive.RestoreAsync(scenario.Folder, context, cancellationToken: CancellationToken);

        CheckReport found = report.Verifications.Single(
            item => item.Name.StartsWith("after the commit: rows of ", StringComparison.Ordinal) && item.Name.EndsWith('D'));
        Assert.Equal((Outcome.Unknown, "2, which another session may have changed since"), (found.Outcome, found.Actual));
    }

    [Fact]
    public async Task The_session_has_its_settings_and_no_temporary_table_afterwards()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine);
        await scenario.Rows.Context.Database.OpenConnectionAsync(CancellationToken);
        string before = await ReadAsync(scenario, scenario.Database.SessionSettings);
        await scenario.PlanAsync();
        Assert.Equal(before, await ReadAsync(scenario, scenario.Database.SessionSettings));
        await scenario.Rows.InsertAsync("A 3");
        await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync());
        Assert.Equal(before, await ReadAsync(scenario, scenario.Database.SessionSettings));
        await scenario.Database.ExecuteAsync("DELETE FROM \"A\" WHERE \"Id\" = 3", CancellationToken);

        await scenario.RestoreAsync();

        Assert.Equal(before, await ReadAsync(scenario, scenario.Database.SessionSettings));
        string tables = await ReadAsync(scenario, scenario.Database.Pick(
            sqlite: "SELECT COUNT(*) FROM temp.sqlite_master",
            postgreSql: "SELECT count(*) FROM pg_class WHERE relname LIKE 'floworxpurge%' AND relpersistence = 't'",
            mariaDb: "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'TEMPORARY' "
                + "AND TABLE_NAME LIKE 'floworxpurge_r%'",
            sqlServer: "SELECT 0"));
        Assert.Equal("0", tables);
    }

    private static async Task<bool> TryAsync(RestoreScenario scenario, CommandHook hook, CancellationToken cancellationToken)
    {
        await using ScenarioContext context = scenario.Rows.CreateContext(hook);
        try
        {
            return (await PurgeArchive.RestoreAsync(scenario.Folder, context, cancellationToken: cancellationToken)).Verdict
                == RestoreVerdict.Restored;
        }
        catch (PurgeException exception)
        {
            // The receipt says what the server did with a commit that nobody acknowledged.
            Assert.True(
                exception.RestoreReport is null or { Verdict: not RestoreVerdict.Refused and not RestoreVerdict.Restored },
                exception.Message);
            return exception.RestoreReport?.Verdict == RestoreVerdict.Unknown
                && await scenario.Database.ScalarAsync<string>("SELECT restored_at FROM floworxpurge_runs", CancellationToken) is not null;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task<string> ReadAsync(RestoreScenario scenario, string query)
    {
        await using DbCommand command = scenario.Rows.Context.Database.GetDbConnection().CreateCommand();
        command.CommandText = query;
        return Convert.ToString(await command.ExecuteScalarAsync(CancellationToken), CultureInfo.InvariantCulture)!;
    }

    private static async Task KillAsync(RestoreScenario scenario, DbConnection connection)
    {
        switch (connection)
        {
            case MySqlConnection session:
                MySqlConnection.ClearPool(session);
                await scenario.Database.ExecuteAsync(
                    string.Create(CultureInfo.InvariantCulture, $"KILL {session.ServerThread}"),
                    CancellationToken);
                while (await scenario.Database.ScalarAsync<long>(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = {session.ServerThread}"),
                    CancellationToken) > 0)
                {
                    await Task.Delay(1, CancellationToken);
                }

                break;

            case NpgsqlConnection server:
                NpgsqlConnection.ClearPool(server);
                await scenario.Database.ExecuteAsync(
                    $"DO $$ BEGIN PERFORM pg_terminate_backend({server.ProcessID}); WHILE EXISTS (SELECT 1 FROM pg_stat_activity WHERE "
                        + $"pid = {server.ProcessID}) LOOP PERFORM pg_sleep(0.001); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$",
                    CancellationToken);
                break;

            default:
                await connection.CloseAsync();
                break;
        }
    }
}

public sealed class SqliteRestoreFaultConformance() : RestoreFaultConformance(Engine.Sqlite);

public sealed class PostgreSqlRestoreFaultConformance() : RestoreFaultConformance(Engine.PostgreSql);

public sealed class MariaDbRestoreFaultConformance() : RestoreFaultConformance(Engine.MariaDb);
