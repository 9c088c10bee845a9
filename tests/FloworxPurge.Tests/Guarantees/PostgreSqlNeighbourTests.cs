using System.Data.Common;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// What another session has locked on PostgreSQL is waited for no longer than it has to be, and what a purge only reads it does not keep
/// locked.
/// </summary>
public sealed class PostgreSqlNeighbourTests
{
    private const string Trigger = """
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER t AFTER DELETE ON a FOR EACH STATEMENT EXECUTE FUNCTION f();
        CREATE SEQUENCE numbers; CREATE TABLE kept (id bigserial, t text);
        """;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sequence_that_was_read_can_be_dropped_by_another_session_while_rows_are_deleted()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a, b");
        await scenario.Database.ExecuteAsync(Trigger, CancellationToken);
        Once(
            scenario,
            CommandHook.Deletes,
            () => scenario.Database.ExecuteAsync("SET lock_timeout = '5s'; DROP SEQUENCE numbers", CancellationToken));

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
    }

    [Fact]
    public async Task A_sequence_that_another_session_is_changing_is_unknown_and_not_waited_for()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a, b");
        await scenario.Database.ExecuteAsync(Trigger, CancellationToken);
        await using NpgsqlConnection other = await HoldAsync(scenario, "DROP SEQUENCE numbers");

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.Committed), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains(
            exception.Report!.Verifications,
            v => v.Outcome == Outcome.Unknown && v.Name.StartsWith("values of kept sequences", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_look_after_the_commit_waits_for_locks_no_longer_than_the_run_did()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a, b");
        NpgsqlConnection? other = null;
        Once(
            scenario,
            text => text.Contains("txid_status", StringComparison.Ordinal),
            async () => other = await HoldAsync(scenario, "LOCK TABLE a IN ACCESS EXCLUSIVE MODE"));

        PurgeException exception = await scenario.FailAsync(options => options.LockTimeout = TimeSpan.FromSeconds(1));

        await other!.DisposeAsync();
        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.Committed), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains(exception.Report!.Verifications, v => v.Actual.Contains("lock timeout", StringComparison.Ordinal));
        Assert.Equal(0, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task Best_effort_purges_the_tables_that_another_session_has_not_locked()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a, b, c");
        await using NpgsqlConnection other = await HoldAsync(scenario, "LOCK TABLE b IN SHARE MODE");

        PurgeException exception = await scenario.FailAsync(options =>
        {
            options.BestEffort = true;
            options.LockTimeout = TimeSpan.FromSeconds(1);
        });

        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.Committed), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains("lock timeout", exception.Report!.Tables.Single(table => table.Table.Name == "b").Error, StringComparison.Ordinal);
        await other.CloseAsync();
        Assert.Equal(3, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task Rows_that_a_listener_adds_just_before_the_commit_are_not_called_another_sessions()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(
            Engine.PostgreSql,
            "a, b",
            (_, options) => options.AddInterceptors(new WritesBeforeCommit()));

        PurgeException exception = await scenario.FailAsync(options => options.LockTables = true);

        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.Committed), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains(exception.Report!.Verifications, v => v is { Outcome: Outcome.Unknown, Actual: "1 in public.a" });
    }

    [Fact]
    public async Task Rows_that_another_session_adds_after_the_commit_are_known_to_be_later_where_the_table_was_locked()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a, b");
        Once(
            scenario,
            text => text.Contains("txid_status", StringComparison.Ordinal),
            () => scenario.Database.ExecuteAsync("INSERT INTO a VALUES (99)", CancellationToken));

        PurgeReport report = await scenario.PurgeAsync(options => options.LockTables = true);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Contains(report.Notes, note => note.Text == "Another session has written since the tables were verified: 1 in public.a.");
    }

    [Fact]
    public async Task A_retry_waits_until_the_session_of_the_lost_connection_has_ended()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(
            Engine.PostgreSql, "a, b", (database, options) => options.UseNpgsql(database.ConnectionString, npgsql => npgsql.EnableRetryOnFailure(3, TimeSpan.FromMilliseconds(1), null)));
        NpgsqlConnection? other = null;
        int questions = 0;
        scenario.Hook.Before = async (command, _) =>
        {
            if (CommandHook.Deletes(command) && other is null)
            {
                // The dying session still has the lock of purges when the next attempt asks for it.
                await scenario.Database.ExecuteAsync(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
                    CancellationToken);
                other = await HoldAsync(scenario, "SELECT pg_advisory_xact_lock(5074553438901270608)");
            }
            else if (other is not null && command.CommandText.Contains("advisory", StringComparison.Ordinal) && ++questions == 2)
            {
                await other.CloseAsync();
            }
        };

        PurgeReport report = await scenario.PurgeAsync();

        await other!.DisposeAsync();
        Assert.Equal((PurgeVerdict.Complete, 2), (report.Verdict, report.Attempts));
    }

    private static void Once(RunScenario scenario, Func<string, bool> isIt, Func<Task> act) => scenario.Hook.Before = async (command, _) =>
    {
        if (isIt(command.CommandText))
        {
            scenario.Hook.Before = null;
            await act();
        }
    };

    // Until the connection is closed.
    private static async Task<NpgsqlConnection> HoldAsync(RunScenario scenario, string sql)
    {
        var connection = new NpgsqlConnection(scenario.Database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(CancellationToken);
        await using var command = new NpgsqlCommand("BEGIN; " + sql, connection);
        await command.ExecuteNonQueryAsync(CancellationToken);
        return connection;
    }

    private sealed class WritesBeforeCommit : DbTransactionInterceptor
    {
        public override async ValueTask<InterceptionResult> TransactionCommittingAsync(
            DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
        {
            await eventData.Context!.Database.ExecuteSqlRawAsync("INSERT INTO a VALUES (99)", cancellationToken);
            return result;
        }
    }
}
