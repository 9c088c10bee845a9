using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Extensibility;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>Row security counts where it applies to the role, and rights that reach some columns only are no rights.</summary>
public sealed class PostgreSqlRowSecurityTests
{
    private const string Policy = "ALTER TABLE child ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON child USING (\"Id\" < 3);";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ALTER TABLE child OWNER TO {0}; ALTER TABLE parent OWNER TO {0};", false)]
    [InlineData("ALTER ROLE {0} BYPASSRLS; ALTER TABLE child FORCE ROW LEVEL SECURITY;", false)]
    [InlineData("ALTER ROLE {0} SUPERUSER; ALTER TABLE child FORCE ROW LEVEL SECURITY;", false)]
    [InlineData("ALTER TABLE child OWNER TO {0}; ALTER TABLE parent OWNER TO {0}; ALTER TABLE child FORCE ROW LEVEL SECURITY;", true)]
    public async Task Row_security_hides_rows_from_the_owner_only_when_it_is_forced_and_from_no_role_that_bypasses_it(
        string rights,
        bool hides)
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"GRANT SELECT, DELETE ON child, parent TO {role};" + Policy + rights.Replace("{0}", role, StringComparison.Ordinal),
            CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login);
        Purger purger = new(options => options.Exclude("parent").AllowUnverified = true);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        PurgeVerdict verdict;
        try
        {
            verdict = (await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken)).Verdict;
        }
        catch (PurgeException e)
        {
            verdict = e.Report!.Verdict;
        }

        Assert.Equal(hides, plan.Notes.Any(note => note.Text.Contains("Row security", StringComparison.Ordinal)));
        Assert.Equal(hides ? PurgeVerdict.Partial : PurgeVerdict.Complete, verdict);
        Assert.Equal(hides ? 1 : 0, await database.CountAsync("child", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData("ON child USING (false)")]
    [InlineData("ON child USING (\"Id\" < 3)")]
    public async Task A_row_count_that_row_security_may_have_cut_is_not_run(string policy)
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"GRANT SELECT ON child, parent TO {role}; ALTER TABLE child ENABLE ROW LEVEL SECURITY; CREATE POLICY p {policy}",
            CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login);
        await context.Database.OpenConnectionAsync(CancellationToken);

        CheckReport hidden = await new RowCountCheck("child").RunAsync(After.Purge(context), CancellationToken);
        CheckReport open = await new RowCountCheck("parent", expected: 3).RunAsync(After.Purge(context), CancellationToken);

        Assert.Equal((Outcome.NotRun, Outcome.Passed), (hidden.Outcome, open.Outcome));
        Assert.Contains("ow security", hidden.Actual.Replace('-', ' '), StringComparison.Ordinal);
        Assert.Equal(
            "on",
            (await context.Database.SqlQueryRaw<string>("SELECT current_setting('row_security') AS "
                + "\"Value\"").ToListAsync(CancellationToken))[0]);
    }

    [Theory]
    [InlineData("GRANT DELETE ON child TO {0}; GRANT SELECT (\"Id\") ON child TO {0}", "no SELECT right")]
    [InlineData("GRANT DELETE ON child TO {0}", "no SELECT right")]
    [InlineData("GRANT SELECT ON child TO {0}", "no DELETE right")]
    [InlineData("REVOKE ALL ON child FROM {0}", "no DELETE and SELECT right")]
    public async Task A_table_that_the_role_may_not_read_and_delete_whole_is_skipped(string rights, string named)
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"GRANT SELECT, DELETE ON parent TO {role};" + rights.Replace("{0}", role, StringComparison.Ordinal),
            CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        PlanTable child = report.Skips.Single(skip => skip.Table.Name == "child");
        Assert.Equal(PlanReason.PrivilegeMissing, child.Reason);
        Assert.Contains(named, child.Explanation, StringComparison.Ordinal);
        Assert.Equal(PlanReason.Blocked, report.Skips.Single(skip => skip.Table.Name == "parent").Reason);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_dependent_that_the_role_may_not_delete_from_still_blocks()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"CREATE TABLE u (n int REFERENCES child ON DELETE CASCADE); INSERT INTO u VALUES (1); GRANT SELECT, DELETE ON child, parent "
                + $"TO {role}; GRANT SELECT ON u TO {role}",
            CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login);

        PurgePlan plan = await new Purger(options => options.OnBlocked = OnBlocked.IncludeDependents).PlanAsync(context, CancellationToken);

        Assert.Empty(plan.Tables);
        Assert.Equal(["child", "parent"], plan.Skips.Select(skip => skip.Table.Name));
        Assert.Equal(PlanReason.Unmapped, Assert.Single(plan.Kept).Reason);
    }

    [Fact]
    public async Task A_table_of_an_extension_that_blocks_is_not_included()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE owned (n int REFERENCES parent); INSERT INTO owned VALUES (1); CREATE EXTENSION pg_stat_statements; ALTER "
                + "EXTENSION pg_stat_statements ADD TABLE owned",
            CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgePlan plan = await new Purger(options => options.OnBlocked = OnBlocked.IncludeDependents).PlanAsync(context, CancellationToken);

        Assert.Equal(["child"], plan.Tables.Select(table => table.Table.Name));
        Assert.Equal("parent", Assert.Single(plan.Skips).Table.Name);
    }
}
