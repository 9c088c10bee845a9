namespace FloworxPurge.Killed;

/// <summary>
/// Passes everything on to another stream, with a point before each operation, and in the middle of a write. What was written before a
/// point that kills is in the file.
/// </summary>
/// <param name="inner">The other stream.</param>
/// <param name="points">The points.</param>
internal sealed class KillStream(Stream inner, KillPoints points) : Stream
{
    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => inner.Length;

    public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        points.Pass("file: before read");
        return inner.Read(buffer);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        points.Pass("file: before read");
        return inner.ReadAsync(buffer, cancellationToken);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Pass("file: before write");
        inner.Write(buffer[..(buffer.Length / 2)]);
        Pass("file: in the middle of a write");
        inner.Write(buffer[(buffer.Length / 2)..]);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Pass("file: before write");
        await inner.WriteAsync(buffer[..(buffer.Length / 2)], cancellationToken);
        Pass("file: in the middle of a write");
        await inner.WriteAsync(buffer[(buffer.Length / 2)..], cancellationToken);
    }

    public override void Flush()
    {
        Pass("file: before flush");
        inner.Flush();
    }

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        Pass("file: before flush");
        return inner.FlushAsync(cancellationToken);
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            points.Pass("file: before close");
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Pass(string name)
    {
        if (points.IsNext)
        {
            inner.Flush();
        }

        points.Pass(name);
    }
}
