using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Composite and overlapping foreign keys, and foreign keys to an alternate key.</summary>
public abstract class CompositeKeyConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task Composite_keys_that_share_a_column_are_respected()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = new(database, BuildShop);
        await CreateAsync(context, database);
        Purger purger = Engine.Purger();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(
            ["Line 4", "Order 2", "Product 2", "Session 3", "Tenant 1", "User 2"],
            report.Tables.Select(table => $"{table.Table.Name} {table.RowsDeleted}").Order());
        Assert.Equal(14, report.RowsDeleted);
        Assert.True(Level("Session") < Level("User"), "The key to the alternate key of User counts.");
        Assert.True(Level("Line") < Level("Product"));
        Assert.True(Level("Order") < Level("Tenant"));
        int Level(string table) => plan.Tables.Single(planned => planned.Table.Name == table).Level;
    }

    [Fact]
    public async Task A_cycle_of_composite_keys_that_share_a_column_is_broken_at_the_column_that_accepts_null()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = new(database, BuildShop);
        await CreateAsync(context, database);

        PurgePlan plan = await Engine.Purger().PlanAsync(context, CancellationToken);

        // The order's last line is (TenantId, LastLine), and only LastLine accepts NULL.
        PlanCycle cycle = Assert.Single(plan.Cycles);
        Assert.Equal(["Line", "Order"], cycle.Tables.Select(table => table.Name));
        Assert.Equal(
            ["TenantId,LastLine", "TenantId,OrderId"],
            cycle.ForeignKeys.Select(key => string.Join(",", key.DependentColumns)).Order());
        Assert.Equal(["LastLine"], cycle.ForeignKeys.SelectMany(key => key.NullableColumns));
        if (!Engine.BreaksNotNullCycles)
        {
            PlanStep step = Assert.Single(plan.Steps, step => step.Kind == PlanStepKind.SetNull);
            Assert.Equal("UPDATE \"Order\" SET \"LastLine\" = NULL WHERE \"LastLine\" IS NOT NULL", step.Sql.Replace('`', '"'));
        }
    }

    [Fact]
    public async Task Rows_behind_a_composite_key_with_a_null_in_it_block_nothing()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = new(database, BuildShop);
        await CreateAsync(context, database);
        await database.ExecuteAsync("UPDATE \"Order\" SET \"LastLine\" = NULL", CancellationToken);

        PurgeReport report = await PurgeAsync(context, options => options.Exclude("Order").Exclude("Tenant"));

        Assert.Equal(["Line", "Product", "Session", "User"], report.Tables.Select(table => table.Table.Name).Order());
        Assert.Equal(2, await database.CountAsync("Order", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Rows_behind_a_key_to_an_alternate_key_block_its_table()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = new(database, BuildShop);
        await CreateAsync(context, database);

        PurgeReport report = await PurgeAsync(context, options => options.Exclude("Session"));

        PlanTable skip = Assert.Single(report.Skips);
        Assert.Equal("User", skip.Table.Name);
        Assert.Contains("\"Session\", which is kept (Excluded)", skip.Explanation, StringComparison.Ordinal);
        Assert.Equal(2, await database.CountAsync("User", cancellationToken: CancellationToken));
    }

    internal static void BuildShop(ModelBuilder model)
    {
        Entity(model, "Tenant", "Id", key: ["Id"]);
        Entity(model, "Product", "TenantId,Id", key: ["TenantId", "Id"]);
        Entity(model, "Order", "TenantId,Id,LastLine?", key: ["TenantId", "Id"]);
        Entity(model, "Line", "TenantId,Id,OrderId,ProductId", key: ["TenantId", "Id"]);
        Entity(model, "User", "Id,Email", key: ["Id"]);
        Entity(model, "Session", "Id,UserEmail", key: ["Id"]);

        Key(model, "Product", ["TenantId"], "Tenant", ["Id"]);
        Key(model, "Order", ["TenantId"], "Tenant", ["Id"]);
        Key(model, "Order", ["TenantId", "LastLine"], "Line", ["TenantId", "Id"]);
        Key(model, "Line", ["TenantId", "OrderId"], "Order", ["TenantId", "Id"]);
        Key(model, "Line", ["TenantId", "ProductId"], "Product", ["TenantId", "Id"]);
        Key(model, "Session", ["UserEmail"], "User", ["Email"]);
    }

    private static void Entity(ModelBuilder model, string name, string columns, string[] key)
        => model.SharedTypeEntity<Dictionary<string, object>>(name, entity =>
        {
            entity.ToTable(name);
            foreach (string column in columns.Split(','))
            {
                entity.IndexerProperty(column.EndsWith('?') ? typeof(int?) : typeof(int), column.TrimEnd('?')).ValueGeneratedNever();
            }

            entity.HasKey(key);
        });

    private static void Key(ModelBuilder model, string dependent, string[] columns, string principal, string[] principalColumns)
        => model.Entity(dependent)
            .HasOne(principal)
            .WithMany()
            .HasForeignKey(columns)
            .HasPrincipalKey(principalColumns)
            .OnDelete(DeleteBehavior.ClientNoAction);

    private static async Task CreateAsync(ScenarioContext context, TestDatabase database)
    {
        await context.CreateTablesAsync(CancellationToken);
        await database.ExecuteUncheckedAsync(
            """
            INSERT INTO "Tenant" ("Id") VALUES (1);
            INSERT INTO "Product" ("TenantId", "Id") VALUES (1, 1), (1, 2);
            INSERT INTO "Order" ("TenantId", "Id", "LastLine") VALUES (1, 1, 2), (1, 2, 4);
            INSERT INTO "Line" ("TenantId", "Id", "OrderId", "ProductId") VALUES (1, 1, 1, 1), (1, 2, 1, 2), (1, 3, 2, 1), (1, 4, 2, 2);
            INSERT INTO "User" ("Id", "Email") VALUES (1, 11), (2, 12);
            INSERT INTO "Session" ("Id", "UserEmail") VALUES (1, 11), (2, 11), (3, 12);
            """,
            CancellationToken);
    }
}

public sealed class SqliteCompositeKeyConformance() : CompositeKeyConformance(Engine.Sqlite);

public sealed class PostgreSqlCompositeKeyConformance() : CompositeKeyConformance(Engine.PostgreSql);

public sealed class AnsiCompositeKeyConformance() : CompositeKeyConformance(Engine.Ansi);

public sealed class MariaDbCompositeKeyConformance() : CompositeKeyConformance(Engine.MariaDb);
