using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Resetting;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// Other sessions of PostgreSQL, beyond what holds on every server: rows that arrive meanwhile, a joined transaction's lock time-out.
/// </summary>
public sealed class PostgreSqlLockTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_kept_row_that_comes_to_reference_a_purged_one_while_the_rows_go_fails_the_run_though_only_the_model_knows_the_key()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE parent (\"Id\" int PRIMARY KEY); CREATE TABLE child (\"Id\" int PRIMARY KEY, parent_id int); INSERT INTO "
                + "parent VALUES (1); INSERT INTO child VALUES (1, NULL)",
            CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("child->parent?").CreateContext(database);
        Purger purger = new(options => options.Exclude("child"));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        var progress = new Meanwhile(async step =>
        {
            if (step is { Phase: PurgePhase.Deleting, Step: 1 })
            {
                await database.ExecuteAsync("UPDATE child SET parent_id = 1", CancellationToken);
            }
        });

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync([context], plan, progress, CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains(
            "rows of kept table public.child that reference purged table public.parent through parent_id: expected 0, found 1",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync("parent", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_kept_row_may_come_to_reference_a_table_that_failed_and_kept_its_rows()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE parent (\"Id\" int PRIMARY KEY); CREATE TABLE child (\"Id\" int PRIMARY KEY, parent_id int REFERENCES parent); "
                + "CREATE TABLE other (\"Id\" int PRIMARY KEY); INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, NULL); INSERT INTO "
                + "other VALUES (1); CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not this one''; END'; "
                + "CREATE TRIGGER refuses BEFORE DELETE ON parent FOR EACH ROW EXECUTE FUNCTION refuse()",
            CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("child->parent?, other").CreateContext(database);
        Purger purger = new(options =>
        {
            options.Exclude("child");
            options.BestEffort = true;
        });
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        var progress = new Meanwhile(async step =>
        {
            if (step.Phase == PurgePhase.Verifying)
            {
                await database.ExecuteAsync("UPDATE child SET parent_id = 1", CancellationToken);
            }
        });

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync([context], plan, progress, CancellationToken));

        PurgeReport report = exception.Report!;
        Assert.Equal((PurgeVerdict.Partial, 1L), (report.Verdict, report.RowsDeleted));
        Assert.DoesNotContain(report.Verifications, verification => verification.Outcome == Outcome.Failed);
        Assert.Equal(1, await database.CountAsync("parent", cancellationToken: CancellationToken));
        Assert.Equal(0, await database.CountAsync("other", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_database_that_is_not_the_required_one_is_refused_before_anything_waits_for_its_tables()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        Purger purger = new(options =>
        {
            options.RequiredDatabase = "shop";
            options.LockTimeout = TimeSpan.FromMilliseconds(200);
        });
        await using OpenTransaction user = await OpenTransaction.BeginAsync(database, "LOCK TABLE parent", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Contains("RequiredDatabase says \"shop\"", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_joined_transaction_gets_its_lock_time_out_back()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await using var transaction = await context.Database.BeginTransactionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync("SET LOCAL lock_timeout = '7s'", CancellationToken);

        await context.PurgeAsync(options => options.LockTimeout = TimeSpan.FromSeconds(1), cancellationToken: CancellationToken);

        Assert.Equal(
            "7s",
            await context.Database.SqlQueryRaw<string>("SELECT current_setting('lock_timeout') AS "
                + "\"Value\"").SingleAsync(CancellationToken));
    }

    [Fact]
    public async Task Rows_that_arrive_meanwhile_fail_the_verification_and_are_not_deleted()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        Purger purger = new();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        var progress = new Meanwhile(async step =>
        {
            if (step.Phase == PurgePhase.Verifying)
            {
                await database.ExecuteAsync("INSERT INTO parent VALUES (99)", CancellationToken);
            }
        });

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync([context], plan, progress, CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("another session", exception.Message, StringComparison.Ordinal);
        Assert.Equal(4, await database.CountAsync("parent", cancellationToken: CancellationToken));
    }
}
