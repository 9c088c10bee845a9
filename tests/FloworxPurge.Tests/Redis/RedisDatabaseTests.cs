using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;
using StackExchange.Redis;

namespace FloworxPurge.Tests.Redis;

/// <summary>The client goes on in another database when it may not select the one that it was given: the target does not.</summary>
public sealed class RedisDatabaseTests
{
    [Theory]
    [InlineData("-select", 1, "the user lacks a right")]
    [InlineData("-config", 1_000_000, "the server has no database of the number given; check Database")]
    public async Task Keys_of_database_0_stay_when_another_one_cannot_be_selected(string missing, int database, string words)
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await client.SendAsync("ACL", "SETUSER", "app", "on", ">x", "~*", "+@all", missing);
        await client.FillAsync("a", 3);
        const string login = ",user=app,password=x";
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(server.Endpoint + login);
        RedisPurgeOptions ofHost = server.Pattern(database, "a*");
        (ofHost.Configuration, ofHost.Multiplexer) = (null, multiplexer);

        RedisContext.AssertFailed(words, await server.Entire(database, login).PurgeAsync());
        RedisContext.AssertFailed(words, await server.Pattern(database, "a*", login).PurgeAsync());
        RedisContext.AssertFailed(words, await server.Pattern(database, "a*", login).DryRunAsync());
        RedisContext.AssertFailed(words, await ofHost.PurgeAsync());
        Assert.Equal(3, await client.SizeAsync());
    }

    [Fact]
    public async Task A_server_that_does_not_confirm_the_database_is_a_failure()
    {
        await using FakeRedis peer = FakeRedis.But("SELECT", "+QUEUED\r\n");
        RedisPurgeOptions options = peer.Options();
        (options.Database, options.EntireDatabase) = (1, options.EntireDatabase!.Replace("/0", "/1", StringComparison.Ordinal));

        RedisContext.AssertFailed($"malformed reply to SELECT from 127.0.0.1:{peer.Port}: OK was expected", await options.PurgeAsync());
    }

    [Fact]
    public async Task The_connection_of_a_host_goes_on_in_its_own_database()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        (_, int other) = await RedisServer.GetAsync();
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(
            server.Endpoint + $",defaultDatabase={other}");
        await multiplexer.GetDatabase().StringSetAsync("a1", 1);
        await multiplexer.GetDatabase(database).StringSetAsync("a1", 1);

        TargetReport result = await new RedisPurgeOptions
        {
            Multiplexer = multiplexer,
            Database = database,
            KeyPattern = "a*",
        }.PurgeAsync();

        Assert.Equal(TargetReport.Done(1, 1, 0, "DBSIZE was 1 before and is 0 after"), result);
        Assert.Equal(1, (int)await multiplexer.GetDatabase().StringGetAsync("a1"));
        Assert.Equal(
            TargetReport.Done(1, 1, 0, "DBSIZE was 1 before and is 0 after"),
            await new RedisPurgeOptions { Multiplexer = multiplexer, KeyPattern = "a*" }.PurgeAsync());
    }
}
