using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Every shape of a foreign key graph is emptied, with exact row counts.</summary>
public abstract class GraphConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [MemberData(nameof(GraphShapes.All), MemberType = typeof(GraphShapes))]
    public async Task Every_shape_is_emptied_with_exact_counts(string shape, string notation)
    {
        Assert.NotEmpty(shape);
        await EmptiesAsync(GraphScenario.Parse(notation), rows: 3);
    }

    [Theory]
    [InlineData("a->a?")]
    [InlineData("a->a?:cascade")]
    [InlineData("a->a?:setnull")]
    [InlineData("a->a")]
    [InlineData("a->a:cascade")]
    public async Task A_self_reference_with_a_chain_of_a_hundred_rows_is_emptied(string notation)
        => await EmptiesAsync(GraphScenario.Parse(notation), rows: 100);

    [Theory]
    [InlineData("a->a?:cascade")]
    [InlineData("a->b:cascade, b->a?:cascade")]
    public async Task A_cascade_through_thousands_of_rows_is_emptied(string notation)
        => await EmptiesAsync(GraphScenario.Parse(notation), rows: 5_000);

    [Theory]
    [InlineData("a->a:cascade")]
    [InlineData("a->b:cascade, b->a:cascade")]
    public async Task A_cascade_that_goes_deeper_than_the_engine_follows_changes_nothing(string notation)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse(notation);
        await graph.CreateAsync(database, rows: 5_000, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);
        string before = await database.ChecksumAsync(CancellationToken);

        // No key accepts NULL, so that nothing stops the cascade.
        Task<PurgeReport> run = PurgeAsync(context);
        if (Engine.FollowsCascadesToAnyDepth)
        {
            GraphProof.CountsAreExact(graph, await run, rows: 5_000);
            return;
        }

        PurgeReport? report = await run.ContinueWith(
            task => task.Exception is null ? task.Result : ((PurgeException)task.Exception.InnerException!).Report,
            TaskScheduler.Default);
        Assert.Contains(report!.Verdict, (PurgeVerdict[])[PurgeVerdict.Failed, PurgeVerdict.CompleteWithSkips, PurgeVerdict.NothingMatched]);
        Assert.Equal(0, report.RowsDeleted);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_model_of_a_thousand_tables_is_emptied()
    {
        QuickRun.SkipLongTest();
        await EmptiesAsync(GraphScenario.Parse(GraphShapes.Thousand()), rows: 2);
    }

    private async Task EmptiesAsync(GraphScenario graph, int rows)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await graph.CreateAsync(database, rows, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);
        Purger purger = Engine.Purger();

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        GraphProof.OrderIsRespected(graph, plan);
        GraphProof.CyclesAreNamed(graph, plan);
        Assert.All(plan.Tables, table => Assert.Equal(rows, table.Rows));

        PurgePlan again = await purger.PlanAsync(context, CancellationToken);
        Assert.Equal(plan.Fingerprint, again.Fingerprint);

        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        GraphProof.CountsAreExact(graph, report, rows);
        Assert.All(await graph.CountAsync(database, CancellationToken), count => Assert.Equal(0, count.Value));
    }
}

public sealed class SqliteGraphConformance() : GraphConformance(Engine.Sqlite);

public sealed class PostgreSqlGraphConformance() : GraphConformance(Engine.PostgreSql);

public sealed class AnsiGraphConformance() : GraphConformance(Engine.Ansi);

public sealed class MariaDbGraphConformance() : GraphConformance(Engine.MariaDb);
