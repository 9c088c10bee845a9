using System.Security.Cryptography.X509Certificates;
using FloworxPurge.Redis;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Redis;

/// <summary>Options are checked when a target is made of them; no database is emptied that is not named.</summary>
public sealed class RedisRefusalTests
{
    public static TheoryData<RedisPurgeOptions, string> Invalid => new()
    {
        { new RedisPurgeOptions(), "neither KeyPattern nor EntireDatabase is set; give the pattern of the keys to remove, or \"127.0.0.1:6379/0\" as EntireDatabase to remove every key" },
        { new RedisPurgeOptions { EntireDatabase = "127.0.0.1:6379/1" }, "EntireDatabase is \"127.0.0.1:6379/1\", but the options lead to \"127.0.0.1:6379/0\"" },
        { new RedisPurgeOptions { EntireDatabase = "127.0.0.1:6379" }, "but the options lead to \"127.0.0.1:6379/0\"" },
        { new RedisPurgeOptions { EntireDatabase = "*" }, "but the options lead to" },
        { new RedisPurgeOptions { EntireDatabase = "" }, "but the options lead to" },
        { new RedisPurgeOptions { EntireDatabase = "localhost:6379/0" }, "but the options lead to" },
        { new RedisPurgeOptions { Host = "::1", EntireDatabase = "::1:6379/0" }, "but the options lead to \"[::1]:6379/0\"" },
        { new RedisPurgeOptions { KeyPattern = "a*", EntireDatabase = "127.0.0.1:6379/0" }, "KeyPattern and EntireDatabase are both set" },
        { new RedisPurgeOptions { KeyPattern = "" }, "KeyPattern is empty" },
        { new RedisPurgeOptions { KeyPattern = "\uD800*" }, "KeyPattern is no valid Unicode text" },
        { new RedisPurgeOptions { KeyPattern = new string('a', 1025) }, "KeyPattern is longer than 1024 bytes" },
        { new RedisPurgeOptions { KeyPattern = "a*", Host = "" }, "Host is no name or address" },
        { new RedisPurgeOptions { KeyPattern = "a*", Host = null! }, "Host is no name or address" },
        { new RedisPurgeOptions { KeyPattern = "a*", Host = "redis://cache" }, "Host is no name or address" },
        { new RedisPurgeOptions { KeyPattern = "a*", Host = "user:password@cache" }, "Host is no name or address" },
        { new RedisPurgeOptions { KeyPattern = "a*", Port = 0 }, "Port is 0; give 1 to 65535" },
        { new RedisPurgeOptions { KeyPattern = "a*", Port = 65536 }, "Port is 65536" },
        { new RedisPurgeOptions { KeyPattern = "a*", Database = -1 }, "Database is -1" },
        { new RedisPurgeOptions { KeyPattern = "a*", BatchSize = 0 }, "BatchSize is 0; give 1 to 10000" },
        { new RedisPurgeOptions { KeyPattern = "a*", BatchSize = 10_001 }, "BatchSize is 10001" },
        { new RedisPurgeOptions { KeyPattern = "a*", Timeout = TimeSpan.Zero }, "Timeout is 00:00:00" },
        { new RedisPurgeOptions { KeyPattern = "a*", ConnectTimeout = TimeSpan.FromTicks(1) }, "ConnectTimeout is 00:00:00.0000001" },
        { new RedisPurgeOptions { KeyPattern = "a*", Timeout = TimeSpan.MaxValue }, "2147483647 milliseconds" },
        { new RedisPurgeOptions { KeyPattern = "a*", TlsHostName = "cache" }, "is set without UseTls" },
        { new RedisPurgeOptions { KeyPattern = "a*", CertificateValidation = (_, _, _, errors) => errors == default }, "is set without UseTls" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void An_option_that_is_not_valid_is_named(RedisPurgeOptions options, string expected)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new RedisPurgeTarget(options));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Equal("options", exception.ParamName);
    }

    [Fact]
    public void A_client_certificate_needs_TLS_and_its_key()
    {
        using X509Certificate2 certificate = RedisCertificate.Create("client");
        using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(certificate.RawData);

        Assert.Contains("is set without UseTls", Problems(new RedisPurgeOptions { KeyPattern = "a*", ClientCertificate = certificate }), StringComparison.Ordinal);
        Assert.Contains("ClientCertificate has no private key", Problems(new RedisPurgeOptions { KeyPattern = "a*", UseTls = true, ClientCertificate = bare }), StringComparison.Ordinal);

        static string Problems(RedisPurgeOptions options) => Assert.Throws<ArgumentException>(() => new RedisPurgeTarget(options)).Message;
    }

    [Fact]
    public void All_problems_are_in_one_message()
    {
        var options = new RedisPurgeOptions { Host = " ", Port = -1, Database = -2, BatchSize = -3, Timeout = TimeSpan.Zero, ConnectTimeout = TimeSpan.Zero, TlsHostName = "a" };

        ArgumentException exception = Assert.Throws<ArgumentException>(() => new RedisPurgeTarget(options));

        Assert.All(["Host is", "Port is", "Database is", "BatchSize is", "; Timeout is", "ConnectTimeout is", "neither KeyPattern nor EntireDatabase", "UseTls"], problem => Assert.Contains(problem, exception.Message, StringComparison.Ordinal));
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
    public void A_pattern_that_may_match_every_key_does_not_stand_for_the_name(string pattern)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new RedisPurgeTarget(new RedisPurgeOptions { KeyPattern = pattern }));

        Assert.Contains($"KeyPattern \"{pattern}\" is made of wildcards alone and may match every key", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("*a*")]
    [InlineData("[ab]:*")]
    [InlineData("\\*")]
    [InlineData("[]a]")]
    [InlineData("🔑*")]
    public void A_pattern_with_a_character_that_stands_for_itself_is_one(string pattern)
        => Assert.Equal($"Redis 127.0.0.1:6379, database 0, keys {pattern}", new RedisPurgeTarget(new RedisPurgeOptions { KeyPattern = pattern }).Name);

    [Theory]
    [InlineData("127.0.0.1", 6379, 0, "127.0.0.1:6379/0")]
    [InlineData("Cache.Internal", 7000, 15, "cache.internal:7000/15")]
    [InlineData("::1", 6379, 2, "[::1]:6379/2")]
    public void A_database_that_is_named_exactly_is_taken(string host, int port, int database, string name)
    {
        var target = new RedisPurgeTarget(new RedisPurgeOptions { Host = host, Port = port, Database = database, EntireDatabase = name });

        Assert.StartsWith("Redis ", target.Name, StringComparison.Ordinal);
        Assert.EndsWith($":{port}, database {database}", target.Name, StringComparison.Ordinal);
        Assert.True(target.SupportsDryRun);
    }

    [Fact]
    public void The_edges_are_valid()
        => Assert.NotNull(new RedisPurgeTarget(new RedisPurgeOptions
        {
            Port = 65535,
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
        var target = new RedisPurgeTarget(options);
        options.Database = other;

        await target.PurgeAsync(RedisContext.Committed);

        Assert.Equal(3, await client.SizeAsync());
    }
}
