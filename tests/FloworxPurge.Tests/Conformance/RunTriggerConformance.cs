using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Delete triggers that write into tables: purged ones are cleared again and noted, kept ones fail the run.</summary>
public abstract class RunTriggerConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string Unknown = "This engine's triggers are not known, so rows that they write count as rows of somebody else.";

    [Fact]
    public async Task A_table_that_a_trigger_fills_again_is_cleared_again_and_noted()
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a, b");
        await scenario.Database.RunOnDeleteAsync("b", "INSERT INTO a (\"Id\") VALUES (OLD.\"Id\" + 100)", CancellationToken);

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        PlanNote note = Assert.Single(report.Notes, note => note.Text.Contains("cleared again", StringComparison.Ordinal));
        Assert.Equal((LogLevel.Warning, "a"), (note.Grade, note.Table?.Name));
        Assert.Contains("\"follow_b\"", note.Text, StringComparison.Ordinal);
        Assert.Contains("3 rows", note.Text, StringComparison.Ordinal);
        Assert.Equal(0, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task A_table_that_a_trigger_keeps_filling_fails_and_names_the_trigger()
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        Assert.SkipUnless(Engine.TriggersWriteTheirOwnTable, $"{Engine} lets no trigger write into the table that fires it.");
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a, b");
        await scenario.Database.RunOnDeleteAsync("a", "INSERT INTO a (\"Id\") VALUES (OLD.\"Id\" + 100)", CancellationToken);
        string rows = await scenario.ChecksumAsync();

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Failed, exception.Report?.Verdict);
        Assert.Contains("\"follow_a\"", exception.Message, StringComparison.Ordinal);
        Assert.Contains("expected 0, found 3", exception.Message, StringComparison.Ordinal);
        Assert.Equal(rows, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task A_trigger_that_writes_to_a_kept_table_fails_the_run()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a, kept");
        await scenario.Database.RunOnDeleteAsync("a", "INSERT INTO kept (\"Id\") VALUES (OLD.\"Id\" + 100)", CancellationToken);
        string rows = await scenario.ChecksumAsync();

        PurgeException exception = await scenario.FailAsync(options => options.Exclude("kept"));

        Assert.Equal(PurgeVerdict.Failed, exception.Report?.Verdict);
        Assert.Contains(
            Engine.CountsWrites ? "kept: expected 0, found 3 inserted" : "kept: expected 3, found 6",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Equal(rows, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task A_trigger_that_empties_an_unmapped_table_fails_the_run()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a");
        await scenario.Database.ExecuteAsync("CREATE TABLE unmapped (n integer); INSERT INTO unmapped VALUES (1), (2)", CancellationToken);
        await scenario.Database.RunOnDeleteAsync("a", "DELETE FROM unmapped", CancellationToken);
        string rows = await scenario.ChecksumAsync();

        PurgeException exception = await scenario.FailAsync();

        Assert.Contains(
            Engine.CountsWrites ? "unmapped: expected 0, found 2 deleted" : "unmapped: expected 2, found 0",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Equal(rows, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task A_plan_warns_of_triggers_that_fire_on_delete()
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a, b");
        await scenario.Database.RunOnDeleteAsync("b", "INSERT INTO a (\"Id\") VALUES (OLD.\"Id\" + 100)", CancellationToken);

        PurgePlan plan = await scenario.PlanAsync();

        Assert.Contains(
            plan.Notes,
            note => note.Grade == LogLevel.Warning && note.Table?.Name == "b" && note.Text.Contains("\"follow_b\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rows_of_an_unknown_trigger_never_pass_as_purged()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a");
        await scenario.Database.RunOnDeleteAsync("a", "INSERT INTO a (\"Id\") VALUES (OLD.\"Id\" + 100)", CancellationToken);

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Failed, exception.Report?.Verdict);
        Assert.Equal(3, await scenario.CountAllAsync());
    }
}

public sealed class SqliteRunTriggerConformance() : RunTriggerConformance(Engine.Sqlite);

public sealed class PostgreSqlRunTriggerConformance() : RunTriggerConformance(Engine.PostgreSql);

public sealed class AnsiRunTriggerConformance() : RunTriggerConformance(Engine.Ansi);

public sealed class MariaDbRunTriggerConformance() : RunTriggerConformance(Engine.MariaDb);
