using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>Temporary objects, virtual tables and switches of a SQLite connection do not slip past the plan or the verification.</summary>
public sealed class SqliteHiddenWorkTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("CREATE TEMP TABLE parent (\"Id\" INTEGER NOT NULL PRIMARY KEY)", "hides table \"parent\"")]
    [InlineData("CREATE TEMP TABLE child (\"Id\" INTEGER, parent_id INTEGER)", "hides table \"child\"")]
    [InlineData("CREATE TEMP VIEW Parent AS SELECT 1", "A temporary view")]
    [InlineData("PRAGMA journal_mode = OFF", "cannot roll back")]
    public async Task A_connection_that_would_count_or_undo_elsewhere_is_refused(string statement, string because)
    {
        await using Scene scene = await Scene.CreateAsync(statement);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scene.Context.PurgeAsync(options => options.Exclude("child"), cancellationToken: CancellationToken));

        Assert.Contains(because, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "CREATE TABLE kept (n); INSERT INTO kept VALUES (1)",
        "CREATE TEMP TRIGGER soon AFTER DELETE ON main.child BEGIN DELETE FROM kept; END",
        "rows of kept table kept: expected 1, found 0")]
    [InlineData(
        "CREATE TABLE kept (n); INSERT INTO kept VALUES (1)",
        "PRAGMA case_sensitive_like = 1; CREATE TRIGGER soon after delete on child begin update kept set n = 2; end",
        "content of kept table kept")]
    [InlineData(
        "CREATE VIRTUAL TABLE kept USING fts5(body); INSERT INTO kept VALUES ('x')",
        "CREATE TRIGGER soon AFTER DELETE ON child BEGIN DELETE FROM kept; END",
        "rows of kept table kept: expected 1, found 0")]
    public async Task A_trigger_that_is_hard_to_see_fails_the_run_when_it_changes_a_kept_table(string kept, string trigger, string found)
    {
        await using Scene scene = await Scene.CreateAsync(kept, trigger);
        string before = await scene.Database.ChecksumAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scene.Context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains(found, exception.Message, StringComparison.Ordinal);
        Assert.Contains("\"soon\" on child", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scene.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_temporary_counter_table_is_not_the_one_that_is_reset()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await database.ExecuteAsync(
            "CREATE TABLE a (\"Id\" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL); INSERT INTO a VALUES (5)",
            CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("a").CreateContext(database);
        await context.Database.OpenConnectionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync(
            "CREATE TEMP TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO b DEFAULT VALUES",
            CancellationToken);

        await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Equal(0, await database.ScalarAsync<long>("SELECT COUNT(*) FROM sqlite_sequence", CancellationToken));
    }

    [Fact]
    public async Task Best_effort_rolls_everything_back_when_a_cleared_table_fails_on_the_second_pass()
    {
        await using Scene scene = await Scene.CreateAsync(
            "CREATE TRIGGER fill AFTER DELETE ON parent WHEN OLD.\"Id\" = 1 BEGIN INSERT INTO lone VALUES (-1); END",
            "CREATE TRIGGER guard BEFORE DELETE ON lone WHEN OLD.\"Id\" = -1 BEGIN SELECT RAISE(ABORT, 'guarded'); END");
        string before = await scene.Database.ChecksumAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scene.Context.PurgeAsync(options => options.BestEffort = true, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("guarded", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scene.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_migrations_history_that_the_model_maps_is_kept_unless_asked_for()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await using ScenarioContext context = new(database, model => model.SharedTypeEntity<Dictionary<string, object>>("history", history =>
        {
            history.ToTable("__EFMigrationsHistory");
            history.Property<string>("MigrationId");
            history.HasKey("MigrationId");
        }));
        await context.CreateTablesAsync(CancellationToken);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        PurgePlan asked = await new Purger(options => options.Include("__EFMigrationsHistory")).PlanAsync(context, CancellationToken);

        Assert.Equal(PlanReason.MigrationsHistory, Assert.Single(plan.Kept).Reason);
        Assert.Single(asked.Tables);
    }

    [Fact]
    public async Task A_report_quotes_the_facts_and_not_what_was_written_into_a_plan()
    {
        await using Scene scene = await Scene.CreateAsync("DROP TABLE lone");
        Purger purger = new();
        PurgePlan plan = await purger.PlanAsync(scene.Context, CancellationToken);
        PurgePlan edited = plan with { Skips = [.. plan.Skips.Select(skip => skip with { Explanation = "was archived" })] };

        PurgeReport report = await purger.ExecuteAsync(scene.Context, edited, cancellationToken: CancellationToken);

        Assert.Contains("does not exist", Assert.Single(report.Skips).Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_that_names_a_table_twice_is_refused()
    {
        await using Scene scene = await Scene.CreateAsync();
        Purger purger = new();
        PurgePlan plan = await purger.PlanAsync(scene.Context, CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() =>
            purger.ExecuteAsync(scene.Context, plan with { Tables = [.. plan.Tables, .. plan.Tables] }, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
    }

    /// <summary>A database of three tables, and a context whose open connection has run the given statements.</summary>
    private sealed class Scene(SqliteTestDatabase database, ScenarioContext context) : IAsyncDisposable
    {
        private static readonly GraphScenario Tables = GraphScenario.Parse("child->parent:cascade, lone");

        public SqliteTestDatabase Database => database;

        public ScenarioContext Context => context;

        public static async Task<Scene> CreateAsync(params string[] statements)
        {
            SqliteTestDatabase database = SqliteTestDatabase.Create();
            await Tables.CreateAsync(database, rows: 3, CancellationToken);
            ScenarioContext context = Tables.CreateContext(database);
            await context.Database.OpenConnectionAsync(CancellationToken);
            foreach (string statement in statements)
            {
                await context.Database.ExecuteSqlRawAsync(statement, CancellationToken);
            }

            return new Scene(database, context);
        }

        public async ValueTask DisposeAsync()
        {
            await context.DisposeAsync();
            await database.DisposeAsync();
        }
    }
}
