using Microsoft.EntityFrameworkCore;
using Testcontainers.PostgreSql;

namespace IntegrationTests;

#region readme-testcontainers
/// <summary>A PostgreSQL server in a container. A resetter accepts its database, because <c>test</c> is a word of the name.</summary>
public sealed class ContainerShop : ShopDatabase
{
    private readonly PostgreSqlContainer _container = new PostgreSqlBuilder("postgres:18").WithDatabase("shop_test").Build();

    protected override Task PrepareAsync(CancellationToken cancellationToken) => _container.StartAsync(cancellationToken);

    protected override void Configure(DbContextOptionsBuilder options) => options.UseNpgsql(_container.GetConnectionString());

    protected override Task RemoveAsync() => _container.DisposeAsync().AsTask();
}
#endregion
