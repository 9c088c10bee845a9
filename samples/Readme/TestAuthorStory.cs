using FloworxPurge;

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
}
