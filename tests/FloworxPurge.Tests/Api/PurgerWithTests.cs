using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Api;

/// <summary>A purger is created from another one and more options, and evaluates its guards before a run.</summary>
public sealed class PurgerWithTests
{
    private static readonly GraphScenario Graph = GraphScenario.Parse("child->parent, other");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_options_of_the_first_stay_and_those_of_the_second_are_added()
    {
        await using var database = SqliteTestDatabase.Create();
        await Graph.CreateAsync(database, rows: 2, CancellationToken);
        await using ScenarioContext context = Graph.CreateContext(database);
        var first = new Purger(options => options.Exclude("other"));

        IPurger second = first.With(options => options.Include("child"));

        Assert.Equal(["child"], (await second.PlanAsync(context, CancellationToken)).Tables.Select(table => table.Table.Name));
        Assert.Equal(["child", "parent"], (await first.PlanAsync(context, CancellationToken)).Tables.Select(table => table.Table.Name));
    }

    [Fact]
    public void Options_that_are_added_are_checked_like_all_others()
        => Assert.Contains(
            "MaxRows",
            Assert.Throws<ArgumentException>(() => new Purger().With(options => options.MaxRows = -1)).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task What_a_guard_would_refuse_is_reported_before_the_run_in_the_same_words()
    {
        await using var database = SqliteTestDatabase.Create();
        await Graph.CreateAsync(database, rows: 2, CancellationToken);
        await using ScenarioContext context = Graph.CreateContext(database);
        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Assert.Null(new Purger(options => options.AllowDatabase("test*").MaxRows = 6).CheckGuards(plan));
        foreach (Purger guarded in new[]
        {
            new Purger(options => options.AllowDatabase("prod*")),
            new Purger(options => options.MaxRows = 5),
            new Purger(options => options.RequiredDatabase = "prod"),
        })
        {
            string? refusal = guarded.CheckGuards(plan);
            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
                () => guarded.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

            Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
            Assert.Equal(exception.Report!.Error, refusal);
        }
    }

    [Fact]
    public async Task A_table_is_included_by_the_class_that_it_stores()
    {
        await using var database = SqliteTestDatabase.Create();
        await using var context = new ScenarioContext(database, model =>
        {
            model.Entity<Wanted>();
            model.Entity<Other>();
        });
        await context.CreateTablesAsync(CancellationToken);

        Type wanted = typeof(Wanted);
        PurgePlan plan = await new Purger(options => options.Include(wanted)).PlanAsync(context, CancellationToken);

        Assert.Equal(["Wanted"], plan.Tables.Select(table => table.Table.Name));
    }

    private sealed class Wanted
    {
        public int Id { get; set; }
    }

    private sealed class Other
    {
        public int Id { get; set; }
    }
}
