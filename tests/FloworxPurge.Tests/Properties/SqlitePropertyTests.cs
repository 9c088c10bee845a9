using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Properties;

/// <summary>Properties of every purge, on generated SQLite databases.</summary>
public sealed class SqlitePropertyTests
{
    private const int Cases = 300;

    [Fact]
    public Task Every_purge_does_what_its_report_says_and_nothing_else() => Campaign.RunAsync(Cases, isPostgreSql: false, CheckAsync);

    internal static async Task CheckAsync(GeneratedCase it)
    {
        await using SqliteTestDatabase database = it.IsFile ? SqliteTestDatabase.Create() : SqliteTestDatabase.CreateInMemory();
        await PurgeProperties.CheckAsync(database, it);
    }
}
