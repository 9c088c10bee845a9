using System.Globalization;
using System.Text;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Redis;

/// <summary>What becomes of the keys of a real server.</summary>
public sealed class RedisTargetTests
{
    [Fact]
    public async Task A_whole_database_is_emptied_in_batches_and_counted_before_and_after()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        await using RedisClient client = await server.ConnectAsync(database);
        await client.FillAsync("key:", 5000);
        RedisPurgeOptions options = server.Entire(database);
        options.BatchSize = 100;

        TargetReport result = await options.PurgeAsync();

        Assert.Equal(TargetReport.Done(5000, 5000, 0), result);
        Assert.Equal(0, await client.SizeAsync());
    }

    [Fact]
    public async Task Only_keys_of_the_pattern_are_deleted_and_the_remark_contains_DBSIZE()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        await using RedisClient client = await server.ConnectAsync(database);
        await client.FillAsync("session:", 1200);
        await client.FillAsync("Session:", 3);
        await client.FillAsync("other", 40);

        TargetReport result = await server.Pattern(database, "session:*").PurgeAsync();

        Assert.Equal(TargetReport.Done(1200, 1200, 0, "DBSIZE was 1243 before and is 43 after"), result);
        Assert.Equal(43, await client.SizeAsync());
        Assert.Empty(await client.KeysAsync("session:*"));
    }

    [Theory]
    [InlineData("a?c", "abc|a*c")]
    [InlineData("a[bx]c", "abc")]
    [InlineData("a[^b]c", "a*c")]
    [InlineData("a[a-c]c", "abc")]
    [InlineData("a\\*c", "a*c")]
    [InlineData("a*", "abc|abbc|a*c")]
    [InlineData("abc", "abc")]
    [InlineData("ab", "")]
    public async Task A_pattern_is_a_glob_of_the_server(string pattern, string removed)
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        await using RedisClient client = await server.ConnectAsync(database);
        string[] keys = ["abc", "abbc", "a*c", "Abc", "zabc"];
        await client.SendAsync("MSET", [.. keys.SelectMany(key => new object[] { key, "1" })]);

        TargetReport result = await server.Pattern(database, pattern).PurgeAsync();

        Assert.Equal(Outcome.Passed, result.Outcome);
        Assert.Equal(keys.Except(removed.Split('|')).Order(StringComparer.Ordinal), await client.KeysAsync());
    }

    [Fact]
    public async Task Other_databases_keep_every_key()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        (_, int other) = await RedisServer.GetAsync();
        await using RedisClient client = await server.ConnectAsync(database);
        await using RedisClient neighbour = await server.ConnectAsync(other);
        await client.FillAsync("a", 10);
        await neighbour.FillAsync("a", 10);

        TargetReport result = await server.Entire(database).PurgeAsync();

        Assert.Equal(TargetReport.Done(10, 10, 0), result);
        Assert.Equal(10, await neighbour.SizeAsync());
    }

    [Fact]
    public async Task Keys_of_any_bytes_and_any_length_go()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        await using RedisClient client = await server.ConnectAsync(database);
        byte[][] keys =
        [
            [], " "u8.ToArray(), "a b\tc"u8.ToArray(), "line\r\nend\r\n"u8.ToArray(), "\0\0"u8.ToArray(), [
                0xFF,
                0xFE,
                0xC0,
                0x80], "$-1\r\n"u8.ToArray(), "*?[]\\"u8.ToArray(),
            Encoding.UTF8.GetBytes("Schlüssel 🔑"), new byte[3_000_000], [.. Enumerable.Range(0, 256).Select(number => (byte)number)],
        ];
        foreach (byte[] key in keys)
        {
            await client.SendAsync("SET", key, "1");
        }

        Assert.Equal(TargetReport.Done(keys.Length, keys.Length, 0), await server.Entire(database).PurgeAsync());
    }

    [Fact]
    public async Task Bytes_of_a_pattern_are_those_of_UTF_8()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        await using RedisClient client = await server.ConnectAsync(database);
        await client.SendAsync("MSET", "Schlüssel:1", "1", "Schlussel:1", "1");
        await client.SendAsync("SET", (byte[])[.. "Schl"u8, 0xFC, .. "ssel:1"u8], "1");

        TargetReport result = await server.Pattern(database, "Schlüssel:*").PurgeAsync();

        Assert.Equal(TargetReport.Done(1, 1, 0, "DBSIZE was 3 before and is 2 after"), result);
    }

    [Fact]
    public async Task Every_type_of_value_goes()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        await using RedisClient client = await server.ConnectAsync(database);
        await client.SendAsync("SET", "string", "1");
        await client.SendAsync("RPUSH", "list", "1", "2");
        await client.SendAsync("SADD", "set", "1");
        await client.SendAsync("HSET", "hash", "a", "1");
        await client.SendAsync("ZADD", "sorted", "1", "a");
        await client.SendAsync("XADD", "stream", "*", "a", "1");
        await client.SendAsync("SET", "expiring", "1", "EX", "1000");

        Assert.Equal(TargetReport.Done(7, 7, 0), await server.Entire(database).PurgeAsync());
    }

    [Fact]
    public async Task A_database_without_keys_is_done()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();

        Assert.Equal(TargetReport.Done(0, 0, 0), await server.Entire(database).PurgeAsync());
        Assert.Equal(TargetReport.Done(0, 0, 0, "DBSIZE was 0 before and is 0 after"), await server.Pattern(database, "a*").PurgeAsync());
    }

    [Fact]
    public async Task A_dry_run_counts_and_removes_nothing()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        await using RedisClient client = await server.ConnectAsync(database);
        await client.FillAsync("a", 1500);
        await client.FillAsync("b", 2);

        TargetReport entire = await new RedisPurgeTarget(server.Entire(database)).PurgeAsync(RedisContext.DryRun);
        TargetReport pattern = await new RedisPurgeTarget(server.Pattern(database, "a*")).PurgeAsync(RedisContext.DryRun);

        Assert.Equal(TargetReport.Counted(1502), entire);
        Assert.Equal(TargetReport.Counted(1500) with { Reason = "DBSIZE is 1502" }, pattern);
        Assert.Equal(1502, await client.SizeAsync());
    }

    [Fact]
    public async Task More_keys_than_are_counted_one_by_one_are_removed_all_the_same()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        await using RedisClient client = await server.ConnectAsync(database);
        await client.FillAsync("a", 3000);
        var target = new RedisPurgeTarget(server.Pattern(database, "a*"), new ScanLimits(Calls: 100, Counted: 1000));

        TargetReport dry = await target.PurgeAsync(RedisContext.DryRun);
        TargetReport result = await target.PurgeAsync(RedisContext.Committed);

        Assert.Equal((Outcome.Passed, null, 0, null), (dry.Outcome, dry.ItemsBefore, dry.ItemsRemoved, dry.ItemsAfter));
        Assert.Equal("DBSIZE is 3000; more than 1000 keys match, too many to count each once", dry.Reason);
        Assert.Equal(new TargetReport
        {
            Outcome = Outcome.Passed,
            ItemsRemoved = 3000,
            ItemsAfter = 0,
            Reason = "more than 1000 keys matched before, too many to count each once; DBSIZE was 3000 before and is 0 after",
        }, result);
    }

    [Fact]
    public async Task A_server_that_does_not_know_UNLINK_is_asked_to_DEL()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart { Settings = ["--rename-command", "UNLINK", ""] });
        await using RedisClient client = await server.ConnectAsync();
        await client.FillAsync("a", 1000);

        Assert.Equal(TargetReport.Done(1000, 1000, 0), await server.Entire(0).PurgeAsync());
    }

    [Fact]
    public async Task Keys_that_somebody_writes_all_the_time_end_in_a_failure_with_their_number()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        await using RedisClient client = await server.ConnectAsync(database);
        await client.FillAsync("a", 2000);
        RedisPurgeOptions options = server.Entire(database);
        options.BatchSize = 4;

        TargetReport result = await WhileWritingAsync(server, database, options.PurgeAsync);

        Assert.Equal(Outcome.Failed, result.Outcome);
        Assert.True(result.ItemsRemoved >= 2000);
        Assert.True(result.ItemsAfter > 0);
        Assert.StartsWith(
            $"{result.ItemsAfter} {(result.ItemsAfter == 1 ? "key is" : "keys are")} left, written while the others were removed; stop "
                + $"what writes to {server.Endpoint}/{database} and purge again",
            result.Reason,
            StringComparison.Ordinal);
        Assert.Empty(await client.KeysAsync("a*"));
    }

    [Fact]
    public async Task A_cancelled_token_stops_it()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new RedisPurgeTarget(server.Entire(database)).PurgeAsync(RedisContext.Committed, cancelled.Token));
    }

    private static async Task<TargetReport> WhileWritingAsync(RedisProcess server, int database, Func<Task<TargetReport>> purge)
    {
        using var stop = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        Task writer = Task.Run(
            async () =>
            {
                await using RedisClient other = await server.ConnectAsync(database);
                for (int i = 0; !stop.IsCancellationRequested; i++)
                {
                    await other.FillAsync(string.Create(CultureInfo.InvariantCulture, $"late{i}:"), 1);
                    begun.TrySetResult();
                    await Task.Delay(1, CancellationToken.None);
                }
            },
            CancellationToken.None);
        try
        {
            await Task.WhenAny(begun.Task, writer);
            return await purge();
        }
        finally
        {
            await stop.CancelAsync();
            await writer;
        }
    }
}
