using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Redis;

/// <summary>Options are checked when a target is made of them; no database is emptied that is not named.</summary>
public sealed class RedisRefusalTests
{
    private const string Here = "127.0.0.1:6379";

    public static TheoryData<RedisPurgeOptions, string> Invalid => new()
    {
        { new RedisPurgeOptions { KeyPattern = "a*" }, "none of Configuration, ConfigurationOptions and Multiplexer is set" },
        { new RedisPurgeOptions { KeyPattern = "a*", Configuration = Here, ConfigurationOptions = new() }, "more than one of Configuration, ConfigurationOptions and Multiplexer is set" },
        { new RedisPurgeOptions { Configuration = Here }, "neither KeyPattern nor EntireDatabase is set; give the pattern of the keys to "
            + "delete, or \"127.0.0.1:6379/0\" as EntireDatabase to delete every key" },
        { new RedisPurgeOptions { Configuration = Here, EntireDatabase = "127.0.0.1:6379/1" }, "EntireDatabase is \"127.0.0.1:6379/1\", but the options lead to \"127.0.0.1:6379/0\"" },
        { new RedisPurgeOptions { Configuration = Here, EntireDatabase = "127.0.0.1:6379" }, "but the options lead to \"127.0.0.1:6379/0\"" },
        { new RedisPurgeOptions { Configuration = Here, EntireDatabase = "*" }, "but the options lead to" },
        { new RedisPurgeOptions { Configuration = Here, EntireDatabase = "" }, "but the options lead to" },
        { new RedisPurgeOptions { Configuration = Here, EntireDatabase = "localhost:6379/0" }, "but the options lead to" },
        { new RedisPurgeOptions { Configuration = "[::1]:6379", EntireDatabase = "::1:6379/0" }, "but the options lead to \"[::1]:6379/0\"" },
        { new RedisPurgeOptions { Configuration = "a:1,b:1", EntireDatabase = "a:1/0,b:1/1" }, "but the options lead to database 0; give host:port/number of each primary" },
        { new RedisPurgeOptions { Configuration = Here, EntireDatabase = "redis://:not-for-eyes@127.0.0.1:6379/0" }, "EntireDatabase has a URL in it; give host:port/number of each primary, separated by commas." },
        { new RedisPurgeOptions { Configuration = "a:1,b:1", EntireDatabase = "," }, "EntireDatabase is \",\"" },
        { new RedisPurgeOptions { Configuration = Here + ",defaultDatabase=3", EntireDatabase = "127.0.0.1:6379/0" }, "but the options lead to \"127.0.0.1:6379/3\"" },
        { new RedisPurgeOptions { Configuration = Here, KeyPattern = "a*", EntireDatabase = "127.0.0.1:6379/0" }, "KeyPattern and EntireDatabase are both set" },
        { new RedisPurgeOptions { Configuration = Here, KeyPattern = "" }, "KeyPattern is empty" },
        { new RedisPurgeOptions { Configuration = Here, KeyPattern = "\uD800*" }, "KeyPattern is no valid Unicode text" },
        { new RedisPurgeOptions { Configuration = Here, KeyPattern = new string('a', 1025) }, "KeyPattern is longer than 1024 bytes" },
        { new RedisPurgeOptions { KeyPattern = "a*", Configuration = "" }, "Configuration is no configuration string of StackExchange.Redis" },
        { new RedisPurgeOptions { KeyPattern = "a*", Configuration = "ssl=true" }, "Configuration has no endpoint" },
        { new RedisPurgeOptions { KeyPattern = "a*", Configuration = Here + ",ssl=perhaps" }, "Configuration has no valid value for \"ssl\"" },
        { new RedisPurgeOptions { KeyPattern = "a*", Configuration = "redis://cache" }, "Configuration has an endpoint that is no host:port" },
        { new RedisPurgeOptions { KeyPattern = "a*", Configuration = "user@cache" }, "Configuration has an endpoint that is no name or address" },
        { new RedisPurgeOptions { KeyPattern = "a*", Configuration = "a:1,a:1" }, "or one twice; give each once" },
        { new RedisPurgeOptions { KeyPattern = "a*", ConfigurationOptions = new() }, "ConfigurationOptions has no endpoint" },
        { new RedisPurgeOptions { KeyPattern = "a*", Configuration = Here, Database = -1 }, "Database is -1" },
        { new RedisPurgeOptions { KeyPattern = "a*", Configuration = Here, BatchSize = 0 }, "BatchSize is 0; give 1 to 10000" },
        { new RedisPurgeOptions { KeyPattern = "a*", Configuration = Here, BatchSize = 10_001 }, "BatchSize is 10001" },
        { new RedisPurgeOptions { KeyPattern = "a*", Configuration = Here, Timeout = TimeSpan.Zero }, "Timeout is 00:00:00" },
        { new RedisPurgeOptions { KeyPattern = "a*", Configuration = Here, ConnectTimeout = TimeSpan.FromTicks(1) }, "ConnectTimeout is 00:00:00.0000001" },
        { new RedisPurgeOptions { KeyPattern = "a*", Configuration = Here, RunTimeout = TimeSpan.MaxValue }, "2147483647 milliseconds" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void An_option_that_is_not_valid_is_named(RedisPurgeOptions options, string expected)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new RedisPurgeTarget(options));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Equal("options", exception.ParamName);
    }

    /// <summary>Configuration strings whose password is cut in two by a comma, or is where none is expected.</summary>
    public static TheoryData<string> Slips
        => [
            Here + ",password=abc,secret",
            Here + ",password=abc,secret=1",
            Here + ",secret=1",
            Here + ",pasword=secret",
            "redis://user:secret@cache:6379",
            "secret@cache"];

    [Theory]
    [MemberData(nameof(Slips))]
    public void A_password_that_is_given_wrongly_is_not_in_the_message(string configuration)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => new RedisPurgeTarget(new RedisPurgeOptions { Configuration = configuration, KeyPattern = "a*" }));

        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_are_in_one_message()
    {
        var options = new RedisPurgeOptions
        {
            Database = -2,
            BatchSize = -3,
            Timeout = TimeSpan.Zero,
            ConnectTimeout = TimeSpan.Zero,
            RunTimeout = TimeSpan.Zero,
        };

        ArgumentException exception = Assert.Throws<ArgumentException>(() => new RedisPurgeTarget(options));

        Assert.All(
            [
                "none of Configuration",
                "Database is",
                "BatchSize is",
                "; Timeout is",
                "ConnectTimeout is",
                "RunTimeout is",
                "neither KeyPattern nor EntireDatabase"],
            problem => Assert.Contains(problem, exception.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("**")]
    [InlineData("?*")]
    [InlineData("*?*")]
    [InlineData("[^]*")]
    [InlineData("[^a]*")]
    [InlineData("[a-z]*")]
    [InlineData("*[\\]a]*")]
    [InlineData("[a")]
    [InlineData("*[!-]^-~")]
    [InlineData("[x-]]*")]
    [InlineData("[^^]*")]
    public void A_pattern_that_may_match_every_key_does_not_stand_for_the_name(string pattern)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => new RedisPurgeTarget(new RedisPurgeOptions { Configuration = Here, KeyPattern = pattern }));

        Assert.Contains(
            $"KeyPattern \"{pattern}\" is made of wildcards alone and may match every key",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("*a*")]
    [InlineData("[ab]:*")]
    [InlineData("\\*")]
    [InlineData("[]a]")]
    [InlineData("🔑*")]
    public void A_pattern_with_a_character_that_stands_for_itself_is_one(string pattern)
        => Assert.Equal(
            $"Redis 127.0.0.1:6379, database 0, keys {pattern}",
            new RedisPurgeTarget(new RedisPurgeOptions { Configuration = Here, KeyPattern = pattern }).Name);

    [Theory]
    [InlineData("127.0.0.1", null, "127.0.0.1:6379/0", "Redis 127.0.0.1:6379, database 0")]
    [InlineData("Cache.Internal:7000,password=secret", 15, "cache.internal:7000/15", "Redis Cache.Internal:7000, database 15")]
    [InlineData("cache,ssl=true,defaultDatabase=4,user=u,password=secret", null, "cache:6380/4", "Redis cache:6380, database 4")]
    [InlineData("localhost:6379,resolveDns=true", null, "127.0.0.1:6379/0", "Redis localhost:6379, database 0")]
    [InlineData("[::1]:6379", 2, "[::1]:6379/2", "Redis [::1]:6379, database 2")]
    [InlineData("a:1,b:2,password=secret", null, "x:1/0, y:2/0,z:3/0", "Redis a:1,b:2, database 0")]
    [InlineData(
        "s1,s2:2,serviceName=cache,password=secret,sentinelPassword=secret",
        null,
        "10.0.0.1:6379/0",
        "Redis cache by sentinel s1:26379,s2:2, database 0")]
    public void A_database_that_is_named_exactly_is_taken(string configuration, int? database, string consent, string name)
    {
        var target = new RedisPurgeTarget(
            new RedisPurgeOptions { Configuration = configuration, Database = database, EntireDatabase = consent });

        Assert.Equal(name, target.Name);
        Assert.True(target.SupportsDryRun);
    }

    [Fact]
    public void The_edges_are_valid()
        => Assert.NotNull(new RedisPurgeTarget(new RedisPurgeOptions
        {
            Configuration = "cache:65535",
            Database = int.MaxValue,
            KeyPattern = new string('a', 1024),
            BatchSize = 10_000,
            Timeout = TimeSpan.FromMilliseconds(1),
            ConnectTimeout = TimeSpan.FromMilliseconds(int.MaxValue),
        }));

    [Fact]
    public async Task Options_that_change_later_do_not_reach_a_target()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        (_, int other) = await RedisServer.GetAsync();
        await using RedisClient client = await server.ConnectAsync(other);
        await client.FillAsync("a", 3);
        RedisPurgeOptions options = server.Entire(database);
        options.ConfigurationOptions = StackExchange.Redis.ConfigurationOptions.Parse(options.Configuration!);
        options.Configuration = null;
        var target = new RedisPurgeTarget(options);
        options.Database = other;
        options.ConfigurationOptions.EndPoints.Clear();

        Assert.Equal(TargetReport.Done(0, 0, 0), await target.PurgeAsync(RedisContext.Committed));

        Assert.Equal(3, await client.SizeAsync());
    }
}
