using System.Data.Common;
using FloworxPurge.Engines;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Other sessions of a server: one purge at a time, lock waits that time out, rows that arrive meanwhile.</summary>
public abstract class OtherSessionConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string TwoTables = "child->parent";

    [Fact]
    public async Task A_second_purge_of_the_same_database_is_refused_and_the_first_is_named()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, TwoTables);
        await using ScenarioContext second = scenario.Graph.CreateContext(scenario.Database);
        Purger purger = Engine.Purger();
        PurgePlan plan = await scenario.PlanAsync();
        PurgeException? refusal = null;
        var progress = new Meanwhile(async step =>
        {
            if (step is { Phase: PurgePhase.Deleting, Step: 1 })
            {
                refusal = await Assert.ThrowsAsync<PurgeException>(
                    () => purger.ExecuteAsync(second, plan, cancellationToken: CancellationToken));
            }
        });

        PurgeReport report = await purger.ExecuteAsync([scenario.Context], plan, progress, CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(PurgeVerdict.Refused, refusal!.Report!.Verdict);
        Assert.Matches(@"another purge of this database is running: session \d+", refusal!.Message);
    }

    [Fact]
    public async Task A_guard_holds_for_the_rows_that_were_deleted()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        string before = await scenario.ChecksumAsync();
        string? arrived = null;
        OnDelete(scenario, "c", async () =>
        {
            await scenario.Database.ExecuteAsync("INSERT INTO c VALUES (1000), (1001), (1002), (1003), (1004), (1005)", CancellationToken);
            arrived = await scenario.ChecksumAsync();
        });

        PurgeException exception = await scenario.FailAsync(options => options.MaxRows = 20);

        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains("21 rows were deleted, and MaxRows is 20", exception.Message, StringComparison.Ordinal);
        Assert.Equal(Outcome.Failed, exception.Report!.Guards.Single(guard => guard.Name == "MaxRows").Outcome);
        Assert.NotEqual(before, arrived);
        Assert.Equal(arrived, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task Rows_that_arrive_before_they_are_deleted_are_counted_and_explained()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        OnDelete(scenario, "c", () => scenario.Database.ExecuteAsync("INSERT INTO c VALUES (1000), (1001)", CancellationToken));

        PurgeReport report = await scenario.PurgeAsync();

        TableReport c = report.Tables.Single(table => table.Table.Name == "c");
        Assert.Equal((3, 2, 5, 0), (c.RowsBefore, c.RowsArrived, c.RowsDeleted, c.RowsAfter));
        Assert.Contains(report.Notes, note => note.Text.StartsWith("2 rows arrived after the rows were counted", StringComparison.Ordinal));
        Assert.Equal(17, report.RowsDeleted);
    }

    private static void OnDelete(RunScenario scenario, string table, Func<Task> act) => scenario.Hook.Before = async (command, _) =>
    {
        if (CommandHook.Deletes(command) && command.CommandText.TrimEnd('"', ']', '`').EndsWith(table, StringComparison.Ordinal))
        {
            scenario.Hook.Before = null;
            await act();
        }
    };

    [Fact]
    public async Task A_purge_of_another_database_of_the_server_is_not_kept_waiting()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, TwoTables);
        await using RunScenario elsewhere = await RunScenario.CreateAsync(Engine, TwoTables);
        PurgeReport? other = null;
        var progress = new Meanwhile(async step =>
        {
            if (step is { Phase: PurgePhase.Deleting, Step: 1 })
            {
                other = await elsewhere.PurgeAsync();
            }
        });

        await Engine.Purger().ExecuteAsync([scenario.Context], await scenario.PlanAsync(), progress, CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, other?.Verdict);
    }

    [Fact]
    public async Task A_lock_wait_that_times_out_ends_the_run_and_names_the_holder_where_the_engine_reports_it()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, TwoTables);
        string before = await scenario.ChecksumAsync();
        await using DbConnection other = await scenario.Database.OpenConnectionAsync(CancellationToken);
        await using DbTransaction transaction = await other.BeginTransactionAsync(CancellationToken);
        await using DbCommand command = other.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = scenario.Database.Pick(
            string.Empty,
            "SET application_name = 'the blocker'; LOCK TABLE parent IN ROW EXCLUSIVE MODE; SELECT * FROM parent FOR UPDATE",
            "SELECT * FROM parent FOR UPDATE",
            "SELECT * FROM parent WITH (UPDLOCK, HOLDLOCK)");
        await command.ExecuteNonQueryAsync(CancellationToken);

        PurgeException exception = await scenario.FailAsync(options => options.LockTimeout = TimeSpan.FromMilliseconds(100));

        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains("the lock wait timed out", exception.Message, StringComparison.Ordinal);
        Assert.Matches(
            scenario.Database.Pick(
                "",
                @"public\.parent is in use by session \d+ .*the blocker",
                "",
                @"dbo\.parent is in use by session \d+"),
            exception.Message);
        await transaction.RollbackAsync(CancellationToken);
        Assert.Equal(before, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task With_locked_tables_nobody_writes_meanwhile_and_everybody_may_read()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, TwoTables);
        PurgePlan plan = await scenario.PlanAsync(options => options.LockTables = true);
        Exception? denied = null;
        var progress = new Meanwhile(async step =>
        {
            if (step.Phase == PurgePhase.Verifying)
            {
                Assert.Equal(3, await scenario.Database.CountAsync("parent", cancellationToken: CancellationToken));
                denied = await WriteAsync(scenario.Database, "INSERT INTO parent VALUES (99)");
            }
        });

        PurgeReport report = await Engine.Purger(options => options.LockTables = true).ExecuteAsync(
            [scenario.Context],
            plan,
            progress,
            CancellationToken);

        Assert.Equal(PlanStepKind.Lock, plan.Steps[0].Kind);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        AssertLockTimeout(scenario.Database, denied);
    }

    [Theory]
    [InlineData(PurgePhase.Counting)]
    [InlineData(PurgePhase.Deleting)]
    [InlineData(PurgePhase.Verifying)]
    public async Task A_row_that_another_session_adds_to_a_kept_table_cannot_be_cascaded_into(PurgePhase phase)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "child->parent:cascade");
        await scenario.Database.ExecuteAsync("DELETE FROM child", CancellationToken);
        PurgePlan plan = await scenario.PlanAsync(options => options.Exclude("child"));
        Exception? denied = null;
        bool hasTried = false;
        var progress = new Meanwhile(async step =>
        {
            if (step.Phase == phase && !hasTried)
            {
                hasTried = true;
                denied = await WriteAsync(scenario.Database, "INSERT INTO child(\"Id\", parent_id) VALUES (1, 1)");
            }
        });

        Exception? ended = await Record.ExceptionAsync(
            () => Engine.Purger(options => options.Exclude("child")).ExecuteAsync([scenario.Context], plan, progress, CancellationToken));

        // Who comes early enough stops the run, and whoever comes later has to wait.
        long kept = await scenario.Database.CountAsync("child", cancellationToken: CancellationToken);
        long left = await scenario.Database.CountAsync("parent", cancellationToken: CancellationToken);
        if (denied is null)
        {
            Assert.Equal(PurgeVerdict.Refused, Assert.IsType<PurgeException>(ended).Report!.Verdict);
            Assert.Equal((1, 3), (kept, left));
        }
        else
        {
            Assert.Null(ended);
            AssertLockTimeout(scenario.Database, denied);
            Assert.Equal((0, 0), (kept, left));
        }
    }

    /// <summary>Writes as another session, which does not wait for long.</summary>
    private static async Task<Exception?> WriteAsync(TestDatabase database, string sql)
    {
        string hurry = database.Pick(
            string.Empty,
            "SET lock_timeout = '50ms'; ",
            "SET SESSION innodb_lock_wait_timeout = 1; ",
            "SET LOCK_TIMEOUT 50; ");
        return await Record.ExceptionAsync(() => database.ExecuteAsync(hurry + sql, CancellationToken));
    }

    private static void AssertLockTimeout(TestDatabase database, Exception? exception)
        => Assert.True(
            database.Pick<PurgeDialect>(
                new SqliteDialect(),
                new PostgreSqlDialect(),
                new MySqlDialect(),
                new SqlServerDialect()).IsLockTimeout(Assert.IsAssignableFrom<DbException>(exception)),
            exception!.Message);
}

public sealed class PostgreSqlOtherSessionConformance() : OtherSessionConformance(Engine.PostgreSql);

public sealed class MariaDbOtherSessionConformance() : OtherSessionConformance(Engine.MariaDb);
