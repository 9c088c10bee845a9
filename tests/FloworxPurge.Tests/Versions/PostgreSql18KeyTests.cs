using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Resetting;

namespace FloworxPurge.Tests.Versions;

/// <summary>
/// Foreign keys of PostgreSQL 18 that the server does not enforce: what is kept still loses nothing, and no key is taken for one that acts.
/// </summary>
public sealed class PostgreSql18KeyTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("NO ACTION")]
    [InlineData("RESTRICT")]
    [InlineData("CASCADE")]
    [InlineData("SET NULL")]
    public async Task Kept_rows_that_reference_through_a_key_that_is_not_enforced_block_the_table(string action)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            $"CREATE TABLE p (\"Id\" int PRIMARY KEY); CREATE TABLE kept (\"Id\" int PRIMARY KEY, p_id int CONSTRAINT k REFERENCES p ON "
                + $"DELETE {action} NOT ENFORCED); INSERT INTO p VALUES (1); INSERT INTO kept VALUES (1, 1)");
        await using ScenarioContext context = GraphScenario.Parse("p").CreateContext(database);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);
        string after = await database.ChecksumAsync(CancellationToken);
        PurgeReport included = await context.PurgeAsync(
            options => options.OnBlocked = OnBlocked.IncludeDependents,
            cancellationToken: CancellationToken);

        PlanTable skip = Assert.Single(report.Skips);
        Assert.Equal(("p", PlanReason.Blocked), (skip.Table.Name, skip.Reason));
        Assert.Contains("not enforced", skip.Explanation, StringComparison.Ordinal);
        Assert.Equal(before, after);
        Assert.Equal((PurgeVerdict.Complete, 2), (included.Verdict, included.RowsDeleted));
    }

    [Fact]
    public async Task A_cascade_that_is_not_enforced_deletes_nothing_and_is_reported_as_what_it_is()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE TABLE p (\"Id\" int PRIMARY KEY); CREATE TABLE d (\"Id\" int PRIMARY KEY, p_id int CONSTRAINT k REFERENCES p ON "
                + "DELETE CASCADE NOT ENFORCED); INSERT INTO p VALUES (1); INSERT INTO d VALUES (1, 1), (2, 99)");
        await using ScenarioContext context = GraphScenario.Parse("p, d").CreateContext(database);
        Purger purger = new();

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(["d", "p"], plan.Tables.Select(table => table.Table.Name));
        Assert.True(Assert.Single(plan.ForeignKeys) is { IsEnforced: true, IsOff: true, IsTrusted: false });
        Assert.Contains(
            plan.Notes,
            note => note.Text == "Foreign key \"k\" is not fully enforced (NOT ENFORCED), so its rows may already reference missing "
                + "rows. It is "
                + "left in that state.");
        Assert.Equal((PurgeVerdict.Complete, 3), (report.Verdict, report.RowsDeleted));
        Assert.All(report.SchemaObjects, kind => Assert.Equal(Outcome.Passed, kind.Outcome));
    }

    [Theory]
    [InlineData("a->b->a")]
    [InlineData("a->a")]
    public async Task A_cycle_of_keys_that_are_not_enforced_needs_no_means(string notation)
    {
        GraphScenario graph = GraphScenario.Parse(notation);
        await using PostgreSqlTestDatabase database = await CreateAsync(string.Empty);
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await ForEachKeyAsync(database, "NOT ENFORCED");
        await using ScenarioContext context = graph.CreateContext(database);
        Purger purger = new();

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.StartsWith("nothing needed", Assert.Single(plan.Cycles).BrokenBy, StringComparison.Ordinal);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.All(report.SchemaObjects, kind => Assert.Equal(Outcome.Passed, kind.Outcome));
    }

    // d has no enforced key in the first two, and one in the last: only there does the server notice that it is truncated, too.
    [Theory]
    [InlineData(
        "CREATE TABLE p (\"Id\" int PRIMARY KEY); CREATE TABLE e (\"Id\" int PRIMARY KEY); CREATE TABLE d (\"Id\" int PRIMARY KEY, p_id "
            + "int REFERENCES p NOT ENFORCED)")]
    [InlineData(
        "CREATE TABLE p (\"Id\" int PRIMARY KEY); CREATE TABLE e (\"Id\" int PRIMARY KEY REFERENCES p); CREATE TABLE d (\"Id\" int "
            + "PRIMARY KEY, p_id int REFERENCES p NOT ENFORCED)")]
    [InlineData(
        "CREATE TABLE p (\"Id\" int PRIMARY KEY); CREATE TABLE d (\"Id\" int PRIMARY KEY, p_id int REFERENCES p NOT ENFORCED); CREATE "
            + "TABLE e (\"Id\" int PRIMARY KEY REFERENCES p REFERENCES d)")]
    public async Task Truncating_succeeds_although_the_server_refuses_to_truncate_some_tables_with_such_a_key(string schema)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            schema + "; ALTER TABLE d ADD d_id int REFERENCES d NOT ENFORCED; INSERT INTO p VALUES (1); INSERT INTO d VALUES (1, 1, 1); "
                + "INSERT INTO e VALUES (1)");
        await using ScenarioContext context = GraphScenario.Parse("p, d, e").CreateContext(database);

        Purger purger = new(options => options.Truncate = true);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 3), (report.Verdict, report.RowsDeleted));
        Assert.DoesNotContain(
            "p",
            Assert.Single(plan.Steps, step => step.Kind == PlanStepKind.Truncate).Tables.Select(table => table.Name));
    }

    [Theory]
    [InlineData("NOT ENFORCED", "ENFORCED")]
    [InlineData("ENFORCED", "NOT ENFORCED")]
    public async Task A_key_that_begins_or_ceases_to_be_enforced_makes_another_plan(string before, string after)
    {
        GraphScenario graph = GraphScenario.Parse("d->p:cascade");
        await using PostgreSqlTestDatabase database = await CreateAsync(string.Empty);
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await ForEachKeyAsync(database, before);
        await using ScenarioContext context = graph.CreateContext(database);
        Purger purger = new();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        await ForEachKeyAsync(database, after);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal((PurgeVerdict.Refused, TransactionOutcome.NothingWritten), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Equal(3, await database.CountAsync("p", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_reset_is_blocked_by_kept_rows_that_reference_through_it()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE TABLE p (\"Id\" int PRIMARY KEY); CREATE TABLE kept (\"Id\" int PRIMARY KEY, p_id int REFERENCES p ON DELETE CASCADE "
                + "NOT ENFORCED); INSERT INTO p VALUES (1)");
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(database, ["p"], cancellationToken: CancellationToken);
        long rows = (await resetter.ResetAsync(CancellationToken)).Rows;
        await database.ExecuteAsync("INSERT INTO p VALUES (1); INSERT INTO kept VALUES (1, 1)", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Equal(1, rows);
        Assert.Contains("\"public\".\"kept\", which is kept", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync("p", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_key_of_partitions_that_is_not_enforced_is_read_once()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            """
            CREATE TABLE p ("Id" int PRIMARY KEY);
            CREATE TABLE d ("Id" int PRIMARY KEY, p_id int CONSTRAINT k REFERENCES p ON DELETE CASCADE NOT ENFORCED) PARTITION BY RANGE ("Id");
            CREATE TABLE d_1 PARTITION OF d FOR VALUES FROM (1) TO (10);
            INSERT INTO p VALUES (1); INSERT INTO d VALUES (1, 1);
            """);
        await using ScenarioContext context = GraphScenario.Parse("p, d").CreateContext(database);
        Purger purger = new();

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        ForeignKey key = Assert.Single(plan.ForeignKeys);
        Assert.Equal(("d", "p", true), (key.Dependent.Name, key.Principal.Name, key.IsOff));
        Assert.Equal((PurgeVerdict.Complete, 2), (report.Verdict, report.RowsDeleted));
    }

    private static Task ForEachKeyAsync(PostgreSqlTestDatabase database, string state, string? from = null, string? to = null)
        => database.ExecuteAsync(
            $"""
            DO $$ DECLARE k record; BEGIN
                FOR k IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'f'{(from is null ? string.Empty : $" AND conrelid = '{from}'::regclass AND confrelid = '{to}'::regclass")}
                LOOP EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I {state}', k.t, k.conname); END LOOP;
            END $$
            """,
            CancellationToken);

    private static async Task<PostgreSqlTestDatabase> CreateAsync(string schema)
    {
        PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.RequireAsync(18, "A foreign key that is NOT ENFORCED", CancellationToken);
        await database.ExecuteAsync(schema + ";", CancellationToken);
        return database;
    }
}
