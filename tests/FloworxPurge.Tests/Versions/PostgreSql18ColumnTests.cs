using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Guarantees;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Versions;

/// <summary>
/// Columns of PostgreSQL 18: those that are computed when they are read, and NOT NULL as a constraint with a name and a state.
/// </summary>
public sealed class PostgreSql18ColumnTests
{
    // The second row can be stored, and its column cannot be computed.
    private const string Kept =
        "CREATE TABLE kept (\"n\"\"\" int, share int GENERATED ALWAYS AS (100 / \"n\"\"\") VIRTUAL, doubled int GENERATED ALWAYS AS "
            + "(\"n\"\"\" * 2) STORED); INSERT INTO kept VALUES (4), (0);";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Content_with_a_column_that_cannot_be_computed_is_compared_all_the_same()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("A virtual generated column", Kept + Trigger("PERFORM 1"));
        await using ScenarioContext context = Fresh(database);

        PurgeReport report = await PurgeAsync(context);

        Assert.Contains(
            report.Verifications,
            verification => verification is { Name: "content of kept table public.kept", Outcome: Outcome.Passed });
    }

    [Theory]
    [InlineData("UPDATE kept SET \"n\"\"\" = 5 WHERE \"n\"\"\" = 4", "content of kept table public.kept")]
    [InlineData("ALTER TABLE kept ALTER COLUMN share SET EXPRESSION AS (1)", "default definitions and states changed")]
    public async Task What_a_virtual_column_is_computed_from_is_compared(string work, string failed)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("A virtual generated column", Kept + Trigger(work));
        await using ScenarioContext context = Fresh(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains(failed, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_are_added_beside_a_virtual_column_are_counted()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "A virtual generated column",
            Kept + Trigger("INSERT INTO kept VALUES (0), (4)"));
        await using ScenarioContext context = Fresh(database);

        PurgeReport report = await PurgeAsync(context, options => options.AllowInserts("kept"));

        Assert.Equal(2, Assert.Single(report.RowsAdded).RowsArrived);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_model_with_virtual_columns_shows_no_drift_and_is_purged_and_reset_with_its_seed(bool truncate)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("A virtual generated column", string.Empty);
        await using var context = new ScenarioContext(
            database,
            Model,
            options => options.UseNpgsql(database.ConnectionString, npgsql => npgsql.SetPostgresVersion(18, 0)));
        await context.CreateTablesAsync(CancellationToken);
        Purger purger = new(options => options.Truncate = truncate);

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options => options.RestoreSeedData = true,
            CancellationToken);
        await resetter.ResetAsync(CancellationToken);

        Assert.Empty(plan.Skips);
        Assert.DoesNotContain(plan.Notes, note => note.Text.StartsWith(PlanNotes.DriftPrefix, StringComparison.Ordinal));
        Assert.Equal((PurgeVerdict.Complete, 2), (report.Verdict, report.RowsDeleted));
        Assert.Equal(
            "2,4",
            await database.ScalarAsync<string>("SELECT string_agg(\"Twice\"::text, ',' ORDER BY \"Id\") FROM priced", CancellationToken));
    }

    [Fact]
    public async Task NOT_NULL_that_was_added_for_new_rows_only_stays_in_its_state()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "NOT NULL that is not "
                + "validated", "ALTER TABLE child ADD note text, ADD CONSTRAINT noted NOT NULL note NOT VALID; CREATE TABLE kept (n int CONSTRAINT counted NOT NULL NO INHERIT); INSERT INTO kept VALUES (1)");
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 6), (report.Verdict, report.RowsDeleted));
        Assert.All(report.SchemaObjects, kind => Assert.Equal(Outcome.Passed, kind.Outcome));
        Assert.False(await database.ScalarAsync<bool>("SELECT convalidated FROM pg_constraint WHERE conname = 'noted'", CancellationToken));
    }

    [Theory]
    [InlineData("ALTER TABLE kept ALTER COLUMN n DROP NOT NULL")]
    [InlineData("ALTER TABLE kept DROP CONSTRAINT counted")]
    [InlineData("ALTER TABLE kept RENAME CONSTRAINT counted TO other")]
    public async Task A_trigger_that_changes_NOT_NULL_of_a_kept_table_fails_the_run(string work)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "NOT NULL with a name",
            "CREATE TABLE kept (n int CONSTRAINT counted NOT NULL);" + Trigger(work));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains("constraint definitions and states changed", exception.Message, StringComparison.Ordinal);
    }

    private static void Model(ModelBuilder model) => model.SharedTypeEntity<Dictionary<string, object>>("priced", entity =>
    {
        entity.ToTable("priced");
        entity.IndexerProperty<int>("Id").ValueGeneratedNever();
        entity.IndexerProperty<int>("Twice").HasComputedColumnSql("\"Id\" * 2", stored: false);
        entity.HasKey("Id");
        entity.HasData(new Dictionary<string, object> { ["Id"] = 1 }, new Dictionary<string, object> { ["Id"] = 2 });
    });

    // Without the server's count of writes, the content is read; then what another session's row may have been is unknown.
    private static async Task<PurgeReport> PurgeAsync(ScenarioContext context, Action<PurgeOptions>? configure = null)
    {
        PurgeReport report = (
            await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(
                options =>
                {
                    configure?.Invoke(options);
                    options.AllowUnverified = true;
                },
                cancellationToken: CancellationToken))).Report!;
        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.Committed), (report.Verdict, report.Transaction));
        Assert.Single(report.Verifications, verification => verification.Outcome == Outcome.Unknown);
        return report;
    }

    // A pooled connection has the settings of before.
    private static ScenarioContext Fresh(PostgreSqlTestDatabase database)
        => TwoTables.As(database, database.ConnectionString + ";Application Name=fresh;Options=-c track_counts=off");

    private static string Trigger(string work)
        => $"CREATE FUNCTION work() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {work}; RETURN NULL; END $$; CREATE TRIGGER work AFTER "
            + $"DELETE ON child FOR EACH STATEMENT EXECUTE FUNCTION work();";

    private static async Task<PostgreSqlTestDatabase> CreateAsync(string what, string ddl)
    {
        PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.RequireAsync(18, what, CancellationToken);
        await database.ExecuteAsync(ddl + ";", CancellationToken);
        return database;
    }
}
