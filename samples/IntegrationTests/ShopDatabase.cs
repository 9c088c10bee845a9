using FloworxPurge;
using FloworxPurge.Tests.Servers;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using ShopApi;

namespace IntegrationTests;

/// <summary>A database for the tests of one collection: made once, reset before each test.</summary>
public abstract class ShopDatabase : IAsyncDisposable
{
    private DatabaseResetter? _resetter;

    /// <summary>A context as the application would have it.</summary>
    public ShopContext CreateContext()
    {
        var options = new DbContextOptionsBuilder<ShopContext>();
        Configure(options);
        return new ShopContext(options.Options);
    }

    #region readme-fixture
    /// <summary>Gives the test a clean database. The first call creates it, tables and reference data included.</summary>
    public async Task<LeakReport> ResetAsync(CancellationToken cancellationToken)
    {
        if (_resetter is null)
        {
            await PrepareAsync(cancellationToken);
            await using ShopContext db = CreateContext();
            await db.Database.EnsureCreatedAsync(cancellationToken);
            _resetter = await DatabaseResetter.CreateAsync(db, options => options.Exclude<Country>(), cancellationToken);
        }

        return await _resetter.ResetAsync(cancellationToken);
    }
    #endregion

    public async ValueTask DisposeAsync()
    {
        if (_resetter is not null)
        {
            await _resetter.DisposeAsync();
            await RemoveAsync();
        }

        GC.SuppressFinalize(this);
    }

    protected abstract void Configure(DbContextOptionsBuilder options);

    protected virtual Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected abstract Task RemoveAsync();
}

/// <summary>A SQLite file of its own.</summary>
public sealed class SqliteShop : ShopDatabase
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("shop-");

    private string ConnectionString => new SqliteConnectionStringBuilder { DataSource = Path.Combine(_folder.FullName, "shop.db") }.ConnectionString;

    protected override void Configure(DbContextOptionsBuilder options) => options.UseSqlite(ConnectionString);

    protected override Task RemoveAsync()
    {
        using (var pooled = new SqliteConnection(ConnectionString))
        {
            SqliteConnection.ClearPool(pooled);
        }

        _folder.Delete(recursive: true);
        return Task.CompletedTask;
    }
}

/// <summary>A PostgreSQL database of its own, where there is a server; its name begins with <c>test</c>, so that it may be reset.</summary>
public sealed class PostgreSqlShop(PostgreSqlServer server) : ShopDatabase
{
    private string _connectionString = string.Empty;

    protected override async Task PrepareAsync(CancellationToken cancellationToken) => _connectionString = await server.CreateDatabaseAsync(cancellationToken);

    protected override void Configure(DbContextOptionsBuilder options) => options.UseNpgsql(_connectionString);

    protected override Task RemoveAsync() => server.DropDatabaseAsync(_connectionString);
}
