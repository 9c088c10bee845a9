using FloworxPurge.Engines;
using System.ComponentModel;
using System.Reflection;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Api;

/// <summary>Options are validated once, when a purger is created, and all problems are reported together.</summary>
public sealed class OptionValidationTests
{
    [Fact]
    public void Every_option_that_is_set_reaches_the_run()
    {
        var options = new PurgeOptions();
        foreach (PropertyInfo property in typeof(PurgeOptions)
            .GetProperties()
            .Where(property => property.SetMethod is not null && !property.IsDefined(typeof(EditorBrowsableAttribute))))
        {
            object? value = property.GetValue(options);
            object other = value switch
            {
                bool flag => !flag,
                _ when property.PropertyType == typeof(bool?) => true,
                Enum kind => Enum.GetValues(kind.GetType()).GetValue(Enum.GetValues(kind.GetType()).Length - 1)!,
                _ when property.PropertyType == typeof(TimeSpan?) => TimeSpan.FromSeconds(7),
                _ when property.PropertyType == typeof(long?) => 7L,
                _ when property.PropertyType == typeof(string) => "seven",
                _ when property.PropertyType == typeof(PurgeDialect) => new AnsiDialect(),
                TimeProvider => new QuickClock(DateTimeOffset.UnixEpoch),
                ReportDetails details => details,
                _ => throw new InvalidOperationException($"This test has no value for {property.Name}."),
            };
            property.SetValue(options, other);

            object? copied = property.GetValue(options.Snapshot());

            Assert.True(
                property.PropertyType == typeof(ReportDetails) ? copied is ReportDetails : Equals(other, copied),
                $"{property.Name} does not reach the run.");
        }
    }

    public static TheoryData<PurgeOptions, string> Invalid => new()
    {
        { new PurgeOptions { TimeProvider = null! }, "TimeProvider is null" },
        { new PurgeOptions { MaxRows = -1 }, "MaxRows is -1" },
        { new PurgeOptions { LockTimeout = TimeSpan.Zero }, "LockTimeout is 00:00:00" },
        { new PurgeOptions { LockTimeout = TimeSpan.FromSeconds(-1) }, "LockTimeout is -00:00:01" },
        { new PurgeOptions { LockTimeout = TimeSpan.FromTicks(1) }, "one millisecond" },
        { new PurgeOptions { LockTimeout = TimeSpan.MaxValue }, "2147483647 milliseconds" },
        { new PurgeOptions { DriftTolerance = (DriftTolerance)9 }, "DriftTolerance is 9; give one of" },
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
            options.OnBlocked = (OnBlocked)7;
        }));

        Assert.All(
            ["TimeProvider", "MaxRows", "LockTimeout", "OnBlocked"],
            name => Assert.Contains(name, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Options_that_several_transactions_exclude_are_named_together()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new Purger(options =>
        {
            options.InChunks();
            options.BestEffort = true;
            options.OnBlocked = OnBlocked.Fail;
            options.RefreshMaterializedViews = true;
        }));

        Assert.All(
            ["BestEffort is true", "OnBlocked is Fail", "RefreshMaterializedViews is true"],
            option => Assert.Contains($"{option} and InChunks is called", exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Numbers_of_several_transactions_out_of_range_are_refused_by_name()
    {
        var second = TimeSpan.FromSeconds(1);

        Assert.Throws<ArgumentOutOfRangeException>("roots", () => new PurgeOptions().InChunks(roots: 0));
        Assert.Throws<ArgumentOutOfRangeException>("maxRows", () => new PurgeOptions().InChunks(maxRows: 0));
        Assert.Throws<ArgumentOutOfRangeException>("pause", () => new PurgeOptions().InChunks(pause: -second));
        Assert.Throws<ArgumentOutOfRangeException>("rowsPerSecond", () => new PurgeOptions().InChunks(rowsPerSecond: 0));
        Assert.Throws<ArgumentOutOfRangeException>("patience", () => new PurgeOptions().InChunks(patience: -second));
        Assert.NotNull(new PurgeOptions().InChunks(roots: 1, maxRows: 1, TimeSpan.Zero, rowsPerSecond: 1, patience: TimeSpan.Zero));
    }

    [Fact]
    public void The_edges_are_valid()
        => Assert.NotNull(new Purger(new PurgeOptions { MaxRows = 0, LockTimeout = TimeSpan.FromMilliseconds(1) }));
}
