using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary><see cref="PurgeOptions.Truncate"/> gives the same result as Delete: exact counts, nothing kept is touched, never CASCADE.</summary>
public abstract class TruncateConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [InlineData("a")]
    [InlineData("a->b->c->d->e")]
    [InlineData("a->b->c:cascade, b->d?:setnull")]
    [InlineData("a->a?")]
    [InlineData("a->a:cascade")]
    [InlineData("a<->b?")]
    [InlineData("a->b->c, c->a?, c->d, d->b?, d->e, e->c?")]
    [InlineData("a->b, a->c, b->d, c->d, e, f->f?")]
    public async Task Every_shape_is_truncated_with_exact_counts(string notation)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse(notation);
        await graph.CreateAsync(database, rows: 7, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);
        Purger purger = Engine.Purger(options => options.Truncate = true);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        GraphProof.OrderIsRespected(graph, plan);
        GraphProof.CyclesAreNamed(graph, plan);
        GraphProof.CountsAreExact(graph, report, rows: 7);
        Assert.All(await graph.CountAsync(database, CancellationToken), count => Assert.Equal(0, count.Value));
        bool truncates = Engine.Truncates
            && (
                Engine.TruncatesReferencedTables || graph.Tables.Any(table => graph.Edges.All(edge => edge.Principal != table || edge.IsSelfReference)));
        Assert.Equal(truncates, plan.Truncates);
        Assert.Equal(
            truncates ? [PlanStepKind.Lock, PlanStepKind.Truncate] : [],
            plan.Steps.Select(step => step.Kind).Where(kind => kind is PlanStepKind.Lock or PlanStepKind.Truncate));
        AssertNoCascade(plan);
    }

    [Fact]
    public async Task A_table_that_a_kept_table_without_rows_references_is_deleted_not_truncated()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse("kept->a, b->a, a->c, d");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await database.ExecuteAsync("DELETE FROM \"kept\"", CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        await AssertDeletesAsync(
            context,
            graph,
            database,
            deleted: ["a", "c"],
            truncated: ["b", "d"],
            keptRows: 0,
            options => options.Exclude("kept"));
    }

    [Fact]
    public async Task A_table_that_a_kept_table_references_by_nulls_alone_is_deleted_not_truncated()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse("kept->a?:cascade, b->a, d->d?");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await database.ExecuteAsync("UPDATE \"kept\" SET \"a_id\" = NULL", CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        await AssertDeletesAsync(
            context,
            graph,
            database,
            deleted: ["a"],
            truncated: ["b", "d"],
            keptRows: 3,
            options => options.Exclude("kept"));
    }

    [Fact]
    public async Task A_cycle_that_an_unmapped_table_without_rows_references_is_deleted_not_truncated()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse("a<->b?, c->a, d");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE kept (id integer PRIMARY KEY, a_id integer REFERENCES a (\"Id\") ON DELETE CASCADE)",
            CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        await AssertDeletesAsync(context, graph, database, deleted: ["a", "b"], truncated: ["c", "d"], keptRows: 0, configure: null);
    }

    private async Task AssertDeletesAsync(
        ScenarioContext context,
        GraphScenario graph,
        TestDatabase database,
        string[] deleted,
        string[] truncated,
        long keptRows,
        Action<PurgeOptions>? configure)
    {
        Purger purger = Engine.Purger(options =>
        {
            options.Truncate = true;
            configure?.Invoke(options);
        });
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(3 * (deleted.Length + truncated.Length), report.RowsDeleted);
        Assert.All(report.Tables, table => Assert.Equal((3L, 3L, 0L), (table.RowsBefore, table.RowsDeleted, table.RowsAfter)));
        Assert.Equal(keptRows, await database.CountAsync("kept", cancellationToken: CancellationToken));
        Assert.Equal(keptRows, (await graph.CountAsync(database, CancellationToken)).Values.Sum());
        AssertNoCascade(plan);
        if (Engine.Truncates)
        {
            Assert.Equal(
                truncated,
                Assert.Single(plan.Steps, step => step.Kind == PlanStepKind.Truncate).Tables.Select(table => table.Name));
            Assert.Equal(
                deleted,
                plan.Steps.Where(step => step.Kind is PlanStepKind.Delete or PlanStepKind.DeleteTogether).SelectMany(step => step.Tables).Select(table => table.Name).Order());
        }
    }

    private static void AssertNoCascade(PurgePlan plan)
        => Assert.All(plan.Steps, step => Assert.DoesNotContain("CASCADE", step.Sql, StringComparison.OrdinalIgnoreCase));
}

public sealed class SqliteTruncateConformance() : TruncateConformance(Engine.Sqlite);

public sealed class PostgreSqlTruncateConformance() : TruncateConformance(Engine.PostgreSql);

public sealed class AnsiTruncateConformance() : TruncateConformance(Engine.Ansi);

public sealed class MariaDbTruncateConformance() : TruncateConformance(Engine.MariaDb);
