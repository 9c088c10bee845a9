using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>Generated purges of rows on SQLite.</summary>
public sealed class SqliteScopePropertyTests
{
    private const int Cases = 250;
    private const int CasesInChunks = 40;

    [Fact]
    public async Task Exactly_the_largest_safe_set_is_deleted_and_reported()
    {
        QuickRun.SkipLongTest();
        await using SqliteTestDatabase database = SqliteTestDatabase.CreateInMemory();
        await ScopeCampaign.RunAsync(Cases, database, ClearAsync);
    }

    [Fact]
    public async Task Several_transactions_end_as_one_does_and_their_archive_brings_everything_back()
    {
        QuickRun.SkipLongTest();
        await using SqliteTestDatabase database = SqliteTestDatabase.CreateInMemory();
        await ScopeCampaign.RunAsync(CasesInChunks, database, ClearAsync, ScopeProperties.CheckInChunksAsync);
    }

    /// <summary>Drops all tables.</summary>
    internal static async Task ClearAsync(TestDatabase database)
    {
        string? drop = await database.ScalarAsync<string>(
            "SELECT group_concat('DROP TABLE ' || name, ';') FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
        await database.ExecuteUncheckedAsync(drop ?? "SELECT 1");
    }
}
