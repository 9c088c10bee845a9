using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FloworxPurge.Redis;

namespace FloworxPurge.Tests.Servers;

/// <summary>A peer on a loopback port that does whatever a test wants it to do to its clients.</summary>
internal sealed class FakeRedis : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    private FakeRedis(Func<NetworkStream, CancellationToken, Task> serve)
    {
        _listener.Start();
        _listener.Server.NoDelay = true;
        _serving = ServeAsync(serve);
    }

    /// <summary>Its port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Options for a whole database there, with time-outs that suit a test.</summary>
    public RedisPurgeOptions Options(TimeSpan? timeout = null) => new()
    {
        Configuration = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}"),
        EntireDatabase = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}/0"),
        Timeout = timeout ?? TimeSpan.FromSeconds(10),
    };

    /// <summary>A peer that does as it likes with the bytes of a connection.</summary>
    public static FakeRedis Raw(Func<NetworkStream, CancellationToken, Task> serve) => new(serve);

    /// <summary>A peer that replies to each command with a text whose characters are the bytes; null closes the connection.</summary>
    public static FakeRedis Replying(Func<string[], string?> reply) => Slow(words => Task.FromResult(reply(words)));

    /// <summary>A peer that takes its time for its replies.</summary>
    public static FakeRedis Slow(Func<string[], Task<string?>> reply)
        => new(async (stream, cancellationToken) =>
        {
            var reader = new StreamReader(stream, Encoding.Latin1);
            while (await ReadCommandAsync(reader, cancellationToken) is { } command && await reply(command) is { } text)
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(text), cancellationToken);
            }
        });

    /// <summary>A peer that behaves until one command, to which it replies as it likes.</summary>
    public static FakeRedis But(string command, string reply)
        => Replying(words => words[0] == command ? reply : Behave(words));

    /// <summary>A peer that behaves until one command: it replies as it likes and closes the connection.</summary>
    public static FakeRedis Until(string command, string reply)
        => new(async (stream, cancellationToken) =>
        {
            var reader = new StreamReader(stream, Encoding.Latin1);
            while (await ReadCommandAsync(reader, cancellationToken) is { } words)
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(words[0] == command ? reply : Behave(words)), cancellationToken);
                if (words[0] == command)
                {
                    return;
                }
            }
        });

    /// <summary>A peer that behaves until one command, whose reply begins like this and never ends.</summary>
    public static FakeRedis Endless(string command, string start, byte[] more, TimeSpan pause, Action? onSent = null)
        => new(async (stream, cancellationToken) =>
        {
            var reader = new StreamReader(stream, Encoding.Latin1);
            while (await ReadCommandAsync(reader, cancellationToken) is { } words && words[0] != command)
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(Behave(words)), cancellationToken);
            }

            await stream.WriteAsync(Encoding.Latin1.GetBytes(start), cancellationToken);
            while (true)
            {
                await stream.WriteAsync(more, cancellationToken);
                onSent?.Invoke();
                await Task.Delay(pause, cancellationToken);
            }
        });

    /// <summary>A peer that behaves, and sends so many bytes of a reply at a time.</summary>
    public static FakeRedis Pieces(int size)
        => new(async (stream, cancellationToken) =>
        {
            var reader = new StreamReader(stream, Encoding.Latin1);
            while (await ReadCommandAsync(reader, cancellationToken) is { } words)
            {
                foreach (byte[] piece in Encoding.Latin1.GetBytes(Behave(words)).Chunk(size))
                {
                    await stream.WriteAsync(piece, cancellationToken);
                    await Task.Delay(1, cancellationToken);
                }
            }
        });

    /// <summary>The reply of a well-behaved server of an old version to what the client and the target send.</summary>
    public static string Behave(string[] words) => words[0] switch
    {
        "AUTH" or "SELECT" => "+OK\r\n",
        "PING" => "+PONG\r\n",
        "ECHO" => Bulk(words[1]),
        "ACL" => Bulk("default"),
        "DBSIZE" => ":2\r\n",
        "SCAN" => "*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        "UNLINK" or "DEL" => string.Create(CultureInfo.InvariantCulture, $":{words.Length - 1}\r\n"),
        _ => $"-ERR unknown command '{words[0]}'\r\n",
    };

    /// <summary>A reply to SCAN: the next cursor, and keys.</summary>
    public static string Page(long cursor, params string[] keys)
        => $"*2\r\n{Bulk(cursor.ToString(CultureInfo.InvariantCulture))}*{keys.Length}\r\n{string.Concat(keys.Select(Bulk))}";

    private static string Bulk(string text) => string.Create(CultureInfo.InvariantCulture, $"${text.Length}\r\n{text}\r\n");

    /// <summary>Closes every connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private static async Task<string[]?> ReadCommandAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        if (await reader.ReadLineAsync(cancellationToken) is not ['*', .. var count])
        {
            return null;
        }

        var words = new string[int.Parse(count, CultureInfo.InvariantCulture)];
        for (int i = 0; i < words.Length; i++)
        {
            string length = (await reader.ReadLineAsync(cancellationToken))![1..];
            var word = new char[int.Parse(length, CultureInfo.InvariantCulture) + 2];
            await reader.ReadBlockAsync(word, cancellationToken);
            words[i] = new string(word[..^2]);
        }

        return words;
    }

    private async Task ServeAsync(Func<NetworkStream, CancellationToken, Task> serve)
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token), serve));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test is over.
        }

        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(Socket socket, Func<NetworkStream, CancellationToken, Task> serve)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await serve(stream, _stop.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The client went away, or the test is over.
        }
    }
}
