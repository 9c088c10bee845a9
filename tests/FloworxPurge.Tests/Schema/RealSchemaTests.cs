using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Schema;

/// <summary>What a plan and a failure say about schemas that real databases have.</summary>
public sealed class RealSchemaTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_schema_that_the_role_may_not_use_is_named_with_the_right_and_the_other_schemas_are_planned()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE SCHEMA closed; CREATE TABLE closed.a (id int PRIMARY KEY); CREATE TABLE a (id int PRIMARY KEY); "
                + "INSERT INTO a VALUES (1)");
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT, DELETE ON a, closed.a TO {role}", CancellationToken);
        await using ScenarioContext context = new(database, ClosedModel, options => options.UseNpgsql(login));

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        PlanTable skip = Assert.Single(report.Skips);
        Assert.Equal(("closed.a", PlanReason.PrivilegeMissing), (skip.Table.ToString(), skip.Reason));
        Assert.Contains("no USAGE right on schema \"closed\"", skip.Explanation, StringComparison.Ordinal);
        Assert.DoesNotContain(report.Kept, kept => kept.Table == skip.Table);
        Assert.Equal("public.a", Assert.Single(report.Tables).Table.ToString());
    }

    [Fact]
    public async Task A_table_of_the_search_path_in_a_schema_that_the_role_may_not_use_is_not_missing()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE TABLE a (id int PRIMARY KEY); REVOKE ALL ON SCHEMA public FROM PUBLIC");
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT, DELETE ON a TO {role}", CancellationToken);
        await using ScenarioContext context = new(database, OneModel, options => options.UseNpgsql(login));

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        PlanTable skip = Assert.Single(plan.Skips);
        Assert.Equal(PlanReason.PrivilegeMissing, skip.Reason);
        Assert.Contains("no USAGE right on schema \"public\"", skip.Explanation, StringComparison.Ordinal);
        Assert.Empty(plan.Kept);
    }

    [Fact]
    public async Task A_partition_that_the_model_does_not_map_keeps_its_rows_and_blocks_what_they_reference()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            Partitions + "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1), (11, 1)");
        await using ScenarioContext context = new(database, PartitionModel);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        PlanTable skip = Assert.Single(report.Skips);
        Assert.Contains("1 row of \"public\".\"b_2\", which is kept (Unmapped)", skip.Explanation, StringComparison.Ordinal);
        Assert.Equal("a_1", skip.Table.Name);
        Assert.Equal((0, 1), (await database.CountAsync("b_1"), await database.CountAsync("b_2")));
    }

    [Fact]
    public async Task A_key_between_two_partitions_is_no_difference_from_the_model()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            Partitions + "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1)");
        await using ScenarioContext context = new(database, PartitionModel);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Assert.Equal(["b_1", "a_1"], plan.Tables.Select(table => table.Table.Name));
        Assert.DoesNotContain(plan.Notes, note => note.Text.Contains("foreign key", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_whole_table_that_is_excluded_keeps_the_partitions_that_the_model_maps()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            Partitions + "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1)");
        await using ScenarioContext context = new(database, PartitionModel);

        PurgePlan plan = await new Purger(options => options.Exclude("b")).PlanAsync(context, CancellationToken);

        Assert.Empty(plan.Tables);
        Assert.Equal(["a_1", "b_1"], plan.Skips.Select(skip => skip.Table.Name));
    }

    [Fact]
    public async Task A_key_of_a_domain_is_purged_and_the_domain_is_noted_where_the_model_has_the_type_below_it()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE DOMAIN code AS int CHECK (VALUE > 0); CREATE DOMAIN deep AS code; "
                + "CREATE TABLE a (id deep PRIMARY KEY); INSERT INTO a VALUES (1)");
        await using ScenarioContext context = new(database, OneModel);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        PurgePlan strict = await new Purger(options => options.DriftTolerance = DriftTolerance.Strict)
            .PlanAsync(context, CancellationToken);

        Assert.Single(plan.Tables);
        Assert.Contains(plan.Notes, note => note.Text.Contains("expected integer, found domain deep over integer", StringComparison.Ordinal));
        Assert.Equal(PlanReason.OtherDrift, Assert.Single(strict.Skips).Reason);
    }

    [Theory]
    [InlineData("STATEMENT", true)]
    [InlineData("ROW", false)]
    public async Task The_plan_knows_a_statement_trigger_which_fires_again_when_a_table_is_emptied_once_more(string level, bool isNoted)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE TABLE a (id int PRIMARY KEY); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
                + $"CREATE TRIGGER t AFTER DELETE ON a FOR EACH {level} EXECUTE FUNCTION f()");
        await using ScenarioContext context = new(database, OneModel);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        string note = plan.Notes.Single(note => note.Text.StartsWith("Trigger \"t\"", StringComparison.Ordinal)).Text;
        Assert.Equal(isNoted, note.Contains("It is a statement trigger, which fires for that DELETE too", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_error_that_names_no_table_is_reported_with_the_table_of_its_step()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await database.ExecuteAsync(
            "CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1); "
                + "CREATE TRIGGER t BEFORE DELETE ON a BEGIN SELECT RAISE(ABORT, 'forbidden'); END",
            CancellationToken);
        await using ScenarioContext context = new(database, LongNameModel);
        await database.ExecuteAsync("ALTER TABLE a RENAME TO invoices", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Contains("'forbidden', in step 1 (Delete of \"invoices\")", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_the_search_path_found_before_another_of_its_name_is_noted()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE TABLE a (id int PRIMARY KEY); CREATE SCHEMA decoy; CREATE TABLE decoy.a (id int PRIMARY KEY); "
                + "INSERT INTO a VALUES (1); "
                + "CREATE SCHEMA other; CREATE TABLE other.a (id int PRIMARY KEY)");
        await using ScenarioContext context = new(
            database,
            OneModel,
            options => options.UseNpgsql(database.ConnectionString + ";Search Path=decoy,public"));
        await using ScenarioContext qualified = new(
            database,
            QualifiedModel,
            options => options.UseNpgsql(database.ConnectionString + ";Search Path=decoy,public"));

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        PurgePlan named = await new Purger().PlanAsync(qualified, CancellationToken);

        PlanNote note = Assert.Single(plan.Notes, note => note.Text.Contains("search path", StringComparison.Ordinal));
        Assert.Equal((LogLevel.Warning, "decoy.a"), (note.Grade, note.Table!.ToString()));
        Assert.Contains("\"public\".\"a\" is not purged by this name", note.Text, StringComparison.Ordinal);
        Assert.Equal("public.a", Assert.Single(named.Tables).Table.ToString());
        Assert.DoesNotContain(named.Notes, other => other.Text.Contains("search path", StringComparison.Ordinal));
    }

    private const string Partitions = """
        CREATE TABLE a (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE a_1 PARTITION OF a FOR VALUES FROM (0) TO (10);
        CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a) PARTITION BY RANGE (id);
        CREATE TABLE b_1 PARTITION OF b FOR VALUES FROM (0) TO (10); CREATE TABLE b_2 PARTITION OF b FOR VALUES FROM (10) TO (20);
        """;

    private static async Task<PostgreSqlTestDatabase> CreateAsync(string sql)
    {
        PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(sql, CancellationToken);
        return database;
    }

    private static void OneModel(ModelBuilder model) => Table(model, "a", null);

    private static void QualifiedModel(ModelBuilder model) => Table(model, "a", "public");

    private static void LongNameModel(ModelBuilder model) => Table(model, "invoices", null);

    private static void ClosedModel(ModelBuilder model)
    {
        Table(model, "a", null);
        Table(model, "a", "closed");
    }

    private static void PartitionModel(ModelBuilder model)
    {
        Table(model, "a_1", null);
        Table(model, "b_1", null);
        model.SharedTypeEntity<Dictionary<string, object>>(".b_1", entity =>
        {
            entity.IndexerProperty<int?>("a_id");
            entity.HasOne(".a_1", null).WithMany().HasForeignKey("a_id").HasConstraintName("b_a_id_fkey").OnDelete(DeleteBehavior.NoAction);
        });
    }

    private static void Table(ModelBuilder model, string name, string? schema)
        => model.SharedTypeEntity<Dictionary<string, object>>(schema + "." + name, entity =>
        {
            entity.ToTable(name, schema);
            entity.IndexerProperty<int>("id").ValueGeneratedNever();
            entity.HasKey("id");
        });
}
