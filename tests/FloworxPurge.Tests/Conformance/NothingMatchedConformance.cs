using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A run that could purge no table does not end as if it had purged something.</summary>
public abstract class NothingMatchedConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task Nothing_matched_where_every_table_is_skipped()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a->b");
        await scenario.Database.ExecuteUncheckedAsync("CREATE TABLE outside (n integer NOT NULL PRIMARY KEY)");
        await scenario.Database.ExecuteUncheckedAsync("INSERT INTO outside VALUES (1)");
        await scenario.Database.ExecuteUncheckedAsync("DROP TABLE a");
        await scenario.Database.ExecuteUncheckedAsync("DROP TABLE b");
        string rows = await scenario.ChecksumAsync();

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal((PurgeVerdict.NothingMatched, 0, 2), (report.Verdict, report.RowsDeleted, report.Skips.Count));
        Assert.Equal(
            $"No table of {report.Database!.Database} was purged, and no row was deleted: all 2 tables to purge are skipped, and the report "
                + "says why.",
            report.Summary);
        Assert.Equal("all 2 tables to purge are skipped, and the report says why.", report.Error);
        Assert.Equal(rows, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task Nothing_matched_where_the_filters_leave_no_table_and_nothing_follows_it()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a->b");
        int emptied = 0;

        PurgeReport report = await scenario.PurgeAsync(options => options
            .Include("b")
            .Exclude("*")
            .AddCheck("health", new ScalarSqlCheck("SELECT 1", 1))
            .AddTarget(new DelegateTarget("cache", (_, _) => Task.FromResult(++emptied))));

        Assert.Equal(PurgeVerdict.NothingMatched, report.Verdict);
        Assert.EndsWith("the model and the filters select no table.", report.Summary, StringComparison.Ordinal);
        Assert.Equal(0, emptied);
        Assert.Equal((Outcome.Skipped, "no table was purged"), (report.Targets[0].Outcome, report.Targets[0].Reason));
        Assert.Equal((Outcome.NotRun, "no table was purged"), (report.Checks[0].Outcome, report.Checks[0].Actual));
        Assert.Equal(6, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task Every_form_of_the_report_says_that_nothing_was_deleted()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a");

        PurgeReport report = await scenario.PurgeAsync(options => options.Exclude("a"));

        foreach (string text in (string[])[report.ToString()!, report.ToMarkdown(), report.ToHtml()])
        {
            Assert.Contains("Nothing matched, nothing was deleted", text, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("Why nothing was purged", text, StringComparison.Ordinal);
            Assert.DoesNotContain("Complete", text, StringComparison.Ordinal);
        }

        Assert.Contains("<failure", PurgeReportTemplates.JUnit.Render(report), StringComparison.Ordinal);
        Assert.Equal(PurgeVerdict.NothingMatched, PurgeReport.FromJson(report.ToJson()).Verdict);
    }

    [Fact]
    public async Task A_plan_without_a_table_says_so()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a->b");

        PurgePlan plan = await scenario.PlanAsync(options => options.Exclude("*"));

        Assert.Equal(
            $"Nothing was run. A run of this plan would purge no table of {plan.Database.Database}: the model and the filters select no "
                + "table.",
            PurgeReport.FromPlan(plan).Summary);
    }

    [Fact]
    public async Task Tables_that_are_empty_already_are_complete()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a->b");
        await scenario.PurgeAsync();

        Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync()).Verdict);
        Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync(options => options.Include("a"))).Verdict);
    }
}

public sealed class SqliteNothingMatchedConformance() : NothingMatchedConformance(Engine.Sqlite);

public sealed class PostgreSqlNothingMatchedConformance() : NothingMatchedConformance(Engine.PostgreSql);

public sealed class AnsiNothingMatchedConformance() : NothingMatchedConformance(Engine.Ansi);

public sealed class MariaDbNothingMatchedConformance() : NothingMatchedConformance(Engine.MariaDb);
