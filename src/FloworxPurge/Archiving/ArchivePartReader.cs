using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;

namespace FloworxPurge.Archiving;

/// <summary>Reads one part of a data file, and finds out whether it is what its chunk says.</summary>
/// <param name="directory">The folder of the archive.</param>
/// <param name="part">The part.</param>
/// <param name="unwrap">The host's stream, where the files were written through one.</param>
internal sealed class ArchivePartReader(string directory, ArchivePart part, Func<Stream, Stream>? unwrap)
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Hands the content on in pieces, as it is read.</summary>
    /// <returns>What is wrong with the part, as a sentence; null when it is as it was written.</returns>
    public async Task<string?> ReadAsync(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> use, CancellationToken cancellationToken)
    {
        string path = Path.Combine(directory, part.File);
        string? unreadable = null;
        long lines = 0;
        byte last = (byte)'\n';
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            var file = new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete,
                BufferSize,
                useAsync: true);
            await using (file.ConfigureAwait(false))
            {
                if (file.Length < part.Offset + part.Length)
                {
                    return string.Create(
                        CultureInfo.InvariantCulture,
                        $"\"{part.File}\" was cut: it has {file.Length} bytes, and the archive has {part.Offset + part.Length} there.");
                }

                file.Position = part.Offset;
                var window = new HashedWindow(file, part.Length, hash);
                try
                {
                    (lines, last) = await UnpackAsync(window, use, cancellationToken).ConfigureAwait(false);
                }
                catch (Exception e) when (e is InvalidDataException or CryptographicException or EndOfStreamException)
                {
                    unreadable = e.Message.TrimEnd('.');
                }

                await window.DrainAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return $"\"{part.File}\" is missing.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"\"{part.File}\" cannot be read: {e.Message}";
        }

        return Problem(Convert.ToHexStringLower(hash.GetHashAndReset()), unreadable, lines, last);
    }

    private string? Problem(string found, string? unreadable, long lines, byte last)
        => !string.Equals(found, part.Hash, StringComparison.Ordinal)
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"\"{part.File}\" was changed: bytes {part.Offset} to {part.Offset + part.Length} have the SHA-256 {found}, and were ")
                    + $"written with {part.Hash}."
            : unreadable is not null
                ? $"\"{part.File}\" cannot be unpacked ({unreadable}), although its bytes are those that were written: the stream that "
                    + "reads "
                    + "it is not the one for the stream that wrote it."
            : lines != part.Rows || last != (byte)'\n'
                ? string.Create(CultureInfo.InvariantCulture, $"\"{part.File}\" has {lines} rows where {part.Rows} were written.")
            : null;

    private async Task<(long Lines, byte Last)> UnpackAsync(
        Stream window,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> use,
        CancellationToken cancellationToken)
    {
        long lines = 0;
        byte last = (byte)'\n';
        Stream plain = unwrap is null ? window : unwrap(window);
        await using (plain.ConfigureAwait(false))
        {
            var unpacked = new GZipStream(plain, CompressionMode.Decompress);
            await using (unpacked.ConfigureAwait(false))
            {
                byte[] buffer = new byte[BufferSize];
                while (await unpacked.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var read)
                {
                    lines += buffer.AsSpan(0, read).Count((byte)'\n');
                    last = buffer[read - 1];
                    await use(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                }
            }
        }

        return (lines, last);
    }

    /// <summary>Some bytes of a file as a stream, which hashes what is read.</summary>
    private sealed class HashedWindow(Stream file, long length, IncrementalHash hash) : Stream
    {
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        private long Left => length - _read;

        public override long Position
        {
            get => _read;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            int read = file.Read(buffer[..(int)Math.Min(buffer.Length, Left)]);
            hash.AppendData(buffer[..read]);
            _read += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await file.ReadAsync(buffer[..(int)Math.Min(buffer.Length, Left)], cancellationToken).ConfigureAwait(false);
            hash.AppendData(buffer.Span[..read]);
            _read += read;
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
            => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        /// <summary>Reads what nobody asked for, so that the hash is of the whole.</summary>
        public async Task DrainAsync(CancellationToken cancellationToken)
        {
            byte[] buffer = new byte[BufferSize];
            while (Left > 0 && await ReadAsync(buffer, cancellationToken).ConfigureAwait(false) > 0)
            {
            }
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
