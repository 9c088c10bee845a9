using FloworxPurge;
using Microsoft.EntityFrameworkCore;

namespace Readme;

public sealed class TestAuthorStory
{
    [Fact]
    public async Task A_test_author_resets_before_each_test()
    {
        await using ShopContext db = await ShopContext.CreateAsync();

        #region readme-reset
        await using var resetter = await DatabaseResetter.CreateAsync(db, options => options.Exclude<Country>());   // once
        await resetter.ResetAsync();                                                                               // before each test
        #endregion

        Assert.Equal((0, 0, 3, 0), await db.CountAsync());

        #region readme-leaks
        LeakReport report = await resetter.ResetAsync();
        Assert.True(report.IsClean, report.ToString());     // the test before has cleaned up
        #endregion

        // A test has a context of its own; this one still tracks what the reset has deleted.
        db.ChangeTracker.Clear();
        db.Add(new Client { CountryCode = "AT" });
        await db.SaveChangesAsync();
        Assert.Equal("1 row: \"Clients\" 1", (await resetter.ResetAsync()).ToString());
    }

    [Fact]
    public async Task A_test_author_rents_a_database_for_each_test()
    {
        const string connectionString = "Data Source=shop.db";
        static ShopContext CreateContext(string text)
            => new(new DbContextOptionsBuilder<ShopContext>().UseSqlite(text).Options);

        #region readme-test-databases
        await using var databases = new TestDatabases<ShopContext>(connectionString, CreateContext);    // once for the run
        await using RentedDatabase<ShopContext> database = await databases.RentAsync();                 // before each test
        await using ShopContext db = database.CreateContext();
        #endregion

        Assert.Equal(0, await db.Clients.CountAsync());
    }

    [Fact]
    public async Task A_test_author_captures_the_rows_that_each_test_starts_with()
    {
        await using ShopContext db = await ShopContext.CreateAsync();

        #region readme-capture
        await db.SaveChangesAsync();                                                        // the rows that each test starts with
        await using var resetter = await DatabaseResetter.CreateAsync(db);
        long rows = await resetter.CaptureAsync();                                          // once
        await resetter.ResetAsync();                                                        // before each test: the rows are there again
        #endregion

        Assert.Equal((9, (2, 3, 3, 1)), (rows, await db.CountAsync()));
    }
}
