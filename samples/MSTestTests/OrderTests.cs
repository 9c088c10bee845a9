using FloworxPurge;
using Microsoft.EntityFrameworkCore;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using ShopApi;

[assembly: Parallelize(Workers = 2, Scope = ExecutionScope.MethodLevel)]

namespace MSTestTests;

#region readme-test-databases-mstest
/// <summary>The databases of this test run, one for each test that runs at the same time as others.</summary>
[TestClass]
public static class ShopDatabases
{
    private static readonly TestDatabases<ShopContext> Databases = new(
        "Data Source=shop.db",
        connectionString => new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseSqlite(connectionString).Options))
    {
        ConfigureReset = options => options.Exclude<Country>(),
    };

    public static Task<RentedDatabase<ShopContext>> RentAsync(CancellationToken cancellationToken)
        => Databases.RentAsync(cancellationToken);

    [AssemblyCleanup]
    public static async Task DropAsync() => await Databases.DisposeAsync();
}

/// <summary>A class each of whose tests has an instance and a database of its own.</summary>
public abstract class DatabaseTests
{
    public required TestContext TestContext { get; set; }

    protected RentedDatabase<ShopContext> Database { get; private set; } = null!;

    [TestInitialize]
    public async Task RentAsync() => Database = await ShopDatabases.RentAsync(TestContext.CancellationToken);

    [TestCleanup]
    public async Task ReturnAsync() => await Database.DisposeAsync();
}
#endregion

[TestClass]
public sealed class OrderTests : DatabaseTests
{
    [TestMethod]
    [DataRow("ada")]
    [DataRow("grace")]
    [DataRow("edith")]
    [DataRow("mary")]
    public async Task The_first_order_has_number_1(string name)
    {
        await using ShopContext db = Database.CreateContext();

        int number = await new OrderService(db)
            .OrderAsync($"{name}@example.org", "AT", "Tea", quantity: 2, TestContext.CancellationToken);

        Assert.AreEqual((1, 1), (number, await db.Orders.CountAsync(TestContext.CancellationToken)));
    }
}
