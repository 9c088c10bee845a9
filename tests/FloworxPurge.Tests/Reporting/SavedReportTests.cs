using System.Text.Json;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Reporting;

/// <summary>Reports that a purge of a real database saves by itself, however it ends.</summary>
public sealed class SavedReportTests : IDisposable
{
    private static readonly string[] Endings = ["html", "md", "txt", "json", "xml"];

    private readonly string _folder = Directory.CreateTempSubdirectory("purge-saved-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_clean_purge_writes_every_file_with_one_hash()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);

        PurgeReport report = await scenario.PurgeAsync(SaveAll);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(Endings.Select(In), report.Files);
        AssertFiles(report);
    }

    [Fact]
    public async Task A_failed_purge_writes_every_file_and_throws()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        await scenario.Database.RaiseOnDeleteAsync("a", "not <this> | one");

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(SaveAll));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        AssertFiles(exception.Report!);
    }

    [Fact]
    public async Task A_refused_purge_writes_every_file_and_throws()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        string before = await scenario.ChecksumAsync();

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => SaveAll(options, more => more.RequiredDatabase = "other")));

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        AssertFiles(exception.Report!);
        Assert.Equal(before, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task A_dry_run_writes_every_file_in_the_future_tense_and_deletes_nothing()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        string before = await scenario.ChecksumAsync();
        var purger = new Purger(options =>
            SaveAll(options, more => more.AddCheck("health", new DelegateCheck((_, _) => throw new InvalidOperationException())).AddTarget(new DelegateTarget("cache", (_, _) => throw new InvalidOperationException(), (_, _) => Task.FromResult(7L)))));

        PurgeReport report = await purger.DryRunAsync([scenario.Context], await purger.PlanAsync(scenario.Context));

        Assert.Equal(PurgeVerdict.Planned, report.Verdict);
        Assert.Equal((Outcome.Passed, 7L, 0L), (report.Targets[0].Outcome, report.Targets[0].ItemsBefore, report.Targets[0].ItemsRemoved));
        Assert.Equal((Outcome.NotRun, "nothing has been run"), (report.Checks[0].Outcome, report.Checks[0].Actual));
        AssertFiles(report);
        Assert.Equal(before, await scenario.ChecksumAsync());
        Assert.Contains("Purge plan: nothing has been run", await File.ReadAllTextAsync(In("md")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Paths_that_cannot_be_written_are_a_refusal_that_names_all_of_them()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        string before = await scenario.ChecksumAsync();
        string missing = Path.Combine(_folder, "missing", "a.md");
        Directory.CreateDirectory(In("html"));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.SaveReport(missing).SaveReport(In("html")).SaveReport(In("txt"))));

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Contains($"no folder \"{Path.Combine(_folder, "missing")}\"", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"\"{In("html")}\": that is a folder", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.ChecksumAsync());
        Assert.DoesNotContain(Directory.GetFiles(_folder), file => file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refusal_over_one_path_is_still_written_to_the_others()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);

        await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.SaveReport(Path.Combine(_folder, "missing", "a.md")).SaveReport(In("json"))));

        Assert.Equal(PurgeVerdict.Refused, PurgeReport.FromJson(await File.ReadAllTextAsync(In("json"))).Verdict);
    }

    [Fact]
    public async Task A_dry_run_knows_of_a_path_that_cannot_be_written_too()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        var purger = new Purger(options => options.SaveReport(Path.Combine(_folder, "missing", "a.md")));
        PurgePlan plan = await purger.PlanAsync(scenario.Context);

        Assert.Contains(
            "there is no folder",
            (await Assert.ThrowsAsync<PurgeException>(() => purger.DryRunAsync([scenario.Context], plan))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Two_reports_for_one_file_are_refused()
    {
        PurgeOptions options = new PurgeOptions().SaveReport(In("md"));

        ArgumentException exception = Assert.Throws<ArgumentException>(() => options.SaveReport(Path.Combine(_folder, ".", "report.md")));

        Assert.Contains("There is a report for ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_with_a_mistake_is_refused_when_the_options_are_made()
    {
        PurgeException exception = Assert.Throws<PurgeException>(
            () => new PurgeOptions().SaveReport(In("txt"), ScribanReportTemplate.FromString("\n{{ sumary }}", TemplateFormat.Text)));

        Assert.Contains("line 2, column 4: there is no \"sumary\"", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_under_custom_are_checked_with_the_data_when_the_purger_is_made()
    {
        var template = ScribanReportTemplate.FromString("{{ custom.tikket }}", TemplateFormat.Text);
        var details = new ReportDetails { Custom = JsonElement.Parse("""{"ticket": "OPS-42"}""") };

        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => new Purger(options => options.SaveReport(In("txt"), template).Details = details));

        Assert.Contains("there is no \"tikket\" of \"custom.tikket\"", exception.Message, StringComparison.Ordinal);
        Assert.Contains(
            "there is no \"tikket\"",
            Assert.Throws<ArgumentException>(() => new Purger(options => options.SaveReport(In("txt"), template))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_template_that_throws_after_the_commit_leaves_no_doubt_that_the_data_is_gone()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.SaveReport(In("json")).SaveReport(In("txt"), new Broken())));

        Assert.Contains("all of them are verified empty", exception.Message, StringComparison.Ordinal);
        Assert.Contains(
            $"Not every file of the report could be saved; it is in \"{In("json")}\" and in this exception: ",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Contains("the template broke", exception.Message, StringComparison.Ordinal);
        Assert.Equal(PurgeVerdict.Complete, exception.Report!.Verdict);
        Assert.IsType<InvalidTimeZoneException>(exception.InnerException!.InnerException);
        Assert.Equal([In("json")], PurgeReport.FromJson(await File.ReadAllTextAsync(In("json"))).Files);
        Assert.Equal([In("json")], exception.Report!.Files);
        Assert.Equal(0, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task A_report_that_somebody_changed_is_not_read()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        PurgeReport report = await scenario.PurgeAsync(SaveAll);
        string json = await File.ReadAllTextAsync(In("json"));

        Assert.Equal(report.Hash, PurgeReport.FromJson(json).Hash);
        string changed = json.Replace($"\"rowsDeleted\": {report.RowsDeleted}", "\"rowsDeleted\": 1", StringComparison.Ordinal);
        Assert.NotEqual(json, changed);
        Assert.Contains(
            "has been changed since it was written",
            Assert.Throws<PurgeException>(() => PurgeReport.FromJson(changed)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guards_overrides_and_the_timeline_are_those_of_the_run()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        var clock = new FixedClock(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));

        PurgeReport report = await scenario.PurgeAsync(options =>
        {
            options.TimeProvider = clock;
            options.RequiredDatabase = "test.db";
            options.MaxRows = 1000;
            options.BestEffort = true;
            options.AllowDatabase("test*");
        });

        Assert.Equal(
            [("RequiredDatabase", Outcome.Passed), ("AllowDatabase", Outcome.Passed), ("MaxRows", Outcome.Passed)],
            report.Guards.Where(guard => guard.Name is "RequiredDatabase" or "AllowDatabase" or "MaxRows").Select(guard => (guard.Name, guard.Outcome)));
        Assert.Contains(report.Overrides, name => name.StartsWith("BestEffort = true", StringComparison.Ordinal));
        Assert.Equal(
            ["transaction begun", "committed", "looked at again after the commit"],
            new[] { report.Timeline[0].Text, report.Timeline[^2].Text, report.Timeline[^1].Text });
        Assert.All(report.Timeline, entry => Assert.Equal(clock.GetUtcNow(), entry.At));
    }

    [Theory]
    [InlineData("RequiredDatabase")]
    [InlineData("AllowDatabase")]
    [InlineData("MaxRows")]
    public async Task The_guard_that_refused_is_named_and_those_behind_it_were_not_reached(string name)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(options =>
        {
            options.RequiredDatabase = name is "RequiredDatabase" ? "other" : "test.db";
            options.MaxRows = name is "MaxRows" ? 1 : 1000;
            options.AllowDatabase(name is "AllowDatabase" ? "other" : "test.db");
        }));

        List<CheckReport> guards = [.. exception.Report!.Guards];
        int refused = guards.FindIndex(guard => guard.Outcome is Outcome.Failed);
        Assert.Equal(name, guards[refused].Name);
        Assert.All(guards.Take(refused), guard => Assert.Equal(Outcome.Passed, guard.Outcome));
        Assert.All(
            guards.Skip(refused + 1).Where(guard => guard.Name is not "AllowDatabase"),
            guard => Assert.Equal(Outcome.NotRun, guard.Outcome));
        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
    }

    private void SaveAll(PurgeOptions options) => SaveAll(options, _ => { });

    private void SaveAll(PurgeOptions options, Action<PurgeOptions> more)
    {
        foreach (string ending in Endings)
        {
            options.SaveReport(In(ending));
        }

        more(options);
    }

    private void AssertFiles(PurgeReport report)
    {
        PurgeReport read = PurgeReport.FromJson(File.ReadAllText(In("json")));
        Assert.Equal(report.ToJson(), read.ToJson());
        Assert.All(
            (string[])["html", "md", "txt"],
            ending => Assert.Contains(report.Hash, File.ReadAllText(In(ending)), StringComparison.Ordinal));
        Assert.Equal(report.ToHtml(), File.ReadAllText(In("html")));
        Assert.Equal(PurgeReportTemplates.JUnit.Render(report), File.ReadAllText(In("xml")));
        Assert.Equal(Endings.Length, Directory.GetFileSystemEntries(_folder).Length);
    }

    private string In(string ending) => Path.Combine(_folder, "report." + ending);

    private sealed class Broken : PurgeReportTemplate
    {
        public override Task RenderAsync(PurgeReport report, TextWriter output, CancellationToken cancellationToken = default)
            => throw new InvalidTimeZoneException("the template broke");
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
