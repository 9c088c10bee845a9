using System.Text;
using FloworxPurge.Redis.Protocol;

namespace FloworxPurge.Tests.Servers;

/// <summary>What a test does to a Redis server itself, beside the target.</summary>
internal sealed class RedisClient(RespConnection connection) : IAsyncDisposable
{
    /// <summary>Sends a command.</summary>
    /// <exception cref="InvalidOperationException">The server replied with an error.</exception>
    public Task<RespReply> SendAsync(string command, params string[] arguments)
        => SendBytesAsync(command, [.. arguments.Select(Encoding.UTF8.GetBytes)]);

    /// <summary>Sends a command with arguments of any bytes.</summary>
    /// <exception cref="InvalidOperationException">The server replied with an error.</exception>
    public async Task<RespReply> SendBytesAsync(string command, params byte[][] arguments)
    {
        RespReply reply = await connection.SendAsync(command, [.. arguments.Select(argument => (ReadOnlyMemory<byte>)argument)], CancellationToken.None);
        return reply.Kind == RespKind.Error ? throw new InvalidOperationException(Encoding.UTF8.GetString(reply.Bytes.Span)) : reply;
    }

    /// <summary>Writes keys that begin alike and end in a number from 1.</summary>
    public Task FillAsync(string prefix, int count)
        => SendAsync("EVAL", "for i = 1, ARGV[2] do redis.call('SET', ARGV[1] .. i, i) end", "0", prefix, $"{count}");

    /// <summary>The number of keys.</summary>
    public async Task<long> SizeAsync() => (await SendAsync("DBSIZE")).Number;

    /// <summary>The keys, as text, in ordinal order.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync(string pattern = "*")
        => [.. (await SendAsync("KEYS", pattern)).Items.Select(key => Encoding.UTF8.GetString(key.Bytes.Span)).Order(StringComparer.Ordinal)];

    /// <summary>Closes the connection.</summary>
    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
