using FloworxPurge;
using Microsoft.EntityFrameworkCore;
using ShopApi;
using Testcontainers.PostgreSql;

namespace IntegrationTests;

#region readme-test-databases-container
/// <summary>One container for the run, and a database in it for each test that runs at the same time as others.</summary>
public sealed class ContainerDatabases : IAsyncLifetime
{
    private readonly PostgreSqlContainer _container = new PostgreSqlBuilder("postgres:18").Build();
    private TestDatabases<ShopContext>? _databases;

    public async ValueTask InitializeAsync()
    {
        await _container.StartAsync();
        _databases = new TestDatabases<ShopContext>(
            _container.GetConnectionString(),
            connectionString => new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseNpgsql(connectionString).Options))
        {
            ConfigureReset = options => options.Exclude<Country>(),
        };
    }

    public Task<RentedDatabase<ShopContext>> RentAsync(CancellationToken cancellationToken) => _databases!.RentAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_databases is not null)
        {
            await _databases.DisposeAsync();
        }

        await _container.DisposeAsync();
    }
}
#endregion
