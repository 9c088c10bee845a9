using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// Who uses a sequence is found by what a default, a function or a trigger calls, also where the catalog has no dependency.
/// </summary>
public sealed class SequenceUseTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("CREATE TABLE kept (n int DEFAULT nextval('NUMBERS'::text))")]
    [InlineData("CREATE TABLE kept (n int DEFAULT nextval(('num' || 'bers')::text))")]
    [InlineData("CREATE TABLE kept (n int DEFAULT nextval(('num' || 'bers')::regclass))")]
    [InlineData("CREATE FUNCTION next() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN nextval('numbers'); END $$; "
        + "CREATE TABLE kept (n int DEFAULT next())")]
    [InlineData("CREATE FUNCTION next() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('numbers') $$; "
        + "CREATE TABLE kept (n int DEFAULT next())")]
    [InlineData("CREATE FUNCTION next() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.n := nextval('numbers'); RETURN NEW; END $$; "
        + "CREATE TABLE kept (n int); CREATE TRIGGER t BEFORE INSERT ON kept FOR EACH ROW EXECUTE FUNCTION next()")]
    [InlineData("CREATE DOMAIN num AS int DEFAULT nextval('numbers'); CREATE TABLE kept (n num)")]
    [InlineData("CREATE DOMAIN num AS int DEFAULT nextval('numbers'::text); CREATE TABLE kept (n num)")]
    [InlineData("CREATE TABLE kept (n int); CREATE RULE r AS ON INSERT TO kept DO ALSO SELECT nextval('numbers')")]
    public async Task What_may_draw_from_it_unseen_keeps_it(string sql)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext context = await CreateAsync(database, Numbered);
        await database.ExecuteAsync(sql + "; INSERT INTO a VALUES (1)", CancellationToken);

        PurgePlan plan = await context.PlanPurgeAsync(options => options.ResetIdentity = true, CancellationToken);

        Assert.True(!plan.Steps.Any(step => step.Kind == PlanStepKind.ResetIdentity), string.Join("\n", plan.Notes));
        Assert.Contains(
            plan.Notes,
            note => note.Text.StartsWith("Sequence \"public\".\"numbers\" of the model is not restarted", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nu\"mbers", "CREATE TABLE kept (n int DEFAULT nextval('\"nu\"\"mbers\"'::text))")]
    [InlineData("nu'mbers", "CREATE TABLE kept (n int DEFAULT nextval('\"nu''mbers\"'::text))")]
    [InlineData("nu\\mbers", "CREATE TABLE kept (n int DEFAULT nextval('\"nu\\mbers\"'::text))")]
    public async Task A_default_that_quotes_an_odd_name_uses_the_sequence(string name, string sql)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext context = await CreateAsync(database, model => NumberedAs(model, name, null));
        await database.ExecuteAsync("INSERT INTO a VALUES (1)", CancellationToken);

        PurgePlan plan = await context.PlanPurgeAsync(options => options.ResetIdentity = true, CancellationToken);

        Assert.Single(plan.Steps, step => step.Kind == PlanStepKind.ResetIdentity);
        await database.ExecuteAsync(sql, CancellationToken);
        plan = await context.PlanPurgeAsync(options => options.ResetIdentity = true, CancellationToken);
        Assert.True(!plan.Steps.Any(step => step.Kind == PlanStepKind.ResetIdentity), string.Join("\n", plan.Notes));
    }

    [Fact]
    public async Task Of_two_sequences_with_one_name_the_one_in_the_schema_of_the_default_restarts()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext context = await CreateAsync(database, model =>
        {
            NumberedAs(model, "numbers", "s2");
            model.HasSequence<int>("numbers", "s1");
        });
        await database.ExecuteAsync("INSERT INTO a VALUES (1)", CancellationToken);

        PurgePlan plan = await context.PlanPurgeAsync(options => options.ResetIdentity = true, CancellationToken);

        Assert.True(plan.Steps.Count(step => step.Kind == PlanStepKind.ResetIdentity) == 1, string.Join("\n", plan.Notes));
    }

    [Fact]
    public async Task A_sequence_is_not_used_by_a_default_that_calls_one_whose_name_contains_its_own()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext context = await CreateAsync(database, model =>
        {
            NumberedAs(model, "invoice-numbers", null);
            model.HasSequence<int>("numbers");
        });
        await database.ExecuteAsync(
            "INSERT INTO a VALUES (1); ALTER TABLE a ADD x int DEFAULT nextval('\"invoice-numbers\"'::text)", CancellationToken);

        PurgePlan plan = await context.PlanPurgeAsync(options => options.ResetIdentity = true, CancellationToken);

        Assert.True(plan.Steps.Count(step => step.Kind == PlanStepKind.ResetIdentity) == 1, string.Join("\n", plan.Notes));
    }

    [Theory]
    [InlineData("INCREMENT -3 MINVALUE -1000 MAXVALUE 50 START 20", 20)]
    [InlineData("MINVALUE 5 START 7 CACHE 10", 7)]
    [InlineData("START 100 CYCLE MAXVALUE 101", 100)]
    public async Task A_reset_and_a_purge_restart_it_as_it_is_declared(string declared, long first)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext context = new(database, Numbered);
        await database.ExecuteAsync(
            $"CREATE SEQUENCE numbers AS int {declared}; "
                + "CREATE TABLE a (\"Id\" int PRIMARY KEY DEFAULT nextval('numbers'))", CancellationToken);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            await database.ExecuteAsync("INSERT INTO a DEFAULT VALUES; INSERT INTO a DEFAULT VALUES", CancellationToken);

            Assert.Equal(2, (await resetter.ResetAsync(CancellationToken)).Rows);
            Assert.Equal(first, await database.ScalarAsync<long>("SELECT nextval('numbers')", CancellationToken));
        }

        await database.ExecuteAsync("SELECT setval('numbers', 30, false)", CancellationToken);
        await database.ExecuteAsync("INSERT INTO a VALUES (1)", CancellationToken);
        await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);
        Assert.Equal(first, await database.ScalarAsync<long>("SELECT nextval('numbers')", CancellationToken));
    }

    [Fact]
    public async Task The_default_of_a_partition_alone_uses_it()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE SEQUENCE numbers; CREATE TABLE a (\"Id\" int PRIMARY KEY) PARTITION BY LIST (\"Id\"); "
                + "CREATE TABLE part PARTITION OF a (\"Id\" DEFAULT nextval('numbers')) DEFAULT; "
                + "INSERT INTO part DEFAULT VALUES; "
                + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                + "IF NEW.\"Id\" IS NULL THEN NEW.\"Id\" := nextval('numbers'); END IF; RETURN NEW; END $$; "
                + "CREATE TRIGGER t BEFORE INSERT ON part FOR EACH ROW EXECUTE FUNCTION f()",
            CancellationToken);
        await using ScenarioContext context = new(database, model =>
        {
            model.HasSequence<int>("numbers");
            model.SharedTypeEntity<Dictionary<string, object>>("a", a =>
            {
                a.IndexerProperty<int>("Id").ValueGeneratedNever();
                a.HasKey("Id");
                a.ToTable("a");
            });
        });

        await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Equal(1, await database.ScalarAsync<long>("SELECT nextval('numbers')", CancellationToken));
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        await database.ExecuteAsync("INSERT INTO part DEFAULT VALUES", CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT nextval('numbers')", CancellationToken));
    }

    [Fact]
    public async Task What_is_set_for_the_second_table_that_uses_it_is_found_by_a_reset()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using ScenarioContext context = await CreateAsync(database, model =>
        {
            Numbered(model);
            model.SharedTypeEntity<Dictionary<string, object>>("b", a =>
            {
                a.IndexerProperty<int>("Id").HasDefaultValueSql("nextval('numbers')");
                a.HasKey("Id");
                a.ToTable("b");
            });
        });
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        await database.ExecuteAsync("INSERT INTO b VALUES (1), (2); SELECT setval('numbers', 3, false)", CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT nextval('numbers')", CancellationToken));
    }

    [Fact]
    public async Task The_search_path_decides_which_sequence_restarts()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE SCHEMA s2; CREATE SEQUENCE public.numbers; CREATE SEQUENCE s2.numbers; "
                + "CREATE TABLE s2.a (\"Id\" int PRIMARY KEY DEFAULT nextval('s2.numbers')); "
                + "CREATE TABLE public.kept (n int DEFAULT nextval('public.numbers')); "
                + "INSERT INTO s2.a DEFAULT VALUES; INSERT INTO public.kept DEFAULT VALUES", CancellationToken);
        await using ScenarioContext context = new(
            database,
            Numbered,
            options => options.UseNpgsql(database.ConnectionString + ";Search Path=s2,public"));

        await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Equal(1, await database.ScalarAsync<long>("SELECT nextval('s2.numbers')", CancellationToken));
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT nextval('public.numbers')", CancellationToken));
    }

    [Theory]
    [InlineData("CREATE TRIGGER t BEFORE INSERT ON kept FOR EACH ROW SET NEW.n = NEXTVAL(numbers)", "`kept`")]
    [InlineData("CREATE FUNCTION following() RETURNS int NOT DETERMINISTIC RETURN NEXT VALUE FOR `numbers`", "`following`")]
    public async Task On_MariaDB_a_trigger_or_a_function_keeps_it(string sql, string named)
    {
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE SEQUENCE numbers; CREATE TABLE a (Id int PRIMARY KEY, n int DEFAULT NEXTVAL(numbers)); CREATE TABLE kept (n int)",
            CancellationToken);
        await database.ExecuteAsync(sql, CancellationToken);
        await using ScenarioContext context = new(database, model =>
        {
            model.HasSequence<int>("numbers");
            model.SharedTypeEntity<Dictionary<string, object>>("a", a =>
            {
                a.IndexerProperty<int>("Id").ValueGeneratedNever();
                a.HasKey("Id");
                a.ToTable("a");
            });
        });

        PurgePlan plan = await context.PlanPurgeAsync(options => options.ResetIdentity = true, CancellationToken);

        Assert.DoesNotContain(plan.Steps, step => step.Kind == PlanStepKind.ResetIdentity);
        Assert.True(
            plan.Notes.Any(note => note.Text.Contains($"{named.Replace('`', '"')} may use it too", StringComparison.Ordinal)),
            string.Join("\n", plan.Notes));
    }

    private static async Task<ScenarioContext> CreateAsync(PostgreSqlTestDatabase database, Action<ModelBuilder> build)
    {
        var context = new ScenarioContext(database, build);
        await context.CreateTablesAsync(CancellationToken);
        return context;
    }

    private static void Numbered(ModelBuilder model) => NumberedAs(model, "numbers", null);

    private static void NumberedAs(ModelBuilder model, string name, string? schema)
    {
        model.HasSequence<int>(name, schema);
        string quoted = $"{(schema is null ? string.Empty : $"\"{schema}\".")}\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        model.SharedTypeEntity<Dictionary<string, object>>("a", a =>
        {
            a.IndexerProperty<int>("Id").HasDefaultValueSql($"nextval('{quoted.Replace("'", "''", StringComparison.Ordinal)}')");
            a.HasKey("Id");
            a.ToTable("a");
        });
    }
}
