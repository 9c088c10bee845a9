using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Schema;

/// <summary>
/// A provider without a dialect and without scaffolding, whose driver lists tables with their schemas, and foreign keys by name alone;
/// and whose engine refuses all that comes after an error in a transaction.
/// </summary>
public sealed class ProbedPostgreSqlTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_plan_is_as_approved()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await Shop.CreateAsync(database, CancellationToken, ("logs", ""));
        await database.ExecuteAsync("""CREATE TABLE audits (id integer PRIMARY KEY, country integer CONSTRAINT audits_country REFERENCES countries ("Id"))""", CancellationToken);
        await using ScenarioContext context = UnknownProvider.CreateContext(database, Shop.BuildModel);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Snapshot.Match("probed.postgresql.plan", Scrubber.Scrub(plan.ToString(), plan.Database));
    }

    [Fact]
    public async Task A_shop_is_purged_and_tables_are_named_with_the_schema_that_they_are_in()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await Shop.CreateAsync(database, CancellationToken, ("logs", ""));

        PurgeReport report = await PurgeAsync(database, Shop.BuildModel);

        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        Assert.Equal("Table \"public\".\"logs\" does not exist in the database.", Assert.Single(report.Skips).Explanation);
        Assert.Equal(9, report.RowsDeleted);
        Assert.Equal(
            ["public.countries", "public.customers", "public.orders"],
            report.Tables.Select(table => table.Table.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_table_of_another_schema_is_never_taken_for_one_that_the_model_does_not_qualify()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await Shop.CreateAsync(database, CancellationToken, ("logs", ""));
        await database.ExecuteAsync(
            "CREATE SCHEMA archive; CREATE TABLE archive.logs AS SELECT 1 AS \"Id\"; CREATE TABLE archive.orders AS SELECT 1 AS \"Id\", "
                + "1 AS \"CustomerId\"",
            CancellationToken);

        PurgeReport report = await PurgeAsync(database, Shop.BuildModel);

        Assert.Equal(PlanReason.TableMissing, Assert.Single(report.Skips).Reason);
        Assert.Equal(1, await database.CountAsync("logs", "archive", CancellationToken));
        Assert.Equal(1, await database.CountAsync("orders", "archive", CancellationToken));
        Assert.Equal(0, await database.CountAsync("orders", "public", CancellationToken));
    }

    [Fact]
    public async Task A_missing_schema_is_distinguished_from_a_missing_table()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE SCHEMA shop; CREATE TABLE shop.countries (\"Id\" integer PRIMARY KEY, \"Name\" text)",
            CancellationToken);

        PurgeReport report = await PurgeAsync(database, model =>
        {
            model.Entity<Country>().ToTable("countries", "shop");
            model.Entity<Log>().ToTable("logs", "nowhere");
            model.Entity<Customer>().ToTable("customers", "shop");
        });

        Assert.Equal([PlanReason.SchemaMissing, PlanReason.TableMissing], report.Skips.Select(skip => skip.Reason));
        Assert.Equal("shop.countries", Assert.Single(report.Tables).Table.ToString());
    }

    [Fact]
    public async Task A_view_under_the_name_of_a_table_is_skipped()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await Shop.CreateAsync(database, CancellationToken, ("logs", "CREATE VIEW logs AS SELECT 1 AS \"Id\", 'x' AS \"Text\";"));

        PurgeReport report = await PurgeAsync(database, Shop.BuildModel);

        Assert.Equal(PlanReason.NotATable, Assert.Single(report.Skips).Reason);
    }

    [Fact]
    public async Task A_cascade_that_nobody_knew_of_is_noticed_and_rolled_back()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await Shop.CreateAsync(database, CancellationToken);
        await database.ExecuteAsync("""CREATE TABLE audits (id integer PRIMARY KEY, log integer REFERENCES logs ("Id") ON DELETE CASCADE); INSERT INTO audits VALUES (1, 1)""", CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException failure = await Assert.ThrowsAsync<PurgeException>(() => PurgeAsync(database, Shop.BuildModel));

        Assert.Equal(PurgeVerdict.Failed, failure.Report!.Verdict);
        Assert.Contains("content of kept table public.audits", failure.Report!.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_table_that_the_role_may_not_read_is_an_error_that_names_it()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await Shop.CreateAsync(database, CancellationToken);
        (string role, string connectionString) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"GRANT SELECT, DELETE ON countries, customers, orders TO \"{role}\"; GRANT DELETE ON logs TO \"{role}\"",
            CancellationToken);
        await using ScenarioContext context = UnknownProvider.CreateContext(database, Shop.BuildModel, connectionString: connectionString);

        PurgeException failure = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, CancellationToken));

        Assert.StartsWith("Table \"logs\" cannot be read: 42501", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Types_that_differ_are_reported_with_the_names_of_the_driver()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await Shop.CreateAsync(
            database,
            CancellationToken,
            ("customers", Shop.Customers(id: "\"Id\" bigint NOT NULL PRIMARY KEY", email: "\"Email\" varchar(40) NULL")));

        PlanTable skip = Assert.Single((await PurgeAsync(database, Shop.BuildModel)).Skips, skip => skip.Table.Name == "customers");

        Assert.Equal(PlanReason.KeyTypeDiffers, skip.Reason);
        Assert.Contains("key column \"Id\": expected integer, found bigint", skip.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resetter_works_through_it()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await Shop.CreateAsync(database, CancellationToken);
        await using ScenarioContext context = UnknownProvider.CreateContext(database, Shop.BuildModel);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options => options.AllowDatabase(database.Name),
            CancellationToken);

        LeakReport report = await resetter.ResetAsync(CancellationToken);

        Assert.Equal(12, report.Tables.Sum(table => table.RowsBefore));
        Assert.Equal(0, await database.CountAsync("customers", cancellationToken: CancellationToken));
    }

    private static async Task<PurgeReport> PurgeAsync(TestDatabase database, Action<ModelBuilder> model)
    {
        await using ScenarioContext context = UnknownProvider.CreateContext(database, model);
        var purger = new Purger();
        return await purger.ExecuteAsync(context, await purger.PlanAsync(context, CancellationToken), cancellationToken: CancellationToken);
    }
}
