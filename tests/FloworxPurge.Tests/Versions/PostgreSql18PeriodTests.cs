using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Versions;

/// <summary>
/// Temporal foreign keys of PostgreSQL 18: a row refers to all rows whose periods together cover its own, so equal values are not what
/// makes a reference.
/// </summary>
public sealed class PostgreSql18PeriodTests
{
    private const string Tables = """
        CREATE EXTENSION btree_gist;
        CREATE TABLE p ("Id" int, valid daterange, PRIMARY KEY ("Id", valid WITHOUT OVERLAPS));
        CREATE TABLE d ("Id" int PRIMARY KEY, p_id int, valid daterange, CONSTRAINT k FOREIGN KEY (p_id, PERIOD valid) REFERENCES p ("Id", PERIOD valid));
        INSERT INTO p VALUES (1, '[2020-01-01,2021-01-01)'), (1, '[2021-01-01,2022-01-01)'), (2, '[2020-01-01,2021-01-01)');
        INSERT INTO d VALUES (11, 1, '[2020-06-01,2021-06-01)'), (12, NULL, '[2020-06-01,2021-06-01)'), (13, 1, NULL);
        """;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kept_rows_within_the_periods_of_purged_ones_block_the_table()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(Tables);
        await using ScenarioContext context = GraphScenario.Parse("p").CreateContext(database);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeReport blocked = await context.PurgeAsync(cancellationToken: CancellationToken);
        string after = await database.ChecksumAsync(CancellationToken);
        PurgeReport included = await context.PurgeAsync(
            options => options.OnBlocked = OnBlocked.IncludeDependents,
            cancellationToken: CancellationToken);

        PlanTable skip = Assert.Single(blocked.Skips);
        Assert.Equal(("p", PlanReason.Blocked), (skip.Table.Name, skip.Reason));
        Assert.Contains("referenced by 1 row of \"public\".\"d\"", skip.Explanation, StringComparison.Ordinal);
        Assert.Equal(before, after);
        Assert.Equal((PurgeVerdict.Complete, 6), (included.Verdict, included.RowsDeleted));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dependents_are_deleted_first_and_the_key_has_all_of_its_columns(bool truncate)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(Tables);
        await using ScenarioContext context = GraphScenario.Parse("p, d").CreateContext(database);
        Purger purger = new(options => options.Truncate = truncate);

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        ForeignKey key = Assert.Single(plan.ForeignKeys);
        Assert.Equal("k: public.d(p_id, valid) -> public.p(Id, valid)", key.ToString());
        Assert.Equal((true, false, true), (key.IsEnforced, key.IsOff, key.IsTrusted));
        Assert.Equal(["d", "p"], plan.Tables.Select(table => table.Table.Name));
        Assert.Equal((PurgeVerdict.Complete, 6), (report.Verdict, report.RowsDeleted));
        Assert.All(report.SchemaObjects, kind => Assert.Equal(Outcome.Passed, kind.Outcome));
    }

    [Fact]
    public async Task Cycles_of_temporal_keys_are_emptied()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            Tables + """
            ALTER TABLE p ADD parent_id int, ADD FOREIGN KEY (parent_id, PERIOD valid) REFERENCES p ("Id", PERIOD valid);
            CREATE TABLE a ("Id" int, b_id int NOT NULL, valid daterange, PRIMARY KEY ("Id", valid WITHOUT OVERLAPS));
            CREATE TABLE b ("Id" int, a_id int NOT NULL, valid daterange, PRIMARY KEY ("Id", valid WITHOUT OVERLAPS), FOREIGN KEY (a_id, PERIOD valid) REFERENCES a ("Id", PERIOD valid) DEFERRABLE);
            SET CONSTRAINTS ALL DEFERRED;
            UPDATE p SET parent_id = 1 WHERE "Id" = 2;
            BEGIN; SET CONSTRAINTS ALL DEFERRED; INSERT INTO b VALUES (1, 1, '[2020-01-01,2021-01-01)'); INSERT INTO a VALUES (1, 1, '[2019-01-01,2022-01-01)'); COMMIT;
            UPDATE a SET valid = '[2020-01-01,2021-01-01)';
            ALTER TABLE a ADD FOREIGN KEY (b_id, PERIOD valid) REFERENCES b ("Id", PERIOD valid);
            """);
        await using ScenarioContext context = GraphScenario.Parse("p, d, a, b").CreateContext(database);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 8), (report.Verdict, report.RowsDeleted));
    }

    private static async Task<PostgreSqlTestDatabase> CreateAsync(string schema)
    {
        PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.RequireAsync(18, "A temporal foreign key", CancellationToken);
        await database.ExecuteAsync(schema, CancellationToken);
        return database;
    }
}
