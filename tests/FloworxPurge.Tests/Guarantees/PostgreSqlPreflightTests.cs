using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>What the catalog knows is in the plan, graded, with what it means and what to do.</summary>
public sealed class PostgreSqlPreflightTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_materialized_view_over_a_view_is_named_and_refreshed_on_request()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE VIEW seen AS SELECT * FROM child; CREATE MATERIALIZED VIEW \"Held Rows\" AS SELECT * FROM seen",
            CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        PurgeReport report = await context.PurgeAsync(
            options => options.RefreshMaterializedViews = true,
            cancellationToken: CancellationToken);

        Assert.Contains(
            plan.Notes,
            note => note.Grade == LogLevel.Warning && note.Text.Contains("public.\"Held Rows\"", StringComparison.Ordinal));
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(0, await database.CountAsync("Held Rows", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_foreign_key_without_an_index_between_large_tables_is_a_warning()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "DO $$ DECLARE i text; BEGIN FOR i IN SELECT indexname FROM pg_indexes WHERE tablename = 'child' AND indexdef LIKE "
                + "'%parent_id%' LOOP EXECUTE 'DROP INDEX ' || quote_ident(i); END LOOP; END $$;"
            + "ALTER TABLE parent ADD filler text; ALTER TABLE child ADD filler text;"
            + "INSERT INTO parent(\"Id\", filler) SELECT g, repeat('x', 200) FROM generate_series(100, 9000) g; INSERT INTO "
            + "child(\"Id\", parent_id, filler) SELECT g, g, repeat('x', 200) FROM generate_series(100, 9000) g",
            CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgePlan plan = await new Purger(options => options.Truncate = false).PlanAsync(context, CancellationToken);

        Assert.Contains(
            plan.Notes,
            note => note.Grade == LogLevel.Warning && note.Table?.Name == "child" && note.Text.Contains("no index", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_foreign_key_that_is_not_validated_or_disabled_is_a_warning_and_stays_so()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "ALTER TABLE child DISABLE TRIGGER ALL; ALTER TABLE child ADD CONSTRAINT loose FOREIGN KEY (\"Id\") REFERENCES "
                + "parent(\"Id\") NOT VALID",
            CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        await new Purger().ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Contains(
            plan.Notes,
            note => note.Text.Contains("\"loose\" is not fully enforced (not validated)", StringComparison.Ordinal));
        Assert.Contains(plan.Notes, note => note.Text.Contains("its triggers are disabled", StringComparison.Ordinal));
        Assert.False(await database.ScalarAsync<bool>("SELECT convalidated FROM pg_constraint WHERE conname = 'loose'", CancellationToken));
        Assert.True(await database.ScalarAsync<long>("SELECT COUNT(*) FROM pg_trigger WHERE tgenabled = 'D'", CancellationToken) > 0);
    }

    [Fact]
    public async Task A_sequence_that_the_table_does_not_own_is_not_restarted_and_the_plan_says_so()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE SEQUENCE free; ALTER TABLE child ALTER COLUMN parent_id SET DEFAULT nextval('free')",
            CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgePlan plan = await new Purger(options => options.ResetIdentity = true).PlanAsync(context, CancellationToken);

        Assert.Contains(
            plan.Notes,
            note => note.Grade == LogLevel.Warning && note.Text.Contains("sequence \"free\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, LogLevel.Warning)]
    [InlineData(false, LogLevel.Information)]
    public async Task A_sequence_of_the_model_that_no_table_uses_is_named_since_it_is_not_restarted(bool resets, LogLevel grade)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext context = new(database, model =>
        {
            model.HasSequence<int>("Orders", "Sales");
            model.HasSequence<int>("never_created");
            model.SharedTypeEntity<Dictionary<string, object>>("a", a =>
            {
                NpgsqlPropertyBuilderExtensions.UseHiLo(a.IndexerProperty<int>("Id"), "hilo");
                a.HasKey("Id");
                a.ToTable("a");
            });
        });
        await context.CreateTablesAsync(CancellationToken);
        await database.ExecuteAsync(
            "DROP SEQUENCE never_created; CREATE SEQUENCE lone; CREATE TABLE numbered (id serial); CREATE SEQUENCE by_default; ALTER "
                + "TABLE numbered ADD n int DEFAULT nextval('by_default')",
            CancellationToken);

        PurgePlan plan = await new Purger(options =>
        {
            if (resets)
            {
                options.ResetIdentity = true;
            }
        }).PlanAsync(context, CancellationToken);

        const string Left = "of the model belongs to no table: it is not restarted. Set ResetIdentity to restart it where all tables that use "
            + "it are emptied.";
        Assert.Equal(
            [
                .. resets
                    ? (string[])[
                        "Warning: Sequence \"Sales\".\"Orders\" of the model is not restarted: no table is known to use it. Restart it by "
                            + "hand if that matters.",
                        "Warning: Sequence \"public\".\"hilo\" of the model is not restarted: \"public\".\"numbered\", which is outside "
                            + "the model, may use it too (HiLo), and the database does not show that. Restart it by hand if that matters.",
                    ]
                    : [$"{grade}: Sequence \"Sales\".\"Orders\" {Left}", $"{grade}: Sequence \"public\".\"hilo\" {Left}"],
                "Information: Sequences that belong to no table and to no model are not restarted: \"public\".\"lone\".",
            ],
            plan.Notes.Where(note => note.Text.Contains("equence", StringComparison.Ordinal)).Select(note => $"{note.Grade}: {note.Text}"));
    }

    [Fact]
    public async Task A_table_of_an_extension_is_kept()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE EXTENSION pg_stat_statements; ALTER EXTENSION pg_stat_statements ADD TABLE child",
            CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Assert.Equal(PlanReason.ExtensionOwned, Assert.Single(plan.Kept).Reason);
        Assert.Equal(PlanReason.Blocked, Assert.Single(plan.Skips).Reason);
    }

    [Fact]
    public async Task A_table_on_another_server_is_kept_unless_asked_for()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE EXTENSION file_fdw; CREATE SERVER f FOREIGN DATA WRAPPER file_fdw; CREATE FOREIGN TABLE a(\"Id\" int NOT NULL) "
                + "SERVER f OPTIONS (filename '/dev/null')",
            CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("a").CreateContext(database);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Assert.Equal(PlanReason.ForeignTable, Assert.Single(plan.Kept).Reason);
    }

    [Fact]
    public async Task The_partitions_of_a_table_are_purged_with_it_and_noted()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        GraphScenario graph = GraphScenario.Parse("a");
        await using ScenarioContext context = graph.CreateContext(database);
        string create = $"CREATE TABLE a({Column("a")} int PRIMARY KEY) PARTITION BY RANGE ({Column("a")});";
        await database.ExecuteAsync(
            create
                + "CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (0) TO (10); CREATE TABLE a2 PARTITION OF a FOR VALUES FROM (10) TO "
                + "(20); INSERT INTO a VALUES (1), (11)",
            CancellationToken);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        PurgeReport report = await new Purger().ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Contains(plan.Notes, note => note.Text.Contains("2 partitions", StringComparison.Ordinal));
        Assert.Empty(plan.Kept);
        Assert.Equal(2, report.RowsDeleted);
        Assert.Equal(0, await database.CountAsync("a", cancellationToken: CancellationToken));

        string Column(string table) => TestDatabase.Quote(context.Model.FindEntityType(table)!.FindPrimaryKey()!.Properties[0].Name);
    }

    [Fact]
    public async Task A_partition_whose_detaching_was_interrupted_is_named_with_what_ends_it()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.RequireAsync(14, "Statement \"DETACH PARTITION ... CONCURRENTLY\"", CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("a").CreateContext(database);
        await database.ExecuteAsync(
            "CREATE TABLE a(\"Id\" int PRIMARY KEY) PARTITION BY RANGE (\"Id\"); CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (0) TO "
                + "(10);"
                + "CREATE TABLE a2 PARTITION OF a FOR VALUES FROM (10) TO (20); INSERT INTO a VALUES (1), (11)",
            CancellationToken);
        await using (var reader = new NpgsqlConnection(database.ConnectionString + ";Pooling=false"))
        await using (var other = new NpgsqlConnection(database.ConnectionString + ";Pooling=false;Options=-c statement_timeout=500"))
        {
            await reader.OpenAsync(CancellationToken);
            await new NpgsqlCommand("BEGIN; SELECT * FROM a", reader).ExecuteNonQueryAsync(CancellationToken);
            await other.OpenAsync(CancellationToken);
            await Assert.ThrowsAsync<PostgresException>(
                () => new NpgsqlCommand("ALTER TABLE a DETACH PARTITION a2 CONCURRENTLY", other).ExecuteNonQueryAsync(CancellationToken));
        }

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        PurgeReport report = await new Purger().ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Contains(
            plan.Notes,
            note => note.Grade == LogLevel.Warning && note.Text.StartsWith("Partition \"public\".\"a2\" is being "
                + "detached", StringComparison.Ordinal));
        Assert.Contains(plan.Notes, note => note.Text == "Has 1 partition, purged with it.");
        Assert.Equal(1, report.RowsDeleted);
        Assert.Equal(1, await database.CountAsync("a2", cancellationToken: CancellationToken));
        await using ScenarioContext alone = GraphScenario.Parse("a2").CreateContext(database);
        Assert.Equal(1, (await alone.PurgeAsync(cancellationToken: CancellationToken)).RowsDeleted);
    }
}
