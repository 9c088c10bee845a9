using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>Generated purges of rows on PostgreSQL.</summary>
public sealed class PostgreSqlScopePropertyTests
{
    private const int Cases = 60;
    private const int CasesInChunks = 20;

    // Dropped tables leave dead rows in the catalog, and the test server has no autovacuum.
    private const int CasesBetweenVacuums = 50;

    [Fact]
    public Task Exactly_the_largest_safe_set_is_deleted_and_reported() => RunAsync(Cases, checkAsync: null);

    [Fact]
    public Task Several_transactions_end_as_one_does_and_their_archive_brings_everything_back()
        => RunAsync(CasesInChunks, ScopeProperties.CheckInChunksAsync);

    private static async Task RunAsync(int defaultCases, Func<TestDatabase, ScopeCase, Task>? checkAsync)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync();
        int cases = 0;
        await ScopeCampaign.RunAsync(
            defaultCases,
            database,
            async it =>
            {
                if (++cases % CasesBetweenVacuums == 0)
                {
                    await it.ExecuteAsync("VACUUM");
                }

                // A new database for each case takes longer than the case.
                await it.ExecuteAsync("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
            },
            checkAsync);
    }
}
