using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>
/// Whatever a trigger does to a kept table, the run fails, everything is as it was, and the message names table and trigger.
/// </summary>
public abstract class TriggerWriteConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string Unknown = "This engine's triggers are not known, and the plan says so.";

    private string Change => Engine.CountsWrites ? "rows changed in kept table " : "content of kept table ";

    public static TheoryData<string, bool> Writes()
    {
        string[] writes =
        [
            "INSERT INTO other VALUES (OLD.\"Id\" + 100, 'new')",
            "UPDATE other SET txt = 'changed' WHERE n = OLD.\"Id\"",
            "DELETE FROM other WHERE n = OLD.\"Id\"",
            "DELETE FROM other WHERE n = OLD.\"Id\"; INSERT INTO other VALUES (OLD.\"Id\" + 100, 'new')",
        ];
        var data = new TheoryData<string, bool>();
        foreach (string write in writes)
        {
            data.Add(write, false);
            data.Add(write, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task A_write_into_an_unmapped_table_fails_the_run_and_names_table_and_trigger(string write, bool bestEffort)
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await CreateAsync("a->b");
        await scenario.Database.RunOnDeleteAsync("a", write, CancellationToken);

        await AssertFailsAsync(
            scenario,
            ["table " + Name("other"), $"\"follow_a\" on {Name("a")}"],
            options => options.BestEffort = bestEffort);
    }

    [Theory]
    [InlineData("x = 'c'")]
    [InlineData("x = 'ab', y = ''")]
    [InlineData("z = ''")]
    public async Task A_change_of_rows_that_are_alike_or_that_read_alike_afterwards_fails_the_run(string change)
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await CreateAsync("a");
        await scenario.Database.ExecuteAsync(
            "CREATE TABLE alike (x text, y text, z text); INSERT INTO alike VALUES ('a', 'b', NULL), ('a', 'b', NULL)",
            CancellationToken);
        await scenario.Database.RunOnDeleteAsync("a", "UPDATE alike SET " + change, CancellationToken);

        await AssertFailsAsync(scenario, [Change + Name("alike")]);
    }

    [Fact]
    public async Task An_update_of_an_excluded_table_of_the_model_fails_the_run()
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await CreateAsync("a, kept->p, p");
        await scenario.Database.RunOnDeleteAsync("a", "UPDATE \"kept\" SET \"p_id\" = 3 WHERE \"p_id\" <> 3", CancellationToken);

        await AssertFailsAsync(scenario, [Change + Name("kept"), $"\"follow_a\" on {Name("a")}"], options => options.Exclude("kept"));
    }

    [Fact]
    public async Task A_chain_of_triggers_over_purged_tables_into_a_kept_one_fails_the_run()
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await CreateAsync("a, b");
        await scenario.Database.RunOnDeleteAsync("a", "DELETE FROM \"b\" WHERE \"Id\" = OLD.\"Id\"", CancellationToken);
        await scenario.Database.RunOnDeleteAsync("b", "UPDATE other SET txt = 'changed' WHERE n = OLD.\"Id\"", CancellationToken);

        await AssertFailsAsync(scenario, [Change + Name("other"), $"\"follow_a\" on {Name("a")}", $"\"follow_b\" on {Name("b")}"]);
    }

    [Theory]
    [InlineData("a->a?:cascade")]
    [InlineData("a->b?:setnull, b->a?:setnull")]
    public async Task A_trigger_on_update_that_the_purge_fires_may_not_write_into_a_kept_table_either(string notation)
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await CreateAsync(notation);
        await scenario.Database.RunOnUpdateAsync("a", "UPDATE other SET txt = 'changed'", CancellationToken);
        string other = await ContentAsync(scenario);
        PurgeException? exception = null;
        try
        {
            await scenario.PurgeAsync();
        }
        catch (PurgeException e)
        {
            exception = e;
        }

        // Whether rows are updated on the way is the engine's affair; what is kept is not.
        Assert.Equal(other, await ContentAsync(scenario));
        if (exception is not null)
        {
            Assert.Equal(PurgeVerdict.Failed, exception.Report?.Verdict);
            Assert.Contains("\"follow_a\"", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_trigger_that_changes_rows_of_a_table_that_failed_fails_the_whole_run()
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await CreateAsync("a->p?, b");
        await scenario.Database.RaiseOnDeleteAsync("a", "stays", CancellationToken);
        await scenario.Database.RunOnDeleteAsync("b", "UPDATE \"a\" SET \"p_id\" = NULL", CancellationToken);

        await AssertFailsAsync(scenario, ["content of failed table " + Name("a")], options => options.BestEffort = true);
    }

    [Fact]
    public async Task A_trigger_that_writes_nothing_stops_nothing()
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await CreateAsync("a->b");
        await scenario.Database.RunOnDeleteAsync("a", "DELETE FROM other WHERE n > 1000", CancellationToken);
        string other = await ContentAsync(scenario);

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(other, await ContentAsync(scenario));
    }

    private static async Task<RunScenario> CreateAsync(Engine engine, string notation)
    {
        RunScenario scenario = await RunScenario.CreateAsync(engine, notation);
        await scenario.Database.ExecuteAsync(
            "CREATE TABLE other (n integer, txt text); INSERT INTO other VALUES (1, 'x'), (2, 'y'), (3, NULL)",
            CancellationToken);
        return scenario;
    }

    private Task<RunScenario> CreateAsync(string notation) => CreateAsync(Engine, notation);

    private static Task<string> ContentAsync(RunScenario scenario) => Shop.ContentAsync(scenario.Database, CancellationToken, "other");

    private static async Task AssertFailsAsync(RunScenario scenario, string[] named, Action<PurgeOptions>? configure = null)
    {
        string before = await scenario.ChecksumAsync();

        PurgeException exception = await scenario.FailAsync(configure);

        Assert.Equal(PurgeVerdict.Failed, exception.Report?.Verdict);
        Assert.All(named, name => Assert.Contains(name, exception.Message, StringComparison.Ordinal));
        Assert.Equal(before, await scenario.ChecksumAsync());
    }
}

public sealed class SqliteTriggerWriteConformance() : TriggerWriteConformance(Engine.Sqlite);

public sealed class PostgreSqlTriggerWriteConformance() : TriggerWriteConformance(Engine.PostgreSql);

public sealed class AnsiTriggerWriteConformance() : TriggerWriteConformance(Engine.Ansi);

public sealed class MariaDbTriggerWriteConformance() : TriggerWriteConformance(Engine.MariaDb);
