using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Reporting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.Tests.Api;

/// <summary>The ways in: dependency injection, the extension method, the constructors.</summary>
public sealed class RegistrationTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_registered_purger_is_one_for_all_and_has_the_options()
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddFloworxPurge(options => options.Exclude("b"))
            .Services
            .BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        await using var database = SqliteTestDatabase.Create();
        GraphScenario graph = GraphScenario.Parse("a, b");
        await graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        var purger = services.GetRequiredService<IPurger>();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Same(purger, services.GetRequiredService<IPurger>());
        Assert.Equal(["a"], report.Tables.Select(table => table.Table.Name));
        Assert.Equal(3, await database.CountAsync("b", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task The_extension_method_plans_and_runs_in_one_call()
    {
        await using var database = SqliteTestDatabase.Create();
        GraphScenario graph = GraphScenario.Parse("a, b");
        await graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        PurgeReport first = await context.PurgeAsync(options => options.Exclude("b"), cancellationToken: CancellationToken);
        PurgeReport second = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 3), (first.Verdict, first.RowsDeleted));
        Assert.Equal((PurgeVerdict.Complete, 3), (second.Verdict, second.RowsDeleted));
    }

    [Fact]
    public async Task Options_that_change_later_do_not_reach_a_purger()
    {
        var options = new PurgeOptions();
        var purger = new Purger(options);
        options.Exclude("a").BestEffort = true;
        await using var database = SqliteTestDatabase.Create();
        GraphScenario graph = GraphScenario.Parse("a");
        await graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        Assert.Equal((false, 1), (plan.BestEffort, plan.Tables.Count));
    }

    [Fact]
    public void An_exception_carries_its_message_its_cause_and_its_report()
    {
        PurgeReport report = SampleReports.Bare();
        var cause = new InvalidOperationException("cause");

        Assert.Null(new PurgeException().Report);
        Assert.Equal(
            ("words", null, null),
            (new PurgeException("words").Message, new PurgeException("words").InnerException, new PurgeException("words").Report));
        Assert.Equal(("words", cause), (new PurgeException("words", cause).Message, new PurgeException("words", cause).InnerException));
        var exception = PurgeExtensions.NotClean(report, cause);
        Assert.Equal((report.Summary, cause, report), (exception.Message, exception.InnerException, exception.Report));
    }

    [Fact]
    public void Verdicts_are_exactly_these_in_this_order()
        => Assert.Equal(
            ["Planned", "Complete", "CompleteWithSkips", "NothingMatched", "Partial", "Failed", "Refused", "Cancelled"],
            Enum.GetNames<PurgeVerdict>());
}
