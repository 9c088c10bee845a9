namespace FloworxPurge.Tests.RowScopes;

/// <summary>Options that do not go together with rows are refused together, before anything is read.</summary>
public sealed class RowOptionTests
{
    [Fact]
    public void Options_for_whole_tables_do_not_go_together_with_rows()
    {
        var e = Assert.Throws<ArgumentException>(() => new Purger(options =>
        {
            options.Rows<Customer>(c => c.Id > 1).Include<Topic>();
            options.Truncate = true;
            options.ResetIdentity = true;
            options.PurgeHistory = true;
        }));

        Assert.Equal(
            "The purge options are not valid: Include names whole tables and Rows names rows; use one of them; Truncate is true and Rows "
                + "names rows, and TRUNCATE empties whole tables; use one of them; ResetIdentity is true and Rows names rows; the numbers "
                + "of the rows that stay would be used again, so set it to false; PurgeHistory is true and Rows names rows; the history of "
                + "all rows would be deleted, so set it to false. (Parameter 'options')",
            e.Message);
    }

    [Fact]
    public async Task Rules_for_rows_need_rows_which_may_be_added_later()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Conformance.Engine.Sqlite, _ => { }, "A 1 2! 3");
        string before = await scenario.Database.ChecksumAsync(TestContext.Current.CancellationToken);
        var purger = new Purger(options => options
            .Keep<A>(a => a.Marked)
            .OnReference<B>(b => b.ParentId, ReferenceAction.Block)
            .RemoveOrphans<C>());

        var e = await Assert.ThrowsAsync<PurgeException>(() => purger.PlanAsync(scenario.Context, TestContext.Current.CancellationToken));

        Assert.Equal(
            "Keep<A>(a => a.Marked), OnReference<B>(b => b.ParentId, Block), RemoveOrphans<C>(): this has no effect without Rows, and "
                + "whole tables would be purged. Call Rows to select the rows to delete, or remove it.",
            e.Message);
        Assert.Equal(before, await scenario.Database.ChecksumAsync(TestContext.Current.CancellationToken));
        (_, var report) = await scenario.PurgeAsync(options => options.Keep<A>(a => a.Marked).Rows<A>(a => a.Id < 3));
        Assert.Equal(("2 3", 1), (await scenario.KeysAsync("A"), report.RowsDeleted));
    }

    [Fact]
    public void Excludes_and_best_effort_go_together_with_rows()
    {
        var purger = new Purger(options => options.Rows<Customer>(c => c.Id > 1).Exclude<Topic>().BestEffort = true);

        Assert.NotNull(purger);
    }
}
