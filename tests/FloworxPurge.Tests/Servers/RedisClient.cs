using System.Globalization;
using StackExchange.Redis;

namespace FloworxPurge.Tests.Servers;

/// <summary>What a test does to a Redis server itself, beside the target.</summary>
internal sealed class RedisClient(ConnectionMultiplexer multiplexer, int database) : IAsyncDisposable
{
    // In a cluster, the client knows the other nodes, too.
    private IServer Server => multiplexer.GetServer(multiplexer.GetEndPoints(configuredOnly: true)[0]);

    /// <summary>Sends a command.</summary>
    /// <exception cref="RedisServerException">The server replied with an error.</exception>
    public Task<RedisResult> SendAsync(string command, params object[] arguments) => Server.ExecuteAsync(database, command, arguments);

    /// <summary>Writes keys that begin alike and end in a number from 1.</summary>
    public Task FillAsync(string prefix, int count)
        => SendAsync("EVAL", "for i = 1, ARGV[2] do redis.call('SET', ARGV[1] .. i, i) end", "0", prefix, count);

    /// <summary>Returns the number of keys.</summary>
    public async Task<long> SizeAsync() => (long)await SendAsync("DBSIZE");

    /// <summary>Returns the keys, as text, in ordinal order.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync(string pattern = "*")
        => [.. ((string[]?)await SendAsync("KEYS", pattern))!.Order(StringComparer.Ordinal)];

    /// <summary>Writes keys that begin alike and end in a number from 1, over all slots of a cluster.</summary>
    public Task SpreadAsync(string prefix, int count)
        => Task.WhenAll(
            Enumerable.Range(1, count).Select(number => multiplexer.GetDatabase().StringSetAsync(string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}"), number)));

    /// <summary>Closes the connection.</summary>
    public ValueTask DisposeAsync() => multiplexer.DisposeAsync();
}
