using System.Diagnostics;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;
using StackExchange.Redis;

namespace FloworxPurge.Tests.Redis;

/// <summary>A cluster of three primaries: all of them are purged, and no other node is read or written.</summary>
public sealed class RedisClusterTests
{
    [Fact]
    public async Task Every_key_of_every_primary_is_deleted_and_counted()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisClient client = await cluster.ConnectAsync();
        await client.SpreadAsync("session:", 3000);
        await client.SpreadAsync("other:", 30);
        Assert.All(await cluster.SizesAsync(), size => Assert.True(size > 0));

        // One node of three is enough to find the others, whichever it is and whatever it is called.
        RedisPurgeOptions pattern = new() { Configuration = $"localhost:{cluster.Nodes[1].Port}", KeyPattern = "session:*" };
        RedisPurgeOptions entire = new() { Configuration = cluster.Nodes[2].Endpoint, EntireDatabase = cluster.Databases };

        Assert.Equal(TargetReport.Counted(3000) with { Reason = "DBSIZE is 3030" }, await pattern.DryRunAsync());
        Assert.Equal(TargetReport.Done(3000, 3000, 0, "DBSIZE was 3030 before and is 30 after"), await pattern.PurgeAsync());
        Assert.Equal(TargetReport.Counted(30), await entire.DryRunAsync());
        Assert.Equal(TargetReport.Done(30, 30, 0), await entire.PurgeAsync());
        Assert.Equal([0, 0, 0], await cluster.SizesAsync());
    }

    [Fact]
    public async Task A_whole_cluster_is_emptied_only_when_every_primary_is_named()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisClient client = await cluster.ConnectAsync();
        await client.SpreadAsync("a", 30);
        string[] names = cluster.Databases.Split(", ");
        string expected =
            $"but the primaries that are reached are \"{string.Join(", ", names.Order(StringComparer.Ordinal))}\"; nothing is emptied "
                + $"that is not named exactly";
        RedisPurgeOptions Naming(params string[] consent) => new()
        {
            Configuration = cluster.Nodes[0].Endpoint,
            EntireDatabase = string.Join(',', consent),
        };

        RedisContext.AssertFailed(expected, await Naming(names[0]).PurgeAsync());
        RedisContext.AssertFailed(expected, await Naming(names[0], names[1]).PurgeAsync());
        RedisContext.AssertFailed(expected, await Naming(names[0], names[1]).DryRunAsync());
        RedisContext.AssertFailed(expected, await Naming([.. names, "127.0.0.1:1/0"]).PurgeAsync());
        Assert.Equal(30, (await cluster.SizesAsync()).Sum());
        Assert.Equal(TargetReport.Done(30, 30, 0), await Naming(names).PurgeAsync());
    }

    [Fact]
    public async Task What_is_configured_beside_a_cluster_is_named_and_nothing_is_deleted()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisClient client = await cluster.ConnectAsync();
        await client.SpreadAsync("a", 30);
        await using RedisProcess alone = await RedisServer.StartAsync(new RedisStart());
        await using RedisCluster another = await RedisCluster.StartAsync();
        RedisPurgeOptions With(string other) => new() { Configuration = $"{cluster.Nodes[0].Endpoint},{other}", KeyPattern = "a*" };

        RedisContext.AssertFailed($"{alone.Endpoint} is no node of the cluster of ", await With(alone.Endpoint).PurgeAsync());
        RedisContext.AssertFailed("they are nodes of different clusters", await With(another.Nodes[0].Endpoint).PurgeAsync());
        RedisContext.AssertFailed(
            "no connection to 127.0.0.1:1, and whether it belongs to the cluster",
            await With("127.0.0.1:1").PurgeAsync());
        RedisContext.AssertFailed("they are nodes of different clusters", await With(another.Nodes[0].Endpoint).DryRunAsync());
        Assert.Equal(30, (await cluster.SizesAsync()).Sum());
    }

    [Fact]
    public async Task The_connection_of_a_host_reaches_the_whole_cluster()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisClient client = await cluster.ConnectAsync();
        await client.SpreadAsync("a", 300);
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(cluster.Nodes[0].Endpoint);

        Assert.Equal(
            TargetReport.Done(300, 300, 0, "DBSIZE was 300 before and is 0 after"),
            await new RedisPurgeOptions { Multiplexer = multiplexer, KeyPattern = "a*" }.PurgeAsync());
        Assert.True(multiplexer.IsConnected);
    }

    [Fact]
    public async Task Replicas_need_no_consent_and_are_not_asked()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync(replicas: 1);
        await using RedisClient client = await cluster.ConnectAsync();
        await client.SpreadAsync("a", 60);
        await using RedisClient replica = await cluster.Nodes[3].ConnectAsync();
        await replica.SendAsync("CONFIG", "RESETSTAT");

        // Found through the replica alone.
        TargetReport result = await new RedisPurgeOptions
        {
            Configuration = cluster.Nodes[3].Endpoint,
            EntireDatabase = cluster.Databases,
        }.PurgeAsync();

        Assert.Equal(TargetReport.Done(60, 60, 0), result);
        string calls = ((string?)await replica.SendAsync("INFO", "commandstats"))!;
        Assert.DoesNotContain("cmdstat_scan", calls, StringComparison.Ordinal);
        Assert.DoesNotContain("cmdstat_dbsize", calls, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_primary_that_is_gone_is_named_and_nothing_is_deleted()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync(replicas: 0, "--cluster-require-full-coverage", "no");
        await using RedisClient client = await cluster.ConnectAsync();
        await client.SpreadAsync("a", 300);
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(cluster.Nodes[0].Endpoint);
        await cluster.Nodes[1].DisposeAsync();

        TargetReport own = await new RedisPurgeOptions { Configuration = cluster.Nodes[0].Endpoint, KeyPattern = "a*" }.PurgeAsync();
        TargetReport ofHost = await new RedisPurgeOptions { Multiplexer = multiplexer, KeyPattern = "a*" }.PurgeAsync();

        Assert.All([own, ofHost], result =>
        {
            RedisContext.AssertFailed($"no connection to {cluster.Nodes[1].Endpoint}", result);
            Assert.Equal((null, null, null), (result.ItemsBefore, result.ItemsRemoved, result.ItemsAfter));
        });
    }

    [Fact]
    public async Task Keys_of_a_slot_that_is_to_move_are_deleted_where_they_are()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisClient client = await cluster.ConnectAsync();
        await using RedisClient first = await cluster.Nodes[0].ConnectAsync();
        await client.SpreadAsync("{b}", 5); // Slot 3300, of the first node.
        string third = await cluster.IdAsync(2);
        await first.SendAsync("CLUSTER", "SETSLOT", 3300, "MIGRATING", third);
        await first.SendAsync("DEL", "{b}1");
        RedisPurgeOptions options = new() { Configuration = cluster.Nodes[0].Endpoint, KeyPattern = "{b}*" };

        // Each of the keys that are left is there, so the node deletes them without asking another one.
        Assert.Equal(TargetReport.Done(4, 4, 0, "DBSIZE was 4 before and is 0 after"), await options.PurgeAsync());
    }

    [Theory]
    [InlineData("+cluster|nodes", "Passed")]
    [InlineData("-cluster", "whose other nodes are not known; the user needs CLUSTER NODES")]
    public async Task A_user_needs_CLUSTER_NODES_and_nothing_else_than_on_a_single_server(string right, string words)
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisClient client = await cluster.ConnectAsync();
        await client.SpreadAsync("a", 30);
        foreach (RedisProcess node in cluster.Nodes)
        {
            await using RedisClient admin = await node.ConnectAsync();
            await admin.SendAsync("ACL", "SETUSER", "app", "on", ">x", "~a*", "+scan", "+dbsize", "+unlink", "+acl|whoami", "+echo", right);
        }

        TargetReport result = await new RedisPurgeOptions
        {
            Configuration = cluster.Nodes[0].Endpoint + ",user=app,password=x",
            KeyPattern = "a*",
        }.PurgeAsync();

        Assert.Contains(words, result.ToString(), StringComparison.Ordinal);
        Assert.Equal(words is "Passed" ? 0 : 30, (await cluster.SizesAsync()).Sum());
    }

    [Fact]
    public async Task A_cluster_in_which_a_slot_has_no_primary_is_a_failure()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisClient first = await cluster.Nodes[0].ConnectAsync();
        await first.SendAsync("CLUSTER", "DELSLOTS", 7);

        RedisContext.AssertFailed(
            "has a primary for 16383 of 16384 slots only",
            await new RedisPurgeOptions { Configuration = cluster.Nodes[0].Endpoint, KeyPattern = "a*" }.PurgeAsync());
    }

    [Fact]
    public async Task A_cluster_has_database_0_only()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync();

        TargetReport result = await new RedisPurgeOptions
        {
            Configuration = cluster.Nodes[0].Endpoint,
            Database = 1,
            KeyPattern = "a*",
        }.PurgeAsync();

        Assert.Equal(Outcome.Failed, result.Outcome);
        Assert.Contains("SELECT", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_keys_of_a_cluster_are_deleted_in_seconds()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisClient client = await cluster.ConnectAsync();
        await client.SpreadAsync("a", 20_000);

        var clock = Stopwatch.StartNew();
        Assert.Equal(
            TargetReport.Done(20_000, 20_000, 0),
            await new RedisPurgeOptions { Configuration = cluster.Nodes[0].Endpoint, EntireDatabase = cluster.Databases }.PurgeAsync());
        TestContext.Current.TestOutputHelper?.WriteLine($"{clock.ElapsedMilliseconds} ms");
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }
}
