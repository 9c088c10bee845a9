using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>What is left to the engine, and what makes a deletion slow, is in the plan.</summary>
public sealed class RowSpeedTests
{
    private const int Large = 30_000;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_that_PostgreSQL_deletes_by_itself_get_no_statement_and_are_counted_and_verified()
    {
        await using RowScenario scenario = await CreateAsync(DeleteBehavior.Cascade, "A 1! 2 B 1>1 2>2 3>1 C 1>1 2>2 3>3 4>3");

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        PlanStep step = Assert.Single(plan.Steps, step => step.Kind == PlanStepKind.Delete);
        Assert.Equal("A", Assert.Single(step.Tables).Name);
        Assert.Contains("\"public\".\"B\", \"public\".\"C\", which the engine deletes", step.Reason, StringComparison.Ordinal);
        Assert.Equal(
            "2 | 2 | 2",
            string.Join(" | ", [await scenario.KeysAsync("A"), await scenario.KeysAsync("B"), await scenario.KeysAsync("C")]));
        Assert.Equal((6, PurgeVerdict.Complete), (report.RowsDeleted, report.Verdict));
        Assert.Equal(3, report.Tables.Single(table => table.Table.Name == "C").RowsDeletedByCascade);
    }

    [Fact]
    public async Task A_table_whose_rows_a_trigger_watches_gets_a_statement()
    {
        await using RowScenario scenario = await CreateAsync(DeleteBehavior.Cascade, "A 1! 2 B 1>1 2>2 C 1>1 2>2");
        await scenario.Database.ExecuteUncheckedAsync(
            """
            CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
            CREATE TRIGGER watch BEFORE DELETE ON "C" FOR EACH ROW EXECUTE FUNCTION watch();
            """,
            CancellationToken);

        (PurgePlan plan, _) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal(3, plan.Steps.Count(step => step.Kind == PlanStepKind.Delete));
        Assert.Equal("2", await scenario.KeysAsync("C"));
    }

    [Fact]
    public async Task A_table_that_could_be_found_another_way_gets_a_statement()
    {
        await using RowScenario scenario = await CreateAsync(DeleteBehavior.Cascade, "A 1! 2 B 1>1 2>2 C 1>1 2>2 3!");

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(
            options => options.Rows<A>(a => a.Marked).Rows<C>(c => c.Marked));

        Assert.Equal(["C", "A"], plan.Steps.Where(step => step.Kind == PlanStepKind.Delete).Select(step => step.Tables[0].Name));
        Assert.Equal(4, report.RowsDeleted);
    }

    [Fact]
    public async Task Keys_of_large_tables_are_looked_up_in_their_index()
    {
        await using RowScenario scenario = await CreateLargeAsync(isIndexed: true);

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Contains(plan.Scope!.Selection, sql => sql.Contains("\"ParentId\" = k.", StringComparison.Ordinal));
        Assert.Equal(Large / 10 * 3, report.RowsDeleted);
        Assert.Equal(
            $"{Large / 10 * 9}",
            await scenario.ValuesAsync("SELECT count(*) FROM \"C\" WHERE \"ParentId\" IN (SELECT \"Id\" FROM \"B\")"));
        Assert.DoesNotContain(plan.Notes, note => note.Text.Contains("no index", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rows_of_large_tables_are_deleted_in_the_order_of_their_keys_and_looked_for_by_them()
    {
        await using RowScenario scenario = await CreateLargeAsync(isIndexed: true);
        Purger purger = Engine.PostgreSql.Purger(options => options.Rows<A>(a => a.Marked));
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        var hook = new CommandHook();
        await using ScenarioContext context = scenario.CreateContext(hook);

        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        List<string> deletes = [.. hook.Texts.Where(CommandHook.Deletes).Where(text => !text.Contains("FROM pg_temp", StringComparison.Ordinal)
            || text.Contains(" USING ", StringComparison.Ordinal))];
        Assert.Equal(3, deletes.Count);
        Assert.All(deletes, text => Assert.Contains(" = ANY (ARRAY[k.", text, StringComparison.Ordinal));
        Assert.Equal((PurgeVerdict.Complete, Large / 10 * 3), (report.Verdict, report.RowsDeleted));
        Assert.All(report.Tables, table => Assert.Null(table.RowsKept));
        Assert.Contains(report.Verifications, check => check.Name is "after the commit: deleted rows of public.A");
    }

    [Fact]
    public async Task A_foreign_key_without_an_index_in_SQLite_is_warned_of_where_it_costs_much()
    {
        await using RowScenario scenario = await CreateAsync(Engine.Sqlite, DeleteBehavior.Restrict, "A 1 B 1>1 2>1 C 1");
        await scenario.Database.ExecuteUncheckedAsync(
            """
            DROP INDEX "IX_C_ParentId";
            INSERT INTO "C" ("Id", "Marked") SELECT n, 0 FROM (
                WITH RECURSIVE s (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM s WHERE n < 2000) SELECT n FROM s);
            INSERT INTO "B" ("Id", "ParentId", "Marked") SELECT n, 1, n > 1400 FROM (
                WITH RECURSIVE s (n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM s WHERE n < 2000) SELECT n FROM s)
            """,
            CancellationToken);

        PurgePlan few = await PlanAsync(options => options.Rows<B>(b => b.Id <= 2));
        PurgePlan many = await PlanAsync(options => options.Rows<B>(b => b.Marked));

        Assert.DoesNotContain(few.Notes, note => note.Text.Contains("no index", StringComparison.Ordinal));
        PlanNote note = Assert.Single(many.Notes, note => note.Text.Contains("no index", StringComparison.Ordinal));
        Assert.Equal(
            "The foreign key of \"ParentId\" to B has no index on its columns: 600 rows of B are deleted, and each of them scans about "
                + "2000 rows of this table, 1200000 in all. Create an index on \"ParentId\" first.",
            note.Text);

        Task<PurgePlan> PlanAsync(Action<PurgeOptions> configure)
            => Engine.Sqlite.Purger(configure).PlanAsync(scenario.Context, CancellationToken);
    }

    [Fact]
    public async Task A_column_that_MariaDB_sets_at_each_change_keeps_its_value_in_a_row_that_loses_a_reference()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine.MariaDb,
            model => Optional<B, A>(model, nameof(Row.ParentId), DeleteBehavior.SetNull),
            "A 1! 2 B 1>1 2>2");
        await scenario.Database.ExecuteAsync(
            "ALTER TABLE `B` ADD `Changed On` datetime NOT NULL DEFAULT '2020-02-03 04:05:06' ON UPDATE current_timestamp()",
            CancellationToken);

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(
            "NULL 2020-02-03 2 2020-02-03",
            await scenario.ValuesAsync(
                "SELECT CONCAT_WS(' ', COALESCE(`ParentId`, 'NULL'), DATE(`Changed On`)) FROM `B` ORDER BY `Id`"));
        Assert.Contains(plan.Steps, step => step.Sql.Contains("`Changed On` = ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_foreign_key_without_an_index_is_warned_of_with_the_rows_that_it_scans()
    {
        await using RowScenario scenario = await CreateLargeAsync(isIndexed: false);

        PurgePlan plan = await Engine.PostgreSql.Purger(options => options.Rows<A>(a => a.Id <= 20))
            .PlanAsync(scenario.Context, CancellationToken);

        PlanNote note = Assert.Single(
            plan.Notes,
            note => note.Table?.Name == "C" && note.Text.Contains("no index", StringComparison.Ordinal));
        Assert.Contains("20 rows of public.B are deleted", note.Text, StringComparison.Ordinal);
        Assert.Contains($"each of them scans about {Large} rows of this table, {20 * Large} in all", note.Text, StringComparison.Ordinal);
    }

    private static Task<RowScenario> CreateAsync(DeleteBehavior behavior, string rows) => CreateAsync(Engine.PostgreSql, behavior, rows);

    private static Task<RowScenario> CreateAsync(Engine engine, DeleteBehavior behavior, string rows)
        => RowScenario.CreateAsync(
            engine,
            model =>
            {
                Required<B, A>(model, nameof(Row.ParentId), behavior);
                Optional<C, B>(model, nameof(Row.ParentId), behavior);
            },
            rows);

    private static async Task<RowScenario> CreateLargeAsync(bool isIndexed)
    {
        RowScenario scenario = await CreateAsync(DeleteBehavior.ClientCascade, "A 1000001 B 1000001>1000001 C 1000001>1000001");
        string fill = string.Concat("ABC".Select(table =>
            $"INSERT INTO \"{table}\" (\"Id\", \"ParentId\", \"Marked\") SELECT n, {(table == 'A' ? "NULL" : "n")}, n % 10 = 0 "
                + $"FROM generate_series(1, {Large}) AS n; DELETE FROM \"{table}\" WHERE \"Id\" > {Large} AND '{table}' = 'C';"));
        await scenario.Database.ExecuteUncheckedAsync(fill, CancellationToken);
        await scenario.Database.ExecuteUncheckedAsync(
            "DELETE FROM \"B\" WHERE \"Id\" > 1000000; DELETE FROM \"A\" WHERE \"Id\" > 1000000;"
                + (isIndexed ? string.Empty : "DROP INDEX \"IX_C_ParentId\";"),
            CancellationToken);
        await scenario.Database.ExecuteUncheckedAsync("ANALYZE", CancellationToken);
        return scenario;
    }
}
