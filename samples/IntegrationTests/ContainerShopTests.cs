using FloworxPurge;
using Microsoft.EntityFrameworkCore;
using ShopApi;

namespace IntegrationTests;

/// <summary>A database in a container, where this machine runs Docker.</summary>
public sealed class ContainerShopTests
{
    public static bool HasDocker => File.Exists("/var/run/docker.sock") || Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 };

    [Fact(Skip = "Docker does not run here.", SkipUnless = nameof(HasDocker))]
    public async Task A_database_in_a_container_is_reset()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using var shop = new ContainerShop();
        await shop.ResetAsync(cancellationToken);
        await using ShopContext db = shop.CreateContext();
        await new OrderService(db).OrderAsync("ada@example.org", "AT", "Tea", quantity: 2, cancellationToken);

        LeakReport report = await shop.ResetAsync(cancellationToken);

        Assert.Equal((3, 0), (report.Rows, await db.Orders.CountAsync(cancellationToken)));
    }

    [Fact(Skip = "Docker does not run here.", SkipUnless = nameof(HasDocker))]
    public async Task Databases_in_a_container_are_rented()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using var databases = new ContainerDatabases();
        await databases.InitializeAsync();
        await using RentedDatabase<ShopContext> database = await databases.RentAsync(cancellationToken);
        await using ShopContext db = database.CreateContext();

        Assert.Equal(1, await new OrderService(db).OrderAsync("ada@example.org", "AT", "Tea", quantity: 2, cancellationToken));
    }
}
