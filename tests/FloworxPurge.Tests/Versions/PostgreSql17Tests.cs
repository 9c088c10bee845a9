using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Guarantees;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Versions;

/// <summary>
/// What PostgreSQL 17 brought: the privilege MAINTAIN, a limit for transactions, identity columns of partitioned tables, event triggers on
/// login.
/// </summary>
public sealed class PostgreSql17Tests
{
    private const int Version = 17;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_role_with_MAINTAIN_refreshes_a_view_of_another_owner_and_one_without_is_not_asked_for_it(bool refreshes)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("The privilege MAINTAIN");
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"CREATE MATERIALIZED VIEW held AS SELECT * FROM child; GRANT SELECT, DELETE ON child, parent TO {role}",
            CancellationToken);
        if (refreshes)
        {
            await database.ExecuteAsync($"GRANT MAINTAIN ON held TO {role}", CancellationToken);
        }

        await using ScenarioContext context = TwoTables.As(database, login);

        PurgeReport report = await context.PurgeAsync(
            options => options.RefreshMaterializedViews = refreshes,
            cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(refreshes ? 0 : 3, await database.CountAsync("held", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_purge_that_takes_longer_than_the_server_lets_a_transaction_take_is_rolled_back_and_names_the_setting()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("The setting transaction_timeout");
        await database.ExecuteAsync(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$;
            CREATE TRIGGER slow AFTER DELETE ON parent FOR EACH STATEMENT EXECUTE FUNCTION slow();
            """,
            CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, database.ConnectionString + ";Options=-c transaction_timeout=2s");

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains("terminating connection due to transaction timeout", exception.Message, StringComparison.Ordinal);
        Assert.Contains("transaction_timeout", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_plan_that_takes_longer_than_the_server_lets_a_transaction_take_names_the_setting()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("The setting transaction_timeout");
        await database.ExecuteAsync(
            """
            CREATE FUNCTION wait() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN true; END $$;
            ALTER TABLE child ENABLE ROW LEVEL SECURITY; CREATE POLICY slowly ON child USING (wait());
            """,
            CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT, DELETE ON child, parent TO {role}", CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login + ";Options=-c transaction_timeout=2s");

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, CancellationToken));

        Assert.Contains("transaction_timeout", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_numbers_of_a_partitioned_table_restart()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("An identity column of a partitioned table");
        await database.ExecuteAsync(
            """
            CREATE TABLE numbered ("Id" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text) PARTITION BY RANGE ("Id");
            CREATE TABLE numbered_1 PARTITION OF numbered FOR VALUES FROM (1) TO (3);
            CREATE TABLE numbered_2 PARTITION OF numbered DEFAULT;
            INSERT INTO numbered (note) SELECT 'n' FROM generate_series(1, 5);
            """,
            CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("numbered").CreateContext(database);
        Purger purger = new(options => options.ResetIdentity = true);

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 5), (report.Verdict, report.RowsDeleted));
        Assert.Single(plan.Steps, step => step.Kind == PlanStepKind.ResetIdentity);
        Assert.Equal(
            1,
            await database.ScalarAsync<int>("INSERT INTO numbered (note) VALUES ('again') RETURNING \"Id\"", CancellationToken));
    }

    [Fact]
    public async Task An_event_trigger_on_login_is_not_fired_by_a_purge()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("An event trigger on login");
        await database.ExecuteAsync(
            """
            CREATE FUNCTION greet() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$;
            CREATE EVENT TRIGGER greet ON login EXECUTE FUNCTION greet();
            ALTER TABLE parent ADD COLUMN number int GENERATED ALWAYS AS IDENTITY;
            """,
            CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.DoesNotContain(
            report.Verifications,
            verification => verification.Name.Contains("kept tables that were dropped", StringComparison.Ordinal));
    }

    private static async Task<PostgreSqlTestDatabase> CreateAsync(string what)
    {
        PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.RequireAsync(Version, what, CancellationToken);
        return database;
    }
}
