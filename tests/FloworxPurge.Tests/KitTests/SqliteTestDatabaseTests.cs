using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.KitTests;

public sealed class SqliteTestDatabaseTests
{
    [Fact]
    public async Task The_file_and_its_folder_are_gone_after_the_test()
    {
        var database = SqliteTestDatabase.Create();
        await database.ExecuteAsync("PRAGMA journal_mode = WAL; CREATE TABLE a (id int)");
        Assert.True(File.Exists(database.FileName));

        await database.DisposeAsync();

        Assert.False(Directory.Exists(Path.GetDirectoryName(database.FileName)));
    }

    [Fact]
    public async Task A_database_in_memory_is_shared_by_its_connections_and_by_no_other_test()
    {
        await using var one = SqliteTestDatabase.CreateInMemory();
        await using var two = SqliteTestDatabase.CreateInMemory();

        await one.ExecuteAsync("CREATE TABLE a (id int)");

        Assert.Equal(0, await one.CountAsync("a"));
        Assert.DoesNotContain("CREATE TABLE a", await two.ChecksumAsync(), StringComparison.Ordinal);
    }
}
