using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Extensibility;

/// <summary>A cache or a queue of the application as a target, and anything at all as a check, by delegates.</summary>
public sealed class DelegateTests
{
    private readonly Dictionary<string, int> _cache = new(StringComparer.Ordinal) { ["a"] = 1, ["b"] = 2, ["c"] = 3 };

    [Fact]
    public async Task A_cache_is_counted_before_and_after()
        => Assert.Equal(TargetReport.Done(before: 3, removed: 3, after: 0), await Cache().PurgeAsync(After.Purge()));

    [Fact]
    public async Task A_dry_run_counts_and_removes_nothing()
    {
        Assert.Equal(TargetReport.Counted(3), await Cache().PurgeAsync(After.DryRun()));
        Assert.Equal(3, _cache.Count);
    }

    [Fact]
    public async Task Items_that_are_left_are_a_failure()
    {
        var target = new DelegateTarget(
            "cache",
            (_, _) => Task.FromResult(_cache.Remove("a")),
            (_, _) => Task.FromResult((long)_cache.Count));

        Assert.Equal(new TargetReport
        {
            Outcome = Outcome.Failed,
            ItemsBefore = 3,
            ItemsRemoved = 1,
            ItemsAfter = 2,
            Reason = "2 items are still there, or there again",
        }, await target.PurgeAsync(After.Purge()));
    }

    [Fact]
    public async Task Items_that_arrive_meanwhile_are_not_removed_ones()
    {
        var target = new DelegateTarget("cache", (_, _) => Task.FromResult(_cache["d"] = 4), (_, _) => Task.FromResult((long)_cache.Count));

        Assert.Equal(new TargetReport
        {
            Outcome = Outcome.Failed,
            ItemsBefore = 3,
            ItemsRemoved = 0,
            ItemsAfter = 4,
            Reason = "4 items are still there, or there again",
        }, await target.PurgeAsync(After.Purge()));
    }

    [Fact]
    public async Task Without_a_count_there_are_no_numbers_and_no_dry_run()
    {
        bool called = false;
        var target = new DelegateTarget("queue", (_, _) => Task.FromResult(called = true));

        Assert.False(target.SupportsDryRun);
        Assert.Equal(Outcome.Skipped, (await target.PurgeAsync(After.DryRun())).Outcome);
        Assert.False(called);
        Assert.Equal(TargetReport.Done(before: null, removed: null, after: null), await target.PurgeAsync(After.Purge()));
        Assert.True(called);
    }

    [Fact]
    public async Task A_failure_keeps_what_was_counted()
    {
        var target = new DelegateTarget("cache", (_, _) => throw new InvalidOperationException("locked"), (_, _) => Task.FromResult(3L));

        Assert.Equal(new TargetReport
        {
            Outcome = Outcome.Failed,
            ItemsBefore = 3,
            Reason = "InvalidOperationException: locked",
        }, await target.PurgeAsync(After.Purge()));
    }

    [Fact]
    public async Task A_check_gives_what_its_delegate_gives()
    {
        var check = new DelegateCheck((context, _) => Task.FromResult(CheckReport.Compare("database", context.Database.Database)));

        Assert.Equal(new CheckReport
        {
            Outcome = Outcome.Passed,
            Expected = "database",
            Actual = "database",
        }, await check.RunAsync(After.Purge()));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void A_target_without_a_name_is_refused(string name)
        => Assert.Equal("name", Assert.Throws<ArgumentException>(() => new DelegateTarget(name, (_, _) => Task.CompletedTask)).ParamName);

    private DelegateTarget Cache() => new(
        "cache",
        (_, _) =>
        {
            _cache.Clear();
            return Task.CompletedTask;
        },
        (_, _) => Task.FromResult((long)_cache.Count));
}
