using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Chunks;

/// <summary>What cannot be measured is refused.</summary>
public sealed class ReplicationLagTests
{
    private static readonly GraphScenario Graph = GraphScenario.Parse("a");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Another_engine_is_refused_by_name()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using ScenarioContext context = Graph.CreateContext(database);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => ReplicationLag.IsBelow(TimeSpan.FromSeconds(1))(context, CancellationToken));

        Assert.Contains("measures replicas of PostgreSQL alone, and this is SQLite", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(1, 0)]
    public void A_limit_that_is_not_positive_is_refused(int seconds, long bytes)
        => Assert.Throws<ArgumentOutOfRangeException>(() => ReplicationLag.IsBelow(TimeSpan.FromSeconds(seconds), bytes));
}
