using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;

namespace FloworxPurge.Tests.Archives;

/// <summary>Archives in other databases of a MariaDB server, whose names may differ by their case alone.</summary>
public sealed class MariaDbSchemaArchiveTests
{
    [Fact]
    public async Task The_archive_of_a_database_whose_name_differs_by_its_case_is_another_one()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine.MariaDb);
        PurgeReport first = await scenario.PurgeAsync();
        await scenario.Rows.InsertAsync("A 99!");
        string another = scenario.Schema.ToUpperInvariant();
        try
        {
            await scenario.Rows.PurgeAsync(options => options.Rows<A>(a => a.Marked).ArchiveTo(schema: another));

            RestoreReport report = await scenario.RestoreAsync();

            Assert.Equal(RestoreVerdict.Restored, report.Verdict);
            Assert.Equal(first.Archive!.Rows, report.Tables.Sum(table => table.Rows));
            await scenario.AssertOriginalAsync();
        }
        finally
        {
            await scenario.Database.ExecuteAsync(
                $"DROP SCHEMA IF EXISTS {TestDatabase.Quote(another)}",
                TestContext.Current.CancellationToken);
        }
    }
}
