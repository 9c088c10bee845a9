using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Run;

/// <summary>What the log has of a purge.</summary>
public sealed class TelemetryTests
{
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
    public async Task A_refused_run_logs_a_warning_without_an_exception()
    {
        using var log = new CapturedLog();
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a", (_, options) => log.ListenTo(options));

        PurgeException exception = await scenario.FailAsync(options => options.MaxRows = 1);

        var last = log.Of("FloworxPurge")[^1];
        Assert.Equal((1022, LogLevel.Warning), (last.Id, last.Level));
        Assert.Null(last.Exception);
        Assert.Equal($"{exception.Report!.Summary} Verdict: Refused.", last.Text);
        Assert.DoesNotContain(log.Of("FloworxPurge"), entry => entry.Level == LogLevel.Error);
    }

    [Theory]
    [InlineData(false, "No table of ")]
    [InlineData(true, "No row ")]
    public async Task A_run_that_deletes_nothing_logs_a_warning_without_an_exception(bool isOfRows, string summary)
    {
        using var log = new CapturedLog();
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a", (_, options) => log.ListenTo(options));

        PurgeReport report = await scenario.PurgeAsync(options => _ = isOfRows
            ? options.Rows<Dictionary<string, object>>("a", rows => rows.Where(row => (int)row["Id"] > 100))
            : options.Exclude("a"));

        var last = log.Of("FloworxPurge")[^1];
        Assert.Equal((1024, LogLevel.Warning), (last.Id, last.Level));
        Assert.Null(last.Exception);
        Assert.Equal($"{report.Summary} Verdict: NothingMatched.", last.Text);
        Assert.StartsWith(summary, report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_run_logs_a_warning_without_an_exception()
    {
        using var log = new CapturedLog();
        using var stop = new CancellationTokenSource();
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a", (_, options) => log.ListenTo(options));
        var plan = await scenario.PlanAsync();
        await stop.CancelAsync();

        await Assert.ThrowsAsync<PurgeException>(
            () => Engine.Sqlite.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: stop.Token));

        var last = log.Of("FloworxPurge")[^1];
        Assert.Equal((1023, LogLevel.Warning), (last.Id, last.Level));
        Assert.Null(last.Exception);
    }
}
