using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>A result of which a part cannot be verified is committed only where that is allowed, and the plan says so where it can.</summary>
public sealed class UnverifiedTests
{
    private const string Policy = "ALTER TABLE child ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON child USING (\"Id\" < 3);";

    private const string Refusal =
        "row security may hide rows of \"public\".\"child\" from this role (purge as the owner of the tables, or as a role that bypasses "
            + "row security, or exclude the tables). Set AllowUnverified";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_that_row_security_may_hide_refuse_the_run_before_anything_is_written_and_the_plan_foresees_it()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = await RestrictAsync(database);
        string before = await database.ChecksumAsync(CancellationToken);
        Purger purger = new(options => options.Exclude("parent"));

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Contains(plan.Notes, note => note.Text.Contains("a run is refused unless AllowUnverified is set", StringComparison.Ordinal));
        Assert.Contains(Refusal, purger.CheckGuards(plan), StringComparison.Ordinal);
        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Contains(Refusal, exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_visible_is_deleted_where_that_is_allowed_or_with_best_effort(bool bestEffort)
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = await RestrictAsync(database);
        Purger purger = new(options =>
        {
            options.Exclude("parent");
            options.BestEffort = bestEffort;
            options.AllowUnverified = !bestEffort;
        });

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Null(purger.CheckGuards(plan));
        Assert.Equal((PurgeVerdict.Partial, true), (exception.Report!.Verdict, exception.Report!.IsCommitted));
        Assert.StartsWith("Rows may be left in \"public\".\"child\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(
            !bestEffort,
            exception.Report!.Overrides.Any(text => text.StartsWith("AllowUnverified = true", StringComparison.Ordinal)));
        Assert.Equal(1, await database.CountAsync("child", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Row_security_that_another_session_enables_after_the_plan_refuses_the_run()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = await RestrictAsync(database, policy: string.Empty);
        Purger purger = new(options => options.Exclude("parent"));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        await database.ExecuteAsync(Policy, CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Equal(3, await database.CountAsync("child", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_only_the_run_finds_rolls_it_back_unless_it_is_allowed(bool allowed)
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
                + "CREATE TRIGGER quiet AFTER DELETE ON child FOR EACH ROW EXECUTE FUNCTION quiet();"
                + $"ALTER DATABASE \"{database.Name}\" SET track_counts = off",
            CancellationToken);
        await using ScenarioContext context = await RestrictAsync(database, policy: string.Empty);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => context.PurgeAsync(options => options.AllowUnverified = allowed, cancellationToken: CancellationToken));

        Assert.Equal((allowed ? PurgeVerdict.Partial : PurgeVerdict.Failed, allowed), (exception.Report!.Verdict, exception.Report!.IsCommitted));
        Assert.Equal(allowed, !exception.Message.Contains("a part of the result could not be verified before the commit: rows that other "
            + "sessions added to kept tables meanwhile and triggers deleted: ", StringComparison.Ordinal));
        Assert.Equal(allowed ? 0 : 3, await database.CountAsync("child", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task What_the_callers_transaction_hides_is_left_to_the_caller()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await using IDbContextTransaction transaction = await Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions
            .BeginTransactionAsync(context.Database, System.Data.IsolationLevel.RepeatableRead, CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal((PurgeVerdict.Partial, null), (exception.Report!.Verdict, exception.Report!.IsCommitted));
    }

    private static async Task<ScenarioContext> RestrictAsync(PostgreSqlTestDatabase database, string policy = Policy)
    {
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT, DELETE ON child, parent TO {role};" + policy, CancellationToken);
        return TwoTables.As(database, login);
    }
}
