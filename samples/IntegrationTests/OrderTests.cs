using FloworxPurge;
using Microsoft.EntityFrameworkCore;
using ShopApi;

namespace IntegrationTests;

/// <summary>The tests, for any database: each begins with a clean one.</summary>
public abstract class OrderTests(ShopDatabase database) : IAsyncLifetime
{
    private ShopContext? _db;

    private ShopContext Db => _db ??= database.CreateContext();

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    #region readme-before-each-test
    public async ValueTask InitializeAsync() => await database.ResetAsync(CancellationToken);
    #endregion

    public async ValueTask DisposeAsync()
    {
        if (_db is not null)
        {
            await _db.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("ada@example.org")]
    [InlineData("grace@example.org")]
    public async Task The_first_order_has_number_1(string email)
    {
        Assert.Equal(1, await new OrderService(Db).OrderAsync(email, "AT", "Tea", quantity: 2, CancellationToken));
    }

    [Fact]
    public async Task A_customer_who_orders_again_is_known()
    {
        var orders = new OrderService(Db);

        await orders.OrderAsync("ada@example.org", "AT", "Tea", quantity: 2, CancellationToken);
        await orders.OrderAsync("ada@example.org", "AT", "Cups", quantity: 6, CancellationToken);

        Assert.Equal(2, (await Db.Customers.Include(customer => customer.Orders).SingleAsync(CancellationToken)).Orders.Count);
    }

    [Fact]
    public async Task A_country_that_does_not_exist_is_refused()
    {
        await Assert.ThrowsAsync<DbUpdateException>(() => new OrderService(Db).OrderAsync("ada@example.org", "??", "Tea", quantity: 1, CancellationToken));
    }

    [Fact]
    public async Task A_reset_reports_what_it_found_and_keeps_reference_data()
    {
        await new OrderService(Db).OrderAsync("ada@example.org", "DE", "Tea", quantity: 2, CancellationToken);

        LeakReport report = await database.ResetAsync(CancellationToken);

        Assert.Equal(3, report.Rows);
        Assert.Equal(["OrderLine", "Orders", "Customers"], report.Tables.Select(table => table.Table.Name));
        Assert.Equal(2, await Db.Countries.CountAsync(CancellationToken));
    }
}
