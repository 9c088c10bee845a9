using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;
using StackExchange.Redis;

namespace FloworxPurge.Tests.Redis;

/// <summary>How a server is reached, how long that takes, and what is reported when it fails.</summary>
public sealed class RedisConnectionTests
{
    private const string Secret = "s3cret";

    [Fact]
    public async Task A_configuration_of_the_host_is_used_and_left_as_it_is()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        await using RedisClient client = await server.ConnectAsync(database);
        await client.FillAsync("a", 3);
        ConfigurationOptions configuration = ConfigurationOptions.Parse(server.Endpoint);
        configuration.DefaultDatabase = database;
        string before = configuration.ToString();

        TargetReport result = await new RedisPurgeOptions { ConfigurationOptions = configuration, KeyPattern = "a*" }.PurgeAsync();

        Assert.Equal(TargetReport.Done(3, 3, 0, "DBSIZE was 3 before and is 0 after"), result);
        Assert.Equal((before, null), (configuration.ToString(), configuration.LoggerFactory));
    }

    [Fact]
    public async Task Every_connection_of_a_run_is_closed()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await client.FillAsync("a", 3);
        async Task<int> CountAsync()
            => ((string?)await client.SendAsync("CLIENT", "LIST"))!.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        int before = await CountAsync();

        await server.Entire(0).PurgeAsync();
        await server.Entire(0, ",password=wrong").PurgeAsync();

        Assert.True(SpinWait.SpinUntil(() => CountAsync().GetAwaiter().GetResult() == before, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task A_database_that_the_server_does_not_have_is_reported()
    {
        (RedisProcess server, _) = await RedisServer.GetAsync();

        RedisContext.AssertFailed(
            $"{server.Endpoint} has the databases 0 to 999 only; check Database",
            await server.Entire(1000).PurgeAsync());
    }

    [Fact]
    public async Task A_replica_is_reported_and_keeps_its_keys()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await client.FillAsync("a", 3);
        await client.SendAsync("REPLICAOF", "127.0.0.1", "1");

        TargetReport result = await server.Entire(0).PurgeAsync();

        Assert.Equal(TargetReport.Failed($"the server is a read-only replica; give the primary ({server.Endpoint})"), result);
        Assert.Equal(3, await client.SizeAsync());
    }

    [Fact]
    public async Task Of_a_primary_and_its_replica_only_the_primary_is_read_and_written()
    {
        await using RedisProcess primary = await RedisServer.StartAsync(new RedisStart());
        await using RedisProcess replica = await RedisServer.StartAsync(
            new RedisStart { Settings = ["--replicaof", "127.0.0.1", $"{primary.Port}"] });
        await using RedisClient client = await primary.ConnectAsync();
        await client.FillAsync("a", 3);
        RedisPurgeOptions options = primary.Entire(0, "," + replica.Endpoint);

        Assert.Equal(TargetReport.Done(3, 3, 0), await options.PurgeAsync());
    }

    [Fact]
    public async Task A_second_server_that_does_not_answer_is_named_and_nothing_is_deleted()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await client.FillAsync("a", 3);
        int port = ServerShell.FreePort();

        TargetReport result = await server.Pattern(0, "a*", $",127.0.0.1:{port}").PurgeAsync();

        RedisContext.AssertFailed($"no connection to 127.0.0.1:{port}, and whether it is a primary is not known", result);
        Assert.Equal(3, await client.SizeAsync());
    }

    [Fact]
    public async Task A_server_that_stops_answering_is_a_failure_within_the_time_out()
    {
        await using FakeRedis peer = FakeRedis.But("SCAN", "");
        RedisPurgeOptions options = peer.Options(TimeSpan.FromMilliseconds(200));

        var clock = Stopwatch.StartNew();
        RedisContext.AssertFailed($"no whole reply to SCAN from 127.0.0.1:{peer.Port} within 0.2 s (Timeout)", await options.PurgeAsync());
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_server_that_is_paused_is_a_failure()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await client.SendAsync("CLIENT", "PAUSE", "3000", "ALL");
        RedisPurgeOptions options = server.Entire(0);
        options.ConnectTimeout = options.Timeout = TimeSpan.FromMilliseconds(300);

        RedisContext.AssertFailed(
            $"{server.Endpoint} was reached, but there is no reply as of Redis within 0.3 s (ConnectTimeout)",
            await options.PurgeAsync());
    }

    [Fact]
    public async Task A_run_that_takes_too_long_ends_with_what_was_deleted_until_then()
    {
        int cursor = 0;
        await using FakeRedis peer = FakeRedis.Replying(
            words => words[0] == "SCAN" ? FakeRedis.Page(++cursor, "a") : FakeRedis.Behave(words));
        RedisPurgeOptions options = peer.Options();
        options.RunTimeout = TimeSpan.FromSeconds(2);

        TargetReport result = await options.PurgeAsync();

        RedisContext.AssertFailed("not done within 2 s (RunTimeout)", result);
        Assert.Contains("were removed before that", result.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SCAN")]
    [InlineData("UNLINK")]
    [InlineData("ECHO")]
    public async Task A_caller_who_stops_waiting_is_heard_at_once(string command)
    {
        await using FakeRedis peer = FakeRedis.But(command, "");
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new RedisPurgeTarget(peer.Options()).PurgeAsync(RedisContext.Committed, stop.Token).WaitAsync(TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public async Task A_port_on_which_nobody_listens_is_unreachable()
    {
        int port = ServerShell.FreePort();
        var options = new RedisPurgeOptions { Configuration = $"127.0.0.1:{port},user=u,password={Secret}", KeyPattern = "a*" };

        Assert.Equal(
            TargetReport.Unreachable($"connection refused by 127.0.0.1:{port}; is the server running, and does it listen on this address?"),
            await options.PurgeAsync());
    }

    [Fact]
    public async Task Several_servers_of_which_none_answers_are_all_named()
    {
        (int one, int two) = (ServerShell.FreePort(), ServerShell.FreePort());
        var options = new RedisPurgeOptions { Configuration = $"127.0.0.1:{one},127.0.0.1:{two}", KeyPattern = "a*" };

        Assert.Equal(
            TargetReport.Unreachable(
                $"connection refused by 127.0.0.1:{one},127.0.0.1:{two}; is the server running, and does it listen on this address?"),
            await options.PurgeAsync());
    }

    [Fact]
    public async Task A_host_that_nobody_knows_is_unreachable()
    {
        var options = new RedisPurgeOptions
        {
            Configuration = "cache.invalid",
            KeyPattern = "a*",
            ConnectTimeout = TimeSpan.FromSeconds(30),
        };

        Assert.Equal(TargetReport.Unreachable("no address is known for cache.invalid:6379"), await options.PurgeAsync());
    }

    [Fact]
    public async Task A_connection_that_never_comes_about_is_unreachable_within_the_time_out()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems refuse a connection when the queue is full.");
        using var full = new Socket(SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        List<Socket> waiting = [];
        for (int i = 0; i < 8; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            waiting.Add(socket);
            _ = socket.ConnectAsync(full.LocalEndPoint!).ContinueWith(task => _ = task.Exception, TaskScheduler.Default);
        }

        await Task.Delay(100, TestContext.Current.CancellationToken);
        int port = ((IPEndPoint)full.LocalEndPoint!).Port;

        var clock = Stopwatch.StartNew();
        TargetReport result = await new RedisPurgeOptions
        {
            Configuration = $"127.0.0.1:{port}",
            KeyPattern = "a*",
            ConnectTimeout = TimeSpan.FromMilliseconds(300),
        }.PurgeAsync();
        TimeSpan elapsed = clock.Elapsed;
        waiting.ForEach(socket => socket.Dispose());

        Assert.Equal(TargetReport.Unreachable($"no connection to 127.0.0.1:{port} within 0.3 s (ConnectTimeout)"), result);
        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }
}
