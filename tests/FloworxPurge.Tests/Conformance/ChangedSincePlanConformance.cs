using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A plan runs only against the facts that it was made of: anything else is refused, and nothing is written.</summary>
public abstract class ChangedSincePlanConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public Task A_table_that_was_added_is_named()
        => AssertRefusedAsync("CREATE TABLE added (\"Id\" integer NOT NULL PRIMARY KEY)", $"now kept: {Name("added")}");

    [Fact]
    public Task A_table_that_was_dropped_is_named()
        => AssertRefusedAsync(
            database => database.ExecuteAsync("DROP TABLE logs", CancellationToken),
            isReferenced: false,
            $"now skipped: {Name("logs")} (Table {Name("logs").ToQuotedString()} does not exist in the database)",
            $"no longer purged: {Name("logs")}");

    [Fact]
    public Task A_table_outside_the_model_that_was_dropped_is_named()
        => AssertRefusedAsync("DROP TABLE outside", $"no longer kept: {Name("outside")}");

    [Fact]
    public Task A_column_that_was_added_is_named()
        => AssertRefusedAsync(
            "ALTER TABLE logs ADD COLUMN \"Added\" integer NULL",
            $"{Name("logs")}: ",
            $"column \"Added\" ({Engine.IntegerType}");

    [Fact]
    public Task A_column_that_was_dropped_is_named()
        => AssertRefusedAsync(
            "ALTER TABLE logs DROP COLUMN \"Text\"",
            $"now skipped: {Name("logs")}",
            $"column \"Text\" ({Engine.TextType}) is missing");

    [Fact]
    public async Task A_column_that_was_added_to_a_kept_table_is_refused()
        => await AssertRefusedAsync(
            "ALTER TABLE outside ADD COLUMN \"Added\" integer NULL",
            "tables, columns, foreign keys or triggers of the database are not what they were");

    [Fact]
    public Task A_foreign_key_that_was_added_is_named()
        => AssertRefusedAsync(
            "ALTER TABLE logs ADD COLUMN \"OrderId\" integer NULL REFERENCES orders (\"Id\")",
            $"{Name("logs")}(OrderId) -> {Name("orders")}(Id) exists only in the database");

    [Fact]
    public async Task A_trigger_that_was_added_is_named()
    {
        Assert.SkipUnless(Engine.KnowsTriggers, "The provider's scaffolding does not tell about triggers.");
        await AssertRefusedAsync(
            database => database.RunOnDeleteAsync("logs", "UPDATE countries SET \"Name\" = 'changed'", CancellationToken),
            isReferenced: true,
            $"{Name("logs")}: Trigger \"follow_logs\" fires on delete");
    }

    [Fact]
    public Task Rows_that_block_by_now_are_reported_with_the_foreign_key()
        => AssertRefusedAsync(
            "INSERT INTO outside VALUES (1, 2)",
            $"now skipped: {Name("logs")} (",
            $"1 row of {Name("outside").ToQuotedString()}, which is kept (Unmapped), through foreign key ",
            $"no longer purged: {Name("logs")}");

    [Fact]
    public async Task Rows_that_were_added_to_a_purged_table_change_nothing_but_the_counts()
    {
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext context = Shop.CreateContext(database);
        Purger purger = Engine.Purger();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        await database.ExecuteAsync("INSERT INTO logs VALUES (4, 'four'), (5, NULL); INSERT INTO orders VALUES (4, 1)", CancellationToken);

        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(15, report.RowsDeleted);
        Assert.Equal(5, report.Tables.Single(table => table.Table == Name("logs")).RowsBefore);
        Assert.Equal(5, report.Tables.Single(table => table.Table == Name("logs")).RowsDeleted);
        Assert.Equal(3, plan.Tables.Single(table => table.Table == Name("logs")).Rows);
        await AssertEmptyAsync(database, "countries", "customers", "orders", "logs");
    }

    [Fact]
    public async Task Rows_that_were_added_to_a_kept_table_and_reference_nothing_change_nothing()
    {
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext context = Shop.CreateContext(database);
        Purger purger = Engine.Purger();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        await database.ExecuteAsync("INSERT INTO outside VALUES (1, NULL)", CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, (await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken)).Verdict);
        Assert.Equal(1, await database.CountAsync("outside", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_report_contains_what_was_found_and_not_what_the_given_plan_claims()
    {
        await using TestDatabase database = await CreateAsync();
        await database.ExecuteAsync("INSERT INTO outside VALUES (1, 2)", CancellationToken);
        await using ScenarioContext context = Shop.CreateContext(database);
        Purger purger = Engine.Purger();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgePlan claiming = plan with
        {
            Notes = [PlanNote.Warning(null, "claimed")],
            Skips = [.. plan.Skips.Select(skip => skip with { Explanation = "claimed" })],
        };
        Assert.Equal(plan.Fingerprint, claiming.Fingerprint);

        PurgeReport report = await purger.ExecuteAsync(context, claiming, cancellationToken: CancellationToken);

        Assert.Equal(plan.Skips.Select(skip => skip.Explanation), report.Skips.Select(skip => skip.Explanation));
        Assert.DoesNotContain(report.Notes, note => note.Text.Contains("claimed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_filter_whose_table_was_dropped_refuses_the_run()
    {
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext context = Shop.CreateContext(database);
        Purger purger = Engine.Purger(options => options.Exclude("outside"));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        await database.ExecuteAsync("DROP TABLE outside", CancellationToken);

        await AssertRefusedAsync(database, context, purger, plan, "Exclude(\"outside\") matches no table.");
    }

    [Fact]
    public async Task Other_options_than_the_plan_was_made_with_refuse_the_run()
    {
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext context = Shop.CreateContext(database);
        PurgePlan plan = await Engine.Purger().PlanAsync(context, CancellationToken);

        await AssertRefusedAsync(
            database,
            context,
            Engine.Purger(options => options.Exclude("logs")),
            plan,
            $"now kept: {Name("logs")}",
            $"no longer purged: {Name("logs")}");
        await AssertRefusedAsync(
            database,
            context,
            Engine.Purger(options => options.BestEffort = true),
            plan,
            "the plan's mode is all or nothing, and this purger's is best effort");
    }

    private Task AssertRefusedAsync(string sql, params string[] words)
        => AssertRefusedAsync(database => database.ExecuteAsync(sql, CancellationToken), isReferenced: true, words);

    private async Task<TestDatabase> CreateAsync(bool isReferenced = true)
    {
        TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken);
        string column = isReferenced ? ", \"LogId\" integer NULL REFERENCES logs (\"Id\")" : "";
        await database.ExecuteAsync($"CREATE TABLE outside (\"Id\" integer NOT NULL PRIMARY KEY{column})", CancellationToken);
        return database;
    }

    private async Task AssertRefusedAsync(Func<TestDatabase, Task> change, bool isReferenced, params string[] words)
    {
        await using TestDatabase database = await CreateAsync(isReferenced);
        await using ScenarioContext context = Shop.CreateContext(database);
        Purger purger = Engine.Purger();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        await change(database);
        await AssertRefusedAsync(database, context, purger, plan, words);
    }

    private static async Task AssertRefusedAsync(
        TestDatabase database,
        ScenarioContext context,
        Purger purger,
        PurgePlan plan,
        params string[] words)
    {
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Equal(0, exception.Report!.RowsDeleted);
        Assert.StartsWith("Refused, nothing was written to ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Make a new plan with PlanAsync", exception.Message, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }
}

public sealed class SqliteChangedSincePlanConformance() : ChangedSincePlanConformance(Engine.Sqlite);

public sealed class PostgreSqlChangedSincePlanConformance() : ChangedSincePlanConformance(Engine.PostgreSql);

public sealed class AnsiChangedSincePlanConformance() : ChangedSincePlanConformance(Engine.Ansi);

public sealed class MariaDbChangedSincePlanConformance() : ChangedSincePlanConformance(Engine.MariaDb);
