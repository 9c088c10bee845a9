using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A difference that cannot affect a delete does not stop it, and is reported.</summary>
public abstract class DriftNoteConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public Task A_column_of_another_type_that_is_no_key_is_noted_and_the_table_is_purged()
        => AssertPurgedAndNotedAsync(
            Shop.Customers(age: "\"Age\" text NOT NULL"),
            $"column \"Age\": expected {Engine.IntegerType}, found {Engine.TextType}");

    [Fact]
    public Task A_column_that_the_model_does_not_know_is_noted_and_the_table_is_purged()
        => AssertPurgedAndNotedAsync(
            Shop.Customers(more: "\"Nick\" text NULL"),
            $"column \"Nick\" ({Engine.TextType}) is not in the model");

    [Fact]
    public Task A_column_that_accepts_null_against_the_model_is_noted_and_the_table_is_purged()
        => AssertPurgedAndNotedAsync(Shop.Customers(age: "\"Age\" integer NULL"), "column \"Age\" accepts NULL, and does not in the model");

    [Fact]
    public Task A_column_that_accepts_no_null_against_the_model_is_noted_and_the_table_is_purged()
        => AssertPurgedAndNotedAsync(
            Shop.Customers(email: "\"Email\" text NOT NULL"),
            "column \"Email\" does not accept NULL, and does in the model");

    [Fact]
    public async Task A_foreign_key_that_only_the_model_has_is_noted_and_orders_the_purge()
    {
        PurgePlan plan = await AssertPurgedAndNotedAsync(
            Shop.Customers(country: "\"CountryId\" integer NULL"),
            $"foreign key FK_customers_countries_CountryId: {Name("customers")}(CountryId) -> {Name("countries")}(Id) exists only in the "
                + $"model");

        Assert.True(LevelOf(plan, "customers") < LevelOf(plan, "countries"));
    }

    [Fact]
    public async Task A_foreign_key_that_only_the_database_has_is_noted_and_orders_the_purge()
    {
        // The model says that logs stand alone, and that customers come after orders only.
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, ("logs", """
            CREATE TABLE logs ("Id" integer NOT NULL PRIMARY KEY REFERENCES orders ("Id"), "Text" text NULL);
            INSERT INTO logs VALUES (1, 'one'), (2, 'two'), (3, 'three');
            """));

        PurgePlan plan = await PurgeAllAsync(database);

        Assert.Equal(
            "logs 1, orders 2, customers 3, countries 4",
            string.Join(", ", plan.Tables.Select(table => $"{table.Table.Name} {table.Level}")));
        PlanNote note = Assert.Single(plan.Notes, note => note.Table == Name("logs"));
        Assert.Contains($"{Name("logs")}(Id) -> {Name("orders")}(Id) exists only in the database", note.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cycle_that_only_the_database_has_is_found_broken_and_noted()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken);
        await database.ExecuteAsync(
            """
            ALTER TABLE countries ADD COLUMN "BestOrderId" integer NULL REFERENCES orders ("Id");
            UPDATE countries SET "BestOrderId" = "Id";
            """,
            CancellationToken);

        PurgePlan plan = await PurgeAllAsync(database);

        PlanCycle cycle = Assert.Single(plan.Cycles);
        Assert.Equal([Name("countries"), Name("customers"), Name("orders")], cycle.Tables);
        Assert.Equal(3, cycle.ForeignKeys.Count);
        Assert.Contains(
            plan.Notes,
            note => note.Table == Name("countries") && note.Text.Contains("exists only in the database", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_self_reference_that_only_the_database_has_is_noted_and_the_table_is_purged()
    {
        PurgePlan plan = await AssertPurgedAndNotedAsync(
            Shop.Customers(more: "\"FriendId\" integer NULL REFERENCES customers (\"Id\")"),
            $"{Name("customers")}(FriendId) -> {Name("customers")}(Id) exists only in the database");

        Assert.Equal([Name("customers")], Assert.Single(plan.Cycles).Tables);
    }

    [Fact]
    public async Task An_empty_database_is_nothing_to_do_and_not_an_error()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ScalarAsync<int>("SELECT 1", CancellationToken);
        await using ScenarioContext context = Shop.CreateContext(database);
        Purger purger = Engine.Purger();

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Empty(plan.Tables);
        Assert.Empty(plan.Steps);
        Assert.Contains("Nothing to do: no table is to be purged.", plan.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("all 4 tables to purge are skipped, and the report says why.", report.Summary, StringComparison.Ordinal);
        Assert.All(report.Skips, skip => Assert.Equal(PlanReason.TableMissing, skip.Reason));
        Assert.Equal(PurgeVerdict.NothingMatched, report.Verdict);
    }

    [Fact]
    public async Task Tables_without_rows_are_nothing_to_delete()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = Shop.CreateContext(database);
        await Shop.CreateAsync(database, CancellationToken);
        await PurgeAsync(context);

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.StartsWith("Nothing to delete: all 4 tables of ", report.Summary, StringComparison.Ordinal);
    }

    private static int LevelOf(PurgePlan plan, string table) => plan.Tables.Single(planned => planned.Table.Name == table).Level;

    private async Task<PurgePlan> AssertPurgedAndNotedAsync(string customers, string text)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, ("customers", customers));

        PurgePlan plan = await PurgeAllAsync(database);

        PlanNote note = Assert.Single(plan.Notes, note => note.Text.Contains(text, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(Name("customers"), note.Table);
        Assert.Equal(LogLevel.Information, note.Grade);
        Assert.StartsWith("Differs from the model, which does not stop the purge: ", note.Text, StringComparison.Ordinal);
        return plan;
    }

    /// <summary>Purges everything, asserts that it went well, and gives the plan.</summary>
    private async Task<PurgePlan> PurgeAllAsync(TestDatabase database)
    {
        await using ScenarioContext context = Shop.CreateContext(database);
        Purger purger = Engine.Purger();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(12, report.RowsDeleted);
        Assert.Superset(plan.Notes.ToHashSet(), report.Notes.ToHashSet());
        await AssertEmptyAsync(database, "countries", "customers", "orders", "logs");
        return plan;
    }
}

public sealed class SqliteDriftNoteConformance() : DriftNoteConformance(Engine.Sqlite);

public sealed class PostgreSqlDriftNoteConformance() : DriftNoteConformance(Engine.PostgreSql);

public sealed class AnsiDriftNoteConformance() : DriftNoteConformance(Engine.Ansi);

public sealed class MariaDbDriftNoteConformance() : DriftNoteConformance(Engine.MariaDb);
