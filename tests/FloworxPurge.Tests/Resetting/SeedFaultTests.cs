using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Resetting;

/// <summary>A seeding hook that fails says so, costs nothing, and is run again by the next reset.</summary>
public sealed class SeedFaultTests
{
    private const string Schema = """CREATE TABLE t ("Id" int PRIMARY KEY)""";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hook_that_has_failed_once_is_run_again_though_nothing_was_written_since()
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(Schema, CancellationToken);
        bool fails = true;
        await using HookedContext context = Context(database.ConnectionString, async (seeded, token) =>
        {
            if (fails)
            {
                throw new DbUpdateException("The service is down.");
            }

            await seeded.Database.ExecuteSqlRawAsync("INSERT INTO t VALUES (42)", token);
        });
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options => options.RestoreSeedData = true,
            CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));
        fails = false;
        await resetter.ResetAsync(CancellationToken);

        Assert.Contains("seed data could not be put back: The service is down.", exception.Message, StringComparison.Ordinal);
        Assert.Equal(42, await database.ScalarAsync<long>("SELECT SUM(\"Id\") FROM t", CancellationToken));
        Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
        Assert.Equal(1, await database.CountAsync("t", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_hook_that_fails_each_time_costs_no_connection_each_time()
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(Schema, CancellationToken);
        await using HookedContext context = Context(
            database.ConnectionString + ";Application Name=hooked",
            (_, _) => throw new InvalidOperationException("The service is down."));
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options => options.RestoreSeedData = true,
            CancellationToken);
        for (int i = 0; i < 4; i++)
        {
            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));
            Assert.Contains("The service is down.", exception.Message, StringComparison.Ordinal);
        }

        Assert.InRange(await IdTables.SessionsAsync(database, "hooked", CancellationToken), 0, 2);
    }

    [Fact]
    public async Task A_context_that_configures_itself_needs_no_constructor_that_takes_options()
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(Schema, CancellationToken);
        SelfConfiguredContext.ConnectionString.Value = database.ConnectionString;
        await using var context = new SelfConfiguredContext();
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options => options.RestoreSeedData = true,
            CancellationToken);

        await database.ExecuteAsync("INSERT INTO t VALUES (1)", CancellationToken);
        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(42, await database.ScalarAsync<long>("SELECT SUM(\"Id\") FROM t", CancellationToken));
    }

    [Fact]
    public async Task A_hook_that_would_work_in_another_database_is_an_error_before_anything_is_deleted()
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(Schema, CancellationToken);
        await using PostgreSqlTestDatabase other = await IdTables.CreateAsync(Schema, CancellationToken);
        await database.ExecuteAsync("INSERT INTO t VALUES (1)", CancellationToken);
        SelfConfiguredContext.ConnectionString.Value = other.ConnectionString;
        await using var context = new SelfConfiguredContext(database.ConnectionString);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => DatabaseResetter.CreateAsync(context, options => options.RestoreSeedData = true, CancellationToken));

        Assert.Contains($"would work in database \"{other.Name}\"", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"the database that is reset is \"{database.Name}\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync("t", cancellationToken: CancellationToken));
        Assert.Equal(0, await other.CountAsync("t", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hook_that_finds_another_database_later_is_an_error_then(bool isGiven)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(Schema, CancellationToken);
        await using PostgreSqlTestDatabase other = await IdTables.CreateAsync(Schema, CancellationToken);
        SelfConfiguredContext.ConnectionString.Value = database.ConnectionString;
        await using var context = new SelfConfiguredContext(database.ConnectionString);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options => options.RestoreSeedData = true,
            CancellationToken);
        await database.ExecuteAsync("INSERT INTO t VALUES (1)", CancellationToken);
        SelfConfiguredContext.ConnectionString.Value = other.ConnectionString;

        await Assert.ThrowsAsync<PurgeException>(
            () => isGiven ? resetter.ResetAsync(context, CancellationToken) : resetter.ResetAsync(CancellationToken));

        Assert.Equal(1, await database.ScalarAsync<long>("SELECT SUM(\"Id\") FROM t", CancellationToken));
        Assert.Equal(0, await other.CountAsync("t", cancellationToken: CancellationToken));
        SelfConfiguredContext.ConnectionString.Value = database.ConnectionString;
        await resetter.ResetAsync(CancellationToken);
        Assert.Equal(42, await database.ScalarAsync<long>("SELECT SUM(\"Id\") FROM t", CancellationToken));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("memory")]
    [InlineData("provider")]
    public async Task It_is_an_error_on_SQLite_too(string other)
    {
        await using SqliteTestDatabase database = other is "memory" ? SqliteTestDatabase.CreateInMemory() : SqliteTestDatabase.Create();
        await using SqliteTestDatabase elsewhere = other is "memory" ? SqliteTestDatabase.CreateInMemory() : SqliteTestDatabase.Create();
        foreach (SqliteTestDatabase one in (SqliteTestDatabase[])[database, elsewhere])
        {
            await one.ExecuteAsync("CREATE TABLE t (\"Id\" integer PRIMARY KEY)", CancellationToken);
        }

        await database.ExecuteAsync("INSERT INTO t VALUES (1)", CancellationToken);
        SelfConfiguredSqliteContext.Target.Value = other is "provider"
            ? options => options.UseNpgsql("Host=nowhere.invalid;Database=shop")
            : elsewhere.Configure;
        await using var context = new SelfConfiguredSqliteContext(database.Configure);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => DatabaseResetter.CreateAsync(context, options => options.RestoreSeedData = true, CancellationToken));

        Assert.Contains("The seeding hook of SelfConfiguredSqliteContext would work ", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync("t", cancellationToken: CancellationToken));
        Assert.Equal(0, await elsewhere.CountAsync("t", cancellationToken: CancellationToken));
    }

    private static HookedContext Context(string connectionString, Func<DbContext, CancellationToken, Task> seed)
        => new(new DbContextOptionsBuilder<HookedContext>().AllowManyProviders()
            .UseNpgsql(connectionString)
            .UseSeeding((_, _) => Assert.Fail("There is an asynchronous hook."))
            .UseAsyncSeeding((seeded, _, token) => seed(seeded, token))
            .Options);

    public sealed class HookedContext(DbContextOptions<HookedContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => IdTables.Model("t")(modelBuilder);
    }

    public sealed class SelfConfiguredSqliteContext(Action<DbContextOptionsBuilder> configure) : DbContext
    {
        public SelfConfiguredSqliteContext()
            : this(Target.Value!)
        {
        }

        /// <summary>Each test's own.</summary>
        public static AsyncLocal<Action<DbContextOptionsBuilder>> Target { get; } = new();

        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
        {
            configure(optionsBuilder);
            optionsBuilder.AllowManyProviders().UseSeeding((seeded, _) => seeded.Database.ExecuteSqlRaw("INSERT INTO t VALUES (42)"));
        }

        protected override void OnModelCreating(ModelBuilder modelBuilder) => IdTables.Model("t")(modelBuilder);
    }

    public sealed class SelfConfiguredContext(string connectionString) : DbContext
    {
        public SelfConfiguredContext()
            : this(ConnectionString.Value!)
        {
        }

        /// <summary>Each test's own.</summary>
        public static AsyncLocal<string> ConnectionString { get; } = new();

        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
            => optionsBuilder
                .AllowManyProviders()
                .UseNpgsql(connectionString)
                .UseSeeding((_, _) => Assert.Fail("There is an asynchronous hook."))
                .UseAsyncSeeding((seeded, _, token) => seeded.Database.ExecuteSqlRawAsync("INSERT INTO t VALUES (42)", token));

        protected override void OnModelCreating(ModelBuilder modelBuilder) => IdTables.Model("t")(modelBuilder);
    }
}
