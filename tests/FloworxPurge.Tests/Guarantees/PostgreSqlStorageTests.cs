using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// Tables whose rows show elsewhere: inheritance, partitions of partitions, materialized views over each other, generated columns.
/// </summary>
public sealed class PostgreSqlStorageTests
{
    private const string Inheritance =
        "CREATE TABLE a (\"Id\" int PRIMARY KEY); CREATE TABLE c (PRIMARY KEY (\"Id\")) INHERITS (a); INSERT INTO a VALUES (1), (2); "
            + "INSERT INTO c VALUES (11), (12), (13)";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static TheoryData<string, bool, bool> Inheritors()
    {
        var data = new TheoryData<string, bool, bool>();
        foreach (string child in (string[])["unmapped", "excluded", "mapped"])
        {
            data.Add(child, false, false);
            data.Add(child, true, false);
            data.Add(child, false, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Inheritors))]
    public async Task The_rows_of_a_table_that_inherits_are_its_own(string child, bool truncates, bool hasTrigger)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(Inheritance, CancellationToken);
        if (hasTrigger)
        {
            await database.ExecuteAsync(
                "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$; CREATE TRIGGER quiet BEFORE "
                    + "DELETE ON a FOR EACH ROW EXECUTE FUNCTION quiet()",
                CancellationToken);
        }

        await using ScenarioContext context = GraphScenario.Parse(child == "unmapped" ? "a" : "a, c").CreateContext(database);

        PurgeReport report = await context.PurgeAsync(
            options =>
            {
                options.Truncate = truncates;
                if (child == "excluded")
                {
                    options.Exclude("c");
                }
            },
            cancellationToken: CancellationToken);

        Assert.Equal(child == "unmapped" ? PurgeVerdict.CompleteWithSkips : PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(child == "mapped" ? 5 : 2, report.RowsDeleted);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT COUNT(*) FROM ONLY a", CancellationToken));
        Assert.Equal(child == "mapped" ? 0 : 3, await database.CountAsync("c", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData("a, c, d", "a", "c: a, d: a")]
    [InlineData("a, d", "a", "d: a")]
    [InlineData("a, c, d", "c", "d: c")]
    [InlineData("a, c, d, other", "other", "d: other")]
    public async Task A_table_that_inherits_from_an_excluded_one_is_blocked_since_its_rows_are_rows_of_that_too(
        string tables,
        string excluded,
        string blocked)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            Inheritance
                + "; CREATE TABLE other (\"Id\" int PRIMARY KEY); INSERT INTO other VALUES (1); CREATE TABLE d (PRIMARY KEY (\"Id\")) "
                + "INHERITS (c, other); INSERT INTO d VALUES (21)",
            CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse(tables).CreateContext(database);
        string before = await ContentAsync();

        PurgeReport report = await context.PurgeAsync(options => options.Exclude(excluded), cancellationToken: CancellationToken);

        Assert.Equal(report.Tables.Count == 0 ? PurgeVerdict.NothingMatched : PurgeVerdict.CompleteWithSkips, report.Verdict);
        Assert.Equal(before, await ContentAsync());
        Assert.Equal(blocked, string.Join(", ", report.Skips.Select(skip => $"{skip.Table.Name}: {excluded}")));
        Assert.All(report.Skips, skip =>
        {
            Assert.Equal(PlanReason.Blocked, skip.Reason);
            Assert.Equal(
                $"{skip.Table.ToQuotedString()} is blocked: its rows are rows of \"public\".\"{excluded}\", which it inherits from and "
                    + $"which is kept (Excluded). Purge that table too, or exclude {skip.Table.ToQuotedString()} as well.",
                skip.Explanation);
        });

        async Task<string> ContentAsync()
            => await database.ScalarAsync<string>(
                $"SELECT string_agg(\"Id\"::text, ', ' ORDER BY \"Id\") FROM {excluded}",
                CancellationToken)
                ?? string.Empty;
    }

    [Fact]
    public async Task A_table_that_inherits_from_a_blocked_one_is_blocked_and_what_it_references_too()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            Inheritance
                + "; CREATE TABLE kept (id int REFERENCES a); INSERT INTO kept VALUES (1); CREATE TABLE b (\"Id\" int PRIMARY KEY); "
                + "INSERT INTO b VALUES (1); ALTER TABLE c ADD b_id int REFERENCES b; UPDATE c SET b_id = 1",
            CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("a, b, c").CreateContext(database);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Assert.Equal(["a", "b", "c"], plan.Skips.Select(skip => skip.Table.Name));
        Assert.Contains(
            "its rows are rows of \"public\".\"a\", which it inherits from and which is skipped (Blocked)",
            plan.Skips[2].Explanation,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_rows_of_the_table_that_is_inherited_from_stay_when_only_the_heir_is_purged(bool truncate)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(Inheritance, CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("c").CreateContext(database);

        PurgeReport report = await context.PurgeAsync(options => options.Truncate = truncate, cancellationToken: CancellationToken);

        Assert.Equal(3, report.RowsDeleted);
        Assert.Equal(2, await database.CountAsync("a", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Partitions_of_partitions_are_purged_with_the_table_and_one_that_is_excluded_keeps_it_whole()
    {
        await using PostgreSqlTestDatabase database = await NestedPartitionsAsync();
        await using ScenarioContext context = GraphScenario.Parse("a, b").CreateContext(database);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeReport kept = await context.PurgeAsync(options => options.Exclude("a1x").Exclude("b"), cancellationToken: CancellationToken);
        string between = await database.ChecksumAsync(CancellationToken);
        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        PlanTable skip = Assert.Single(kept.Skips);
        Assert.Equal(("a", PlanReason.Blocked), (skip.Table.Name, skip.Reason));
        Assert.Contains("its partition \"public\".\"a1x\" is kept (Excluded)", skip.Explanation, StringComparison.Ordinal);
        Assert.Equal(before, between);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(4, report.RowsDeleted);
        Assert.Equal(0, await database.CountAsync("a", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData("a2", 1)]
    [InlineData("a1", 2)]
    public async Task A_partition_that_the_model_knows_by_itself_is_purged_although_its_table_loses_rows_thereby(string partition, int rows)
    {
        await using PostgreSqlTestDatabase database = await NestedPartitionsAsync();
        await database.ExecuteAsync(
            "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$; CREATE TRIGGER quiet BEFORE DELETE "
                + $"ON {partition} FOR EACH ROW EXECUTE FUNCTION quiet()",
            CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse(partition).CreateContext(database);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal<(PurgeVerdict, long?, long)>((PurgeVerdict.Complete, rows, rows), (report.Verdict, report.Tables[0].RowsBefore, report.RowsDeleted));
        Assert.Equal(3 - rows, await database.CountAsync("a", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_partitioned_table_outside_the_model_blocks_or_is_included_with_its_partitions()
    {
        await using PostgreSqlTestDatabase database = await NestedPartitionsAsync();
        await using ScenarioContext context = GraphScenario.Parse("b").CreateContext(database);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeReport blocked = await context.PurgeAsync(cancellationToken: CancellationToken);
        string between = await database.ChecksumAsync(CancellationToken);
        PurgeReport report = await context.PurgeAsync(
            options => options.OnBlocked = OnBlocked.IncludeDependents,
            cancellationToken: CancellationToken);

        Assert.Equal("b", Assert.Single(blocked.Skips).Table.Name);
        Assert.Equal(before, between);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(0, await database.CountAsync("a", cancellationToken: CancellationToken));
        Assert.Contains(report.Notes, note => note.Table?.Name == "a" && note.Text.Contains("IncludeDependents", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Materialized_views_over_each_other_are_refreshed_from_below()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE MATERIALIZED VIEW z AS SELECT * FROM child; CREATE VIEW between_them AS SELECT * FROM z; CREATE MATERIALIZED VIEW m "
                + "AS SELECT * FROM between_them; CREATE MATERIALIZED VIEW a AS SELECT * FROM m",
            CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        Purger purger = new(options => options.RefreshMaterializedViews = true);

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(3, plan.Steps.Count(step => step.Kind == PlanStepKind.RefreshView));
        Assert.All(
            (string[])["z", "m", "a"],
            view => Assert.Contains(plan.Notes, note => note.Table?.Name == "child" && note.Text.Contains($"public.{view} ", StringComparison.Ordinal)));
        foreach (string view in (string[])["z", "m", "a"])
        {
            Assert.Equal(0, await database.CountAsync(view, cancellationToken: CancellationToken));
        }
    }

    [Fact]
    public async Task A_materialized_view_of_another_owner_cannot_be_refreshed_and_the_run_says_so()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"CREATE MATERIALIZED VIEW held AS SELECT * FROM child; GRANT SELECT, DELETE ON child, parent TO {role}",
            CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => context.PurgeAsync(options => options.RefreshMaterializedViews = true, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        string refusal = await database.VersionAsync(CancellationToken) >= 17
            ? "permission denied for materialized view held"
            : "must be owner of materialized view held";
        Assert.Contains(refusal, exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_generated_column_in_a_key_changes_nothing(bool truncate)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            """
            CREATE TABLE p ("Id" int PRIMARY KEY, twice int GENERATED ALWAYS AS ("Id" * 2) STORED UNIQUE);
            CREATE TABLE d ("Id" int PRIMARY KEY, p_id int GENERATED ALWAYS AS ("Id" * 2) STORED NOT NULL REFERENCES p (twice));
            INSERT INTO p VALUES (1), (2); INSERT INTO d VALUES (1), (2);
            """,
            CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("p, d").CreateContext(database);

        PurgeReport blocked = await context.PurgeAsync(options => options.Exclude("d"), cancellationToken: CancellationToken);
        PurgeReport report = await context.PurgeAsync(options => options.Truncate = truncate, cancellationToken: CancellationToken);

        Assert.Equal("p", Assert.Single(blocked.Skips).Table.Name);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(4, report.RowsDeleted);
    }

    [Theory]
    [InlineData("DEFERRABLE INITIALLY IMMEDIATE", "a->b->a")]
    [InlineData("DEFERRABLE INITIALLY DEFERRED", "a->b->a")]
    [InlineData("", "a->b->c->a")]
    [InlineData("DEFERRABLE INITIALLY DEFERRED", "a->b->c->a")]
    public async Task A_cycle_of_not_null_keys_is_emptied_and_its_keys_are_as_they_were(string deferrable, string notation)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        GraphScenario graph = GraphScenario.Parse(notation);
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        string alter = deferrable.Length == 0 ? string.Empty
            : $"DO $$ DECLARE k record; BEGIN FOR k IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'f' "
                + $"LOOP EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I {deferrable}', k.t, k.conname); END LOOP; END $$";
        await database.ExecuteAsync(alter + ";", CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(3 * graph.Tables.Count, report.RowsDeleted);
        Assert.All(report.SchemaObjects, kind => Assert.Equal(Outcome.Passed, kind.Outcome));
    }

    private static async Task<PostgreSqlTestDatabase> NestedPartitionsAsync()
    {
        PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            """
            CREATE TABLE b ("Id" int PRIMARY KEY);
            CREATE TABLE a ("Id" int PRIMARY KEY, b_id int REFERENCES b) PARTITION BY RANGE ("Id");
            CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (0) TO (10) PARTITION BY RANGE ("Id");
            CREATE TABLE a1x PARTITION OF a1 FOR VALUES FROM (0) TO (5);
            CREATE TABLE a1y PARTITION OF a1 FOR VALUES FROM (5) TO (10);
            CREATE TABLE a2 PARTITION OF a DEFAULT;
            INSERT INTO b VALUES (1); INSERT INTO a VALUES (1, 1), (6, 1), (20, 1);
            """,
            CancellationToken);
        return database;
    }
}
