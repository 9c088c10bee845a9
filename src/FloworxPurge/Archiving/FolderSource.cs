using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Execution;
using FloworxPurge.Schema;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Archiving;

/// <summary>An archive in a folder, from whose files the rows are read.</summary>
internal sealed class FolderSource(DatabaseSession session, ArchiveReader archive, Func<Stream, Stream>? unwrap, ILogger logger)
    : RestoreSource
{
    /// <inheritdoc/>
    public override ArchiveManifest Manifest => archive.Manifest;

    /// <inheritdoc/>
    public override string? Directory => archive.Directory;

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<ArchiveChunk>> CheckAsync(
        JournalEntry? receipt,
        RestoreRefusals refusals,
        List<string> notes,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<ArchiveChunk> chunks = archive.Cover(receipt, refusals.Add, notes.Add);
        foreach (string problem in archive.Problems)
        {
            // What no receipt covers does not matter.
            if (chunks.Count < (receipt?.Chunks ?? 0))
            {
                refusals.Add(RestoreRefusalKind.Archive, problem);
            }
            else
            {
                notes.Add($"After what the receipt covers: {problem}");
            }
        }

        if (archive.Manifest.IsWrapped && unwrap is null)
        {
            refusals.Add(
                RestoreRefusalKind.Archive,
                "The files were written through a stream of the host, and none to read them is given. Set RestoreOptions.Unwrap to the "
                    + "stream that reads what it wrote.");
            return chunks;
        }

        if (!archive.Manifest.IsWrapped && unwrap is not null)
        {
            refusals.Add(
                RestoreRefusalKind.Archive,
                "The files were not written through a stream of the host. Leave RestoreOptions.Unwrap out.");
            return chunks;
        }

        foreach (string problem in await archive.CheckPartsAsync(chunks, unwrap, cancellationToken).ConfigureAwait(false))
        {
            refusals.Add(RestoreRefusalKind.Archive, problem);
        }

        return chunks;
    }

    /// <inheritdoc/>
    public override async Task<string?> LoadAsync(
        StagedTable table,
        IReadOnlyList<ArchiveChunk> chunks,
        CancellationToken cancellationToken)
        => session.Dialect.CopyIntoStage(session.Sql, table.Stage, table.Columns) is { } copy
            ? await CopyAsync(table, copy, chunks, cancellationToken).ConfigureAwait(false)
            : await InsertAsync(table, chunks, cancellationToken).ConfigureAwait(false);

    private async Task<string?> CopyAsync(
        StagedTable table,
        string copy,
        IReadOnlyList<ArchiveChunk> chunks,
        CancellationToken cancellationToken)
    {
        CopyStream stream = await session.Dialect.OpenCopyAsync(session.Connection, copy, cancellationToken).ConfigureAwait(false)
            ?? throw new PurgeException(
                $"The connection is a {session.Connection.GetType().FullName}, which cannot send text to COPY. Restore with a connection "
                    + "of "
                    + "Npgsql.");
        string? problem = null;
        try
        {
            foreach (ArchivePart part in ArchiveReader.PartsOf(chunks, table.Archived))
            {
                problem = await new ArchivePartReader(archive.Directory, part, unwrap)
                    .ReadAsync(stream.Stream.WriteAsync, cancellationToken).ConfigureAwait(false);
                if (problem is not null)
                {
                    break;
                }
            }
        }
        catch
        {
            await CancelAsync(stream).ConfigureAwait(false);
            throw;
        }

        // Outside the block above: a statement that was cancelled is not cancelled once more.
        if (problem is null)
        {
            await stream.CompleteAsync().ConfigureAwait(false);
        }
        else
        {
            await CancelAsync(stream).ConfigureAwait(false);
        }

        return problem;
    }

    // What ended the reading is thrown on; the server's answer to the end of the statement says nothing more.
    private async Task CancelAsync(CopyStream stream)
    {
        try
        {
            await stream.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            logger.RollbackNotSent(e);
        }
    }

    private async Task<string?> InsertAsync(StagedTable table, IReadOnlyList<ArchiveChunk> chunks, CancellationToken cancellationToken)
    {
        var rows = new RowInserter(session, table.Stage, table.Columns);
        await using (rows.ConfigureAwait(false))
        {
            foreach (ArchivePart part in ArchiveReader.PartsOf(chunks, table.Archived))
            {
                if (await ReadLinesAsync(table, part, rows, cancellationToken).ConfigureAwait(false) is { } problem)
                {
                    return problem;
                }
            }

            await rows.FlushAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    private async Task<string?> ReadLinesAsync(StagedTable table, ArchivePart part, RowInserter rows, CancellationToken cancellationToken)
    {
        byte[]?[] texts = new byte[]?[table.Columns.Count];
        byte[] rest = [];
        long number = 0;
        try
        {
            string? problem = await new ArchivePartReader(archive.Directory, part, unwrap).ReadAsync(UseAsync, cancellationToken)
                .ConfigureAwait(false);
            return problem ?? (rest.Length > 0 ? $"\"{part.File}\" ends within a line." : null);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"\"{part.File}\" cannot be read: in row {number} of the part at byte {part.Offset}, {e.Message.TrimEnd('.')}.");
        }

        async ValueTask UseAsync(ReadOnlyMemory<byte> bytes, CancellationToken token)
        {
            while (bytes.Span.IndexOf((byte)'\n') is >= 0 and var length)
            {
                number++;
                CopyText.Read(rest.Length == 0 ? bytes.Span[..length] : (byte[])[.. rest, .. bytes.Span[..length]], texts);
                rest = [];
                bytes = bytes[(length + 1)..];
                await rows.AddAsync(Values(table, texts), token).ConfigureAwait(false);
            }

            rest = [.. rest, .. bytes.Span];
        }
    }

    private object[] Values(StagedTable table, byte[]?[] texts)
    {
        object[] values = new object[texts.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = texts[i] is { } text ? session.Dialect.ReadArchived(table.Columns[i].StoreType, text) : DBNull.Value;
        }

        return values;
    }
}
