using System.Diagnostics;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>A million rows: exact counts, in seconds.</summary>
public sealed class MillionRowsTests
{
    private const int Rows = 500_000;

    private static readonly TimeSpan Most = TimeSpan.FromSeconds(60);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PostgreSQL_truncates_them_once_it_knows_how_many_there_are()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        PurgePlan plan = await PurgeAsync(database, "ANALYZE");

        Assert.True(plan.Truncates);
    }

    [Fact]
    public async Task SQLite_deletes_them()
    {
        QuickRun.SkipLongTest();
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        PurgePlan plan = await PurgeAsync(database, "SELECT 1");

        Assert.False(plan.Truncates);
    }

    private static async Task<PurgePlan> PurgeAsync(TestDatabase database, string analyze)
    {
        await TwoTables.Graph.CreateAsync(database, Rows, CancellationToken);
        await database.ExecuteAsync(analyze, CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        var purger = new Purger();
        long start = Stopwatch.GetTimestamp();

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, Most);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(2 * Rows, report.RowsDeleted);
        Assert.All(
            report.Tables,
            table => Assert.Equal((Rows, Rows, 0L), (table.RowsBefore!.Value, table.RowsDeleted, table.RowsAfter!.Value)));
        Assert.All(plan.Tables, table => Assert.Equal(Rows, table.Rows));
        return plan;
    }
}
