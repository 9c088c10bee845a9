using System.Security.Cryptography;

namespace FloworxPurge.Archiving;

/// <summary>Writes to another stream, and hashes what is written. Disposing leaves the other stream open.</summary>
/// <param name="inner">The other stream.</param>
/// <param name="beforeFirst">Called before the first byte is written.</param>
internal sealed class HashedStream(Stream inner, Action? beforeFirst = null) : Stream
{
    private bool _isDiscarded;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _written;

    public override long Position { get => _written; set => throw new NotSupportedException(); }

    /// <summary>The number of bytes and their SHA-256, as lower-case hexadecimal digits. Nothing is written after it.</summary>
    public (long Length, string Hash) Complete() => (_written, Convert.ToHexStringLower(_hash.GetHashAndReset()));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!Begins())
        {
            return;
        }

        inner.Write(buffer);
        _hash.AppendData(buffer);
        _written += buffer.Length;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!Begins())
        {
            return;
        }

        await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        _hash.AppendData(buffer.Span);
        _written += buffer.Length;
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Writes nothing any more: streams on top of this one write when they are disposed.</summary>
    public void Discard() => _isDiscarded = true;

    private bool Begins()
    {
        if (_written == 0 && !_isDiscarded)
        {
            beforeFirst?.Invoke();
        }

        return !_isDiscarded;
    }

    // What is hashed is asked for once more: the stream of a host may dispose this one.
    public void Release() => _hash.Dispose();
}
