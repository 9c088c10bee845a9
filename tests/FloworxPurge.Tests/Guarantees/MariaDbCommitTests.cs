using System.Data;
using System.Data.Common;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>What MariaDB does to a transaction without a word to the driver is seen, and not called rolled back.</summary>
public sealed class MariaDbCommitTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_transaction_that_the_server_has_ended_is_not_called_rolled_back()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "a, b");
        bool isFirst = true;
        scenario.Hook.Before = async (command, _) =>
        {
            if (CommandHook.Deletes(command) && isFirst)
            {
                isFirst = false;
                await ExecuteAsync(command, "ROLLBACK");
            }
        };

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.Unknown), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains(
            "it is not known how much of it was committed: the server has ended the transaction by itself",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Equal(0, await scenario.CountAllAsync());
    }

    [Theory]
    [InlineData("SET SESSION foreign_key_checks = 0", "foreign_key_checks OFF")]
    [InlineData("SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_ZERO_DATE')", "NO_ZERO_DATE")]
    public async Task A_listener_that_changes_the_session_fails_the_run(string statement, string now)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "a, b");
        bool isFirst = true;
        scenario.Hook.Before = async (command, _) =>
        {
            if (CommandHook.Deletes(command) && isFirst)
            {
                isFirst = false;
                await ExecuteAsync(command, statement);
            }
        };

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.True(exception.Message.Contains(now, StringComparison.Ordinal), exception.Message);
        Assert.Equal(6, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task A_kept_row_that_another_session_commits_and_a_trigger_then_deletes_is_seen()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "a, b");
        await scenario.Database.ExecuteAsync(
            "CREATE TABLE kept (id int PRIMARY KEY, a_id int); INSERT INTO kept VALUES (1, 100); CREATE TRIGGER t AFTER DELETE ON a FOR "
                + "EACH ROW DELETE FROM kept WHERE a_id = OLD.\"Id\"",
            CancellationToken);
        scenario.Hook.Before = async (command, _) =>
        {
            if (CommandHook.Deletes(command))
            {
                scenario.Hook.Before = null;
                await scenario.Database.ExecuteAsync("INSERT INTO kept VALUES (2, 1)", CancellationToken);
            }
        };

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains(
            "rows that triggers deleted beside those of purged tables: expected 0, found 1",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Equal(2, await scenario.Database.CountAsync("kept", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Rows_that_a_cascade_may_have_deleted_do_not_hide_the_kept_ones_that_a_trigger_deletes()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "c->p:cascade");
        await scenario.Database.ExecuteAsync(
            "CREATE TABLE kept (id int PRIMARY KEY, p_id int); CREATE TRIGGER t AFTER DELETE ON p FOR EACH ROW DELETE FROM kept WHERE "
                + "p_id = OLD.\"Id\"",
            CancellationToken);
        scenario.Hook.Before = async (command, _) =>
        {
            if (CommandHook.Deletes(command))
            {
                scenario.Hook.Before = null;
                await scenario.Database.ExecuteAsync("DELETE FROM c WHERE \"Id\" = 1; INSERT INTO kept VALUES (2, 1)", CancellationToken);
            }
        };

        await using IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(
            IsolationLevel.ReadCommitted,
            CancellationToken);

        PurgeException exception = await scenario.FailAsync(options => options.AllowUnverified = true);

        Assert.True(exception.Report!.Verdict == PurgeVerdict.Partial, exception.Message);
        Assert.Contains(
            exception.Report!.Verifications,
            v => v.Outcome == Outcome.Unknown && v.Actual.StartsWith("cascades deleted 1 row", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rows_that_are_there_after_the_commit_make_the_result_unknown()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "a, b");
        bool isCommitted = false;
        scenario.Hook.Before = async (command, _) =>
        {
            // The look after the commit is the only count without a transaction.
            if (!isCommitted
                && command.Transaction is null
                && command.CommandText.StartsWith("SELECT 0, COUNT(*)", StringComparison.Ordinal)
                && scenario.Hook.Texts.Any(CommandHook.Deletes))
            {
                isCommitted = true;
                await scenario.Database.ExecuteAsync("INSERT INTO a VALUES (77)", CancellationToken);
            }
        };

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.Committed), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains(exception.Report!.Verifications, v => v is { Outcome: Outcome.Unknown, Actual: "1 in a" });
    }

    private static async Task ExecuteAsync(DbCommand command, string sql)
    {
        await using DbCommand other = command.Connection!.CreateCommand();
        other.CommandText = sql;
        other.Transaction = command.Transaction;
        await other.ExecuteNonQueryAsync(CancellationToken);
    }
}
