using System.Diagnostics;
using System.Diagnostics.Metrics;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Run;

/// <summary>What a host sees of a purge: log messages, activities and figures.</summary>
public sealed class TelemetryTests
{
    // The callbacks run where the figure is recorded, so this distinguishes a test's own figures from those of tests that run at the same
    // time.
    private static readonly AsyncLocal<List<(string Name, string Unit, double Value, string Tags)>?> Figures = new();

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_clean_run_logs_its_plan_its_steps_and_its_end()
    {
        using var log = new CapturedLog();
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a->b", (_, options) => log.ListenTo(options));
        await scenario.Database.ExecuteAsync("ALTER TABLE a RENAME COLUMN \"Id\" TO other", CancellationToken);
        await scenario.Database.ExecuteAsync("DELETE FROM a", CancellationToken);

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal(
            [
                (1000, LogLevel.Information),
                (1001, LogLevel.Warning),
                (1010, LogLevel.Information),
                (1011, LogLevel.Debug),
                (1020, LogLevel.Information)],
            log.Of("FloworxPurge").Select(entry => (entry.Id, entry.Level)));
        Assert.Contains("Tables to purge: 1, skipped: 1, kept: 0", log.Of("FloworxPurge")[0].Text, StringComparison.Ordinal);
        Assert.Contains("ColumnMissing", log.Of("FloworxPurge")[1].Text, StringComparison.Ordinal);
        Assert.Contains("attempt 1", log.Of("FloworxPurge")[2].Text, StringComparison.Ordinal);
        Assert.Equal("Step 1 of 1 (Delete) done on b. Rows: 3.", log.Of("FloworxPurge")[3].Text);
        Assert.Equal($"Purge ended as CompleteWithSkips: {report.Summary}", log.Of("FloworxPurge")[4].Text);
    }

    [Fact]
    public async Task A_failed_run_logs_an_error_with_its_exception()
    {
        using var log = new CapturedLog();
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a", (_, options) => log.ListenTo(options));
        await scenario.Database.RaiseOnDeleteAsync("a", "not this one", CancellationToken);

        PurgeException exception = await scenario.FailAsync();

        var last = log.Of("FloworxPurge")[^1];
        Assert.Equal((1021, LogLevel.Error), (last.Id, last.Level));
        Assert.Same(exception.InnerException, last.Exception);
        Assert.Equal($"Purge ended as Failed: {exception.Report!.Summary}", last.Text);
    }

    [Fact]
    public async Task Best_effort_logs_each_table_that_fails()
    {
        using var log = new CapturedLog();
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a->b, c", (_, options) => log.ListenTo(options));
        await scenario.Database.RaiseOnDeleteAsync("a", "not this one", CancellationToken);

        await scenario.FailAsync(options => options.BestEffort = true);

        Assert.Equal(
            [(1012, LogLevel.Warning), (1012, LogLevel.Warning), (1021, LogLevel.Error)],
            log.Of("FloworxPurge").Where(entry => entry.Id is 1012 or 1021).Select(entry => (entry.Id, entry.Level)));
    }

    [Fact]
    public async Task Tables_that_are_cleared_again_are_logged()
    {
        using var log = new CapturedLog();
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a, b", (_, options) => log.ListenTo(options));
        await scenario.Database.RunOnDeleteAsync("b", "INSERT INTO a (\"Id\") VALUES (OLD.\"Id\" + 100)", CancellationToken);

        await scenario.PurgeAsync();

        Assert.Equal(
            "Purged tables have rows again, which are deleted again, pass 1: a",
            Assert.Single(log.Of("FloworxPurge"), entry => entry.Id == 1013).Text);
    }

    [Fact]
    public async Task Every_statement_is_seen_by_EFs_own_command_log()
    {
        using var log = new CapturedLog();
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, configure: (_, options) => log.ListenTo(options));
        var plan = await scenario.PlanAsync();

        await Engine.Sqlite.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);

        var commands = log.Of("Microsoft.EntityFrameworkCore.Database.Command");
        Assert.All(plan.Steps, step => Assert.Contains(commands, entry => entry.Text.Contains(step.Sql, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Planning_and_running_are_activities_named_FloworxPurge()
    {
        List<Activity> stopped = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "FloworxPurge",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                lock (stopped)
                {
                    stopped.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        using var own = new Activity("test").Start();
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a");

        await scenario.PurgeAsync();
        await scenario.Database.RaiseOnDeleteAsync("a", "not this one", CancellationToken);
        await scenario.Graph.FillAsync(scenario.Database, cancellationToken: CancellationToken);
        await scenario.FailAsync();

        List<Activity> mine;
        lock (stopped)
        {
            mine = [.. stopped.Where(activity => activity.TraceId == own.TraceId)];
        }

        Assert.Equal(["plan", "purge", "plan", "purge"], mine.Select(activity => activity.OperationName));
        Assert.Equal(ActivityStatusCode.Unset, mine[1].Status);
        Assert.Equal(
            ("Complete", "SQLite", 3L),
            (mine[1].GetTagItem("floworxpurge.verdict"), mine[1].GetTagItem("floworxpurge.engine"), mine[1].GetTagItem("floworxpurge.rows")));
        Assert.Equal((ActivityStatusCode.Error, "Failed"), (mine[3].Status, mine[3].GetTagItem("floworxpurge.verdict")));
    }

    [Fact]
    public async Task Runs_rows_and_durations_are_figures_of_the_meter_FloworxPurge()
    {
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "FloworxPurge")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.Start();
        List<(string Name, string Unit, double Value, string Tags)> figures = Figures.Value = [];
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a");

        await scenario.PurgeAsync();

        const string tags = "floworxpurge.verdict=Complete, floworxpurge.engine=SQLite";
        Assert.Equal(("floworxpurge.runs", "{run}", 1d, tags), figures[0]);
        Assert.Equal(("floworxpurge.rows.deleted", "{row}", 3d, tags), figures[1]);
        Assert.Equal(("floworxpurge.duration", "s", tags), (figures[2].Name, figures[2].Unit, figures[2].Tags));
        Assert.True(figures[2].Value > 0);
        Assert.Equal(3, figures.Count);
    }

    private static void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        => Figures.Value?.Add(
            (instrument.Name, instrument.Unit ?? "", value, string.Join(", ", tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
}
