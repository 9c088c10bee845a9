using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Some rows of one table are planned, scripted, deleted, verified and reported, and its other rows stay.</summary>
public abstract class RowFilterConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string Awkward = "it's \"@p1\"";

    [Fact]
    public async Task Only_the_selected_rows_are_deleted_and_the_report_counts_both()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = new(database, BuildShop);
        await CreateAsync(context, database);
        Purger purger = Filtered("Order", "Status", Awkward);

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        plan = PurgePlan.FromJson(plan.ToJson());
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        PlanTable planned = plan.Tables.Single(table => table.Table.Name == "Order");
        Assert.Equal((2, 1), (planned.Rows, planned.RowSet!.Parameters.Count));
        TableReport orders = report.Tables.Single(table => table.Table.Name == "Order");
        Assert.Equal((2, 2, 0, 3), (orders.RowsBefore, orders.RowsDeleted, orders.RowsAfter, orders.RowsKept));
        Assert.Equal(planned.RowSet.Filter, orders.RowSet!.Filter);
        Assert.Contains(
            report.Verifications,
            verification => verification.Name.EndsWith("that were not to be "
                + "deleted", StringComparison.Ordinal) && verification is { Expected: "3", Actual: "3" });
        Assert.Equal(
            (3, 0),
            (await database.CountAsync("Order", cancellationToken: CancellationToken), await database.CountAsync("Line", cancellationToken: CancellationToken)));
        Assert.Equal(report.ToJson(), PurgeReport.FromJson(report.ToJson()).ToJson());
        Assert.Contains("Only the rows are deleted for which", report.ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_value_is_a_parameter_of_the_plan_and_a_literal_of_the_script()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = new(database, BuildShop);
        await CreateAsync(context, database);

        PurgePlan plan = await Filtered("Order", "Status", Awkward).PlanAsync(context, CancellationToken);

        PlanStep step = plan.Steps.Single(step => step.Kind == PlanStepKind.Delete && step.Tables[0].Name == "Order");
        Assert.Equal([PlanParameter.Of(Awkward)], step.Parameters);
        Assert.Contains("@p0", step.Sql, StringComparison.Ordinal);
        Assert.Contains("= 'it''s \"@p1\"'", plan.ToSqlScript(), StringComparison.Ordinal);
        Assert.DoesNotContain("@p0", plan.ToSqlScript(), StringComparison.Ordinal);
        Assert.NotEqual(plan.Fingerprint, (await Filtered("Order", "Status", "other").PlanAsync(context, CancellationToken)).Fingerprint);
    }

    [Fact]
    public async Task Rows_without_a_value_can_be_selected()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = new(database, BuildShop);
        await CreateAsync(context, database);

        PurgeReport report = await RunAsync(context, "Order", "Status", value: null);

        Assert.Equal(
            (1, 4),
            (report.Tables.Single(table => table.Table.Name == "Order").RowsDeleted, await database.CountAsync("Order", cancellationToken: CancellationToken)));
    }

    [Fact]
    public async Task A_number_is_sent_as_a_number()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = new(database, BuildShop);
        await CreateAsync(context, database);

        PurgeReport report = await RunAsync(context, "Order", "Id", 4);

        Assert.Equal(1, report.Tables.Single(table => table.Table.Name == "Order").RowsDeleted);
        Assert.Equal(4, await database.CountAsync("Order", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_table_that_the_other_rows_reference_is_blocked()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = new(database, BuildShop);
        await CreateAsync(context, database);

        PurgeReport report = await RunAsync(context, "Order", "Status", Awkward);

        PlanTable customers = Assert.Single(report.Skips);
        Assert.Equal(("Customer", PlanReason.Blocked), (customers.Table.Name, customers.Reason));
        Assert.Contains("which is purged in part", customers.Explanation, StringComparison.Ordinal);
        Assert.Equal(2, await database.CountAsync("Customer", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Rows_that_kept_rows_reference_stay()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = new(database, BuildShop);
        await CreateAsync(context, database);
        PurgePlan plan = await Filtered(
            "Order",
            "Status",
            Awkward,
            options => options.Exclude("Line")).PlanAsync(context, CancellationToken);

        Assert.Equal(["Customer", "Order"], plan.Skips.Select(skip => skip.Table.Name).Order());
        Assert.Equal(5, await database.CountAsync("Order", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_column_that_is_not_there_makes_no_plan()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = new(database, BuildShop);
        await CreateAsync(context, database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => Filtered("Order", "State", "x").PlanAsync(context, CancellationToken));

        Assert.Contains("has no column \"State\"", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_selections_of_one_table_make_no_plan()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = new(database, BuildShop);
        await CreateAsync(context, database);
        Purger purger = Filtered(
            "Order",
            "Status",
            Awkward,
            options => options.RowFilters.Add(new RowFilter(Name("Order"), "CustomerId", 1)));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => purger.PlanAsync(context, CancellationToken));

        Assert.Contains("are selected more than once", exception.Message, StringComparison.Ordinal);
    }

    private Purger Filtered(string table, string column, object? value, Action<PurgeOptions>? configure = null)
        => Engine.Purger(options =>
        {
            configure?.Invoke(options);
            options.RowFilters.Add(new RowFilter(Name(table), column, value));
        });

    private async Task<PurgeReport> RunAsync(ScenarioContext context, string table, string column, object? value)
    {
        Purger purger = Filtered(table, column, value);
        return await purger.ExecuteAsync(context, await purger.PlanAsync(context, CancellationToken), cancellationToken: CancellationToken);
    }

    private static void BuildShop(ModelBuilder model)
    {
        Entity(model, "Customer", "Id");
        Entity(model, "Order", "Id,CustomerId");
        model.Entity("Order").Property<string>("Status").HasMaxLength(40).IsRequired(false);
        Entity(model, "Line", "Id,OrderId");
        model.Entity("Order").HasOne("Customer").WithMany().HasForeignKey("CustomerId").OnDelete(DeleteBehavior.Cascade);
        model.Entity("Line").HasOne("Order").WithMany().HasForeignKey("OrderId").OnDelete(DeleteBehavior.Cascade);
    }

    private static void Entity(ModelBuilder model, string name, string columns)
        => model.SharedTypeEntity<Dictionary<string, object>>(name, entity =>
        {
            entity.ToTable(name);
            foreach (string column in columns.Split(','))
            {
                entity.IndexerProperty<int>(column).ValueGeneratedNever();
            }

            entity.HasKey("Id");
        });

    private static async Task CreateAsync(ScenarioContext context, TestDatabase database)
    {
        await context.CreateTablesAsync(CancellationToken);
        await database.ExecuteAsync(
            """
            INSERT INTO "Customer" ("Id") VALUES (1), (2);
            INSERT INTO "Order" ("Id", "CustomerId", "Status") VALUES (1, 1, 'it''s "@p1"'), (2, 1, 'open'), (3, 2, 'it''s "@p1"'), (4, 2, 'open'), (5, 2, NULL);
            INSERT INTO "Line" ("Id", "OrderId") VALUES (1, 1), (2, 2), (3, 3);
            """,
            CancellationToken);
    }
}

public sealed class SqliteRowFilterConformance() : RowFilterConformance(Engine.Sqlite);

public sealed class PostgreSqlRowFilterConformance() : RowFilterConformance(Engine.PostgreSql);

public sealed class AnsiRowFilterConformance() : RowFilterConformance(Engine.Ansi);

public sealed class MariaDbRowFilterConformance() : RowFilterConformance(Engine.MariaDb);
