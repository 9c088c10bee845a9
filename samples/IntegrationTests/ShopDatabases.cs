using FloworxPurge;
using IntegrationTests;
using Microsoft.EntityFrameworkCore;
using ShopApi;

[assembly: AssemblyFixture(typeof(ShopDatabases))]

namespace IntegrationTests;

#region readme-test-databases-xunit
// [assembly: AssemblyFixture(typeof(ShopDatabases))]
/// <summary>The databases of this test run, one for each test that runs at the same time as others.</summary>
public sealed class ShopDatabases : IAsyncDisposable
{
    private readonly TestDatabases<ShopContext> _databases = new(
        "Data Source=shop.db",      // on PostgreSQL: Host=localhost;Database=postgres;Username=...
        connectionString => new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseSqlite(connectionString).Options))
    {
        Prepare = (db, cancellationToken) => db.Database.EnsureCreatedAsync(cancellationToken),      // or MigrateAsync
        ConfigureReset = options => options.Exclude<Country>(),
    };

    public Task<RentedDatabase<ShopContext>> RentAsync(CancellationToken cancellationToken) => _databases.RentAsync(cancellationToken);

    public ValueTask DisposeAsync() => _databases.DisposeAsync();
}

/// <summary>A test class that shares its database with no test that runs at the same time.</summary>
public abstract class DatabaseTests(ShopDatabases databases) : IAsyncLifetime
{
    private RentedDatabase<ShopContext>? _database;

    protected RentedDatabase<ShopContext> Database => _database!;

    public async ValueTask InitializeAsync() => _database = await databases.RentAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
#endregion
