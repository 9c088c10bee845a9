using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>What a role may not do or see is said before the run, and never called clean after it.</summary>
public sealed class PostgreSqlRightsTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_table_without_the_delete_right_is_skipped_when_the_plan_is_made_and_its_rows_block_what_they_point_at()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT ON child, parent TO {role}; GRANT DELETE ON parent TO {role}", CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.NothingMatched, report.Verdict);
        PlanTable child = report.Skips.Single(skip => skip.Table.Name == "child");
        Assert.Equal(PlanReason.PrivilegeMissing, child.Reason);
        Assert.Contains("no DELETE right on \"public\".\"child\"", child.Explanation, StringComparison.Ordinal);
        Assert.Equal(PlanReason.Blocked, report.Skips.Single(skip => skip.Table.Name == "parent").Reason);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_read_only_role_gets_a_plan_that_purges_nothing()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT ON child, parent TO {role}", CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Assert.Empty(plan.Tables);
        Assert.All(plan.Skips, skip => Assert.Equal(PlanReason.PrivilegeMissing, skip.Reason));
        Assert.Contains("Nothing to do", plan.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_skipped_table_that_cannot_be_counted_has_the_reason()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        GraphScenario graph = GraphScenario.Parse("large, hidden, unread, elsewhere, counted, purged");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            string.Concat("large hidden unread counted".Split(' ').Select(table => $"ALTER TABLE {table} RENAME \"Id\" TO other;"))
                + "UPDATE pg_catalog.pg_class SET reltuples = 1000001, relpages = 1 WHERE relname = 'large';"
                + "ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;"
                + "DROP TABLE elsewhere; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER gone FOREIGN DATA WRAPPER w;"
                + "CREATE FOREIGN TABLE elsewhere (other int) SERVER gone;"
                + $"GRANT SELECT, DELETE ON large, hidden, elsewhere, counted, purged TO {role}",
            CancellationToken);
        await using var context = new ScenarioContext(null, graph.BuildModel, options => options.UseNpgsql(login));

        PurgeReport report = await context.PurgeAsync(
            options => options.Include("*").Include("elsewhere"),
            cancellationToken: CancellationToken);

        Assert.Equal(
            [
                ("counted", 3L, null),
                ("elsewhere", null, "its rows are on another server"),
                ("hidden", null, "row security may hide rows from the role"),
                ("large", null, "the server estimates 1000001 rows, which is too many to count"),
                ("unread", null, "the role may not read the table"),
            ],
            report.Skips
                .OrderBy(skip => skip.Table.Name, StringComparer.Ordinal)
                .Select(skip => (skip.Table.Name, skip.Rows, skip.NotCounted)));
        Assert.Equal(3, report.RowsLeft);
    }

    [Fact]
    public async Task Rows_of_a_kept_table_that_this_role_may_not_read_block_what_they_may_point_at()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT, DELETE ON parent TO {role}", CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login);

        PurgePlan plan = await new Purger(options => options.Exclude("child")).PlanAsync(context, CancellationToken);

        PlanTable parent = Assert.Single(plan.Skips);
        Assert.Equal(PlanReason.Blocked, parent.Reason);
        Assert.Contains("rows that this role may not see", parent.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_whose_row_security_hides_rows_is_unknown_and_the_verdict_is_not_complete()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"GRANT SELECT, DELETE ON child, parent TO {role}; ALTER TABLE child ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON child "
                + $"USING (\"Id\" < 3)",
            CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login);
        Purger purger = new(options => options.Exclude("parent").AllowUnverified = true);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        Assert.Contains(
            plan.Notes,
            note => note.Grade == LogLevel.Warning && note.Table?.Name == "child" && note.Text.Contains("Row security", StringComparison.Ordinal));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Partial, exception.Report!.Verdict);
        Assert.Contains(
            exception.Report!.Verifications,
            verification => verification.Outcome == Outcome.Unknown && verification.Name.Contains("child", StringComparison.Ordinal));
        Assert.StartsWith(
            "Rows may be left in \"public\".\"child\", where this role may not see all rows. ",
            exception.Report!.Summary,
            StringComparison.Ordinal);
        Assert.Contains("not all of the result could be verified", exception.Report!.Summary, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync("child", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData("GRANT SELECT ON other TO {0}; ALTER TABLE other ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON other USING (n < 3)")]
    [InlineData("REVOKE ALL ON other FROM {0}")]
    public async Task A_kept_table_that_the_role_does_not_see_whole_is_verified_by_the_servers_count_of_writes(string rights)
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE other (n int); CREATE TABLE switch (n int); INSERT INTO other VALUES (1), (2), (3);"
                + "CREATE FUNCTION hidden() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN IF EXISTS (SELECT FROM switch) "
                + "THEN UPDATE other SET n = n; END IF; RETURN NULL; END $$;"
                + "CREATE TRIGGER hidden AFTER DELETE ON child FOR EACH STATEMENT EXECUTE FUNCTION hidden();"
                + $"GRANT SELECT, DELETE ON child, parent TO {role};" + rights.Replace("{0}", role, StringComparison.Ordinal),
            CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login);
        await database.ExecuteAsync("INSERT INTO switch VALUES (1)", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains(
            "rows changed in kept table public.other: expected 0, found 3 updated",
            exception.Message,
            StringComparison.Ordinal);
        await database.ExecuteAsync("DELETE FROM switch", CancellationToken);
        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Contains(
            report.Verifications,
            verification => verification is { Name: "rows changed in kept table public.other", Outcome: Outcome.Passed });
    }

    [Theory]
    [InlineData("GRANT SELECT ON other TO {0}; ALTER TABLE other ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON other USING (n < 3)")]
    [InlineData("REVOKE ALL ON other FROM {0}")]
    public async Task A_kept_table_that_a_trigger_could_have_changed_and_the_role_does_not_see_whole_is_unknown_where_writes_are_not_counted(string rights)
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE other (n int); CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; "
                + "CREATE TRIGGER quiet AFTER DELETE ON child FOR EACH ROW EXECUTE FUNCTION quiet();"
                + $"GRANT SELECT, DELETE ON child, parent TO {role}; ALTER DATABASE \"{database.Name}\" SET track_counts = off;"
                    + rights.Replace("{0}", role, StringComparison.Ordinal),
            CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(options => options.AllowUnverified = true, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Partial, exception.Report!.Verdict);
        Assert.Contains(
            exception.Report!.Verifications,
            verification => verification is { Name: "rows of kept table public.other", Outcome: Outcome.Unknown });
    }

    [Fact]
    public async Task Hidden_rows_that_a_cascade_would_take_block_the_table_they_point_at()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"GRANT SELECT, DELETE ON child, parent TO {role}; ALTER TABLE child ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON child "
                + $"USING (false)",
            CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login);

        PurgePlan plan = await new Purger(options => options.Exclude("child")).PlanAsync(context, CancellationToken);

        Assert.Equal(PlanReason.Blocked, Assert.Single(plan.Skips).Reason);
    }
}
