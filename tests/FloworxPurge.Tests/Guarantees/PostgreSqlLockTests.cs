using System.Data.Common;
using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>Other sessions: one purge at a time, locks that are not had in time, rows that arrive meanwhile.</summary>
public sealed class PostgreSqlLockTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_purge_of_the_same_database_is_refused_and_told_who_is_at_it()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
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
    public async Task A_kept_row_that_comes_to_reference_a_purged_one_while_the_rows_go_fails_the_run_though_only_the_model_knows_the_key()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync("CREATE TABLE parent (\"Id\" int PRIMARY KEY); CREATE TABLE child (\"Id\" int PRIMARY KEY, parent_id int); INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, NULL)", CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("child->parent?").CreateContext(database);
        Purger purger = new(options => options.Exclude("child"));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        var progress = new Synchronous(async step =>
        {
            if (step is { Phase: PurgePhase.Deleting, Step: 1 })
            {
                await database.ExecuteAsync("UPDATE child SET parent_id = 1", CancellationToken);
            }
        });

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => purger.ExecuteAsync([context], plan, progress, CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("rows of kept table public.child that reference purged table public.parent through parent_id: expected 0, found 1", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync("parent", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_lock_that_is_not_had_in_time_ends_the_run_and_names_who_holds_it()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await using DbConnection other = await database.OpenConnectionAsync(CancellationToken);
        await using DbTransaction transaction = await other.BeginTransactionAsync(CancellationToken);
        await using DbCommand command = other.CreateCommand();
        command.CommandText = "SET application_name = 'the blocker'; LOCK TABLE parent IN ROW EXCLUSIVE MODE; SELECT * FROM parent FOR UPDATE";
        await command.ExecuteNonQueryAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => context.PurgeAsync(options => options.LockTimeout = TimeSpan.FromMilliseconds(100), CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("a lock was not had in time", exception.Message, StringComparison.Ordinal);
        Assert.Contains("public.parent is in use by session", exception.Message, StringComparison.Ordinal);
        Assert.Contains("the blocker", exception.Message, StringComparison.Ordinal);
        await transaction.RollbackAsync(CancellationToken);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_joined_transaction_gets_its_lock_time_out_back()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await using var transaction = await context.Database.BeginTransactionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync("SET LOCAL lock_timeout = '7s'", CancellationToken);

        await context.PurgeAsync(options => options.LockTimeout = TimeSpan.FromSeconds(1), CancellationToken);

        Assert.Equal("7s", await context.Database.SqlQueryRaw<string>("SELECT current_setting('lock_timeout') AS \"Value\"").SingleAsync(CancellationToken));
    }

    [Fact]
    public async Task With_locked_tables_nobody_writes_meanwhile_and_everybody_may_read()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        Purger purger = new(options => options.LockTables = true);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        DbException? denied = null;
        var progress = new Synchronous(async step =>
        {
            if (step.Phase == PurgePhase.Verifying)
            {
                Assert.Equal(3, await database.CountAsync("parent", cancellationToken: CancellationToken));
                denied = await Assert.ThrowsAnyAsync<DbException>(() => database.ExecuteAsync("SET lock_timeout = '50ms'; INSERT INTO parent VALUES (99)", CancellationToken));
            }
        });

        PurgeReport report = await purger.ExecuteAsync([context], plan, progress, CancellationToken);

        Assert.Equal(PlanStepKind.Lock, plan.Steps[0].Kind);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal("55P03", denied!.SqlState);
    }

    [Fact]
    public async Task Rows_that_arrive_meanwhile_fail_the_verification_and_are_not_deleted()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        Purger purger = new();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        var progress = new Synchronous(async step =>
        {
            if (step.Phase == PurgePhase.Verifying)
            {
                await database.ExecuteAsync("INSERT INTO parent VALUES (99)", CancellationToken);
            }
        });

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => purger.ExecuteAsync([context], plan, progress, CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("another session", exception.Message, StringComparison.Ordinal);
        Assert.Equal(4, await database.CountAsync("parent", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_row_that_another_session_adds_to_a_kept_table_cannot_be_cascaded_into()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        GraphScenario graph = GraphScenario.Parse("child->parent:cascade");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await database.ExecuteAsync("DELETE FROM child", CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);
        Purger purger = new(options => options.Exclude("child"));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        DbException? denied = null;
        var progress = new Synchronous(async step =>
        {
            if (step.Phase == PurgePhase.Deleting && plan.Steps[step.Step - 1].Kind == PlanStepKind.Delete)
            {
                denied = await Assert.ThrowsAnyAsync<DbException>(() => database.ExecuteAsync("SET lock_timeout = '50ms'; INSERT INTO child(\"Id\", parent_id) VALUES (1, 1)", CancellationToken));
            }
        });

        PurgeReport report = await purger.ExecuteAsync([context], plan, progress, CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal("55P03", denied!.SqlState);
    }

    private sealed class Synchronous(Func<PurgeProgress, Task> act) : IProgress<PurgeProgress>
    {
        public void Report(PurgeProgress value) => act(value).GetAwaiter().GetResult();
    }
}
