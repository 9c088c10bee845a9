using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Every shape of a foreign key graph is emptied, with exact row counts.</summary>
public abstract class GraphConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task A_table_alone_is_emptied()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse("a");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(3, report.RowsDeleted);
        Assert.All((await graph.CountAsync(database, CancellationToken)).Values, count => Assert.Equal(0, count));
    }
}

public sealed class SqliteGraphConformance() : GraphConformance(Engine.Sqlite);

public sealed class PostgreSqlGraphConformance() : GraphConformance(Engine.PostgreSql);

public sealed class AnsiGraphConformance() : GraphConformance(Engine.Ansi);
