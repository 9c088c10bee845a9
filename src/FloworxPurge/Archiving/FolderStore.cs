using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;

namespace FloworxPurge.Archiving;

/// <summary>Reads rows from the database and writes them to the files of an archive, in constant memory.</summary>
internal sealed class FolderStore(DatabaseSession session, ArchiveWriter writer) : IRowStore
{
    private const int BufferSize = 64 * 1024;

    /// <inheritdoc/>
    public bool StoresDeleted => Dialect.CopiesRows;

    private PurgeDialect Dialect => session.Dialect;

    /// <inheritdoc/>
    public Task<long> StoreAsync(ArchivedTable table, string from, string alias, bool locks, CancellationToken cancellationToken)
        => StoreAsync(
            table,
            Dialect.SelectArchived(
                session.Sql,
                from,
                alias,
                table.Table.Columns.Select(column => (column.Name, column.Type)),
                locks),
            cancellationToken);

    /// <inheritdoc/>
    public Task<long> StoreDeletedAsync(ArchivedTable table, string delete, CancellationToken cancellationToken)
        => StoreAsync(
            table,
            PurgeDialect.DeleteReturning(session.Sql, delete, table.Table.Columns.Select(column => column.Name)),
            cancellationToken);

    private async Task<long> StoreAsync(ArchivedTable table, string query, CancellationToken cancellationToken)
    {
        if (!Dialect.CopiesRows)
        {
            return await writer.AppendAsync(
                table.Table.File,
                (stream, token) => ReadAsync(query, table.Table.Columns.Count, stream, token),
                cancellationToken).ConfigureAwait(false);
        }

        List<(string Name, string Value)> settings = [.. Dialect.ArchiveSettings];
        if (table.NamesObjects && Dialect.ArchiveSearchPath is { } path)
        {
            settings.Add(path);
        }

        IReadOnlyList<string> before = await PinAsync(settings, cancellationToken).ConfigureAwait(false);
        long rows = await writer.AppendAsync(
            table.Table.File,
            (stream, token) => CopyAsync(query, stream, token),
            cancellationToken).ConfigureAwait(false);

        // Where the statement fails, the rollback sets them back.
        await WriteAsync([.. settings.Zip(before, (setting, value) => (setting.Name, value))], cancellationToken).ConfigureAwait(false);
        return rows;
    }

    private async Task<IReadOnlyList<string>> PinAsync(List<(string Name, string Value)> settings, CancellationToken cancellationToken)
    {
        string query = Dialect.ReadSettings([.. settings.Select(setting => setting.Name)]);
        IReadOnlyList<string> before = (await session.QueryAsync(
            query,
            reader => (IReadOnlyList<string>)[.. Enumerable.Range(0, settings.Count).Select(reader.GetString)],
            cancellationToken).ConfigureAwait(false)).Single();
        await WriteAsync(settings, cancellationToken).ConfigureAwait(false);
        return before;
    }

    private Task<int> WriteAsync(List<(string Name, string Value)> settings, CancellationToken cancellationToken)
        => session.ExecuteAsync(
            Dialect.WriteSettings([.. settings.Select(setting => setting.Name)]),
            [.. settings.Select(setting => PlanParameter.Of(setting.Value))],
            cancellationToken);

    private async Task<long> ReadAsync(string query, int columns, Stream stream, CancellationToken cancellationToken)
    {
        var line = new CopyLineWriter(stream);
        await session.QueryAsItIsAsync(query, reader => Dialect.WriteArchived(reader, columns, line), cancellationToken)
            .ConfigureAwait(false);
        line.Flush();
        return line.Lines;
    }

    private async Task<long> CopyAsync(string query, Stream to, CancellationToken cancellationToken)
    {
        session.ThrowIfLost();
        TimeSpan? timeout = session.CommandTimeout;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        byte[] buffer = new byte[BufferSize];
        long rows = 0;
        try
        {
            Wait(waiting, timeout);
            Stream from = await Dialect.CopyAsync(session.Connection, query, waiting.Token).ConfigureAwait(false);
            await using (from.ConfigureAwait(false))
            {
                while (true)
                {
                    Wait(waiting, timeout);
                    int read = await from.ReadAsync(buffer.AsMemory(), waiting.Token).ConfigureAwait(false);
                    if (read == 0)
                    {
                        break;
                    }

                    // A line break within a value is written as two other characters.
                    rows += buffer.AsSpan(0, read).Count((byte)'\n');
                    await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException e) when (waiting.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("COPY did not return for longer than the command timeout", e);
        }

        return rows;
    }

    private static void Wait(CancellationTokenSource waiting, TimeSpan? timeout)
    {
        if (timeout is { } time)
        {
            waiting.CancelAfter(time);
        }
    }
}
