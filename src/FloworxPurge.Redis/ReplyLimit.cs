using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace FloworxPurge.Redis;

/// <summary>Limits how much a server may send without being asked again, so that no server decides how much memory is used.</summary>
internal sealed class ReplyLimit : Tunnel
{
    /// <summary>
    /// The most bytes that a server may send after a command: room for what SCAN returns for the largest batch with long keys.
    /// </summary>
    public const int Bytes = 64 * 1024 * 1024;

    /// <summary>Returns the stream that counts.</summary>
    public override ValueTask<Stream?> BeforeAuthenticateAsync(
        EndPoint endpoint,
        ConnectionType connectionType,
        Socket? socket,
        CancellationToken cancellationToken)
        => new(socket is null ? null : new CountingStream(socket));

    /// <summary>What a server sent is more than the limit allows.</summary>
    internal sealed class ExceededException() : IOException("the reply is too long");

    private sealed class CountingStream(Socket socket) : NetworkStream(socket)
    {
        private long _received;

        public override int Read(byte[] buffer, int offset, int count) => Count(base.Read(buffer, offset, count));

        public override int Read(Span<byte> buffer) => Count(base.Read(buffer));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
            => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => Count(await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

        public override void Write(byte[] buffer, int offset, int count)
        {
            Restart();
            base.Write(buffer, offset, count);
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Restart();
            base.Write(buffer);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Restart();
            return base.WriteAsync(buffer, offset, count, cancellationToken);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Restart();
            return base.WriteAsync(buffer, cancellationToken);
        }

        private int Count(int read)
            => Interlocked.Add(ref _received, read) <= Bytes ? read : throw new ExceededException();

        private void Restart() => Interlocked.Exchange(ref _received, 0);
    }
}
