using FloworxPurge;
using Microsoft.EntityFrameworkCore;
using NUnit.Framework;
using ShopApi;

[assembly: LevelOfParallelism(2)]

namespace NUnitTests;

#region readme-test-databases-nunit
/// <summary>The databases of this test run, one for each test that runs at the same time as others.</summary>
[SetUpFixture]
public sealed class ShopDatabases
{
    private static readonly TestDatabases<ShopContext> Databases = new(
        "Data Source=shop.db",
        connectionString => new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseSqlite(connectionString).Options))
    {
        ConfigureReset = options => options.Exclude<Country>(),
    };

    public static Task<RentedDatabase<ShopContext>> RentAsync() => Databases.RentAsync(TestContext.CurrentContext.CancellationToken);

    [OneTimeTearDown]
    public async Task DropAsync() => await Databases.DisposeAsync();
}

/// <summary>A fixture each of whose tests has an instance and a database of its own.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public abstract class DatabaseTests
{
    protected RentedDatabase<ShopContext> Database { get; private set; } = null!;

    [SetUp]
    public async Task RentAsync() => Database = await ShopDatabases.RentAsync();

    [TearDown]
    public async Task ReturnAsync() => await Database.DisposeAsync();
}
#endregion

[TestFixture]
public sealed class OrderTests : DatabaseTests
{
    [Test]
    public async Task The_first_order_has_number_1([Values("ada", "grace", "edith", "mary")] string name)
    {
        await using ShopContext db = Database.CreateContext();

        int number = await new OrderService(db).OrderAsync($"{name}@example.org", "AT", "Tea", quantity: 2, CancellationToken.None);

        Assert.That((number, await db.Orders.CountAsync()), Is.EqualTo((1, 1)));
    }
}
