using FloworxPurge.Tests.Kit;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Resetting;

/// <summary>Captured rows on SQLite are compared exactly: kinds of values, collations, keys of every form.</summary>
public sealed class SqliteCaptureTests
{
    private const string Schema = """
        CREATE TABLE n (Id INTEGER PRIMARY KEY AUTOINCREMENT, loose, i INTEGER, r REAL, m NUMERIC, t TEXT COLLATE NOCASE, b BLOB);
        CREATE TABLE w (Id TEXT COLLATE NOCASE PRIMARY KEY, v, c BLOB) WITHOUT ROWID;
        CREATE TABLE k (Id TEXT PRIMARY KEY, v INTEGER);
        CREATE TABLE s (Id INTEGER PRIMARY KEY, a ANY, FOREIGN KEY (Id) REFERENCES n (Id) ON DELETE CASCADE) STRICT;
        """;

    private const string Rows = """
        INSERT INTO n VALUES (1, 1, 1, 1, 1, 'a', x'00'), (2, 'x', 2, 2.5, '2x', 'b', 'text'), (3, NULL, NULL, NULL, NULL, NULL, NULL);
        DELETE FROM n WHERE Id = 3; INSERT INTO w VALUES ('a', 1, 1), ('b', 2, NULL); INSERT INTO k VALUES (NULL, 1), (NULL, 2), ('c', 3);
        INSERT INTO s VALUES (1, 1), (2, '1');
        """;

    private const string Content = """
        SELECT group_concat(x, ';') FROM (
            SELECT Id || quote(loose) || typeof(loose) || quote(i) || quote(r) || typeof(r) || quote(m) || quote(t) || quote(b) AS x FROM n
            UNION ALL SELECT Id || quote(v) || typeof(v) || typeof(c) FROM w UNION ALL SELECT quote(Id) || quote(v) FROM k
            UNION ALL SELECT Id || quote(a) || typeof(a) FROM s UNION ALL SELECT name || seq FROM sqlite_sequence WHERE name = 'n'
            ORDER BY 1)
        """;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("UPDATE n SET loose = 1.0 WHERE Id = 1")]
    [InlineData("UPDATE n SET loose = '1' WHERE Id = 1")]
    [InlineData("UPDATE n SET i = 1.5 WHERE Id = 1")]
    [InlineData("UPDATE n SET m = 2 WHERE Id = 2")]
    [InlineData("UPDATE n SET t = 'A' WHERE Id = 1")]
    [InlineData("UPDATE n SET t = NULL")]
    [InlineData("UPDATE n SET b = CAST(b AS BLOB)")]
    [InlineData("UPDATE n SET b = ''")]
    [InlineData("DELETE FROM s; UPDATE n SET Id = Id + 100")]
    [InlineData("INSERT INTO n (loose) VALUES (5)")]
    [InlineData("INSERT INTO n (loose) VALUES (5); DELETE FROM n WHERE loose = 5")]
    [InlineData("DELETE FROM sqlite_sequence")]
    [InlineData("UPDATE sqlite_sequence SET seq = 77")]
    [InlineData("REPLACE INTO n (Id) VALUES (1)")]
    [InlineData("UPDATE w SET Id = 'A' WHERE Id = 'a'")]
    [InlineData("UPDATE w SET v = 1.0 WHERE Id = 'a'")]
    [InlineData("UPDATE w SET c = 1.0 WHERE Id = 'a'")]
    [InlineData("UPDATE k SET v = 9 WHERE Id IS NULL")]
    [InlineData("UPDATE k SET v = 1 WHERE v = 2")]
    [InlineData("UPDATE s SET a = 1.0 WHERE Id = 1")]
    [InlineData("DELETE FROM n; INSERT INTO n (Id) VALUES (1), (2)")]
    [InlineData("VACUUM")]
    [InlineData("DELETE FROM s; DELETE FROM k; DELETE FROM w; DELETE FROM n")]
    public async Task Each_change_is_noticed_and_taken_back_wherever_the_database_is(string change)
    {
        foreach (string place in new[] { "file", "memory" })
        {
            string file = Path.Combine(Path.GetTempPath(), $"floworx_capture_{Guid.NewGuid():N}.db");
            await using var connection = new SqliteConnection(
                $"Data Source={(place is "file" ? file : ":memory:")};Pooling=False");
            try
            {
                await connection.OpenAsync(CancellationToken);
                await ExecuteAsync(connection, Schema + Rows);
                await using var context = new ManyKeys(connection);
                await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
                    context,
                    options => options.DriftTolerance = DriftTolerance.Lenient,
                    CancellationToken);
                Assert.Equal(9, await resetter.CaptureAsync(CancellationToken));
                string before = await ReadAsync(connection);
                for (int i = 0; i < 3; i++)
                {
                    await ExecuteAsync(connection, change);

                    await resetter.ResetAsync(CancellationToken);

                    Assert.Equal(before, await ReadAsync(connection));
                    Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
                    Assert.Equal(before, await ReadAsync(connection));
                }
            }
            finally
            {
                await connection.CloseAsync();
                File.Delete(file);
            }
        }
    }

    [Fact]
    public async Task A_column_that_is_no_key_any_more_is_compared_like_the_others()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await database.ExecuteAsync(
            "CREATE TABLE t (\"Id\" INTEGER PRIMARY KEY, nr INTEGER NOT NULL); INSERT INTO t VALUES (1, 10), (2, 20)",
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, "t");
        Assert.Equal(2, await resetter.CaptureAsync(CancellationToken));
        await database.ExecuteAsync(
            "DROP TABLE t; CREATE TABLE t (\"Id\" INTEGER NOT NULL, nr INTEGER PRIMARY KEY)",
            CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync("UPDATE t SET \"Id\" = \"Id\" + 5", CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(3, await database.ScalarAsync<long>("SELECT SUM(\"Id\") FROM t", CancellationToken));
    }

    [Fact]
    public async Task A_counter_that_was_behind_the_rows_is_behind_them_again()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await database.ExecuteAsync(
            "CREATE TABLE t (\"Id\" INTEGER PRIMARY KEY AUTOINCREMENT, v INTEGER); INSERT INTO t VALUES (1, 1), (2, 2); "
                + "UPDATE sqlite_sequence SET seq = 1; CREATE TABLE u (\"Id\" INTEGER PRIMARY KEY AUTOINCREMENT)",
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, "t", "u");
        await resetter.CaptureAsync(CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            await database.ExecuteAsync("UPDATE t SET v = 9", CancellationToken);

            await resetter.ResetAsync(CancellationToken);

            Assert.Equal(3, await database.ScalarAsync<long>("SELECT SUM(v) FROM t", CancellationToken));
            Assert.Equal(1, await database.ScalarAsync<long>("SELECT seq FROM sqlite_sequence", CancellationToken));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_kept_row_is_found_by_the_collation_of_its_key(bool isThere)
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await database.ExecuteAsync(
            "CREATE TABLE countries (Code TEXT COLLATE NOCASE, Part INTEGER, PRIMARY KEY (Code, Part)); "
                + "CREATE TABLE cities (\"Id\" INTEGER PRIMARY KEY, CountryCode TEXT, Part INTEGER, v INTEGER, "
                + "FOREIGN KEY (CountryCode, Part) REFERENCES countries (Code, Part)); "
                + "INSERT INTO countries VALUES ('AT', 1); INSERT INTO cities VALUES (1, 'at', 1, 5), (2, 'aT', 1, 6), (3, NULL, 7, 7)",
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, "cities");
        Assert.Equal(3, await resetter.CaptureAsync(CancellationToken));
        await database.ExecuteUncheckedAsync(
            isThere ? "UPDATE cities SET v = 0" : "DELETE FROM countries; DELETE FROM cities",
            CancellationToken);

        if (isThere)
        {
            await resetter.ResetAsync(CancellationToken);
        }
        else
        {
            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));
            Assert.Contains("countries", exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal(isThere ? 18 : 0, await database.ScalarAsync<long>("SELECT TOTAL(v) FROM cities", CancellationToken));
    }

    [Theory]
    [InlineData("UPDATE n SET v = 0")]
    [InlineData("UPDATE w SET v = 0")]
    [InlineData("INSERT INTO n VALUES ('9', 1, NULL)")]
    [InlineData("INSERT INTO w VALUES ('9', 1, '1')")]
    [InlineData("UPDATE n SET w = NULL; DELETE FROM w")]
    [InlineData("INSERT INTO k VALUES ('9', '1')")]
    public async Task Rows_of_a_cycle_in_memory_come_back_with_those_that_a_cascade_deletes(string change)
    {
        await using var connection = new SqliteConnection("Data Source=:memory:;Pooling=False");
        await connection.OpenAsync(CancellationToken);
        await ExecuteAsync(
            connection,
            """
            PRAGMA foreign_keys = ON;
            CREATE TABLE n (Id TEXT PRIMARY KEY, v INTEGER, w TEXT REFERENCES w);
            CREATE TABLE w (Id TEXT PRIMARY KEY, v INTEGER, n TEXT REFERENCES n ON DELETE SET NULL);
            CREATE TABLE s (Id TEXT PRIMARY KEY REFERENCES w ON DELETE CASCADE);
            CREATE TABLE k (Id TEXT PRIMARY KEY, s TEXT REFERENCES s ON DELETE CASCADE);
            INSERT INTO n VALUES ('1', 1, NULL), ('2', 2, NULL); INSERT INTO w VALUES ('1', 1, '1'), ('2', 2, '1');
            UPDATE n SET w = '2'; INSERT INTO s VALUES ('1'), ('2')
            """);
        const string All =
            "SELECT (SELECT group_concat(Id || v || w) FROM n) || (SELECT group_concat(Id || v || n) FROM w) || "
                + "(SELECT group_concat(Id) FROM s) || (SELECT COUNT(*) FROM k)";
        await using var context = new ManyKeys(connection);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options => options.DriftTolerance = DriftTolerance.Lenient,
            CancellationToken);
        Assert.Equal(6, await resetter.CaptureAsync(CancellationToken));
        for (int i = 0; i < 3; i++)
        {
            await ExecuteAsync(connection, change);

            Assert.Equal(change.Split("INSERT").Length - 1, (await resetter.ResetAsync(CancellationToken)).Rows);

            Assert.Equal("112,222111,2211,20", await ReadAsync(connection, All));
            Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
        }
    }

    private static Task<DatabaseResetter> ResetterAsync(SqliteTestDatabase database, params string[] tables)
        => IdTables.ResetterAsync(
            database,
            tables,
            options => options.DriftTolerance = DriftTolerance.Lenient,
            cancellationToken: CancellationToken);

    private static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(CancellationToken);
    }

    private static async Task<string> ReadAsync(SqliteConnection connection, string query = Content)
    {
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = query;
        return (string)(await command.ExecuteScalarAsync(CancellationToken))!;
    }

    private sealed class ManyKeys(SqliteConnection connection) : DbContext
    {
        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => optionsBuilder.UseSqlite(connection);

        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            foreach (string table in new[] { "n", "w", "k", "s" })
            {
                modelBuilder.SharedTypeEntity<Dictionary<string, object>>(table, entity =>
                {
                    entity.ToTable(table);
                    entity.IndexerProperty<string>("Id");
                    entity.HasKey("Id");
                });
            }
        }
    }
}
