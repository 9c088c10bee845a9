using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.KitTests;

public abstract class ChecksumTests
{
    protected abstract Task<TestDatabase> CreateDatabaseAsync();

    [Fact]
    public async Task The_checksum_stays_the_same_while_nothing_changes()
    {
        await using var database = await FilledAsync();

        Assert.Equal(await database.ChecksumAsync(), await database.ChecksumAsync());
    }

    [Theory]
    [InlineData("UPDATE notes SET text = 'other' WHERE id = 2")]
    [InlineData("UPDATE notes SET text = NULL WHERE id = 2")]
    [InlineData("UPDATE notes SET text = '' WHERE id = 2")]
    [InlineData("DELETE FROM notes WHERE id = 1")]
    [InlineData("INSERT INTO notes VALUES (3, 'one')")]
    [InlineData("CREATE TABLE another (id int)")]
    [InlineData("CREATE INDEX by_text ON notes (text)")]
    [InlineData("ALTER TABLE notes ADD COLUMN extra int")]
    [InlineData("CREATE VIEW one AS SELECT * FROM notes")]
    public async Task The_checksum_changes_with_one_change(string change)
    {
        await using var database = await FilledAsync();
        var before = await database.ChecksumAsync();

        await database.ExecuteAsync(change);

        Assert.NotEqual(before, await database.ChecksumAsync());
    }

    [Fact]
    public async Task The_checksum_does_not_depend_on_the_order_of_the_rows()
    {
        await using var database = await FilledAsync();
        var before = await database.ChecksumAsync();

        await database.ExecuteAsync("DELETE FROM notes; INSERT INTO notes VALUES (2, 'two'); INSERT INTO notes VALUES (1, 'one')");

        Assert.Equal(before, await database.ChecksumAsync());
    }

    private protected async Task<TestDatabase> FilledAsync()
    {
        var database = await CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE notes (id int, text varchar(20)); INSERT INTO notes VALUES (1, 'one'), (2, 'two')");
        return database;
    }
}

public sealed class SqliteChecksumTests : ChecksumTests
{
    protected override Task<TestDatabase> CreateDatabaseAsync() => Task.FromResult<TestDatabase>(SqliteTestDatabase.Create());
}

public sealed class PostgreSqlChecksumTests : ChecksumTests
{
    protected override async Task<TestDatabase> CreateDatabaseAsync() => await PostgreSqlTestDatabase.CreateAsync();

    [Theory]
    [InlineData("ALTER TABLE notes DISABLE TRIGGER ALL")]
    [InlineData("ALTER TABLE notes ENABLE ROW LEVEL SECURITY")]
    [InlineData("ALTER TABLE notes ALTER CONSTRAINT topic DEFERRABLE")]
    [InlineData("SELECT nextval('numbers')")]
    [InlineData("GRANT DELETE ON notes TO PUBLIC")]
    [InlineData("CREATE SCHEMA other; CREATE TABLE other.notes (id int)")]
    public async Task The_checksum_changes_with_what_only_this_engine_has(string change)
    {
        await using var database = await FilledAsync();
        await database.ExecuteAsync("""
            CREATE SEQUENCE numbers;
            CREATE TABLE topics (id int PRIMARY KEY);
            ALTER TABLE notes ADD COLUMN topic_id int CONSTRAINT topic REFERENCES topics;
            """);
        var before = await database.ChecksumAsync();

        await database.ExecuteAsync(change);

        Assert.NotEqual(before, await database.ChecksumAsync());
    }
}
