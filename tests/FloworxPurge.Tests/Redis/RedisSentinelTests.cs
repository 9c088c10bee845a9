using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;
using StackExchange.Redis;

namespace FloworxPurge.Tests.Redis;

/// <summary>A sentinel names the primary behind its service.</summary>
public sealed class RedisSentinelTests
{
    [Fact]
    public async Task The_primary_that_the_sentinel_names_is_purged_and_its_replica_follows()
    {
        await using RedisProcess primary = await RedisServer.StartAsync(new RedisStart());
        await using RedisProcess replica = await RedisServer.StartAsync(
            new RedisStart { Settings = ["--replicaof", "127.0.0.1", $"{primary.Port}"] });
        await using RedisProcess sentinel = await RedisServer.StartAsync(new RedisStart { Watches = $"cache 127.0.0.1 {primary.Port}" });
        await using RedisClient client = await primary.ConnectAsync();
        await client.FillAsync("a", 300);
        await client.FillAsync("b", 3);
        string configuration = sentinel.Endpoint + ",serviceName=cache";

        Assert.Equal(
            TargetReport.Done(3, 3, 0, "DBSIZE was 303 before and is 300 after"),
            await new RedisPurgeOptions { Configuration = configuration, KeyPattern = "b*" }.PurgeAsync());
        RedisContext.AssertFailed(
            $"the primaries that are reached are \"{primary.Endpoint}/0\"",
            await new RedisPurgeOptions { Configuration = configuration, EntireDatabase = $"{sentinel.Endpoint}/0" }.PurgeAsync());
        RedisPurgeOptions entire = new() { Configuration = configuration, EntireDatabase = $"{primary.Endpoint}/0" };
        Assert.Equal(TargetReport.Counted(300), await entire.DryRunAsync());
        Assert.Equal(TargetReport.Done(300, 300, 0), await entire.PurgeAsync());
    }

    [Fact]
    public async Task The_connection_of_a_host_to_a_service_is_used()
    {
        await using RedisProcess primary = await RedisServer.StartAsync(new RedisStart());
        await using RedisProcess sentinel = await RedisServer.StartAsync(new RedisStart { Watches = $"cache 127.0.0.1 {primary.Port}" });
        await using RedisClient client = await primary.ConnectAsync();
        await client.FillAsync("a", 300);
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(sentinel.Endpoint + ",serviceName=cache");

        Assert.Equal(
            TargetReport.Done(300, 300, 0),
            await new RedisPurgeOptions { Multiplexer = multiplexer, EntireDatabase = $"{primary.Endpoint}/0" }.PurgeAsync());
    }

    [Fact]
    public async Task A_service_that_the_sentinel_does_not_know_is_reported()
    {
        await using RedisProcess sentinel = await RedisServer.StartAsync(new RedisStart { Watches = "cache 127.0.0.1 6379" });

        TargetReport result = await new RedisPurgeOptions
        {
            Configuration = sentinel.Endpoint + ",serviceName=other",
            KeyPattern = "a*",
        }.PurgeAsync();

        Assert.Equal(TargetReport.Failed($"sentinel {sentinel.Endpoint} knows no service \"other\"; check serviceName"), result);
    }

    [Fact]
    public async Task A_sentinel_that_is_taken_for_a_server_is_reported()
    {
        await using RedisProcess sentinel = await RedisServer.StartAsync(new RedisStart { Watches = "cache 127.0.0.1 6379" });

        RedisContext.AssertFailed(
            $"if it is a sentinel, give serviceName ({sentinel.Endpoint})",
            await new RedisPurgeOptions { Configuration = sentinel.Endpoint, KeyPattern = "a*" }.PurgeAsync());
    }

    [Fact]
    public async Task A_sentinel_or_a_primary_that_does_not_listen_is_unreachable()
    {
        int port = ServerShell.FreePort();
        await using RedisProcess sentinel = await RedisServer.StartAsync(new RedisStart { Watches = $"cache 127.0.0.1 {port}" });

        TargetReport primary = await new RedisPurgeOptions
        {
            Configuration = sentinel.Endpoint + ",serviceName=cache",
            KeyPattern = "a*",
        }.PurgeAsync();
        TargetReport none = await new RedisPurgeOptions
        {
            Configuration = $"127.0.0.1:{port},serviceName=cache",
            KeyPattern = "a*",
        }.PurgeAsync();

        Assert.Equal(
            TargetReport.Unreachable($"connection refused by 127.0.0.1:{port}; is the server running, and does it listen on this address?"),
            primary);
        Assert.Equal(
            TargetReport.Unreachable(
                $"connection refused by sentinel 127.0.0.1:{port}; is the server running, and does it listen on this address?"),
            none);
    }

    [Fact]
    public async Task A_primary_that_has_become_a_replica_is_not_written()
    {
        await using RedisProcess primary = await RedisServer.StartAsync(new RedisStart());
        await using RedisProcess sentinel = await RedisServer.StartAsync(new RedisStart { Watches = $"cache 127.0.0.1 {primary.Port}" });
        await using RedisClient client = await primary.ConnectAsync();
        await client.FillAsync("a", 3);
        await client.SendAsync("REPLICAOF", "127.0.0.1", "1");

        RedisContext.AssertFailed(
            "the server is a read-only replica; give the primary",
            await new RedisPurgeOptions { Configuration = sentinel.Endpoint + ",serviceName=cache", KeyPattern = "a*" }.PurgeAsync());
        Assert.Equal(3, await client.SizeAsync());
    }

    [Fact]
    public async Task After_a_failover_the_new_primary_is_purged_and_an_old_consent_does_not_count()
    {
        await using RedisProcess primary = await RedisServer.StartAsync(new RedisStart());
        await using RedisProcess replica = await RedisServer.StartAsync(
            new RedisStart { Settings = ["--replicaof", "127.0.0.1", $"{primary.Port}"] });
        await using RedisProcess sentinel = await RedisServer.StartAsync(new RedisStart { Watches = $"cache 127.0.0.1 {primary.Port}" });
        await using RedisClient client = await primary.ConnectAsync();
        await using RedisClient follower = await replica.ConnectAsync();
        await using RedisClient watcher = await sentinel.ConnectAsync();
        await client.FillAsync("a", 30);
        await UntilAsync(async () => await follower.SizeAsync() == 30);
        await UntilAsync(async () => ((RedisResult[]?)await watcher.SendAsync("SENTINEL", "REPLICAS", "cache"))!.Length == 1);
        await UntilAsync(async () => await AcceptsAsync(watcher.SendAsync("SENTINEL", "FAILOVER", "cache")));
        await UntilAsync(
            async () => ((string[]?)await watcher.SendAsync("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "cache"))![1] == $"{replica.Port}");
        string configuration = sentinel.Endpoint + ",serviceName=cache";

        TargetReport old = await new RedisPurgeOptions
        {
            Configuration = configuration,
            EntireDatabase = $"{primary.Endpoint}/0",
        }.PurgeAsync();
        TargetReport now = await new RedisPurgeOptions
        {
            Configuration = configuration,
            EntireDatabase = $"{replica.Endpoint}/0",
        }.PurgeAsync();

        RedisContext.AssertFailed($"but the primaries that are reached are \"{replica.Endpoint}/0\"", old);
        Assert.Equal(TargetReport.Done(30, 30, 0), now);
    }

    private static async Task<bool> AcceptsAsync(Task<RedisResult> command)
    {
        try
        {
            await command;
            return true;
        }
        catch (RedisServerException)
        {
            // The sentinel has not seen the replica in order yet.
            return false;
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> isTrue)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await isTrue())
        {
            await Task.Delay(200, limit.Token);
        }
    }
}
