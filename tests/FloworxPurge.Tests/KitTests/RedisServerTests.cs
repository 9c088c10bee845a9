using System.Net.Sockets;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.KitTests;

public sealed class RedisServerTests
{
    [Fact]
    public async Task A_throw_away_server_leaves_neither_a_process_nor_a_folder()
    {
        RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        Assert.True(Directory.Exists(server.Folder));
        await server.DisposeAsync();

        Assert.False(Directory.Exists(server.Folder));
        using var client = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync("127.0.0.1", server.Port));
    }

    [Fact]
    public async Task A_server_that_does_not_start_is_reported_with_its_own_words()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => RedisServer.StartAsync(new RedisStart { Settings = ["--no-such-setting", "1"] }));

        Assert.StartsWith("Redis did not start (exit code 1): ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("no-such-setting", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_test_gets_a_database_of_its_own()
    {
        (RedisProcess one, int first) = await RedisServer.GetAsync();
        (RedisProcess two, int second) = await RedisServer.GetAsync();

        Assert.Same(one, two);
        Assert.NotEqual(first, second);
    }
}
