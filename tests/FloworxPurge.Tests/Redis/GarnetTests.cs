using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;
using Garnet;
using StackExchange.Redis;

namespace FloworxPurge.Tests.Redis;

/// <summary>Garnet, in the process of the tests, has the protocol of Redis and by default no users.</summary>
public sealed class GarnetTests
{
    [Fact]
    public async Task Keys_of_a_pattern_and_a_whole_database_are_deleted()
    {
        using GarnetServer server = Start(out string endpoint);
        await using ConnectionMultiplexer client = await ConnectionMultiplexer.ConnectAsync(endpoint);
        await Task.WhenAll(Enumerable.Range(1, 2000).Select(number => client.GetDatabase().StringSetAsync($"a{number}", number)));
        await Task.WhenAll(Enumerable.Range(1, 200).Select(number => client.GetDatabase().ListRightPushAsync($"b{number}", number)));
        await client.GetDatabase(1).StringSetAsync("a1", 1);
        RedisPurgeOptions pattern = new() { Configuration = endpoint, KeyPattern = "a*" };
        RedisPurgeOptions entire = new() { Configuration = endpoint, EntireDatabase = endpoint + "/0" };
        RedisPurgeOptions other = new() { Multiplexer = client, Database = 1, EntireDatabase = endpoint + "/1" };

        Assert.Equal(TargetReport.Counted(2000) with { Reason = "DBSIZE is 2200" }, await pattern.DryRunAsync());
        Assert.Equal(TargetReport.Done(2000, 2000, 0, "DBSIZE was 2200 before and is 200 after"), await pattern.PurgeAsync());
        Assert.Equal(TargetReport.Done(200, 200, 0), await entire.PurgeAsync());
        Assert.Equal(TargetReport.Done(1, 1, 0), await other.PurgeAsync());
    }

    [Fact]
    public async Task A_password_logs_in_and_a_wrong_one_is_reported()
    {
        using GarnetServer server = Start(out string endpoint, "--auth", "Password", "--password", "right");

        Assert.Equal(
            TargetReport.Done(0, 0, 0, "DBSIZE was 0 before and is 0 after"),
            await new RedisPurgeOptions { Configuration = endpoint + ",password=right", KeyPattern = "a*" }.PurgeAsync());
        RedisContext.AssertFailed(
            "the server does not accept the password",
            await new RedisPurgeOptions { Configuration = endpoint + ",password=wrong", KeyPattern = "a*" }.PurgeAsync());
    }

    private static GarnetServer Start(out string endpoint, params string[] settings)
    {
        int port = ServerShell.FreePort();
        endpoint = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        var server = new GarnetServer(["--bind", "127.0.0.1", "--port", $"{port}", "--memory", "64m", "--index", "16m", "-q", .. settings]);
        server.Start();
        return server;
    }
}
