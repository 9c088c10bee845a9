using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace FloworxPurge.Tests.Resetting;

/// <summary>
/// Stands between driver and server as a pooler does: the driver receives another process number than that of the session that answers.
/// Everything else goes through unchanged.
/// </summary>
internal sealed class PoolerProxy : IAsyncDisposable
{
    private const byte BackendKeyData = (byte)'K';
    private const int HeaderLength = 5;

    private readonly TcpListener _listener = new(IPAddress.Loopback, port: 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<TcpClient> _clients = [];
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;

    public PoolerProxy(string host, int port)
    {
        (_host, _port) = (host, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        foreach (TcpClient client in _clients)
        {
            client.Dispose();
        }

        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var copies = new List<Task>();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var server = new TcpClient(_host, _port);
                _clients.AddRange([client, server]);
                copies.Add(IgnoringTheEndAsync(() => client.GetStream().CopyToAsync(server.GetStream(), _stop.Token)));
                copies.Add(IgnoringTheEndAsync(() => AnswerAsync(server.GetStream(), client.GetStream())));
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
        }

        await Task.WhenAll(copies);
    }

    private async Task AnswerAsync(NetworkStream server, NetworkStream client)
    {
        byte[] header = new byte[HeaderLength];
        do
        {
            await server.ReadExactlyAsync(header, _stop.Token);
            byte[] body = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)) - sizeof(int)];
            await server.ReadExactlyAsync(body, _stop.Token);
            if (header[0] == BackendKeyData)
            {
                BinaryPrimitives.WriteInt32BigEndian(body, BinaryPrimitives.ReadInt32BigEndian(body) + 1);
            }

            await client.WriteAsync(header, _stop.Token);
            await client.WriteAsync(body, _stop.Token);
        }
        while (header[0] != BackendKeyData);

        await server.CopyToAsync(client, _stop.Token);
    }

    // One of the two ends closes its connection some time, and the other direction then fails.
    private static async Task IgnoringTheEndAsync(Func<Task> copy)
        => await Record.ExceptionAsync(copy);
}
