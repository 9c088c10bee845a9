using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>
/// Cycles with no key that accepts NULL: emptied where the engine can, and else skipped with everything that they reference.
/// </summary>
public abstract class UnbreakableCycleConformance(Engine engine) : ConformanceGroup(engine)
{
    // d depends on the cycle of a, b and c; e and what it references, g, are referenced from there; f has nothing to do with it.
    private const string Cycle = "a->b->c->a, d->a, c->e, e->g, f";

    [Fact]
    public async Task A_cycle_of_not_null_keys_is_emptied_or_skipped_with_its_keys_named()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse(Cycle);
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);
        Purger purger = Engine.Purger();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        if (Engine.BreaksNotNullCycles)
        {
            Assert.Equal(PurgeVerdict.Complete, report.Verdict);
            GraphProof.OrderIsRespected(graph, plan);
            GraphProof.CyclesAreNamed(graph, plan);
            GraphProof.CountsAreExact(graph, report, rows: 3);
            return;
        }

        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        Assert.Equal(["d", "f"], report.Tables.Select(table => table.Table.Name).Order());
        Assert.Equal(6, report.RowsDeleted);
        Assert.Empty(plan.Cycles);
        Assert.Equal(
            ["a: CycleCannotBeBroken", "b: CycleCannotBeBroken", "c: CycleCannotBeBroken", "e: Blocked", "g: Blocked"],
            report.Skips.Select(skip => $"{skip.Table}: {skip.Reason}").Order());
        Assert.All(report.Skips.Where(skip => skip.Reason == PlanReason.CycleCannotBeBroken), skip =>
        {
            Assert.Equal(["a -> b", "b -> c", "c -> a"], skip.ForeignKeys.Select(key => $"{key.Dependent} -> {key.Principal}").Order());
            Assert.All(skip.ForeignKeys, key => Assert.Contains(key.ToString(), skip.Explanation, StringComparison.Ordinal));
        });
        Assert.Equal(
            new Dictionary<string, long> { ["a"] = 3, ["b"] = 3, ["c"] = 3, ["d"] = 0, ["e"] = 3, ["f"] = 0, ["g"] = 3 },
            await graph.CountAsync(database, CancellationToken));
    }

    [Fact]
    public async Task What_a_skipped_cycle_references_is_blocked_with_the_cause_named()
    {
        Assert.SkipWhen(Engine.BreaksNotNullCycles, $"{Engine} breaks every cycle.");
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse(Cycle);
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        PurgePlan plan = await Engine.Purger().PlanAsync(context, CancellationToken);

        PlanTable near = Assert.Single(plan.Skips, skip => skip.Table.Name == "e");
        Assert.Equal("c", Assert.Single(near.ForeignKeys).Dependent.Name);
        Assert.Contains("3 rows of \"c\"", near.Explanation, StringComparison.Ordinal);
        Assert.Contains("skipped (CycleCannotBeBroken)", near.Explanation, StringComparison.Ordinal);
        PlanTable far = Assert.Single(plan.Skips, skip => skip.Table.Name == "g");
        Assert.Equal("e", Assert.Single(far.ForeignKeys).Dependent.Name);
        Assert.Contains("skipped (Blocked by \"c\")", far.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_skipped_cycle_without_rows_blocks_nothing()
    {
        Assert.SkipWhen(Engine.BreaksNotNullCycles, $"{Engine} breaks every cycle.");
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse(Cycle);
        await graph.CreateAsync(database, rows: 0, CancellationToken);
        await database.ExecuteAsync("INSERT INTO \"g\" VALUES (1); INSERT INTO \"e\" VALUES (1, 1)", CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal(["a", "b", "c"], report.Skips.Select(skip => skip.Table.Name).Order());
        Assert.Equal(["d", "e", "f", "g"], report.Tables.Select(table => table.Table.Name).Order());
        Assert.Equal(2, report.RowsDeleted);
    }

    [Fact]
    public async Task A_cycle_behind_a_skipped_cycle_is_blocked_as_a_whole()
    {
        Assert.SkipWhen(Engine.BreaksNotNullCycles, $"{Engine} breaks every cycle.");
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse("a<->b, a->c, c->d, d->c?, d->e");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal(
            ["a: CycleCannotBeBroken", "b: CycleCannotBeBroken", "c: Blocked", "d: Blocked", "e: Blocked"],
            report.Skips.Select(skip => $"{skip.Table}: {skip.Reason}").Order());
        Assert.Equal(0, report.RowsDeleted);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Theory]
    [InlineData("a->a?:restrict")]
    [InlineData("a->a?:restrict, b->a, a->c")]
    public async Task A_nullable_self_reference_with_restrict_is_emptied(string notation)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse(notation);
        await graph.CreateAsync(database, rows: 10, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);
        Purger purger = Engine.Purger();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        GraphProof.CyclesAreNamed(graph, plan);
        GraphProof.CountsAreExact(graph, report, rows: 10);
        Assert.All(await graph.CountAsync(database, CancellationToken), count => Assert.Equal(0, count.Value));
    }

    [Fact]
    public async Task A_self_reference_with_restrict_that_is_not_null_is_emptied_or_skipped_with_its_key_named()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse("a->a:restrict");
        await graph.CreateAsync(database, rows: 10, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        PurgeReport report = await PurgeAsync(context);

        if (Engine.DeletesRestrictedSelfReferences)
        {
            Assert.Equal(PurgeVerdict.Complete, report.Verdict);
            GraphProof.CountsAreExact(graph, report, rows: 10);
            return;
        }

        PlanTable skip = Assert.Single(report.Skips);
        Assert.Equal(PlanReason.CycleCannotBeBroken, skip.Reason);
        ForeignKey key = Assert.Single(skip.ForeignKeys);
        Assert.True(key.IsSelfReference);
        Assert.Contains(key.ToString(), skip.Explanation, StringComparison.Ordinal);
        Assert.Equal(10, await database.CountAsync("a", cancellationToken: CancellationToken));
    }
}

public sealed class SqliteUnbreakableCycleConformance() : UnbreakableCycleConformance(Engine.Sqlite);

public sealed class PostgreSqlUnbreakableCycleConformance() : UnbreakableCycleConformance(Engine.PostgreSql);

public sealed class AnsiUnbreakableCycleConformance() : UnbreakableCycleConformance(Engine.Ansi);

public sealed class MariaDbUnbreakableCycleConformance() : UnbreakableCycleConformance(Engine.MariaDb);
