using System.Data.Common;
using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using MySql.Data.MySqlClient;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>Other sessions of MariaDB: one purge at a time, locks that are not had in time, rows that arrive meanwhile; and what is left behind in one's own.</summary>
public sealed class MariaDbLockTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_purge_of_the_same_database_is_refused_and_told_who_is_at_it()
    {
        await using MariaDbTestDatabase database = await CreateAsync("child->parent");
        await using ScenarioContext first = TwoTables.Graph.CreateContext(database);
        await using ScenarioContext second = TwoTables.Graph.CreateContext(database);
        Purger purger = new();
        PurgePlan plan = await purger.PlanAsync(first, CancellationToken);
        PurgeException? refusal = null;
        var progress = new Synchronous(async step =>
        {
            if (step is { Phase: PurgePhase.Deleting, Step: 1 })
            {
                refusal = await Assert.ThrowsAsync<PurgeException>(() => purger.ExecuteAsync(second, plan, CancellationToken));
            }
        });

        PurgeReport report = await purger.ExecuteAsync([first], plan, progress, CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(PurgeVerdict.Refused, refusal!.Report!.Verdict);
        Assert.Matches(@"another purge of this database is running: session \d+", refusal.Message);
    }

    [Fact]
    public async Task A_purge_of_another_database_of_the_server_is_not_kept_waiting()
    {
        await using MariaDbTestDatabase database = await CreateAsync("child->parent");
        await using MariaDbTestDatabase elsewhere = await CreateAsync("child->parent");
        await using ScenarioContext first = TwoTables.Graph.CreateContext(database);
        await using ScenarioContext second = TwoTables.Graph.CreateContext(elsewhere);
        PurgeReport? other = null;
        Purger purger = new();
        var progress = new Synchronous(async step =>
        {
            if (step is { Phase: PurgePhase.Deleting, Step: 1 })
            {
                other = await second.PurgeAsync(cancellationToken: CancellationToken);
            }
        });

        await purger.ExecuteAsync([first], await purger.PlanAsync(first, CancellationToken), progress, CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, other?.Verdict);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_gets_its_lock_time_outs_back_and_holds_no_purge_lock_afterwards(bool fails)
    {
        await using MariaDbTestDatabase database = await CreateAsync("child->parent");
        if (fails)
        {
            await database.RaiseOnDeleteAsync("parent", "not this one", CancellationToken);
        }

        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await context.Database.OpenConnectionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync("SET SESSION innodb_lock_wait_timeout = 7, lock_wait_timeout = 77", CancellationToken);

        Exception? exception = await Record.ExceptionAsync(() => context.PurgeAsync(options => options.LockTimeout = TimeSpan.FromSeconds(1), CancellationToken));

        Assert.Equal(fails, exception is PurgeException);
        Assert.Equal(
            "7 77 1",
            await context.Database.SqlQueryRaw<string>("SELECT CONCAT_WS(' ', @@innodb_lock_wait_timeout, @@lock_wait_timeout, IS_FREE_LOCK(CONCAT('floworxpurge ', MD5(DATABASE())))) AS \"Value\"").SingleAsync(CancellationToken));
    }

    [Fact]
    public async Task A_lock_that_is_not_had_in_time_ends_the_run_and_nothing_is_lost()
    {
        await using MariaDbTestDatabase database = await CreateAsync("child->parent");
        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await using DbConnection other = await database.OpenConnectionAsync(CancellationToken);
        await using DbTransaction transaction = await other.BeginTransactionAsync(CancellationToken);
        await using DbCommand command = other.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT * FROM parent FOR UPDATE";
        await command.ExecuteNonQueryAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(options => options.LockTimeout = TimeSpan.FromMilliseconds(100), CancellationToken));

        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report.Transaction));
        Assert.Contains("a lock was not had in time", exception.Message, StringComparison.Ordinal);
        await transaction.RollbackAsync(CancellationToken);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task With_locked_tables_nobody_writes_meanwhile_and_everybody_may_read()
    {
        await using MariaDbTestDatabase database = await CreateAsync("child->parent");
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        Purger purger = new(options => options.LockTables = true);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        MySqlException? denied = null;
        var progress = new Synchronous(async step =>
        {
            if (step.Phase == PurgePhase.Verifying)
            {
                Assert.Equal(3, await database.CountAsync("parent", cancellationToken: CancellationToken));
                denied = await Assert.ThrowsAsync<MySqlException>(() => database.ExecuteAsync("SET SESSION innodb_lock_wait_timeout = 1; INSERT INTO parent VALUES (99)", CancellationToken));
            }
        });

        PurgeReport report = await purger.ExecuteAsync([context], plan, progress, CancellationToken);

        Assert.Equal(PlanStepKind.Lock, plan.Steps[0].Kind);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal((int)MySqlErrorCode.LockWaitTimeout, denied!.Number);
    }

    [Theory]
    [InlineData(PurgePhase.Counting)]
    [InlineData(PurgePhase.Deleting)]
    [InlineData(PurgePhase.Verifying)]
    public async Task A_row_that_another_session_adds_to_a_kept_table_cannot_be_cascaded_into(PurgePhase phase)
    {
        await using MariaDbTestDatabase database = await CreateAsync("child->parent:cascade");
        await database.ExecuteAsync("DELETE FROM child", CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("child->parent:cascade").CreateContext(database);
        Purger purger = new(options => options.Exclude("child"));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        Exception? denied = null;
        bool hasTried = false;
        var progress = new Synchronous(async step =>
        {
            if (step.Phase == phase && !hasTried)
            {
                hasTried = true;
                denied = await Record.ExceptionAsync(() => database.ExecuteAsync("SET SESSION innodb_lock_wait_timeout = 1; INSERT INTO child(\"Id\", parent_id) VALUES (1, 1)", CancellationToken));
            }
        });

        Exception? ended = await Record.ExceptionAsync(() => purger.ExecuteAsync([context], plan, progress, CancellationToken));

        // Who comes early enough stops the run, and whoever comes later has to wait.
        long kept = await database.CountAsync("child", cancellationToken: CancellationToken);
        long left = await database.CountAsync("parent", cancellationToken: CancellationToken);
        if (denied is null)
        {
            Assert.Equal(PurgeVerdict.Refused, Assert.IsType<PurgeException>(ended).Report!.Verdict);
            Assert.Equal((1, 3), (kept, left));
        }
        else
        {
            Assert.Null(ended);
            Assert.Equal((int)MySqlErrorCode.LockWaitTimeout, Assert.IsType<MySqlException>(denied).Number);
            Assert.Equal((0, 0), (kept, left));
        }
    }

    [Fact]
    public async Task A_deadlock_ends_a_best_effort_run_as_such_and_nothing_is_lost()
    {
        await using MariaDbTestDatabase database = await CreateAsync("a, b");
        await database.ExecuteAsync("CREATE TABLE weight (n int PRIMARY KEY)", CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("a, b").CreateContext(database);
        await using DbConnection other = await database.OpenConnectionAsync(CancellationToken);
        await using DbTransaction transaction = await other.BeginTransactionAsync(CancellationToken);
        await using DbCommand command = other.CreateCommand();
        command.Transaction = transaction;
        Purger purger = new(options => options.Mode = PurgeMode.BestEffort);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        Task? waits = null;
        var progress = new Synchronous(async step =>
        {
            if (step is { Phase: PurgePhase.Deleting, Step: 1 })
            {
                // The server ends the transaction that has written less.
                command.CommandText = "SET SESSION innodb_lock_wait_timeout = 5; INSERT INTO weight SELECT seq FROM seq_1_to_500; SELECT * FROM b FOR UPDATE";
                await command.ExecuteNonQueryAsync(CancellationToken);
            }
            else if (step is { Phase: PurgePhase.Deleting, Step: 2 } && waits is null)
            {
                command.CommandText = "SELECT * FROM a FOR UPDATE";
                waits = Task.Run(() => command.ExecuteNonQuery(), CancellationToken);
                await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken);
            }
        });

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => purger.ExecuteAsync([context], plan, progress, CancellationToken));

        await waits!;
        await transaction.CommitAsync(CancellationToken);
        Assert.Contains("Deadlock found", exception.Message, StringComparison.Ordinal);
        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report.Transaction));
        Assert.Equal((3, 3), (await database.CountAsync("a", cancellationToken: CancellationToken), await database.CountAsync("b", cancellationToken: CancellationToken)));
    }

    [Fact]
    public async Task A_read_only_transaction_is_refused_before_anything_is_written()
    {
        await using MariaDbTestDatabase database = await CreateAsync("child->parent");
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await context.Database.OpenConnectionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync("SET SESSION TRANSACTION READ ONLY", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal((PurgeVerdict.Refused, TransactionOutcome.NothingWritten), (exception.Report!.Verdict, exception.Report.Transaction));
        Assert.Contains("the connection is read-only", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<MariaDbTestDatabase> CreateAsync(string notation)
    {
        MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await GraphScenario.Parse(notation).CreateAsync(database, rows: 3, CancellationToken);
        return database;
    }

    private sealed class Synchronous(Func<PurgeProgress, Task> act) : IProgress<PurgeProgress>
    {
        public void Report(PurgeProgress value) => act(value).GetAwaiter().GetResult();
    }
}
