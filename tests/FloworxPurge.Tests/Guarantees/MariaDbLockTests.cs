using System.Data.Common;
using System.Diagnostics;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// Sessions of MariaDB, beyond what holds on every server: what is left behind in one's own, deadlocks, read-only transactions.
/// </summary>
public sealed class MariaDbLockTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

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

        Exception? exception = await Record.ExceptionAsync(
            () => context.PurgeAsync(options => options.LockTimeout = TimeSpan.FromSeconds(1), cancellationToken: CancellationToken));

        Assert.Equal(fails, exception is PurgeException);
        Assert.Equal(
            "7 77 1",
            await context.Database.SqlQueryRaw<string>("SELECT CONCAT_WS(' ', @@innodb_lock_wait_timeout, @@lock_wait_timeout, "
                + "IS_FREE_LOCK(CONCAT('floworxpurge ', MD5(DATABASE())))) AS \"Value\"").SingleAsync(CancellationToken));
    }

    [Fact]
    public async Task Numbers_that_are_restarted_after_the_commit_wait_no_longer_than_asked_and_the_session_keeps_its_own_time_out()
    {
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE numbered (\"Id\" int NOT NULL AUTO_INCREMENT PRIMARY KEY); INSERT INTO numbered () VALUES (), (), ()",
            CancellationToken);
        await using var context = new ScenarioContext(
            database,
            model => model.SharedTypeEntity<Dictionary<string, object>>("numbered", entity => entity.ToTable("numbered").IndexerProperty<int>("Id")));
        await context.Database.OpenConnectionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync("SET SESSION lock_wait_timeout = 20", CancellationToken);
        await using DbConnection reader = await database.OpenConnectionAsync(CancellationToken);
        await using DbTransaction transaction = await reader.BeginTransactionAsync(CancellationToken);
        await using DbCommand command = reader.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT * FROM numbered";
        await command.ExecuteScalarAsync(CancellationToken);
        var clock = Stopwatch.StartNew();

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() =>
            context.PurgeAsync(options => (options.ResetIdentity, options.LockTimeout) = (true, TimeSpan.FromSeconds(1)), cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Partial, exception.Report!.Verdict);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        Assert.Contains(
            exception.Report!.Notes,
            note => note.Text.StartsWith("Not done, though its rows are "
                + "deleted", StringComparison.Ordinal) && note.Text.Contains("Lock wait timeout exceeded", StringComparison.Ordinal));
        Assert.Equal(
            20,
            await context.Database.SqlQueryRaw<int>("SELECT CAST(@@lock_wait_timeout AS SIGNED INT) AS "
                + "\"Value\"").SingleAsync(CancellationToken));
        Assert.Equal(0, await database.CountAsync("numbered", cancellationToken: CancellationToken));
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
        Purger purger = new(options => options.BestEffort = true);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        Task? waits = null;
        var progress = new Meanwhile(async step =>
        {
            if (step is { Phase: PurgePhase.Deleting, Step: 1 })
            {
                // The server ends the transaction that has written less.
                command.CommandText =
                    "SET SESSION innodb_lock_wait_timeout = 5; INSERT INTO weight SELECT seq FROM seq_1_to_500; SELECT * FROM b FOR UPDATE";
                await command.ExecuteNonQueryAsync(CancellationToken);
            }
            else if (step is { Phase: PurgePhase.Deleting, Step: 2 } && waits is null)
            {
                command.CommandText = "SELECT * FROM a FOR UPDATE";
                waits = Task.Run(() => command.ExecuteNonQuery(), CancellationToken);
                await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken);
            }
        });

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync([context], plan, progress, CancellationToken));

        await waits!;
        await transaction.CommitAsync(CancellationToken);
        Assert.Contains("Deadlock found", exception.Message, StringComparison.Ordinal);
        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Equal(
            (3, 3),
            (await database.CountAsync("a", cancellationToken: CancellationToken), await database.CountAsync("b", cancellationToken: CancellationToken)));
    }

    [Fact]
    public async Task A_read_only_transaction_is_refused_before_anything_is_written()
    {
        await using MariaDbTestDatabase database = await CreateAsync("child->parent");
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await context.Database.OpenConnectionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync("SET SESSION TRANSACTION READ ONLY", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal((PurgeVerdict.Refused, TransactionOutcome.NothingWritten), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains("the connection is read-only", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<MariaDbTestDatabase> CreateAsync(string notation)
    {
        MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await GraphScenario.Parse(notation).CreateAsync(database, rows: 3, CancellationToken);
        return database;
    }
}
