using FloworxPurge.Engines;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Planning;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>Guards look at the open connection, and say no before anything is written.</summary>
public sealed class GuardTests
{
    private static readonly GraphScenario Graph = GraphScenario.Parse("child->parent");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public Task Another_database_than_the_required_one_is_refused()
        => RefusedAsync(options => options.RequiredDatabase = "shop", "RequiredDatabase says \"shop\"");

    [Fact]
    public Task A_database_that_is_not_allowed_is_refused_and_the_message_shows_how_to_allow_it()
        => RefusedAsync(options => options.AllowDatabase("*staging*").AllowDatabase("dev"), "AllowDatabase(\"");

    [Fact]
    public Task More_rows_than_expected_are_refused_and_the_largest_tables_named()
        => RefusedAsync(options => options.MaxRows = 5, "hold 6 rows, and MaxRows is 5 (most in child 3, parent 3)");

    [Fact]
    public Task A_key_that_the_engine_does_not_remember_is_refused()
        => RefusedAsync(
            options =>
            {
                options.Dialect = new AnsiDialect();
                options.RunKey = "approval";
            },
            "RunKey is not supported on ");

    [Fact]
    public async Task Several_transactions_on_an_engine_without_its_own_dialect_make_no_plan()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await Graph.CreateAsync(database, rows: 1, CancellationToken);
        await using ScenarioContext context = Graph.CreateContext(database);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => context.PlanPurgeAsync(options => options.InChunks().Dialect = new AnsiDialect(), CancellationToken));

        Assert.StartsWith("InChunks is not supported on ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_row_more_than_expected_is_not_called_rows()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await Graph.CreateAsync(database, rows: 1, CancellationToken);
        await using ScenarioContext context = Graph.CreateContext(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => context.PurgeAsync(options => options.Exclude("parent").MaxRows = 0, cancellationToken: CancellationToken));

        Assert.Contains("hold 1 row, and MaxRows is 0", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_many_rows_as_allowed_in_an_allowed_database_are_purged()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await Graph.CreateAsync(database, rows: 3, CancellationToken);
        await using ScenarioContext context = Graph.CreateContext(database);
        string name = Path.GetFileName(database.FileName)!;

        PurgeReport report = await context.PurgeAsync(
            options =>
            {
                options.MaxRows = 6;
                options.RequiredDatabase = name;
                options.AllowDatabase(name.ToUpperInvariant());
            },
            cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
    }

    [Theory]
    [InlineData("shop", "shop_production")]
    [InlineData("shop", "test_shop")]
    [InlineData("back\\slash", "backslash")]
    public void A_name_without_wildcards_allows_no_database_of_another_name(string allowed, string database)
        => Assert.Contains(
            "not one of the allowed databases",
            RefusalOf(database, options => options.AllowDatabase(allowed)),
            StringComparison.Ordinal);

    [Fact]
    public void A_database_that_one_of_several_patterns_names_is_allowed()
        => Assert.Null(RefusalOf("dev", options => options.AllowDatabase("*staging*").AllowDatabase("dev").AllowDatabase("qa")));

    [Theory]
    [InlineData(6, true)]
    [InlineData(5, false)]
    public void The_rows_of_a_plan_are_compared_with_the_limit_before_a_run(long most, bool isAllowed)
    {
        PurgePlan plan = Facts.Plan("a");
        plan = plan with { Tables = [.. plan.Tables.Select(table => table with { Rows = 6 })] };

        Assert.Equal(isAllowed, new Purger(options => options.MaxRows = most).CheckGuards(plan) is null);
    }

    [Theory]
    [InlineData("back\\slash")]
    [InlineData("back\\*")]
    public void A_database_with_a_backslash_in_its_name_is_allowed_by_that_name(string allowed)
        => Assert.Null(RefusalOf("back\\slash", options => options.AllowDatabase(allowed)));

    [Fact]
    public void The_name_of_the_required_database_is_compared_ordinally()
        => Assert.Contains(
            "RequiredDatabase says \"SHOP\"",
            RefusalOf("shop", options => options.RequiredDatabase = "SHOP"),
            StringComparison.Ordinal);

    private static string? RefusalOf(string database, Action<PurgeOptions> configure)
        => new Purger(configure).CheckGuards(Facts.Plan("a") with { Database = Facts.Database with { Database = database } });

    private static async Task RefusedAsync(Action<PurgeOptions> configure, string because)
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await Graph.CreateAsync(database, rows: 3, CancellationToken);
        await using ScenarioContext context = Graph.CreateContext(database);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => context.PurgeAsync(configure, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Contains(because, exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }
}
