using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance;

/// <summary>What cannot be purged is one clear exception, and nothing is written.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private readonly TestDatabase _database = SqliteTestDatabase.Create();
    private string _before = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await Shop.CreateAsync(_database, Token);
        _before = await _database.ChecksumAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        Assert.Equal(_before, await _database.ChecksumAsync(CancellationToken.None));
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_provider_that_is_not_relational_is_refused_by_name()
    {
        DbContextOptions options = new DbContextOptionsBuilder().AllowManyProviders().UseInMemoryDatabase("memory").Options;
        await using var context = new DbContext(options);
        await using ScenarioContext shop = Shop.CreateContext(_database);
        PurgePlan plan = await new Purger().PlanAsync(shop, Token);
        const string expected =
            "DbContext uses the provider Microsoft.EntityFrameworkCore.InMemory, which is not relational. A purge needs tables; recreate "
                + "such a store instead.";

        Assert.Equal(expected, (await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, Token))).Message);
        Assert.Equal(
            expected,
            (await Assert.ThrowsAsync<PurgeException>(() => new Purger().ExecuteAsync(context, plan, cancellationToken: Token))).Message);
        Assert.Equal(expected, (await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: Token))).Message);
        Assert.Equal(expected, (await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync([shop, context], Token))).Message);
    }

    [Theory]
    [InlineData("provider")]
    [InlineData("connection")]
    [InlineData("model")]
    public async Task A_context_that_is_not_configured_is_an_error_that_names_what_is_missing(string missing)
    {
        await using ScenarioContext shop = Shop.CreateContext(_database);
        PurgePlan plan = await new Purger().PlanAsync(shop, Token);
        await using DbContext context = missing == "model"
            ? new ModellessContext(_database.ConnectionString)
            : new UnfinishedContext(missing);

        PurgeException planned = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, Token));
        PurgeException run = await Assert.ThrowsAsync<PurgeException>(
            () => new Purger().ExecuteAsync(context, plan, cancellationToken: Token));
        PurgeException reset = await Assert.ThrowsAsync<PurgeException>(
            () => DatabaseResetter.CreateAsync(context, cancellationToken: Token));

        Assert.StartsWith($"{context.GetType().Name} cannot be used: ", planned.Message, StringComparison.Ordinal);
        Assert.NotNull(planned.InnerException);
        Assert.Equal(planned.Message, run.Message);
        Assert.Equal(planned.Message, reset.Message);
    }

    [Fact]
    public async Task A_disposed_context_is_reported_as_such()
    {
        ScenarioContext context = Shop.CreateContext(_database);
        PurgePlan plan = await new Purger().PlanAsync(context, Token);
        await context.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => new Purger().PlanAsync(context, Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => new Purger().ExecuteAsync(context, plan, cancellationToken: Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => context.PurgeAsync(cancellationToken: Token));
    }

    [Fact]
    public async Task Null_is_refused_everywhere_by_the_parameters_name()
    {
        await using ScenarioContext context = Shop.CreateContext(_database);
        var purger = new Purger();
        PurgePlan plan = await purger.PlanAsync(context, Token);

        Assert.Throws<ArgumentNullException>("options", () => new Purger((PurgeOptions)null!));
        Assert.Throws<ArgumentNullException>("configure", () => new Purger((Action<PurgeOptions>)null!));
        await Assert.ThrowsAsync<ArgumentNullException>("context", () => purger.PlanAsync((DbContext)null!, Token));
        await Assert.ThrowsAsync<ArgumentNullException>("contexts", () => purger.PlanAsync((IReadOnlyList<DbContext>)null!, Token));
        await Assert.ThrowsAsync<ArgumentNullException>(
            "context",
            () => purger.ExecuteAsync((DbContext)null!, plan, cancellationToken: Token));
        await Assert.ThrowsAsync<ArgumentNullException>(
            "contexts",
            () => purger.ExecuteAsync((IReadOnlyList<DbContext>)null!, plan, cancellationToken: Token));
        await Assert.ThrowsAsync<ArgumentNullException>("plan", () => purger.ExecuteAsync(context, null!, cancellationToken: Token));
        await Assert.ThrowsAsync<ArgumentNullException>("context", () => ((DbContext)null!).PurgeAsync(cancellationToken: Token));
    }

    [Fact]
    public async Task No_context_or_a_null_among_them_is_refused()
    {
        await using ScenarioContext context = Shop.CreateContext(_database);
        PurgePlan plan = await new Purger().PlanAsync(context, Token);

        foreach (IReadOnlyList<DbContext> contexts in new IReadOnlyList<DbContext>[] { [], [context, null!] })
        {
            ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(
                "contexts",
                () => new Purger().PlanAsync(contexts, Token));
            Assert.StartsWith("Give at least one context, and no null among them.", exception.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<ArgumentException>(
                "contexts",
                () => new Purger().ExecuteAsync(contexts, plan, cancellationToken: Token));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\t\n")]
    public void An_empty_or_blank_filter_is_refused(string filter)
    {
        Assert.Throws<ArgumentException>("pattern", () => new Purger(options => options.Exclude(filter)));
        Assert.Throws<ArgumentException>("pattern", () => new Purger(options => options.Include(filter)));
    }

    [Fact]
    public void A_null_filter_is_refused()
    {
        Assert.Throws<ArgumentNullException>("pattern", () => new Purger(options => options.Exclude(pattern: null!)));
        Assert.Throws<ArgumentNullException>("pattern", () => new Purger(options => options.Include(pattern: null!)));
    }

    [Fact]
    public async Task All_unknown_names_are_reported_at_once_with_suggestions()
    {
        await using ScenarioContext context = Shop.CreateContext(_database);
        var purger = new Purger(
            options => options.Exclude("customer").Exclude("odrers").Include("zebra*").Exclude<BadInputTests>().Exclude<Logs>());

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => purger.PlanAsync(context, Token));

        Assert.Null(exception.Report);
        Assert.Equal(
            [
                "Exclude(\"customer\") matches no table. Did you mean \"customers\"?",
                "Exclude(\"odrers\") matches no table. Did you mean \"orders\"?",
                "Include(\"zebra*\") matches no table. No similar name exists. Names are compared with case where the engine does.",
                "Exclude<BadInputTests>() matches no table: the model has no entity type FloworxPurge.Tests.Conformance.BadInputTests "
                    + "that is stored in a table. No similar name exists. Names are compared with case where the engine does.",
                "Exclude<Logs>() matches no table: the model has no entity type FloworxPurge.Tests.Conformance.BadInputTests+Logs that "
                    + "is stored in a table. Did you mean \"Log\"?",
            ],
            exception.Message.Split(Environment.NewLine));
    }

    [Fact]
    public async Task A_known_filter_among_unknown_ones_is_not_reported()
    {
        await using ScenarioContext context = Shop.CreateContext(_database);
        var purger = new Purger(options => options.Exclude("logs").Exclude("nothing"));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => purger.PlanAsync(context, Token));

        Assert.DoesNotContain("\"logs\")", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Exclude(\"nothing\")", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Contexts_on_two_databases_are_refused_and_both_are_named()
    {
        await using SqliteTestDatabase other = SqliteTestDatabase.Create();
        await Shop.CreateAsync(other, Token);
        string otherBefore = await other.ChecksumAsync(Token);
        await using ScenarioContext one = Shop.CreateContext(_database);
        await using ScenarioContext two = Shop.CreateContext(other);
        PurgePlan plan = await new Purger().PlanAsync(one, Token);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync([one, two], Token));
        await Assert.ThrowsAsync<PurgeException>(() => new Purger().ExecuteAsync([one, two], plan, cancellationToken: Token));

        Assert.Contains("are not on one database", exception.Message, StringComparison.Ordinal);
        Assert.Contains(((SqliteTestDatabase)_database).FileName!, exception.Message, StringComparison.Ordinal);
        Assert.Contains(other.FileName!, exception.Message, StringComparison.Ordinal);
        Assert.EndsWith("Purge them one after the other.", exception.Message, StringComparison.Ordinal);
        Assert.Equal(otherBefore, await other.ChecksumAsync(Token));
    }

    [Fact]
    public async Task A_plan_of_another_database_is_refused_and_both_are_named()
    {
        await using SqliteTestDatabase other = SqliteTestDatabase.Create();
        await Shop.CreateAsync(other, Token);
        await using ScenarioContext one = Shop.CreateContext(_database);
        await using ScenarioContext two = Shop.CreateContext(other);
        PurgePlan plan = await new Purger().PlanAsync(two, Token);

        string message = await RefusedAsync(one, plan);

        Assert.Contains("the plan was made for database \"test.db\" on " + other.FileName, message, StringComparison.Ordinal);
        Assert.Contains(
            "the connection is open to \"test.db\" on " + ((SqliteTestDatabase)_database).FileName,
            message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_of_a_database_that_was_created_again_is_refused_by_its_id()
    {
        await using ScenarioContext context = Shop.CreateContext(_database);
        PurgePlan plan = await new Purger().PlanAsync(context, Token);

        string message = await RefusedAsync(context, plan with { Database = plan.Database with { DatabaseId = "16384" } });

        Assert.Contains("(SQLite, database id 16384)", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_of_another_format_is_refused_before_it_runs_and_when_it_is_read()
    {
        await using ScenarioContext context = Shop.CreateContext(_database);
        PurgePlan plan = await new Purger().PlanAsync(context, Token) with { FormatVersion = 0 };

        Assert.Contains(
            "the plan has format 0, and this version runs format 1",
            await RefusedAsync(context, plan),
            StringComparison.Ordinal);
        Assert.Equal(
            "The plan was written in format 0, and this version reads format 1. Make a new plan with PlanAsync.",
            Assert.Throws<PurgeException>(() => PurgePlan.FromJson(plan.ToJson())).Message);
    }

    [Fact]
    public async Task A_plan_whose_text_was_changed_is_not_read()
    {
        await using ScenarioContext context = Shop.CreateContext(_database);
        PurgePlan plan = await new Purger(options => options.Exclude("logs")).PlanAsync(context, Token);

        PurgeException exception = Assert.Throws<PurgeException>(
            () => PurgePlan.FromJson(plan.ToJson().Replace("\"countries\"", "\"logs\"", StringComparison.Ordinal)));

        Assert.StartsWith("The plan has been changed since it was written: ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_with_another_statement_is_refused()
    {
        await using ScenarioContext context = Shop.CreateContext(_database);
        PurgePlan plan = await new Purger().PlanAsync(context, Token);

        Assert.Contains(
            "the statements are not what they were",
            await RefusedAsync(context, plan.WithSteps([plan.Steps[0] with { Sql = "DROP TABLE logs" }, .. plan.Steps.Skip(1)])),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_cancelled_before_the_start_stops_planning()
    {
        await using ScenarioContext context = Shop.CreateContext(_database);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new Purger().PlanAsync(context, new CancellationToken(canceled: true)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => context.PurgeAsync(cancellationToken: new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_token_cancelled_before_the_start_ends_a_run_as_cancelled()
    {
        await using ScenarioContext context = Shop.CreateContext(_database);
        PurgePlan plan = await new Purger().PlanAsync(context, Token);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => new Purger().ExecuteAsync(context, plan, cancellationToken: new CancellationToken(canceled: true)));

        Assert.Equal("Cancelled before it began: nothing was written to test.db.", exception.Message);
        Assert.Equal(PurgeVerdict.Cancelled, exception.Report!.Verdict);
        Assert.Equal(0, exception.Report!.RowsDeleted);
        Assert.IsAssignableFrom<OperationCanceledException>(exception.InnerException);
    }

    private static async Task<string> RefusedAsync(DbContext context, PurgePlan plan)
    {
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => new Purger().ExecuteAsync(context, plan, cancellationToken: Token));
        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.EndsWith("Make a new plan with PlanAsync and look at it.", exception.Message, StringComparison.Ordinal);
        return exception.Message;
    }

    private sealed class Logs;

    private sealed class UnfinishedContext(string missing) : DbContext
    {
        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
        {
            if (missing != "provider")
            {
                optionsBuilder.AllowManyProviders().UseSqlite("Name=ConnectionStrings:Nowhere");
            }
        }
    }

    private sealed class ModellessContext(string connectionString) : DbContext
    {
        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
            => optionsBuilder.AllowManyProviders().UseSqlite(connectionString);

        protected override void OnModelCreating(ModelBuilder modelBuilder) => throw new NotSupportedException("no such model");
    }
}
