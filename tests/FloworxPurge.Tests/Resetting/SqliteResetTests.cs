using FloworxPurge.Tests.Kit;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Resetting;

/// <summary>
/// What a reset does on SQLite: the log of AUTOINCREMENT tables, databases in memory, settings that stay the resetter's own.
/// </summary>
public sealed class SqliteResetTests
{
    private const string Schema = """
        CREATE TABLE p (Id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE);
        CREATE TABLE c (Id INTEGER PRIMARY KEY AUTOINCREMENT, pId INTEGER NOT NULL REFERENCES p (Id) ON DELETE RESTRICT);
        CREATE TABLE x (Id INTEGER PRIMARY KEY, yId INTEGER NOT NULL REFERENCES y (Id) ON DELETE CASCADE);
        CREATE TABLE y (Id INTEGER PRIMARY KEY, xId INTEGER REFERENCES x (Id) ON DELETE CASCADE, yId INTEGER REFERENCES y (Id) ON DELETE CASCADE);
        """;

    private const string Rows = """
        INSERT INTO p VALUES (NULL, 'a'), (NULL, 'b'); INSERT INTO c SELECT NULL, Id FROM p;
        INSERT INTO y VALUES (1, NULL, NULL), (2, NULL, 1); INSERT INTO x VALUES (1, 1); UPDATE y SET xId = 1;
        """;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>Where a database can be: its connection string is made once for each test.</summary>
    public static TheoryData<string> Places => ["file", "shared memory", "memory"];

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Rows_go_and_numbers_restart_wherever_the_database_is(string place)
    {
        await using Store store = await Store.CreateAsync(place);
        await using DatabaseResetter resetter = await store.ResetterAsync();
        for (int i = 0; i < 5; i++)
        {
            await store.ExecuteAsync(Rows);
            LeakReport report = await resetter.ResetAsync(CancellationToken);
            Assert.Equal(
                [2L, 2, 1, 2],
                "pcxy".Select(name => report.Tables.Single(table => table.Table.Name == name.ToString()).RowsBefore!.Value));
            Assert.Equal(0, await store.RowsAsync());
            Assert.Equal(0, await store.NumberAsync("SELECT COUNT(*) FROM sqlite_sequence"));
            Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
        }
    }

    [Theory]
    [InlineData("INSERT INTO p VALUES (77, 'explicit')")]
    [InlineData("INSERT INTO p VALUES (-5, 'negative')")]
    [InlineData("REPLACE INTO p VALUES (1, 'a')")]
    [InlineData("INSERT INTO p VALUES (NULL, 'a') ON CONFLICT (name) DO UPDATE SET name = 'b'")]
    [InlineData("INSERT INTO p SELECT 5, 'selected'")]
    [InlineData("INSERT INTO p VALUES (1, 'a'); UPDATE p SET Id = 900")]
    [InlineData("INSERT INTO y VALUES (1, NULL, NULL)")]
    [InlineData(
        "SAVEPOINT s; INSERT INTO p VALUES (NULL, 'a'); ROLLBACK TO s; RELEASE s; INSERT INTO x VALUES (1, 1); INSERT INTO y VALUES (1, "
            + "1, NULL)")]
    public async Task Every_way_to_write_a_row_is_noticed(string sql)
    {
        foreach (string place in Places)
        {
            await using Store store = await Store.CreateAsync(place);
            await using DatabaseResetter resetter = await store.ResetterAsync();
            for (int i = 0; i < 3; i++)
            {
                await store.ExecuteAsync($"BEGIN; PRAGMA defer_foreign_keys = ON; {sql}; COMMIT");
                Assert.True((await resetter.ResetAsync(CancellationToken)).Rows > 0, place);
                Assert.Equal(0, await store.RowsAsync());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Rows_that_a_backup_brings_back_are_noticed(string place)
    {
        await using Store store = await Store.CreateAsync(place);
        await using DatabaseResetter resetter = await store.ResetterAsync();
        await using var template = new SqliteConnection("Data Source=:memory:");
        await template.OpenAsync(CancellationToken);
        await store.ExecuteAsync(Rows);
        store.Connection.BackupDatabase(template);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(7, (await resetter.ResetAsync(CancellationToken)).Rows);
            Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
            template.BackupDatabase(store.Connection);
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task The_numbers_of_an_empty_table_restart_and_those_of_a_kept_one_go_on(string place)
    {
        await using Store store = await Store.CreateAsync(place);
        await store.ExecuteAsync(Rows + "DELETE FROM c");
        await using DatabaseResetter resetter = await store.ResetterAsync(options => options.Exclude("p"));

        LeakReport report = await resetter.ResetAsync(CancellationToken);

        Assert.Equal(["x", "y"], report.Tables.Select(table => table.Table.Name).Order(StringComparer.Ordinal));
        Assert.Equal(2, await store.NumberAsync("SELECT seq FROM sqlite_sequence WHERE name = 'p'"));
        Assert.Equal(0, await store.NumberAsync("SELECT COUNT(*) FROM sqlite_sequence WHERE name = 'c'"));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Numbers_go_on_when_that_is_asked_for(string place)
    {
        await using Store store = await Store.CreateAsync(place);
        await using DatabaseResetter resetter = await store.ResetterAsync(options => options.ResetIdentity = false);
        for (int i = 1; i <= 3; i++)
        {
            await store.ExecuteAsync(Rows);
            Assert.Equal(7, (await resetter.ResetAsync(CancellationToken)).Rows);
            Assert.Equal(2 * i, await store.NumberAsync("SELECT seq FROM sqlite_sequence WHERE name = 'p'"));
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Settings_and_foreign_keys_of_other_connections_stay_as_they_are(string place)
    {
        await using Store store = await Store.CreateAsync(place);
        await store.ExecuteAsync(Rows);
        long synchronous = await store.NumberAsync("PRAGMA synchronous");
        await using (DatabaseResetter resetter = await store.ResetterAsync())
        {
            await resetter.ResetAsync(CancellationToken);
        }

        Assert.Equal(1, await store.NumberAsync("PRAGMA foreign_keys"));
        Assert.Equal(0, await store.NumberAsync("PRAGMA defer_foreign_keys"));
        Assert.Equal(synchronous, await store.NumberAsync("PRAGMA synchronous"));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_trigger_that_fills_a_table_that_was_empty_does_not_leave_rows_behind(string place)
    {
        await using Store store = await Store.CreateAsync(place);
        await store.ExecuteAsync(
            "CREATE TRIGGER t AFTER DELETE ON x BEGIN INSERT INTO c SELECT NULL, 1 WHERE EXISTS (SELECT 1 FROM p); INSERT INTO p VALUES "
                + "(NULL, NULL); END");
        await using DatabaseResetter resetter = await store.ResetterAsync();
        for (int i = 0; i < 3; i++)
        {
            await store.ExecuteAsync(Rows);
            await resetter.ResetAsync(CancellationToken);
            Assert.Equal(0, await store.RowsAsync());
            Assert.Equal(0, await store.NumberAsync("SELECT COUNT(*) FROM sqlite_sequence"));
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_trigger_that_puts_rows_back_every_time_is_named_and_nothing_is_changed(string place)
    {
        await using Store store = await Store.CreateAsync(place);
        await store.ExecuteAsync(Rows + "CREATE TRIGGER \"put back\" AFTER DELETE ON p BEGIN INSERT INTO p VALUES (NULL, NULL); END");
        await using DatabaseResetter resetter = await store.ResetterAsync();

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("\"p\" cannot be reset", exception.Message, StringComparison.Ordinal);
        Assert.Contains("trigger \"put back\" of \"p\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(7, await store.RowsAsync());
    }

    [Fact]
    public async Task Another_connection_that_holds_the_file_ends_the_wait_with_a_clear_message()
    {
        await using Store store = await Store.CreateAsync("file");
        await store.ExecuteAsync(Rows);
        await using DatabaseResetter resetter = await store.ResetterAsync(options => options.LockTimeout = TimeSpan.FromSeconds(1));
        await store.ExecuteAsync("BEGIN IMMEDIATE; INSERT INTO p VALUES (NULL, 'z')");

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));
        await store.ExecuteAsync("ROLLBACK");

        Assert.Contains("the lock wait timed out after 00:00:01", exception.Message, StringComparison.Ordinal);
        Assert.Contains("left a transaction or a reader open", exception.Message, StringComparison.Ordinal);
        Assert.Equal(7, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Fact]
    public async Task A_database_in_memory_whose_connection_was_closed_is_gone_and_that_is_said()
    {
        Store store = await Store.CreateAsync("memory");
        await using DatabaseResetter resetter = await store.ResetterAsync();
        await store.DisposeAsync();

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("Keep it open", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_that_went_with_the_connection_of_a_database_in_memory_are_one_sentence()
    {
        await using var context = new ScenarioContext(
            database: null,
            IdTables.Model(["p", "c", "x", "y"]),
            options => options.UseSqlite("Data Source=:memory:"));
        await context.Database.EnsureCreatedAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => DatabaseResetter.CreateAsync(context, configure: null, CancellationToken));

        Assert.StartsWith("No table of the model (", exception.Message, StringComparison.Ordinal);
        Assert.EndsWith("open the connection before the tables are created.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transaction_that_is_open_on_the_one_connection_is_said()
    {
        await using Store store = await Store.CreateAsync("memory");
        await using DatabaseResetter resetter = await store.ResetterAsync();
        await using SqliteTransaction transaction = store.Connection.BeginTransaction();

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("transaction", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_context_of_a_database_in_memory_is_reset_over_its_connection()
    {
        await using Store store = await Store.CreateAsync("memory");
        await store.ExecuteAsync(Rows);
        await using ScenarioContext context = store.Context();
        await using DatabaseResetter resetter = await store.ResetterAsync();

        Assert.Equal(7, (await resetter.ResetAsync(context, CancellationToken)).Rows);
        await store.ExecuteAsync(Rows);
        Assert.Equal(7, (await resetter.ResetAsync(store.Connection, CancellationToken)).Rows);
    }

    [Fact]
    public async Task A_file_that_was_deleted_and_made_again_is_planned_anew()
    {
        await using Store store = await Store.CreateAsync("file");
        await store.ExecuteAsync(Rows);
        await using DatabaseResetter resetter = await store.ResetterAsync();
        await resetter.ResetAsync(CancellationToken);
        await using ScenarioContext context = store.Context();
        await store.Connection.CloseAsync();
        await context.Database.EnsureDeletedAsync(CancellationToken);
        await store.Connection.OpenAsync(CancellationToken);
        await store.ExecuteAsync(Schema + Rows);

        Assert.Equal(7, (await resetter.ResetAsync(CancellationToken)).Rows);
        Assert.Equal(0, await store.RowsAsync());
    }

    [Theory]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY, \"UsesAutoIncrement\" INTEGER)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY, \"autoincrement\" INTEGER)")]
    [InlineData("CREATE TABLE t (\n-- no AUTOINCREMENT\nId INTEGER PRIMARY KEY)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY, how TEXT DEFAULT 'AUTOINCREMENT')")]
    public async Task A_table_that_just_mentions_autoincrement_is_looked_into_like_any_other(string sql)
    {
        foreach (string place in Places)
        {
            await using Store store = await Store.CreateAsync(
                place,
                "CREATE TABLE a (Id INTEGER PRIMARY KEY AUTOINCREMENT);" + sql,
                "a",
                "t");
            await using DatabaseResetter resetter = await store.ResetterAsync();
            await resetter.ResetAsync(CancellationToken);
            for (int i = 0; i < 2; i++)
            {
                await store.ExecuteAsync("INSERT INTO t (Id) VALUES (1); INSERT INTO a VALUES (NULL)");
                Assert.Equal(2, (await resetter.ResetAsync(CancellationToken)).Rows);
                Assert.Equal(
                    0,
                    await store.NumberAsync("SELECT (SELECT COUNT(*) FROM t) + (SELECT COUNT(*) FROM a) + (SELECT COUNT(*) FROM "
                        + "sqlite_sequence)"));
            }
        }
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("WAL")]
    public async Task A_file_that_is_put_back_from_a_copy_is_noticed(string journal)
    {
        await using Store store = await Store.CreateAsync(
            "file",
            $"PRAGMA journal_mode = {journal}; CREATE TABLE t (Id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)",
            "t");
        string file = store.Connection.DataSource;
        await store.Connection.CloseAsync();
        SqliteConnection.ClearPool(store.Connection);
        File.Copy(file, file + ".copy");
        await using DatabaseResetter resetter = await store.ResetterAsync();
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
        for (int i = 0; i < 3; i++)
        {
            SqliteConnection.ClearPool(store.Connection);
            foreach (string end in (string[])["", "-wal", "-shm"])
            {
                File.Delete(file + end);
            }

            File.Copy(file + ".copy", file);
            Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
            await store.Connection.OpenAsync(CancellationToken);
            Assert.Equal(0, await store.NumberAsync("SELECT COUNT(*) FROM t"));
            await store.Connection.CloseAsync();
        }
    }

    [Fact]
    public async Task Another_database_in_memory_is_refused_and_keeps_its_rows()
    {
        await using Store store = await Store.CreateAsync("memory");
        await using Store other = await Store.CreateAsync("memory");
        await store.ExecuteAsync(Rows);
        await other.ExecuteAsync(Rows);
        await using DatabaseResetter resetter = await store.ResetterAsync();
        await using ScenarioContext context = other.Context();

        PurgeException overConnection = await Assert.ThrowsAsync<PurgeException>(
            () => resetter.ResetAsync(other.Connection, CancellationToken));
        PurgeException overContext = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(context, CancellationToken));

        Assert.Contains("this resetter was made for another one", overConnection.Message, StringComparison.Ordinal);
        Assert.Contains("this resetter was made for another one", overContext.Message, StringComparison.Ordinal);
        Assert.Equal(7, await other.RowsAsync());
        Assert.Equal(7, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Names_that_differ_by_the_case_of_other_letters_than_A_to_Z_are_two_tables(string place)
    {
        await using Store store = await Store.CreateAsync(
            place, "CREATE TABLE \"ÄB\" (Id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE \"äb\" (Id INTEGER PRIMARY KEY)", "ÄB", "äb");
        await using DatabaseResetter resetter = await store.ResetterAsync();
        for (int i = 0; i < 3; i++)
        {
            await store.ExecuteAsync("INSERT INTO \"ÄB\" VALUES (NULL); INSERT INTO \"äb\" VALUES (1)");
            Assert.Equal(2, (await resetter.ResetAsync(CancellationToken)).Rows);
            Assert.Equal(
                0,
                await store.NumberAsync("SELECT (SELECT COUNT(*) FROM \"ÄB\") + (SELECT COUNT(*) FROM \"äb\") + (SELECT COUNT(*) FROM "
                    + "sqlite_sequence)"));
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task What_a_trigger_says_that_rolls_everything_back_is_in_the_message(string place)
    {
        await using Store store = await Store.CreateAsync(place);
        await store.ExecuteAsync(Rows + "CREATE TRIGGER t BEFORE DELETE ON c BEGIN SELECT RAISE(ROLLBACK, 'never delete here'); END");
        await using DatabaseResetter resetter = await store.ResetterAsync();

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("never delete here", exception.Message, StringComparison.Ordinal);
        Assert.Equal(7, await store.RowsAsync());
        await store.ExecuteAsync("DROP TRIGGER t");
        Assert.Equal(7, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    /// <summary>A database and one connection to it that stays open.</summary>
    private sealed class Store(SqliteConnection connection, DirectoryInfo? folder, string[] tables) : IAsyncDisposable
    {
        private readonly Action<ModelBuilder> _model = IdTables.Model(tables);

        public SqliteConnection Connection => connection;

        public static Task<Store> CreateAsync(string place) => CreateAsync(place, Schema, "p", "c", "x", "y");

        public static async Task<Store> CreateAsync(string place, string schema, params string[] tables)
        {
            DirectoryInfo? folder = place is "file" ? Directory.CreateTempSubdirectory("floworxpurge-reset-") : null;
            var text = new SqliteConnectionStringBuilder { ForeignKeys = true };
            (text.DataSource, text.Mode, text.Cache) = place switch
            {
                "file" => (Path.Combine(folder!.FullName, "shop.db"), SqliteOpenMode.ReadWriteCreate, SqliteCacheMode.Default),
                "memory" => (":memory:", SqliteOpenMode.ReadWriteCreate, SqliteCacheMode.Default),
                _ => ("reset_" + Guid.NewGuid().ToString("N"), SqliteOpenMode.Memory, SqliteCacheMode.Shared),
            };
            var store = new Store(new SqliteConnection(text.ConnectionString), folder, tables);
            await store.Connection.OpenAsync(CancellationToken);
            await store.ExecuteAsync(schema);
            return store;
        }

        public ScenarioContext Context()
            => new(
                database: null,
                _model,
                options => _ = new SqliteConnectionStringBuilder(connection.ConnectionString).DataSource is ":memory:" ? options.UseSqlite(connection) : options.UseSqlite(connection.ConnectionString));

        public async Task<DatabaseResetter> ResetterAsync(Action<ResetOptions>? configure = null)
        {
            await using ScenarioContext context = Context();
            return await DatabaseResetter.CreateAsync(context, configure, CancellationToken);
        }

        public async Task ExecuteAsync(string sql)
        {
            await using SqliteCommand command = connection.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync(CancellationToken);
        }

        public async Task<long> NumberAsync(string sql)
        {
            await using SqliteCommand command = connection.CreateCommand();
            command.CommandText = sql;
            return (long)(await command.ExecuteScalarAsync(CancellationToken))!;
        }

        public Task<long> RowsAsync()
            => NumberAsync(
                "SELECT (SELECT COUNT(*) FROM p) + (SELECT COUNT(*) FROM c) + (SELECT COUNT(*) FROM x) + (SELECT COUNT(*) FROM y)");

        public async ValueTask DisposeAsync()
        {
            SqliteConnection.ClearPool(connection);
            await connection.DisposeAsync();
            SqliteConnection.ClearAllPools();
            folder?.Delete(recursive: true);
        }
    }
}
