using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// A role that may not see what references a table must not empty it: a cascade would reach rows of tables that are kept. PostgreSQL shows
/// every foreign key; a catalog query that leaves one out plays a server that does not.
/// </summary>
public sealed class HiddenDependentsTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(OnBlocked.Skip)]
    [InlineData(OnBlocked.IncludeDependents)]
    public async Task A_table_that_hidden_keys_may_reference_is_skipped_and_nothing_cascades(OnBlocked onBlocked)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        GraphScenario graph = GraphScenario.Parse("secret->a:cascade, b");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("a, b").CreateContext(database);
        var purger = new Purger(options =>
        {
            options.Dialect = new Hiding();
            options.OnBlocked = onBlocked;
        });

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        PlanTable skip = Assert.Single(plan.Skips);
        Assert.Equal((new TableName("public", "a"), PlanReason.PrivilegeMissing), (skip.Table, skip.Reason));
        Assert.Contains("VIEW DEFINITION", skip.Explanation, StringComparison.Ordinal);
        Assert.Equal((PurgeVerdict.CompleteWithSkips, 3L), (report.Verdict, report.RowsDeleted));
        Assert.Equal(
            [("a", 3L), ("b", 0L), ("secret", 3L)],
            (await graph.CountAsync(database, CancellationToken)).Select(pair => (pair.Key, pair.Value)));
    }

    private sealed class Hiding : AnsiDialect
    {
        private static readonly CatalogQueries PostgreSql = new PostgreSqlDialect().Catalog;

        internal override CatalogQueries Catalog { get; } = PostgreSql with
        {
            ForeignKeys = PostgreSql.ForeignKeys.Replace(
                "WHERE k.contype = 'f'",
                "WHERE k.contype = 'f' AND c.relname <> 'secret'",
                StringComparison.Ordinal),
            Facts = $"SELECT * FROM ({PostgreSql.Facts}) AS f UNION ALL SELECT 'hidden dependents', 'public', 'a', 'no right', NULL",
        };
    }
}
