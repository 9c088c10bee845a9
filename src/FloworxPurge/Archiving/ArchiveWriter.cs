using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace FloworxPurge.Archiving;

/// <summary>
/// Writes the files of an archive, a chunk at a time. What a chunk added counts only once its receipt is committed: until then it can be
/// taken back.
/// </summary>
/// <param name="folder">The folder.</param>
/// <param name="wrap">Wraps the stream of each part, or null.</param>
internal sealed class ArchiveWriter(ArchiveFolder folder, Func<Stream, Stream>? wrap)
{
    // What the receipt covers: the length of each file.
    private readonly Dictionary<string, long> _covered = new(StringComparer.Ordinal);
    private readonly List<ArchivePart> _parts = [];
    private IReadOnlyList<string> _files = [];
    private ArchiveChunk? _written;
    private bool _isUncut;

    // Whether the chunk in progress has written anything.
    private bool _isWritten;
    private string _last = string.Empty;
    private string _next = string.Empty;
    private long _lengthOfChunks;

    /// <summary>Gets the number of chunks that are covered by a receipt.</summary>
    public long Chunks { get; private set; }

    /// <summary>Gets whether there is a manifest.</summary>
    public bool IsBegun => _last.Length > 0;

    /// <summary>
    /// Gets the number of data files, the rows and the bytes in them that are covered, or would be by the chunk in progress.
    /// </summary>
    public (int Files, long Rows, long Bytes) Size
        => (_covered.Keys.Union(_parts.Select(part => part.File), StringComparer.Ordinal).Count(),
            RowsCovered + _parts.Sum(part => part.Rows),
            _covered.Values.Sum() + _parts.Sum(part => part.Length));

    /// <summary>Gets the hash of the last line that is covered.</summary>
    public string Last => _last;

    private long RowsCovered { get; set; }

    /// <summary>Begins an archive: writes its manifest. From then on, what is in the folder is of this archive.</summary>
    /// <exception cref="IOException">It cannot be written, or the folder has one by now: that is of another archive.</exception>
    public async Task BeginAsync(ArchiveManifest manifest, CancellationToken cancellationToken)
    {
        _isWritten = true;
        byte[] bytes = ArchiveJson.Write(manifest);
        await folder.WriteManifestAsync(manifest.RunId, bytes, cancellationToken).ConfigureAwait(false);
        _last = ArchiveJson.Hash(bytes);
        _files = FilesOf(manifest);
    }

    /// <summary>
    /// Continues an archive: what its receipt covers is hashed again. What a transaction that was not committed left is cut off by
    /// <see cref="CutOnce"/>.
    /// </summary>
    /// <param name="runId">The run that it has to be of.</param>
    /// <param name="chunks">The number of chunks of the receipt.</param>
    /// <param name="hash">The hash of the receipt.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>The manifest.</returns>
    /// <exception cref="PurgeException">The files are not what the receipt covers.</exception>
    public async Task<ArchiveManifest> ContinueAsync(string runId, long chunks, string hash, CancellationToken cancellationToken)
    {
        byte[] bytes = await File.ReadAllBytesAsync(folder.PathOf(ArchiveFolder.Manifest), cancellationToken).ConfigureAwait(false);
        ArchiveManifest manifest = Read(ArchiveJson.ReadManifest, bytes, ArchiveFolder.Manifest);
        if (!string.Equals(manifest.RunId, runId, StringComparison.Ordinal) || manifest.Version != ArchiveManifest.CurrentVersion)
        {
            throw NotCovered($"\"{ArchiveFolder.Manifest}\" is of run {manifest.RunId}, and run {runId} is to be continued");
        }

        _last = ArchiveJson.Hash(bytes);
        await ReadChunksAsync(chunks, cancellationToken).ConfigureAwait(false);
        if (chunks != Chunks || (chunks > 0 && !string.Equals(_last, hash, StringComparison.Ordinal)))
        {
            throw NotCovered($"\"{ArchiveFolder.Chunks}\" does not hold what the receipt in the database covers");
        }

        _files = FilesOf(manifest);
        LeaveUncut();
        return manifest;
    }

    /// <summary>Checks, without reading the files, that what the receipt covers is still there.</summary>
    /// <exception cref="PurgeException">A file is gone, or was cut.</exception>
    public void CheckCovered()
    {
        foreach ((string file, long length) in _covered
            .Append(new(ArchiveFolder.Chunks, _lengthOfChunks))
            .Append(new(ArchiveFolder.Manifest, 1)))
        {
            var found = new FileInfo(folder.PathOf(file));
            if (length > 0 && (!found.Exists || found.Length < length))
            {
                throw NotCovered($"\"{file}\" is {(found.Exists ? "shorter than what was written" : "not there any more")}");
            }
        }
    }

    /// <summary>Appends a part to a file: a complete stream of gzip.</summary>
    /// <param name="file">The file, which gets one part in a chunk.</param>
    /// <param name="write">Writes the lines and returns their number.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>The number of rows; a file gets nothing where there are none.</returns>
    public async Task<long> AppendAsync(string file, Func<Stream, CancellationToken, Task<long>> write, CancellationToken cancellationToken)
    {
        _isWritten = true;
        long offset = _covered.GetValueOrDefault(file);
        long rows;
        (long Length, string Hash) written;
        FileStream stream = ArchiveFolder.Open(folder.PathOf(file), FileMode.OpenOrCreate);
        await using (stream.ConfigureAwait(false))
        {
            // Not before the server has answered: another session may continue the run, and have written here.
            var hashed = new HashedStream(stream, () =>
            {
                stream.SetLength(offset);
                stream.Position = offset;
            });
            await using (hashed.ConfigureAwait(false))
            {
                rows = await CompressAsync(hashed, write, cancellationToken).ConfigureAwait(false);
                written = hashed.Complete();
                hashed.Release();
            }

            stream.SetLength(rows == 0 ? offset : offset + written.Length);
            stream.Flush(flushToDisk: true);
        }

        if (rows > 0)
        {
            _parts.Add(new ArchivePart(file, offset, written.Length, rows, written.Hash));
        }
        else if (offset == 0)
        {
            folder.Cut(file, 0);
        }

        return rows;
    }

    /// <summary>Completes the chunk: its line is on the disk, and the name of each file.</summary>
    /// <returns>The number of chunks and the hash that its receipt holds.</returns>
    public async Task<(long Chunks, string Hash)> CompleteAsync(CancellationToken cancellationToken)
    {
        _written = new ArchiveChunk(Chunks + 1, _last, [.. _parts]);
        byte[] line = ArchiveJson.Write(_written);
        FileStream stream = ArchiveFolder.Open(folder.PathOf(ArchiveFolder.Chunks), FileMode.OpenOrCreate);
        await using (stream.ConfigureAwait(false))
        {
            stream.SetLength(_lengthOfChunks);
            stream.Position = _lengthOfChunks;
            await stream.WriteAsync((byte[])[.. line, (byte)'\n'], cancellationToken).ConfigureAwait(false);
            stream.Flush(flushToDisk: true);
        }

        folder.FlushNames();
        _next = ArchiveJson.Hash(line);
        return (Chunks + 1, _next);
    }

    /// <summary>The receipt of the completed chunk is committed.</summary>
    public void Commit()
    {
        Cover(_written!, ArchiveJson.Write(_written!).Length + 1);
        _last = _next;
        Forget();
    }

    /// <summary>
    /// Takes back what was written since the last commit. Where nothing is covered, no file of the archive is left; what is of another one
    /// stays.
    /// </summary>
    /// <exception cref="IOException">A file cannot be cut.</exception>
    public void Abandon()
    {
        Forget();
        if (!IsBegun)
        {
            folder.RemoveTemporary();
        }
        else if (Chunks > 0)
        {
            Cut();
        }
        else
        {
            // Another call of the same run may have put its own archive in the place of this one.
            folder.Claim(() =>
            {
                string manifest = folder.PathOf(ArchiveFolder.Manifest);
                if (File.Exists(manifest)
                    && string.Equals(ArchiveJson.Hash(File.ReadAllBytes(manifest)), _last, StringComparison.Ordinal))
                {
                    Cut();
                    folder.Cut(ArchiveFolder.Manifest, 0);
                }
            });
            _last = string.Empty;
        }
    }

    /// <summary>Forgets the chunk in progress, and leaves what it wrote to <see cref="CutOnce"/>.</summary>
    /// <returns>Whether it wrote anything.</returns>
    public bool LeaveUncut()
    {
        bool isWritten = _isWritten;
        Forget();
        _isUncut = true;
        return isWritten;
    }

    /// <summary>Cuts off what is not covered, once after it was left. The lock of the run has to be held.</summary>
    public void CutOnce()
    {
        if (_isUncut)
        {
            Cut();
            _isUncut = false;
        }
    }

    private void Forget()
    {
        _parts.Clear();
        _written = null;
        _next = string.Empty;
        _isWritten = false;
    }

    private void Cut()
    {
        foreach (string file in _files.Where(file => File.Exists(folder.PathOf(file))))
        {
            folder.Cut(file, _covered.GetValueOrDefault(file));
        }

        folder.Cut(ArchiveFolder.Chunks, _lengthOfChunks);
    }

    private async Task<long> CompressAsync(
        HashedStream hashed,
        Func<Stream, CancellationToken, Task<long>> write,
        CancellationToken cancellationToken)
    {
        Stream outer = wrap?.Invoke(hashed) ?? hashed;
        await using (outer.ConfigureAwait(false))
        {
            var gzip = new GZipStream(outer, CompressionLevel.Fastest, leaveOpen: true);
            await using (gzip.ConfigureAwait(false))
            {
                try
                {
                    return await write(gzip, cancellationToken).ConfigureAwait(false);
                }
                catch
                {
                    hashed.Discard();
                    throw;
                }
            }
        }
    }

    private async Task ReadChunksAsync(long chunks, CancellationToken cancellationToken)
    {
        string path = folder.PathOf(ArchiveFolder.Chunks);
        byte[] bytes = chunks == 0 || !File.Exists(path) ? [] : await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        int start = 0;
        for (int end = Array.IndexOf(bytes, (byte)'\n'); end >= 0 && Chunks < chunks; end = Array.IndexOf(bytes, (byte)'\n', start))
        {
            byte[] line = bytes[start..end];
            ArchiveChunk chunk = Read(ArchiveJson.ReadChunk, line, ArchiveFolder.Chunks);
            if (chunk.Number != Chunks + 1 || !string.Equals(chunk.Previous, _last, StringComparison.Ordinal))
            {
                throw NotCovered($"line {chunk.Number} of \"{ArchiveFolder.Chunks}\" does not follow the line before");
            }

            foreach (ArchivePart part in chunk.Parts)
            {
                await CheckAsync(part, cancellationToken).ConfigureAwait(false);
            }

            Cover(chunk, line.Length + 1);
            _last = ArchiveJson.Hash(line);
            start = end + 1;
        }
    }

    private async Task CheckAsync(ArchivePart part, CancellationToken cancellationToken)
    {
        if (part.Offset != _covered.GetValueOrDefault(part.File)
            || !string.Equals(Path.GetFileName(part.File), part.File, StringComparison.Ordinal))
        {
            throw NotCovered($"a part of \"{part.File}\" does not follow the part before");
        }

        string path = folder.PathOf(part.File);
        string found = "missing";
        if (File.Exists(path))
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            await using (stream.ConfigureAwait(false))
            {
                stream.Position = part.Offset;
                byte[] buffer = new byte[64 * 1024];
                long left = part.Length;
                for (int read = 1; left > 0 && read > 0; left -= read)
                {
                    read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken)
                        .ConfigureAwait(false);
                    hash.AppendData(buffer, 0, read);
                }
            }

            found = Convert.ToHexStringLower(hash.GetHashAndReset());
        }

        if (!string.Equals(found, part.Hash, StringComparison.Ordinal))
        {
            throw NotCovered($"\"{part.File}\" is not what was written (SHA-256 {found}, expected {part.Hash})");
        }
    }

    private T Read<T>(Reader<T> read, byte[] bytes, string file)
        where T : class
    {
        try
        {
            return read(bytes) ?? throw NotCovered($"\"{file}\" holds null");
        }
        catch (JsonException e)
        {
            throw NotCovered($"\"{file}\" cannot be read ({e.Message})");
        }
    }

    private PurgeException NotCovered(string reason)
        => new($"The archive in \"{folder.FullPath}\" cannot be continued: {reason}. Put the files back as they were.");

    private void Cover(ArchiveChunk chunk, int lengthOfLine)
    {
        foreach (ArchivePart part in chunk.Parts)
        {
            _covered[part.File] = part.Offset + part.Length;
            RowsCovered += part.Rows;
        }

        _lengthOfChunks += lengthOfLine;
        Chunks = chunk.Number;
    }

    private static string[] FilesOf(ArchiveManifest manifest) => [.. manifest.Tables.Select(table => Path.GetFileName(table.File))];

    private delegate T? Reader<T>(ReadOnlySpan<byte> json);
}
