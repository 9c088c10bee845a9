using System.Net.Http.Json;
using FloworxPurge;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.EntityFrameworkCore;
using ShopApi;

namespace IntegrationTests;

#region readme-test-databases-web
/// <summary>The application in this process, on a rented database.</summary>
public sealed class RentedShopApplication(RentedDatabase<ShopContext> database) : WebApplicationFactory<Program>
{
    protected override void ConfigureWebHost(IWebHostBuilder builder)
        => builder.UseSetting("ConnectionStrings:Shop", database.ConnectionString);
}
#endregion

/// <summary>The tests, for classes that run at the same time.</summary>
public abstract class ParallelOrderTests(ShopDatabases databases) : DatabaseTests(databases)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ada@example.org")]
    [InlineData("grace@example.org")]
    public async Task The_first_order_has_number_1(string email)
    {
        await using ShopContext db = Database.CreateContext();

        Assert.Equal(1, await new OrderService(db).OrderAsync(email, "AT", "Tea", quantity: 2, CancellationToken));
        Assert.Equal(1, await db.Orders.CountAsync(CancellationToken));
    }

    [Fact]
    public async Task The_application_uses_the_database_of_the_test()
    {
        await using var application = new RentedShopApplication(Database);
        using HttpClient client = application.CreateClient();

        using HttpResponseMessage response = await client.PostAsJsonAsync(
            "/orders",
            new NewOrder("ada@example.org", "AT", "Tea", 2),
            CancellationToken);

        Assert.Equal(1, await response.Content.ReadFromJsonAsync<int>(CancellationToken));
        await using ShopContext db = Database.CreateContext();
        Assert.Equal(1, await db.Orders.CountAsync(CancellationToken));
    }
}

public sealed class FirstParallelOrderTests(ShopDatabases databases) : ParallelOrderTests(databases);

public sealed class SecondParallelOrderTests(ShopDatabases databases) : ParallelOrderTests(databases);

public sealed class ThirdParallelOrderTests(ShopDatabases databases) : ParallelOrderTests(databases);
