using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A database that does not exist or is not reachable is an error with its name and address, and never with a password.</summary>
public sealed class BadConnectionTests
{
    private const string Password = "s3cr3t-p4ssw0rd";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("missing.db")]
    [InlineData("missing/folder/missing.db")]
    public async Task A_sqlite_file_that_does_not_exist_is_reported_and_not_created(string path)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-missing-");
        try
        {
            string file = Path.Combine(folder.FullName, path);
            await using var context = new DbContext(
                new DbContextOptionsBuilder().AllowManyProviders().UseSqlite($"Data Source={file}").Options);

            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, Token));

            Assert.Equal(
                $"The database \"{file}\" does not exist. Check the connection string, or create the database first.",
                exception.Message);
            Assert.Empty(folder.EnumerateFileSystemInfos());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_named_and_not_changed()
    {
        string file = Path.GetTempFileName();
        try
        {
            string text = string.Concat(Enumerable.Repeat("This is a text file and not a database. ", 100));
            await File.WriteAllTextAsync(file, text, Token);
            await using var context = new DbContext(
                new DbContextOptionsBuilder().AllowManyProviders().UseSqlite($"Data Source={file};Pooling=False").Options);

            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, Token));

            Assert.StartsWith(
                $"The database \"{file}\" cannot be read, so nothing was planned: ",
                exception.Message,
                StringComparison.Ordinal);
            Assert.Contains(file, exception.Message, StringComparison.Ordinal);
            Assert.Equal(text, await File.ReadAllTextAsync(file, Token));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_password_that_sqlite_cannot_use_is_reported_without_it()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, Token);
        await using var context = new DbContext(
            new DbContextOptionsBuilder().AllowManyProviders().UseSqlite($"{database.ConnectionString};Password={Password}").Options);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, Token));

        AssertNoPassword(exception);
        Assert.Contains(database.FileName!, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_named_by_its_address()
    {
        int port = ClosedPort();
        await using var context = new ServerContext(
            string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Database=shop;Username=joe;Password={Password};Timeout=2"));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, Token));

        Assert.StartsWith(
            $"The database \"shop\" at \"tcp://127.0.0.1:{port}\" cannot be reached: ",
            exception.Message,
            StringComparison.Ordinal);
        Assert.EndsWith("Check that the server runs and that the connection string is right.", exception.Message, StringComparison.Ordinal);
        AssertNoPassword(exception);
    }

    [Fact]
    public async Task An_unknown_host_is_named()
    {
        await using var context = new ServerContext($"Host=no-such-host.invalid;Database=shop;Username=joe;Password={Password};Timeout=2");

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, Token));

        Assert.StartsWith(
            "The database \"shop\" at \"tcp://no-such-host.invalid:5432\" cannot be reached: ",
            exception.Message,
            StringComparison.Ordinal);
        AssertNoPassword(exception);
    }

    [Fact]
    public async Task A_database_that_the_server_does_not_have_is_named()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(Token);
        await using var context = new ServerContext(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "no_such_database", Password = Password, Pooling = false }.ConnectionString);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, Token));

        Assert.StartsWith("The database \"no_such_database\" at \"tcp://", exception.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            " does not exist. Check the connection string, or create the database first.",
            exception.Message,
            StringComparison.Ordinal);
        AssertNoPassword(exception);
    }

    [Fact]
    public async Task A_login_that_the_server_does_not_know_is_named()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(Token);
        await using var context = new ServerContext(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = "nobody_at_all", Password = Password, Pooling = false }.ConnectionString);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, Token));

        Assert.Contains("cannot be reached: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("nobody_at_all", exception.Message, StringComparison.Ordinal);
        AssertNoPassword(exception);
    }

    [Fact]
    public async Task No_plan_and_no_report_holds_the_password()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(Token);
        await Shop.CreateAsync(database, Token);
        await using var context = new ServerContext(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Password = Password, Pooling = false }.ConnectionString);
        var purger = new Purger();

        PurgePlan plan = await purger.PlanAsync(context, Token);
        var report = await purger.ExecuteAsync(context, plan, cancellationToken: Token);

        Assert.All(
            [plan.ToString(), plan.ToJson(), plan.ToSqlScript(), report.ToString(), report.ToJson()],
            text => Assert.DoesNotContain(Password, text, StringComparison.Ordinal));
    }

    private static void AssertNoPassword(Exception exception)
        => Assert.DoesNotContain(Password, exception.ToString(), StringComparison.Ordinal);

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class ServerContext(string connectionString) : DbContext
    {
        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
            => optionsBuilder.AllowManyProviders().UseNpgsql(connectionString);

        protected override void OnModelCreating(ModelBuilder modelBuilder) => Shop.BuildModel(modelBuilder);
    }
}
