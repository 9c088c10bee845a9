using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>With best effort, a table that fails stays as it is, with what it depends on, and the rest is purged.</summary>
public abstract class RunBestEffortConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task One_table_fails_and_the_rest_is_committed()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a->b->c, d->e");
        await scenario.Database.RaiseOnDeleteAsync("b", "not this one", CancellationToken);

        PurgeException exception = await scenario.FailAsync(options => options.BestEffort = true);

        PurgeReport report = exception.Report!;
        Assert.Equal((PurgeVerdict.Partial, true, 9), (report.Verdict, report.BestEffort, report.RowsDeleted));
        Assert.Contains("not this one", Table(report, "b").Error, StringComparison.Ordinal);
        Assert.Equal("left as it is, since table " + Table(report, "b").Table + " references it and failed", Table(report, "c").Error);
        Assert.All(
            ["b", "c"],
            name => Assert.Equal((3L, 0L, 3L), (Table(report, name).RowsBefore, Table(report, name).RowsDeleted, Table(report, name).RowsAfter)));
        Assert.All(
            ["a", "d", "e"],
            name => Assert.Equal((3L, 3L, 0L, null), (Table(report, name).RowsBefore, Table(report, name).RowsDeleted, Table(report, name).RowsAfter, Table(report, name).Error)));
        Assert.Equal([("a", 0), ("b", 3), ("c", 3), ("d", 0), ("e", 0)], await CountsAsync(scenario));
        Assert.Empty(scenario.Context.ChangeTracker.Entries());
    }

    [Fact]
    public async Task The_tables_of_a_cycle_fail_together()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a, d->e, e->d?, e->f");
        await scenario.Database.RaiseOnDeleteAsync("e", "not this one", CancellationToken);
        string cycle = await RowsAsync(scenario, "d", "e", "f");

        PurgeException exception = await scenario.FailAsync(options => options.BestEffort = true);

        Assert.Equal(PurgeVerdict.Partial, exception.Report?.Verdict);
        Assert.Equal([("a", 0), ("d", 3), ("e", 3), ("f", 3)], await CountsAsync(scenario));
        Assert.Equal(cycle, await RowsAsync(scenario, "d", "e", "f"));
    }

    [Theory]
    [InlineData("d")]
    [InlineData("e")]
    public async Task Rows_of_a_cycle_that_were_rolled_back_are_no_progress(string failing)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a, d->e, e->d?, f");
        await scenario.Database.RaiseOnDeleteAsync(failing, "not this one", CancellationToken);
        Purger purger = Engine.Purger(options => options.BestEffort = true);
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        var progress = new ProgressLog();

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync([scenario.Context], plan, progress, CancellationToken));

        Assert.Equal(6, exception.Report!.RowsDeleted);
        Assert.Equal(
            plan.Steps[^1].Tables[0].Name is "f" ? 3 : 6,
            progress.Reports.Last(step => step.Phase == PurgePhase.Deleting).RowsDeleted);
    }

    [Fact]
    public async Task Nothing_fails_and_everything_is_purged()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);

        PurgeReport report = await scenario.PurgeAsync(options => options.BestEffort = true);

        Assert.Equal((PurgeVerdict.Complete, 15), (report.Verdict, report.RowsDeleted));
        Assert.Equal(0, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task A_table_that_fails_does_not_cascade_into_the_ones_that_reference_it()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a->b:cascade, b->c:cascade");
        await scenario.Database.RaiseOnDeleteAsync("a", "not this one", CancellationToken);
        string rows = await scenario.ChecksumAsync();

        PurgeException exception = await scenario.FailAsync(options => options.BestEffort = true);

        Assert.Equal((PurgeVerdict.Partial, 0), (exception.Report!.Verdict, exception.Report!.RowsDeleted));
        Assert.Equal(rows, await scenario.ChecksumAsync());
    }

    private static TableReport Table(PurgeReport report, string name) => report.Tables.Single(table => table.Table.Name == name);

    private static async Task<IEnumerable<(string, long)>> CountsAsync(RunScenario scenario)
        => (await scenario.Graph.CountAsync(scenario.Database, CancellationToken)).Select(pair => (pair.Key, pair.Value));

    // The part of the checksum that lists the rows of these tables.
    private static async Task<string> RowsAsync(RunScenario scenario, params string[] tables)
        => string.Concat(
            (await scenario.ChecksumAsync()).Split("== rows of ").Where(part => tables.Any(table => part.StartsWith(scenario.Database.Pick(table, "public." + table, TestDatabase.Quote(table), "dbo." + table) + " ", StringComparison.Ordinal))));
}

public sealed class SqliteRunBestEffortConformance() : RunBestEffortConformance(Engine.Sqlite);

public sealed class PostgreSqlRunBestEffortConformance() : RunBestEffortConformance(Engine.PostgreSql);

public sealed class AnsiRunBestEffortConformance() : RunBestEffortConformance(Engine.Ansi);

public sealed class MariaDbRunBestEffortConformance() : RunBestEffortConformance(Engine.MariaDb);
