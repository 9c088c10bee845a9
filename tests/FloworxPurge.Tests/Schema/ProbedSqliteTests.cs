using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Schema;

/// <summary>
/// A provider without a dialect and without scaffolding, whose driver lists neither tables nor foreign keys: each table of the model is
/// probed.
/// </summary>
public sealed class ProbedSqliteTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_shop_is_purged_and_the_plan_says_what_is_not_known()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken);

        PurgeReport report = await PurgeAsync(database);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(12, report.RowsDeleted);
        Assert.Equal(0, await RowsAsync(database, "countries", "customers", "orders", "logs"));
        Assert.Equal("FloworxPurge.Tests", report.Database!.Provider);
    }

    [Fact]
    public async Task The_plan_is_as_approved()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(
            database,
            CancellationToken,
            ("logs", ""),
            ("customers", Shop.Customers(email: null, more: "\"Mail\" text NULL")));
        await using ScenarioContext context = CreateContext(database);

        PurgePlan plan = await new Purger(options => options.ResetIdentity = true).PlanAsync(context, CancellationToken);

        Snapshot.Match("probed.sqlite.plan", Scrubber.Scrub(plan.ToString(), plan.Database));
    }

    [Fact]
    public async Task A_missing_table_is_skipped_and_named()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken, ("logs", ""));

        PurgeReport report = await PurgeAsync(database);

        PlanTable skip = Assert.Single(report.Skips);
        Assert.Equal(PlanReason.TableMissing, skip.Reason);
        Assert.Equal("Table \"logs\" does not exist in the database.", skip.Explanation);
        Assert.Equal(9, report.RowsDeleted);
    }

    [Fact]
    public async Task A_table_without_a_mapped_column_is_skipped_and_the_new_name_is_reported()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken, ("customers", Shop.Customers(email: null, more: "\"Mail\" text NULL")));

        PurgeReport report = await PurgeAsync(database);

        PlanTable skip = Assert.Single(report.Skips, skip => skip.Table.Name == "customers");
        Assert.Equal(PlanReason.ColumnMissing, skip.Reason);
        Assert.Contains("column \"Email\" (TEXT) is missing", skip.Explanation, StringComparison.Ordinal);
        Assert.Contains("\"Mail\"", skip.Explanation, StringComparison.Ordinal);
        Assert.Equal(3, await RowsAsync(database, "customers"));
    }

    [Fact]
    public async Task A_table_whose_key_has_another_type_is_skipped()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken, ("customers", Shop.Customers(id: "\"Id\" text NOT NULL PRIMARY KEY")));

        PlanTable skip = Assert.Single((await PurgeAsync(database)).Skips, skip => skip.Table.Name == "customers");

        Assert.Equal(PlanReason.KeyTypeDiffers, skip.Reason);
    }

    [Fact]
    public async Task A_column_that_accepts_no_null_although_the_model_says_so_is_a_note()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken, ("customers", Shop.Customers(email: "\"Email\" text NOT NULL")));
        await using ScenarioContext context = CreateContext(database);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Assert.Contains(
            plan.Notes,
            note => note.Table?.Name == "customers" && note.Text.Contains("column \"Email\" does not accept NULL, and does in the model", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lengths_that_the_driver_does_not_tell_are_no_difference()
    {
        await using var database = SqliteTestDatabase.Create();
        await database.ExecuteAsync(
            "CREATE TABLE logs (\"Id\" integer NOT NULL PRIMARY KEY, \"Text\" varchar(40) NULL)",
            CancellationToken);
        await using ScenarioContext context = UnknownProvider.CreateContext(
            database,
            model => model.Entity<Log>().ToTable("logs").Property(log => log.Text).HasColumnType("varchar(20)"));

        PurgePlan plan = await new Purger(options => options.DriftTolerance = DriftTolerance.Strict).PlanAsync(context, CancellationToken);

        Assert.Equal("logs", Assert.Single(plan.Tables).Table.Name);
    }

    [Fact]
    public async Task A_computed_column_that_declares_no_type_is_no_difference()
    {
        await using var database = SqliteTestDatabase.Create();
        await using ScenarioContext context = UnknownProvider.CreateContext(
            database,
            model => model.Entity<Log>().ToTable("logs").Property(log => log.Text).HasComputedColumnSql("\"Id\" || '!'"));
        await context.CreateTablesAsync(CancellationToken);

        PurgePlan plan = await new Purger(options => options.DriftTolerance = DriftTolerance.Strict).PlanAsync(context, CancellationToken);

        Assert.Equal("logs", Assert.Single(plan.Tables).Table.Name);
    }

    [Fact]
    public async Task Two_models_that_spell_a_table_differently_have_one_table_where_case_means_nothing()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken);
        await using ScenarioContext one = UnknownProvider.CreateContext(database, model => model.Entity<Log>().ToTable("logs"));
        await using ScenarioContext other = UnknownProvider.CreateContext(database, model => model.Entity<Log>().ToTable("LOGS"));

        PurgePlan plan = await new Purger(options => options.Dialect = new IgnoresCase()).PlanAsync([one, other], CancellationToken);

        Assert.Single(plan.Tables);
    }

    [Fact]
    public async Task A_kept_row_that_references_through_a_foreign_key_of_the_model_blocks()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken);

        PurgeReport report = await PurgeAsync(database, options => options.Exclude("orders"));

        Assert.Equal(["countries", "customers"], report.Skips.Select(skip => skip.Table.Name));
        Assert.All(report.Skips, skip => Assert.Equal(PlanReason.Blocked, skip.Reason));
        Assert.Equal(9, await RowsAsync(database, "countries", "customers", "orders"));
    }

    [Fact]
    public async Task A_foreign_key_of_an_unmapped_table_makes_the_run_fail_and_everything_is_as_before()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE audits (id integer PRIMARY KEY, log integer REFERENCES logs (\"Id\")); INSERT INTO audits VALUES (1, 1)",
            CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException failure = await Assert.ThrowsAsync<PurgeException>(() => PurgeAsync(database));

        Assert.Equal(PurgeVerdict.Failed, failure.Report!.Verdict);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_hidden_trigger_that_changes_a_kept_table_is_noticed_and_rolled_back()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken);
        await database.ExecuteAsync(
            "CREATE TRIGGER hidden AFTER DELETE ON logs BEGIN UPDATE countries SET \"Name\" = 'gone'; END",
            CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException failure = await Assert.ThrowsAsync<PurgeException>(
            () => PurgeAsync(database, options => options.Exclude("countries").Exclude("customers").Exclude("orders")));

        Assert.Equal(PurgeVerdict.Failed, failure.Report!.Verdict);
        Assert.Contains("content of kept table countries", failure.Report!.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_table_that_cannot_be_read_is_an_error_that_names_it_and_nothing_is_written()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken, ("logs", "CREATE VIEW logs AS SELECT * FROM nowhere;"));
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException failure = await Assert.ThrowsAsync<PurgeException>(() => PurgeAsync(database));

        Assert.StartsWith("Table \"logs\" cannot be read: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("nowhere", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("or set PurgeOptions.Dialect to a dialect with catalog queries.", failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.InnerException);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_probe_that_fails_inside_the_run_leaves_everything_as_before()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken);
        var hook = new CommandHook();
        await using ScenarioContext context = CreateContext(database, hook);
        var purger = new Purger();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        hook.Before = (command, _) =>
        {
            command.CommandText = command.CommandText.Replace(
                "\"logs\" WHERE 1 = 0",
                "\"logs\" WHERE nothing = 0",
                StringComparison.Ordinal);
            return ValueTask.CompletedTask;
        };

        PurgeException failure = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Contains("\"logs\"", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(hook.Texts, CommandHook.Deletes);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task Each_probe_is_seen_by_interceptors_and_runs_in_the_transaction()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken, ("logs", ""));
        var hook = new CommandHook();
        List<bool> inTransaction = [];
        hook.Before = (command, _) =>
        {
            if (command.CommandText.EndsWith("WHERE 1 = 0", StringComparison.Ordinal))
            {
                inTransaction.Add(command.Transaction is not null);
            }

            return ValueTask.CompletedTask;
        };
        await using ScenarioContext context = CreateContext(database, hook);
        var purger = new Purger();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        inTransaction.Clear();

        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        Assert.NotEmpty(inTransaction);
        Assert.All(inTransaction, Assert.True);
        Assert.Contains("SELECT * FROM \"orders\" WHERE 1 = 0", hook.Texts);
    }

    [Fact]
    public async Task A_resetter_works_through_it()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken);
        await using ScenarioContext context = CreateContext(database);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options => options.AllowDatabase("main"),
            CancellationToken);

        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync(
            "INSERT INTO countries VALUES (1, 'at'); INSERT INTO customers VALUES (1, 'a', 40, 1)",
            CancellationToken);
        LeakReport report = await resetter.ResetAsync(CancellationToken);

        Assert.Equal(["countries", "customers"], report.Tables.Select(table => table.Table.Name).Order(StringComparer.Ordinal));
        Assert.Equal(0, await RowsAsync(database, "countries", "customers", "orders", "logs"));
    }

    private sealed class IgnoresCase : AnsiDialect
    {
        public override StringComparer Identifiers => StringComparer.OrdinalIgnoreCase;
    }

    private static ScenarioContext CreateContext(TestDatabase database, CommandHook? hook = null)
        => UnknownProvider.CreateContext(database, Shop.BuildModel, options =>
        {
            if (hook is not null)
            {
                options.AddInterceptors(hook);
            }
        });

    private static async Task<PurgeReport> PurgeAsync(TestDatabase database, Action<PurgeOptions>? configure = null)
    {
        await using ScenarioContext context = CreateContext(database);
        var purger = new Purger(configure ?? (_ => { }));
        return await purger.ExecuteAsync(context, await purger.PlanAsync(context, CancellationToken), cancellationToken: CancellationToken);
    }

    private static async Task<long> RowsAsync(TestDatabase database, params string[] tables)
    {
        long rows = 0;
        foreach (string table in tables)
        {
            rows += await database.CountAsync(table, cancellationToken: CancellationToken);
        }

        return rows;
    }
}
