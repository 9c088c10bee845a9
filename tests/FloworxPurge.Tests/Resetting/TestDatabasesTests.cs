using FloworxPurge.Killed;
using FloworxPurge.Resetting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Tests.Resetting;

/// <summary>Test databases: what is refused, what is never dropped, and what is different on each engine.</summary>
public sealed class TestDatabasesTests
{
    private const string PostgreSql = "PostgreSQL";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("floworxpurge_test_0123456789abcdef_1", true)]
    [InlineData("floworxpurge_test_0123456789abcdef_template", true)]
    [InlineData("floworxpurge_test_0123456789abcdef_1x", false)]
    [InlineData("floworxpurge_test_0123456789abcdef_1\n", false)]
    [InlineData("floworxpurge_test_0123456789ABCDEF_1", false)]
    [InlineData("floworxpurge_test_0123456789abcde_1", false)]
    [InlineData("floworxpurge_test_orders_1", false)]
    [InlineData("my_floworxpurge_test_0123456789abcdef_1", false)]
    [InlineData("shop_test", false)]
    public void Only_a_name_with_the_whole_mark_is_one_of_the_librarys(string name, bool isMarked)
        => Assert.Equal(isMarked, TestDatabaseMark.TryFindOwner(name, out _));

    [Fact]
    public void A_name_of_the_library_may_be_reset()
    {
        string name = TestDatabaseMark.NameOf(TestDatabaseMark.NewOwner(), "12");

        Assert.True(TestDatabaseMark.TryFindOwner(name, out _) && TestDatabaseName.Matches(name));
    }

    [Fact]
    public async Task Databases_without_the_whole_mark_stay_and_marked_ones_that_somebody_uses_stay_too()
    {
        await using PostgreSqlTestDatabase place = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        string owner = TestDatabaseMark.NewOwner();
        string[] names = [$"floworxpurge_test_{owner}_shop", TestDatabaseMark.NameOf(owner, "1"), TestDatabaseMark.NameOf(owner, "2")];
        foreach (string name in names)
        {
            await place.ExecuteAsync($"CREATE DATABASE \"{name}\"", CancellationToken);
        }

        await using (var user = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(place.ConnectionString) { Database = names[1], Pooling = false }.ConnectionString))
        {
            await user.OpenAsync(CancellationToken);
            await using TestDatabases<KillContext> databases = Create(place);
            await (await databases.RentAsync(CancellationToken)).DisposeAsync();
        }

        Assert.Equal(
            names[..2].Order(StringComparer.Ordinal),
            (await place.ScalarAsync<string>(
                $"SELECT string_agg(datname, ',' ORDER BY datname COLLATE \"C\") FROM pg_database WHERE datname LIKE '%{owner}%'",
                CancellationToken))!.Split(','));
        await place.ExecuteAsync($"DROP DATABASE \"{names[0]}\"", CancellationToken);
        await place.ExecuteAsync($"DROP DATABASE IF EXISTS \"{names[1]}\"", CancellationToken);
    }

    [Fact]
    public async Task A_database_in_which_a_transaction_is_open_is_dropped_and_the_session_is_named()
    {
        await using PostgreSqlTestDatabase place = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using TestDatabases<KillContext> databases = Create(place);
        RentedDatabase<KillContext> database = await databases.RentAsync(CancellationToken);
        await using KillContext db = database.CreateContext();
        await db.Database.BeginTransactionAsync(CancellationToken);
        db.Add(new User { Id = 1, Name = "Ada" });
        await db.SaveChangesAsync(CancellationToken);

        await database.DisposeAsync();

        Assert.StartsWith(
            "Rows may still appear in it: \"public\".\"users\" is written by ",
            database.DiscardReason,
            StringComparison.Ordinal);
        await using RentedDatabase<KillContext> next = await databases.RentAsync(CancellationToken);
        Assert.NotEqual(database.ConnectionString, next.ConnectionString);
    }

    [Fact]
    public async Task The_mark_of_the_owner_is_acquired_again_when_its_session_was_lost()
    {
        await using PostgreSqlTestDatabase place = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using TestDatabases<KillContext> databases = Create(place);
        RentedDatabase<KillContext> database = await databases.RentAsync(CancellationToken);
        await database.DisposeAsync();
        string holders = $"""
            SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
            WHERE l.locktype = 'advisory' AND a.datname = '{place.Name}'
            """;
        Assert.Equal(1, await place.ScalarAsync<int>(holders, CancellationToken));
        await place.ScalarAsync<int>(
            $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{place.Name}' AND pid <> pg_backend_pid()",
            CancellationToken);

        await using RentedDatabase<KillContext> next = await databases.RentAsync(CancellationToken);

        Assert.Equal(database.ConnectionString, next.ConnectionString);
        Assert.Equal(1, await place.ScalarAsync<int>(holders, CancellationToken));
    }

    [Fact]
    public async Task A_role_that_may_not_create_databases_is_told_so()
    {
        await using PostgreSqlTestDatabase place = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        (_, string login) = await place.CreateLoginAsync(CancellationToken);
        await using var databases = new TestDatabases<KillContext>(login, text => new KillContext(PostgreSql, text));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => databases.RentAsync(CancellationToken));

        Assert.Contains("permission denied to create database", exception.Message, StringComparison.Ordinal);
        Assert.Contains("The role needs the right to create databases", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_that_may_create_databases_and_nothing_else_is_enough()
    {
        await using PostgreSqlTestDatabase place = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        (string role, string login) = await place.CreateLoginAsync(CancellationToken);
        await place.ExecuteAsync($"ALTER ROLE \"{role}\" CREATEDB", CancellationToken);
        var databases = new TestDatabases<KillContext>(login, text => new KillContext(PostgreSql, text)) { MaxDatabases = 1 };
        RentedDatabase<KillContext> database = await databases.RentAsync(CancellationToken);
        await using KillContext db = database.CreateContext();
        await db.Database.OpenConnectionAsync(CancellationToken);
        db.Add(new User { Id = 1, Name = "Ada" });
        await db.SaveChangesAsync(CancellationToken);
        await database.DisposeAsync();
        Assert.Equal((1, null), (database.Found!.Rows, database.DiscardReason));

        await databases.DisposeAsync();

        Assert.Equal(0, await place.ScalarAsync<int>(
            $"SELECT count(*) FROM pg_database WHERE datdba = '{role}'::regrole",
            CancellationToken));
    }

    [Fact]
    public async Task Databases_in_memory_are_prepared_each_and_shared_by_the_connections_of_a_test()
    {
        int prepared = 0;
        await using var databases = new TestDatabases<KillContext>(
            "Data Source=:memory:",
            text => new KillContext("SQLite", text))
        {
            MaxDatabases = 2,
            Prepare = (db, token) =>
            {
                prepared++;
                return db.Database.EnsureCreatedAsync(token);
            },
        };
        await using RentedDatabase<KillContext> first = await databases.RentAsync(CancellationToken);
        await using RentedDatabase<KillContext> second = await databases.RentAsync(CancellationToken);
        await using (KillContext db = first.CreateContext())
        {
            db.Add(new User { Id = 1, Name = "Ada" });
            await db.SaveChangesAsync(CancellationToken);
        }

        await using KillContext again = first.CreateContext();
        await using KillContext other = second.CreateContext();
        Assert.Equal(
            (1, 0, 2),
            (await again.Set<User>().CountAsync(CancellationToken), await other.Set<User>().CountAsync(CancellationToken), prepared));
    }

    [Fact]
    public async Task A_template_is_prepared_once()
    {
        await using SqliteTestDatabase place = SqliteTestDatabase.Create();
        int prepared = 0;
        await using var databases = new TestDatabases<KillContext>(place.ConnectionString, text => new KillContext("SQLite", text))
        {
            MaxDatabases = 3,
            Prepare = (db, token) =>
            {
                prepared++;
                return db.Database.EnsureCreatedAsync(token);
            },
        };
        for (int i = 0; i < 3; i++)
        {
            await databases.RentAsync(CancellationToken);
        }

        Assert.Equal(1, prepared);
        string folder = Path.GetDirectoryName(place.FileName)!;
        Assert.Equal(4, Directory.EnumerateFiles(folder, "floworxpurge_test_*.db", SearchOption.AllDirectories).Count());
        await databases.DisposeAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder, "floworxpurge_test_*"));
    }

    [Fact]
    public async Task What_a_test_sets_in_a_pooled_connection_of_SQLite_does_not_reach_the_next_test()
    {
        await using SqliteTestDatabase place = SqliteTestDatabase.Create();
        await using var databases = new TestDatabases<KillContext>(
            place.ConnectionString.Replace("Pooling=False", "Pooling=True", StringComparison.OrdinalIgnoreCase),
            text => new KillContext("SQLite", text))
        { MaxDatabases = 1 };
        RentedDatabase<KillContext> first = await databases.RentAsync(CancellationToken);
        await using (KillContext db = first.CreateContext())
        {
            await db.Database.ExecuteSqlRawAsync(
                "PRAGMA recursive_triggers = ON; CREATE TEMP TABLE mine (x); CREATE TEMP VIEW theirs AS SELECT 1 AS x",
                CancellationToken);
        }

        await first.DisposeAsync();

        await using RentedDatabase<KillContext> second = await databases.RentAsync(CancellationToken);
        await using KillContext next = second.CreateContext();
        Assert.Equal(first.ConnectionString, second.ConnectionString);
        Assert.Equal(
            0,
            (await next.Database.SqlQueryRaw<long>(
                "SELECT (SELECT COUNT(*) FROM temp.sqlite_master) + recursive_triggers AS Value FROM pragma_recursive_triggers()")
                .ToListAsync(CancellationToken)).Single());
    }

    [Fact]
    public async Task An_engine_without_statements_for_it_is_refused_by_name()
    {
        await using SqliteTestDatabase place = SqliteTestDatabase.Create();
        await using var databases = new TestDatabases<KillContext>(place.ConnectionString, text => new KillContext("SQLite", text))
        {
            ConfigureReset = options => options.Dialect = Engine.Ansi.Dialect,
        };

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => databases.RentAsync(CancellationToken));

        Assert.Contains("There are no test databases for ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void There_is_at_least_one_database()
        => Assert.Throws<ArgumentOutOfRangeException>(
            () => new TestDatabases<KillContext>("Data Source=:memory:", text => new KillContext("SQLite", text)) { MaxDatabases = 0 });

    private static TestDatabases<KillContext> Create(PostgreSqlTestDatabase place)
        => new(place.ConnectionString, text => new KillContext(PostgreSql, text)) { MaxDatabases = 1 };
}
