using System.Diagnostics;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;
using StackExchange.Redis;

namespace FloworxPurge.Tests.Redis;

/// <summary>A host hands its own connection over, and keeps it.</summary>
public sealed class RedisMultiplexerTests
{
    [Fact]
    public async Task The_connection_of_a_host_is_used_and_neither_closed_nor_changed()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(
            $"{server.Endpoint},defaultDatabase={database}");
        await multiplexer.GetDatabase().StringSetAsync("a1", 1);
        string before = multiplexer.Configuration;
        RedisPurgeOptions options = new() { Multiplexer = multiplexer, EntireDatabase = $"{server.Endpoint}/{database}" };

        Assert.Equal($"Redis {server.Endpoint}, database {database}", new RedisPurgeTarget(options).Name);
        Assert.Equal(TargetReport.Counted(1), await options.DryRunAsync());
        Assert.Equal(TargetReport.Done(1, 1, 0), await options.PurgeAsync());
        Assert.Equal((before, true), (multiplexer.Configuration, multiplexer.IsConnected));
        await multiplexer.GetDatabase().StringSetAsync("a1", 1);
        Assert.Equal(TargetReport.Done(1, 1, 0), await options.PurgeAsync());
    }

    [Fact]
    public async Task Another_database_than_the_one_that_is_named_keeps_its_keys()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        await using RedisClient client = await server.ConnectAsync(database);
        await client.FillAsync("a", 3);
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(server.Endpoint);

        TargetReport result = await new RedisPurgeOptions
        {
            Multiplexer = multiplexer,
            Database = database,
            EntireDatabase = $"{server.Endpoint}/0",
        }.PurgeAsync();

        RedisContext.AssertFailed($"the primaries that are reached are \"{server.Endpoint}/{database}\"", result);
        Assert.Equal(3, await client.SizeAsync());
    }

    [Fact]
    public async Task A_connection_without_a_server_is_unreachable()
    {
        int port = ServerShell.FreePort();
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(
            $"127.0.0.1:{port},abortConnect=false,connectTimeout=200,connectRetry=1");

        TargetReport result = await new RedisPurgeOptions
        {
            Multiplexer = multiplexer,
            KeyPattern = "a*",
            ConnectTimeout = TimeSpan.FromSeconds(2),
        }.PurgeAsync();

        Assert.Equal(TargetReport.Unreachable($"no connection to 127.0.0.1:{port}"), result);
    }

    [Fact]
    public async Task A_connection_that_is_disposed_is_reported()
    {
        (RedisProcess server, _) = await RedisServer.GetAsync();
        ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(server.Endpoint);
        await multiplexer.DisposeAsync();

        Assert.Equal(
            TargetReport.Failed("the connection that the host handed over is disposed"),
            await new RedisPurgeOptions { Multiplexer = multiplexer, KeyPattern = "a*" }.PurgeAsync());
    }

    [Fact]
    public async Task A_server_that_hangs_does_not_hold_the_run_for_longer_than_the_time_outs()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(server.Endpoint);
        await client.SendAsync("CLIENT", "PAUSE", "10000", "ALL");
        RedisPurgeOptions options = new()
        {
            Multiplexer = multiplexer,
            KeyPattern = "a*",
            ConnectTimeout = TimeSpan.FromMilliseconds(500),
            Timeout = TimeSpan.FromMilliseconds(500),
        };

        var clock = Stopwatch.StartNew();
        TargetReport result = await options.PurgeAsync();

        Assert.Equal(Outcome.Failed, result.Outcome);
        Assert.Contains(server.Endpoint, result.Reason, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_caller_who_stops_finds_the_batch_that_was_sent_at_its_end_and_no_other_sent()
    {
        int removals = 0;
        using var stop = new CancellationTokenSource();
        await using FakeRedis peer = FakeRedis.Slow(async words =>
        {
            if (words[0] == "UNLINK")
            {
                await stop.CancelAsync();
                await Task.Delay(300, CancellationToken.None);
                removals++;
            }

            return words[0] == "SCAN" ? FakeRedis.Page(0, "a", "b", "c", "d") : FakeRedis.Behave(words);
        });
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{peer.Port}");
        var target = new RedisPurgeTarget(new RedisPurgeOptions { Multiplexer = multiplexer, KeyPattern = "a*", BatchSize = 2 });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => target.PurgeAsync(RedisContext.Committed, stop.Token).WaitAsync(TimeSpan.FromSeconds(5)));

        Assert.Equal(1, removals);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.Equal(1, removals);
    }
}
