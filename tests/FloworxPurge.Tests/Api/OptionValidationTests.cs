namespace FloworxPurge.Tests.Api;

/// <summary>Options are checked once, when a purger is made of them, and all problems are told together.</summary>
public sealed class OptionValidationTests
{
    public static TheoryData<PurgeOptions, string> Invalid => new()
    {
        { new PurgeOptions { TimeProvider = null! }, "TimeProvider is null" },
        { new PurgeOptions { MaxRows = -1 }, "MaxRows is -1" },
        { new PurgeOptions { LockTimeout = TimeSpan.Zero }, "LockTimeout is 00:00:00" },
        { new PurgeOptions { LockTimeout = TimeSpan.FromSeconds(-1) }, "LockTimeout is -00:00:01" },
        { new PurgeOptions { LockTimeout = TimeSpan.FromTicks(1) }, "one millisecond" },
        { new PurgeOptions { LockTimeout = TimeSpan.MaxValue }, "2147483647 milliseconds" },
        { new PurgeOptions { Mode = (PurgeMode)9 }, "Mode is 9; give one of AllOrNothing, BestEffort" },
        { new PurgeOptions { Strategy = (PurgeStrategy)9 }, "Strategy is 9" },
        { new PurgeOptions { DriftTolerance = (DriftTolerance)9 }, "DriftTolerance is 9" },
        { new PurgeOptions { OnBlocked = (OnBlocked)9 }, "OnBlocked is 9" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void An_option_out_of_range_is_named(PurgeOptions options, string expected)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new Purger(options));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_are_in_one_message()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new Purger(options =>
        {
            options.TimeProvider = null!;
            options.MaxRows = -5;
            options.LockTimeout = TimeSpan.Zero;
            options.Mode = (PurgeMode)7;
        }));

        Assert.All(["TimeProvider", "MaxRows", "LockTimeout", "Mode"], name => Assert.Contains(name, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void The_edges_are_valid()
        => Assert.NotNull(new Purger(new PurgeOptions { MaxRows = 0, LockTimeout = TimeSpan.FromMilliseconds(1) }));
}
