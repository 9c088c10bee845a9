using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// Triggers and rules as only PostgreSQL has them: whatever they do, the result is clean and true, or the run fails and names them.
/// </summary>
public sealed class PostgreSqlTriggerTests
{
    private const string Other = "CREATE TABLE other (n integer, txt text); INSERT INTO other VALUES (1, 'x'), (2, 'y');";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("DO ALSO INSERT INTO audit VALUES (OLD.\"Id\")")]
    [InlineData("WHERE OLD.\"Id\" = 1 DO INSTEAD NOTHING")]
    public async Task A_cycle_with_a_rule_on_delete_is_broken_by_other_means_than_one_statement(string rule)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        GraphScenario graph = GraphScenario.Parse("a->b, b->a?, c->d, d->c, e");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await database.ExecuteAsync(
            $"CREATE TABLE audit (id int); CREATE RULE r AS ON DELETE TO a {rule}; CREATE RULE \"my rule\" AS ON DELETE TO d {rule}",
            CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Assert.Equal(["a", "b", "e"], plan.Tables.Select(table => table.Table.Name).Order(StringComparer.Ordinal));
        Assert.StartsWith("set to NULL first", Assert.Single(plan.Cycles).BrokenBy, StringComparison.Ordinal);
        Assert.Equal(["c", "d"], plan.Skips.Select(skip => skip.Table.Name));
        Assert.All(plan.Skips, skip =>
        {
            Assert.Equal(PlanReason.CycleCannotBeBroken, skip.Reason);
            Assert.Contains(
                "rules on delete keep it from one statement for all (\"my rule\" on public.d)",
                skip.Explanation,
                StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("c->d, d->c?", "")]
    [InlineData("c->d, d->c", "ALTER TABLE d DISABLE RULE r")]
    public async Task A_cycle_with_a_rule_on_delete_is_emptied(string notation, string more)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        GraphScenario graph = GraphScenario.Parse(notation);
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await database.ExecuteAsync("CREATE RULE r AS ON DELETE TO d DO ALSO NOTIFY purged;" + more, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 6), (report.Verdict, report.RowsDeleted));
    }

    [Fact]
    public Task A_trigger_that_swallows_the_delete_fails_the_run()
        => FailsAsync(
            Trigger("BEFORE DELETE ON parent FOR EACH ROW", "RETURN NULL"),
            "rows left in purged table public.parent: expected 0, found 3",
            "\"noisy\" on public.parent");

    [Fact]
    public Task A_trigger_that_swallows_the_delete_of_rows_that_reference_others_fails_the_run()
        => FailsAsync(Trigger("BEFORE DELETE ON child FOR EACH ROW", "RETURN NULL"), "violates foreign key constraint", "\"child\"");

    [Fact]
    public Task A_trigger_that_raises_fails_the_run_with_its_words()
        => FailsAsync(Trigger("BEFORE DELETE ON child FOR EACH ROW", "RAISE EXCEPTION 'children stay'"), "children stay");

    [Fact]
    public Task A_statement_trigger_that_raises_fails_the_run_with_its_words()
        => FailsAsync(Trigger("AFTER DELETE ON child FOR EACH STATEMENT", "RAISE EXCEPTION 'children stay'"), "children stay");

    [Fact]
    public Task A_statement_trigger_that_changes_a_kept_row_fails_the_run()
        => FailsAsync(
            Other + Trigger("AFTER DELETE ON parent FOR EACH STATEMENT", "UPDATE other SET txt = 'changed'; RETURN NULL"),
            "rows changed in kept table public.other: expected 0, found 2 updated",
            "\"noisy\" on public.parent");

    [Fact]
    public Task A_rule_that_does_nothing_instead_fails_the_run()
        => FailsAsync(
            "CREATE RULE noisy AS ON DELETE TO parent DO INSTEAD NOTHING",
            "rows left in purged table public.parent: expected 0, found 3",
            "\"noisy\" on public.parent");

    [Fact]
    public Task A_rule_that_also_updates_a_kept_table_fails_the_run()
        => FailsAsync(
            Other + "CREATE RULE noisy AS ON DELETE TO child DO ALSO UPDATE other SET txt = 'changed' WHERE n = OLD.\"Id\"",
            "rows changed in kept table public.other: expected 0, found 2 updated",
            "\"noisy\" on public.child");

    [Fact]
    public Task A_rule_that_deletes_elsewhere_instead_fails_the_run()
        => FailsAsync(
            Other + "CREATE RULE noisy AS ON DELETE TO parent DO INSTEAD DELETE FROM other WHERE n = OLD.\"Id\"",
            "rows changed in kept table public.other: expected 0, found 2 deleted",
            "\"noisy\" on public.parent");

    [Theory]
    [InlineData("CREATE INDEX came ON other (n)", "index")]
    [InlineData("DROP INDEX there", "index")]
    [InlineData("ALTER TABLE other ADD CONSTRAINT came CHECK (n > 0)", "constraint")]
    [InlineData("ALTER TABLE other DROP CONSTRAINT there", "constraint")]
    [InlineData("ALTER TABLE other DISABLE TRIGGER there", "trigger")]
    [InlineData("ALTER TABLE other ALTER n DROP NOT NULL", "column")]
    [InlineData("ALTER TABLE other ALTER txt SET DEFAULT 'else'", "default")]
    [InlineData("ALTER TABLE other ALTER txt DROP DEFAULT", "default")]
    [InlineData("DROP VIEW seen", "view")]
    [InlineData("CREATE OR REPLACE VIEW seen AS SELECT n FROM other WHERE n > 1", "view")]
    public Task A_trigger_that_changes_what_belongs_to_a_kept_table_fails_the_run(string change, string kind)
        => FailsAsync(
            Other
                + "ALTER TABLE other ALTER n SET NOT NULL; ALTER TABLE other ALTER txt SET DEFAULT 'x'; CREATE VIEW seen AS SELECT n "
                + "FROM other; CREATE INDEX there ON other (txt); ALTER TABLE other ADD CONSTRAINT there CHECK (n < 9); CREATE TRIGGER "
                + "there BEFORE UPDATE ON other FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();"
                + Trigger("AFTER DELETE ON parent FOR EACH STATEMENT", change + "; RETURN NULL"),
            kind + " definitions and states changed: expected 0, found 1");

    [Theory]
    [InlineData("UPDATE other SET txt = 'changed'", "rows changed in kept table public.other: expected 0, found 4 updated")]
    [InlineData("INSERT INTO other VALUES (9, 'new')", "rows changed in kept table public.other: expected 0, found 2 inserted")]
    public async Task A_trigger_of_one_partition_is_a_trigger_of_the_whole_table(string write, string named)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE a (\"Id\" int PRIMARY KEY) PARTITION BY RANGE (\"Id\"); CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (0) TO "
                + "(10); INSERT INTO a VALUES (1), (2);"
            + Other + Trigger("AFTER DELETE ON a1 FOR EACH ROW", write + "; RETURN NULL"),
            CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("a").CreateContext(database);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Contains(
            plan.Notes,
            note => note.Grade == LogLevel.Warning && note.Table?.Name == "a1" && note.Text.Contains("\"noisy\" fires on delete", StringComparison.Ordinal));
        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
        Assert.Contains("\"noisy\" on public.a1", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_table_with_a_trigger_or_a_rule_is_not_truncated()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            Other
                + Trigger("AFTER TRUNCATE ON child FOR EACH STATEMENT", "DELETE FROM other; RETURN NULL")
                + "; CREATE RULE noisy AS ON DELETE TO parent DO ALSO SELECT 1",
            CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        Purger purger = new(options => options.Truncate = true);

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.DoesNotContain(plan.Steps, step => step.Kind == PlanStepKind.Truncate);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(2, await database.CountAsync("other", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_disabled_trigger_does_nothing_and_stays_disabled()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            Trigger("BEFORE DELETE ON child FOR EACH ROW", "RETURN NULL") + "; ALTER TABLE child DISABLE TRIGGER noisy",
            CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(
            "D",
            await database.ScalarAsync<string>("SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'noisy'", CancellationToken));
    }

    private static string Trigger(string when, string body)
        => $"CREATE FUNCTION noisy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; END $$; CREATE TRIGGER noisy {when} EXECUTE "
            + $"FUNCTION noisy()";

    private static async Task FailsAsync(string setUp, params string[] named)
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(setUp, CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.All(named, text => Assert.Contains(text, exception.Message, StringComparison.Ordinal));
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }
}
