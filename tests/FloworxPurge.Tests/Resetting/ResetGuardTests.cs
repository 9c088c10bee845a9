using FloworxPurge.Resetting;
using FloworxPurge.Tests.Guarantees;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace FloworxPurge.Tests.Resetting;

/// <summary>A server's database that does not look like a test database is refused, by the name that the open connection reports.</summary>
public sealed class ResetGuardTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_of_another_name_is_refused_with_the_line_that_allows_it()
    {
        await using Shop shop = await Shop.CreateAsync();

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => shop.ResetterAsync(null));

        Assert.Contains($"Database \"{shop.Name}\" on ", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"options.AllowDatabase(\"{shop.Name}\")", exception.Message, StringComparison.Ordinal);
        Assert.Contains("\"test\" as a word of its own", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("contest_")]
    [InlineData("latest_orders_prod_")]
    public async Task A_name_that_only_contains_the_letters_is_refused(string prefix)
    {
        await using Shop shop = await Shop.CreateAsync(prefix);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => shop.ResetterAsync(null));

        Assert.Contains($"options.AllowDatabase(\"{shop.Name}\")", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_with_the_word_is_reset_without_another_word()
    {
        await using Shop shop = await Shop.CreateAsync("MyAppTest_");

        await using DatabaseResetter resetter = await shop.ResetterAsync(null);

        Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
    }

    [Theory]
    [InlineData("test")]
    [InlineData("TEST")]
    [InlineData("Test")]
    [InlineData("test1")]
    [InlineData("1test")]
    [InlineData("app-test")]
    [InlineData("app_test_7")]
    [InlineData("app.test.db")]
    [InlineData("APP_TEST")]
    [InlineData("my app test")]
    [InlineData("MyAppTest")]
    [InlineData("myTestDb")]
    [InlineData("testDB")]
    [InlineData("APITest")]
    [InlineData("DBtest")]
    [InlineData("TESTdb")]
    [InlineData("TestDB")]
    [InlineData("ContestTest")]
    [InlineData("latest_test")]
    [InlineData("contest.test")]
    [InlineData("größe_test")]
    [InlineData("\"test\"")]
    [InlineData("test$1")]
    public void The_word_may_stand_anywhere_in_a_name(string name) => Assert.True(TestDatabaseName.Matches(name), name);

    [Theory]
    [InlineData("latest_orders_prod")]
    [InlineData("LATEST_ORDERS")]
    [InlineData("LatestOrders")]
    [InlineData("contest")]
    [InlineData("CONTEST")]
    [InlineData("Contests2026")]
    [InlineData("attestation")]
    [InlineData("Attestation")]
    [InlineData("testament")]
    [InlineData("Testimonials")]
    [InlineData("protest-votes")]
    [InlineData("greatesthits")]
    [InlineData("blood_tests")]
    [InlineData("testdb")]
    [InlineData("TESTDB")]
    [InlineData("mytest")]
    [InlineData("Atest")]
    [InlineData("prétest")]
    [InlineData("testé")]
    [InlineData("conte\u0301test")]
    [InlineData("e\u0301test")]
    [InlineData("test\u0301")]
    [InlineData("con\u200Dtest")]
    [InlineData("测试test")]
    [InlineData("测试Test")]
    [InlineData("con\u0301Test")]
    [InlineData("te_st")]
    [InlineData("prod")]
    [InlineData("")]
    public void Letters_of_another_word_are_not_enough(string name) => Assert.False(TestDatabaseName.Matches(name), name);

    [Theory]
    [InlineData("Shop_*")]
    [InlineData("SHOP_????????")]
    public async Task It_can_be_allowed_by_name_whatever_the_case(string pattern)
    {
        await using Shop shop = await Shop.CreateAsync();

        await using DatabaseResetter resetter = await shop.ResetterAsync(options => options.AllowDatabase(pattern));

        Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
    }

    [Fact]
    public async Task A_connection_string_that_leads_to_another_database_later_is_refused_then()
    {
        await using Shop shop = await Shop.CreateAsync();
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, database.ConnectionString);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options => options.ConnectionString = _ => ValueTask.FromResult(shop.ConnectionString),
            CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains($"Database \"{shop.Name}\"", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_string_that_leads_to_a_copy_of_the_database_later_is_refused_then()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using (var pooled = new NpgsqlConnection(database.ConnectionString))
        {
            NpgsqlConnection.ClearPool(pooled);
        }

        await using Shop shop = await Shop.CopyAsync(database.Name);
        await using ScenarioContext context = TwoTables.As(database, database.ConnectionString);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options => options.ConnectionString = _ => ValueTask.FromResult(shop.ConnectionString),
            CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains($"Database \"{shop.Name}\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(6, await shop.RowsAsync());
    }

    [Fact]
    public async Task A_context_of_a_database_that_was_created_again_under_its_name_is_refused()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, database.ConnectionString);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        await context.Database.EnsureDeletedAsync(CancellationToken);
        await context.GetService<IRelationalDatabaseCreator>().CreateAsync(CancellationToken);
        await TwoTables.Graph.CreateAsync(database, rows: 3, CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(context, CancellationToken));

        Assert.Contains("this resetter was made for another one", exception.Message, StringComparison.Ordinal);
        Assert.Equal(3, await database.CountAsync("parent", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_context_of_a_role_from_which_rows_may_be_hidden_is_refused()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"GRANT ALL ON child, parent TO \"{role}\"; ALTER TABLE parent ENABLE ROW LEVEL SECURITY",
            CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, database.ConnectionString);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        await using ScenarioContext other = TwoTables.As(database, login);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(other, CancellationToken));

        Assert.Contains("may hide rows of \"public\".\"parent\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(3, await database.CountAsync("child", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_connection_that_may_only_read_is_refused_when_the_resetter_is_made()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.As(
            database,
            new NpgsqlConnectionStringBuilder(database.ConnectionString)
            {
                Options = "-c default_transaction_read_only=on",
            }.ConnectionString);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken));

        Assert.StartsWith("The connection is read-only (", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_that_make_no_sense_are_named_before_a_connection_is_opened()
    {
        await using ScenarioContext context = TwoTables.Graph.CreateContext(SqliteTestDatabase.Create());

        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(() => DatabaseResetter.CreateAsync(
            context,
            options =>
            {
                options.LockTimeout = TimeSpan.Zero;
                options.OnBlocked = (OnBlocked)9;
            },
            CancellationToken));

        Assert.Contains("LockTimeout", exception.Message, StringComparison.Ordinal);
        Assert.Contains("OnBlocked", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_filter_that_matches_nothing_is_an_error()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await TwoTables.Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => DatabaseResetter.CreateAsync(context, options => options.Exclude("childs"), CancellationToken));

        Assert.Contains("child", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resetter_that_would_reset_nothing_is_an_error()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await TwoTables.Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await using var empty = new ScenarioContext(database, _ => { });

        PurgeException excluded = await Assert.ThrowsAsync<PurgeException>(
            () => DatabaseResetter.CreateAsync(context, options => options.Exclude("*"), CancellationToken));
        PurgeException unmapped = await Assert.ThrowsAsync<PurgeException>(
            () => DatabaseResetter.CreateAsync(empty, cancellationToken: CancellationToken));

        Assert.StartsWith("There is no table to reset", excluded.Message, StringComparison.Ordinal);
        Assert.StartsWith("There is no table to reset", unmapped.Message, StringComparison.Ordinal);
    }

    /// <summary>A database whose name says nothing of tests.</summary>
    private sealed class Shop : IAsyncDisposable
    {
        private readonly PostgreSqlServer _server;

        private Shop(PostgreSqlServer server, string name, string connectionString)
        {
            _server = server;
            Name = name;
            ConnectionString = connectionString;
        }

        public string Name { get; }

        public string ConnectionString { get; }

        public static async Task<Shop> CreateAsync(string prefix = "shop_")
        {
            Shop shop = await CopyAsync("template1", prefix);
            await using ScenarioContext context = shop.Context();
            await context.CreateTablesAsync(CancellationToken);
            return shop;
        }

        public static async Task<Shop> CopyAsync(string database, string prefix = "shop_")
        {
            PostgreSqlServer server = await PostgreSqlServer.GetAsync();
            string name = prefix + Guid.NewGuid().ToString("N")[..8];
            string connectionString = new NpgsqlConnectionStringBuilder(
                await server.GetConnectionStringAsync(CancellationToken))
            { Database = name }.ConnectionString;
            await server.ExecuteAsync($"CREATE DATABASE \"{name}\" TEMPLATE \"{database}\"", CancellationToken);
            return new Shop(server, name, connectionString);
        }

        public async Task<long> RowsAsync()
        {
            await using ScenarioContext context = Context();
            return await context.Database
                .SqlQueryRaw<long>("SELECT (SELECT COUNT(*) FROM child) + (SELECT COUNT(*) FROM parent) AS \"Value\"")
                .SingleAsync(CancellationToken);
        }

        public async Task<DatabaseResetter> ResetterAsync(Action<ResetOptions>? configure)
        {
            await using ScenarioContext context = Context();
            return await DatabaseResetter.CreateAsync(context, configure, CancellationToken);
        }

        public async ValueTask DisposeAsync() => await _server.DropDatabaseAsync(ConnectionString, CancellationToken);

        private ScenarioContext Context()
            => new(database: null, TwoTables.Graph.BuildModel, options => options.UseNpgsql(ConnectionString));
    }
}
