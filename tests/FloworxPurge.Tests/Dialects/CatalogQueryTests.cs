using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Dialects;

/// <summary>The queries with which a dialect reads its engine's catalog.</summary>
public sealed class CatalogQueryTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dialect_that_has_some_of_the_queries_that_belong_together_is_refused_with_those_that_are_needed()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken);
        await using ScenarioContext context = CreateContext(database);

        var error = await Assert.ThrowsAsync<PurgeException>(
            () => context.PurgeAsync(options => options.Dialect = new Half(), cancellationToken: CancellationToken));

        Assert.Contains("The SQL dialect Half overrides IdentityQuery and not all", error.Message, StringComparison.Ordinal);
        Assert.Contains("ForeignKeysQuery", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dialect_with_all_of_the_queries_is_purged_by_them()
    {
        await using var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken);
        await using ScenarioContext context = CreateContext(database);

        PurgeReport report = await context.PurgeAsync(options => options.Dialect = new Whole(), cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.DoesNotContain(report.Notes, note => note.Text.Contains("scaffolding", StringComparison.Ordinal));
    }

    private static ScenarioContext CreateContext(SqliteTestDatabase database) => new(database, Shop.BuildModel);

    private class Half : PurgeDialect
    {
        private protected static CatalogQueries Queries { get; } = new SqliteDialect().Catalog;

        public override string Name => "Half";

        public override bool HasSchemas => false;

        public override bool IsServer => false;

        public override string IdentityQuery => Queries.Identity;
    }

    private sealed class Whole : Half
    {
        public override string Name => "Whole";

        public override string TablesQuery => Queries.Tables;

        public override string ColumnsQuery => Queries.Columns;

        public override string ForeignKeysQuery => Queries.ForeignKeys;

        public override string IdentitiesQuery => Queries.Identities;

        public override string ObjectsQuery => Queries.Objects;

        public override string? FactsQuery => Queries.Facts;
    }
}
