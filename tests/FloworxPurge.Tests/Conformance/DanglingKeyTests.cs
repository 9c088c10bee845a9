using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Drift that only SQLite allows: a foreign key to a table that is not there.</summary>
public sealed class SqliteDanglingKeyTests() : ConformanceGroup(Engine.Sqlite)
{
    [Theory]
    [InlineData(DriftTolerance.Standard, "")]
    [InlineData(DriftTolerance.Lenient, "")]
    [InlineData(DriftTolerance.Standard, "CREATE VIEW countries AS SELECT 1 AS \"Id\", 'x' AS \"Name\";")]
    public async Task A_table_whose_foreign_key_points_at_no_table_is_skipped_since_the_engine_refuses_to_delete_its_rows(DriftTolerance tolerance, string countries)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, ("countries", countries));
        await using ScenarioContext context = Shop.CreateContext(database);
        string before = await Shop.ContentAsync(database, CancellationToken, "customers");

        PurgeReport report = await PurgeAsync(context, options => options.DriftTolerance = tolerance);

        PurgeSkip skip = Skip(report, "customers");
        Assert.Equal(SkipReason.PrincipalMissing, skip.Reason);
        Assert.Contains("foreign key customers(CountryId) -> countries(Id) points at a table that does not exist", skip.Explanation, StringComparison.Ordinal);
        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "customers"));
        await AssertEmptyAsync(database, "orders", "logs");
    }

    [Fact]
    public async Task A_foreign_key_to_a_missing_table_does_not_matter_where_foreign_keys_are_not_enforced()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, ("countries", ""));
        await using ScenarioContext context = Shop.CreateContext(database);
        await context.Database.OpenConnectionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync("PRAGMA foreign_keys = OFF", CancellationToken);

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal(SkipReason.TableMissing, Assert.Single(report.Skips).Reason);
        await AssertEmptyAsync(database, "customers", "orders", "logs");
    }
}

/// <summary>The provider's scaffolding leaves a foreign key to a missing table out, so nothing is known about it before the run.</summary>
public sealed class AnsiDanglingKeyTests() : ConformanceGroup(Engine.Ansi)
{
    [Fact]
    public async Task A_foreign_key_to_a_missing_table_fails_the_run_and_nothing_is_written()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, ("countries", ""));
        await using ScenarioContext context = Shop.CreateContext(database);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => PurgeAsync(context));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("countries", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }
}
