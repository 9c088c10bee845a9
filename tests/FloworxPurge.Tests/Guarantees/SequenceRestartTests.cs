using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// A sequence of the model restarts with the identity counters where every table that uses it is emptied; elsewhere the plan says why not.
/// </summary>
public sealed class SequenceRestartTests
{
    private const string Restarted = "restarts sequence \"public\".\"numbers\" of the model";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_sequence_that_the_tables_of_a_hierarchy_share_restarts_when_all_are_emptied()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext context = await CreateAsync(database, Hierarchy);
        context.AddRange(new Dog(), new Cat(), new Dog());
        await context.SaveChangesAsync(CancellationToken);

        PurgePlan plan = await context.PlanPurgeAsync(options => options.ResetIdentity = true, CancellationToken);
        PurgeReport report = await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);
        context.Add(new Cat());
        await context.SaveChangesAsync(CancellationToken);

        PlanStep step = Assert.Single(plan.Steps, step => step.Kind == PlanStepKind.ResetIdentity);
        Assert.Equal(["Cats", "Dogs"], step.Tables.Select(table => table.Name));
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(["Cats", "Dogs"], report.IdentitiesReset.Select(table => table.Name));
        Assert.Equal(1, await database.ScalarAsync<int>("SELECT \"Id\" FROM \"Cats\"", CancellationToken));
    }

    [Fact]
    public async Task It_goes_on_where_one_table_of_the_hierarchy_is_kept_and_the_plan_names_that_table()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext context = await CreateAsync(database, Hierarchy);
        context.AddRange(new Dog(), new Cat());
        await context.SaveChangesAsync(CancellationToken);

        PurgeReport report = await context.PurgeAsync(
            options => options.Exclude("Dogs").ResetIdentity = true,
            cancellationToken: CancellationToken);

        Assert.Empty(report.IdentitiesReset);
        Assert.Contains(
            report.Notes,
            note => note.Grade == LogLevel.Warning
                && note.Text.EndsWith(
                    "of the model is not restarted: \"public\".\"Dogs\", which is not emptied, uses it too. Restart it by hand if that "
                        + "matters.",
                    StringComparison.Ordinal));
        context.Add(new Dog());
        await context.SaveChangesAsync(CancellationToken);
        Assert.Equal(3, await database.ScalarAsync<int>("SELECT max(\"Id\") FROM \"Dogs\"", CancellationToken));
    }

    [Theory]
    [InlineData("CREATE TABLE kept (n int DEFAULT nextval('numbers'))", "\"public\".\"kept\"")]
    [InlineData("CREATE TABLE kept (n int DEFAULT nextval('numbers'::text))", "\"public\".\"kept\"")]
    [InlineData("CREATE SCHEMA s; CREATE TABLE s.kept (n int DEFAULT 7 + nextval('public.numbers'))", "\"s\".\"kept\"")]
    [InlineData("CREATE TABLE kept (n int); ALTER SEQUENCE numbers OWNED BY kept.n", "\"public\".\"kept\"")]
    [InlineData("CREATE TABLE kept (n int) PARTITION BY LIST (n); CREATE TABLE part PARTITION OF kept (n DEFAULT nextval('numbers')) DEFAULT", "\"public\".\"part\"")]
    [InlineData("CREATE VIEW kept AS SELECT nextval('numbers')", "\"another object\"")]
    [InlineData("CREATE FUNCTION kept() RETURNS bigint LANGUAGE sql RETURN nextval('numbers')", "\"another object\"", 14)]
    public async Task What_is_kept_and_uses_the_sequence_keeps_it(string sql, string named, int version = 0)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.RequireAsync(version, "A function with a body of SQL", CancellationToken);
        await using ScenarioContext context = await CreateAsync(database, Numbered);
        await database.ExecuteAsync(sql + "; INSERT INTO a VALUES (1)", CancellationToken);

        PurgePlan plan = await context.PlanPurgeAsync(options => options.ResetIdentity = true, CancellationToken);

        Assert.DoesNotContain(plan.Steps, step => step.Reason.StartsWith(Restarted, StringComparison.Ordinal));
        Assert.Contains(
            plan.Notes,
            note => note.Text.StartsWith($"Sequence \"public\".\"numbers\" of the model is not restarted: {named}, which is not emptied", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_default_that_only_contains_the_name_is_no_use_of_the_sequence()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext context = await CreateAsync(database, model =>
        {
            model.HasSequence<int>("now");
            model.SharedTypeEntity<Dictionary<string, object>>("a", a =>
            {
                a.IndexerProperty<int>("Id").ValueGeneratedNever();
                a.IndexerProperty<DateTime>("at").HasDefaultValueSql("now()");
                a.HasKey("Id");
                a.ToTable("a");
            });
        });

        PurgePlan plan = await context.PlanPurgeAsync(options => options.ResetIdentity = true, CancellationToken);

        Assert.DoesNotContain(plan.Steps, step => step.Kind == PlanStepKind.ResetIdentity);
        Assert.Contains(
            plan.Notes,
            note => note.Text.StartsWith(
                "Sequence \"public\".\"now\" of the model is not restarted: no table is known to use it",
                StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_trigger_that_fires_does_not_take_the_restart_for_its_own_work()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext context = await CreateAsync(database, Numbered);
        await database.ExecuteAsync(
            "INSERT INTO a VALUES (1), (2); SELECT nextval('numbers'), nextval('numbers'); CREATE FUNCTION f() RETURNS trigger LANGUAGE "
                + "plpgsql AS $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER t AFTER DELETE ON a FOR EACH ROW EXECUTE FUNCTION f()",
            CancellationToken);

        PurgeReport report = await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT nextval('numbers')", CancellationToken));
    }

    [Fact]
    public async Task A_reset_restarts_what_the_server_draws_and_not_what_the_application_holds_in_memory()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext context = await CreateAsync(database, model =>
        {
            Numbered(model);
            Blocks(model);
        });
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        await database.ExecuteAsync(
            "INSERT INTO a VALUES (1); INSERT INTO h VALUES (1); SELECT nextval('numbers'), nextval('blocks')",
            CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(1, await database.ScalarAsync<long>("SELECT nextval('numbers')", CancellationToken));
        Assert.Equal(11, await database.ScalarAsync<long>("SELECT nextval('blocks')", CancellationToken));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("CREATE TABLE of_another_model (id int PRIMARY KEY)", false)]
    public async Task Blocks_of_numbers_start_again_where_no_table_of_another_model_may_use_them(string sql, bool restarts)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext context = await CreateAsync(database, Blocks);
        await database.ExecuteAsync("INSERT INTO h VALUES (1); SELECT nextval('blocks');" + sql, CancellationToken);

        PurgeReport report = await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Equal(restarts ? 1 : 11, await database.ScalarAsync<long>("SELECT nextval('blocks')", CancellationToken));
        Assert.Contains(
            report.Notes,
            note => note.Text.Contains(
                restarts ? "restart them after the purge" : "\"public\".\"of_another_model\", which is outside the model, may use it too",
                StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_role_that_may_only_delete_is_told_by_the_plan_that_numbers_go_on_and_the_run_does_the_rest()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext owner = await CreateAsync(database, Numbered);
        await database.ExecuteAsync("ALTER TABLE a ADD s serial; INSERT INTO a VALUES (1), (2)", CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT, INSERT, UPDATE, DELETE ON a TO {role}", CancellationToken);
        await using ScenarioContext context = new(database, Numbered, options => options.UseNpgsql(login));

        PurgePlan plan = await context.PlanPurgeAsync(options => options.ResetIdentity = true, CancellationToken);
        PurgeReport report = await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Equal(
            [
                "The numbers of column \"s\" are not restarted: this role may not restart them. Purge as the owner of "
                    + "\"public\".\"a_s_seq\", or restart them by hand if that matters.",
                "Sequence \"public\".\"numbers\" of the model is not restarted: only its owner may restart it. Restart it by hand if that "
                    + "matters.",
            ],
            plan.Notes.Where(note => note.Text.Contains("restarted", StringComparison.Ordinal)).Select(note => note.Text).Order(StringComparer.Ordinal).Reverse());
        Assert.Equal((PurgeVerdict.Complete, 2), (report.Verdict, report.RowsDeleted));
        Assert.Empty(report.IdentitiesReset);
    }

    [Fact]
    public async Task A_sequence_of_MariaDB_restarts_once_the_purge_is_committed()
    {
        // No other test may name it in a program, in whatever database of the server.
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE SEQUENCE solitary START WITH 5; CREATE TABLE a (Id int PRIMARY KEY, n int DEFAULT NEXTVAL(solitary)); "
                + "INSERT INTO a (Id) VALUES (1), (2)",
            CancellationToken);
        await using ScenarioContext context = new(database, model =>
        {
            model.HasSequence<int>("solitary");
            model.SharedTypeEntity<Dictionary<string, object>>("a", a =>
            {
                a.IndexerProperty<int>("Id").ValueGeneratedNever();
                a.IndexerProperty<int?>("n");
                a.HasKey("Id");
                a.ToTable("a");
            });
        });

        PurgeReport report = await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.True(report.IdentitiesReset.Count == 1, string.Join("\n", report.Notes));
        Assert.Equal(5, await database.ScalarAsync<int>("SELECT NEXTVAL(solitary)", CancellationToken));
    }

    private static async Task<ScenarioContext> CreateAsync(PostgreSqlTestDatabase database, Action<ModelBuilder> build)
    {
        var context = new ScenarioContext(database, build);
        await context.CreateTablesAsync(CancellationToken);
        return context;
    }

    private static void Hierarchy(ModelBuilder model)
    {
        model.Entity<Animal>().UseTpcMappingStrategy();
        model.Entity<Dog>().ToTable("Dogs");
        model.Entity<Cat>().ToTable("Cats");
    }

    private static void Blocks(ModelBuilder model) => model.SharedTypeEntity<Dictionary<string, object>>("h", h =>
    {
        NpgsqlPropertyBuilderExtensions.UseHiLo(h.IndexerProperty<int>("Id"), "blocks");
        h.HasKey("Id");
        h.ToTable("h");
    });

    private static void Numbered(ModelBuilder model)
    {
        model.HasSequence<int>("numbers");
        model.SharedTypeEntity<Dictionary<string, object>>("a", a =>
        {
            a.IndexerProperty<int>("Id").HasDefaultValueSql("nextval('numbers')");
            a.HasKey("Id");
            a.ToTable("a");
        });
    }

    internal abstract class Animal
    {
        public int Id { get; set; }
    }

    internal sealed class Dog : Animal;

    internal sealed class Cat : Animal;
}
