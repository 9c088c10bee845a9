using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>Generated purges of rows on MariaDB.</summary>
public sealed class MariaDbScopePropertyTests
{
    private const int Cases = 30;
    private const int CasesInChunks = 10;

    [Fact]
    public async Task Exactly_the_largest_safe_set_is_deleted_and_reported()
    {
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync();
        await ScopeCampaign.RunAsync(Cases, database, async it => await it.ExecuteUncheckedAsync(await DropAsync(it)));
    }

    [Fact]
    public async Task Several_transactions_end_as_one_does_and_their_archive_brings_everything_back()
    {
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync();
        await ScopeCampaign.RunAsync(
            CasesInChunks,
            database,
            async it => await it.ExecuteUncheckedAsync(await DropAsync(it)),
            ScopeProperties.CheckInChunksAsync);
    }

    private static async Task<string> DropAsync(TestDatabase database)
        => await database.ScalarAsync<string>(
            "SELECT GROUP_CONCAT('DROP TABLE ', TABLE_NAME SEPARATOR ';') FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()")
            ?? "SELECT 1";
}
