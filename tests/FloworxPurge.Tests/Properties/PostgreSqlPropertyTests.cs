using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Properties;

/// <summary>Properties of every purge, on generated PostgreSQL databases.</summary>
public sealed class PostgreSqlPropertyTests
{
    private const int Cases = 40;

    // Dropped tables leave dead rows in the catalog, and the test server has no autovacuum: ten thousand cases would take several times as
    // long.
    private const int CasesBetweenVacuums = 50;

    [Fact]
    public async Task Every_purge_does_what_its_report_says_and_nothing_else()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync();
        int cases = 0;
        await Campaign.RunAsync(Cases, CaseEngine.PostgreSql, async it =>
        {
            if (++cases % CasesBetweenVacuums == 0)
            {
                await database.ExecuteAsync("VACUUM");
            }

            await CheckAsync(database, it);
        });
    }

    // A new database for each case takes longer than the case.
    internal static async Task CheckAsync(PostgreSqlTestDatabase database, GeneratedCase it)
    {
        await database.ExecuteAsync("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        await PurgeProperties.CheckAsync(database, it);
    }
}
