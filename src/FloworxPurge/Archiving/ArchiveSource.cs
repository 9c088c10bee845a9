using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>Reads the rows of one chunk from the database, and writes them to the archive, in constant memory.</summary>
internal sealed class ArchiveSource
{
    private const int BufferSize = 64 * 1024;

    private readonly DatabaseSession _session;
    private readonly FreshFacts _facts;
    private readonly PurgeRun _run;
    private readonly ArchiveWriter _writer;
    private readonly IReadOnlyList<ArchivedTable> _tables;
    private readonly HashSet<TableName> _deletedByCopy;
    private readonly HashSet<string> _stored = new(StringComparer.Ordinal);

    public ArchiveSource(
        DatabaseSession session,
        FreshFacts facts,
        PurgeRun run,
        ArchiveWriter writer,
        IReadOnlyList<ArchivedTable> tables)
    {
        (_session, _facts, _run, _writer, _tables) = (session, facts, run, writer, tables);
        _deletedByCopy = session.Dialect.CopiesRows ? FindDeletedByCopy(facts) : [];
    }

    private PurgeDialect Dialect => _session.Dialect;

    /// <summary>
    /// Stores the rows of every table whose own DELETE does not store them. It is done before the first row is changed, so that they are
    /// stored as they were.
    /// </summary>
    public async Task StoreAsync(CancellationToken cancellationToken)
    {
        foreach (ArchivedTable table in _tables.Where(table => table.Reference is null && !_deletedByCopy.Contains(table.Table.Table)))
        {
            TableSchema live = _facts.Table(table.Table.Table);

            // A row without a key of its own in a table of keys is not locked yet, and one of a whole table is.
            bool locks = _facts.Selection is { } selection && !selection.Keys.ContainsKey(live.Name);
            string query = Dialect.SelectArchived(
                _session.Sql,
                $"{Dialect.Source(_session.Sql, live.Rows)} AS t{PurgeDialect.Where(live.Rows)}",
                "t",
                table.Table.Columns.Select(column => (column.Name, column.Type)),
                locks);
            _run.Archived![live.Name] = await StoreAsync(table, query, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stores the rows of a step that is run now.</summary>
    /// <returns>The number of deleted rows, where that has deleted them; otherwise null.</returns>
    public async Task<long?> TryRunAsync(PlanStep step, CancellationToken cancellationToken)
    {
        if (step.Kind == PlanStepKind.Detach)
        {
            await StoreDetachedAsync(step, cancellationToken).ConfigureAwait(false);
        }

        if (step is not { Kind: PlanStepKind.Delete, Tables: [var name], Parameters.Count: 0 } || !_deletedByCopy.Contains(name))
        {
            return null;
        }

        ArchivedTable table = _tables.Single(table => table.Reference is null && table.Table.Table == name);
        string query = PurgeDialect.DeleteReturning(_session.Sql, step.Sql, table.Table.Columns.Select(column => column.Name));
        long rows = await StoreAsync(table, query, cancellationToken).ConfigureAwait(false);
        _run.Archived![name] = rows;
        return rows;
    }

    // Once: a step that is run again after a trigger has worked finds none of these rows, or the counts differ.
    private async Task StoreDetachedAsync(PlanStep step, CancellationToken cancellationToken)
    {
        RowSelection selection = _facts.Selection!;
        ArchivedTable table = _tables.First(table => table.Reference is { } reference
            && string.Equals(selection.Sql.Detach(reference), step.Sql, StringComparison.Ordinal));
        if (_stored.Contains(table.Table.File))
        {
            return;
        }

        string query = Dialect.SelectArchived(
            _session.Sql,
            selection.Sql.FromStaying(table.Reference!),
            "c",
            table.Table.Columns.Select(column => (column.Name, column.Type)),
            locks: true);
        TableName name = table.Table.Table;
        long rows = await StoreAsync(table, query, cancellationToken).ConfigureAwait(false);
        _run.ArchivedDetached[name] = _run.ArchivedDetached.GetValueOrDefault(name) + rows;
    }

    // A table that one DELETE empties, and in which nothing else changes a row of it before. A trigger could change one, and would see the
    // settings of the session for COPY.
    private static HashSet<TableName> FindDeletedByCopy(FreshFacts facts)
    {
        if (facts.MayChangeAnyTable)
        {
            return [];
        }

        HashSet<TableName> cyclic = [.. facts.Plan.Cycles.Where(cycle => cycle.Tables.Count > 1).SelectMany(cycle => cycle.Tables)];
        return [.. facts.Plan.Steps
            .Where(step => step.Kind is not PlanStepKind.Lock)
            .SelectMany(step => step.Tables.Select(table => (Table: table, Step: step)))
            .GroupBy(pair => pair.Table, pair => pair.Step)
            .Where(steps => !cyclic.Contains(steps.Key)
                && steps.Where(step => step.Kind is not (PlanStepKind.ResetIdentity or PlanStepKind.RefreshView)).ToList()
                    is [{ Kind: PlanStepKind.Delete, Parameters.Count: 0, Tables.Count: 1 }]
                && facts.Table(steps.Key).Kind is TableKind.Table or TableKind.PartitionedTable)
            .Select(steps => steps.Key)];
    }

    private async Task<long> StoreAsync(ArchivedTable table, string query, CancellationToken cancellationToken)
    {
        _stored.Add(table.Table.File);
        if (!Dialect.CopiesRows)
        {
            return await _writer.AppendAsync(
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
        long rows = await _writer.AppendAsync(
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
        IReadOnlyList<string> before = (await _session.QueryAsync(
            query,
            reader => (IReadOnlyList<string>)[.. Enumerable.Range(0, settings.Count).Select(reader.GetString)],
            cancellationToken).ConfigureAwait(false)).Single();
        await WriteAsync(settings, cancellationToken).ConfigureAwait(false);
        return before;
    }

    private Task<int> WriteAsync(List<(string Name, string Value)> settings, CancellationToken cancellationToken)
        => _session.ExecuteAsync(
            Dialect.WriteSettings([.. settings.Select(setting => setting.Name)]),
            [.. settings.Select(setting => PlanParameter.Of(setting.Value))],
            cancellationToken);

    private async Task<long> ReadAsync(string query, int columns, Stream stream, CancellationToken cancellationToken)
    {
        var line = new CopyLineWriter(stream);
        await _session.QueryAsItIsAsync(query, reader => Dialect.WriteArchived(reader, columns, line), cancellationToken)
            .ConfigureAwait(false);
        line.Flush();
        return line.Lines;
    }

    private async Task<long> CopyAsync(string query, Stream to, CancellationToken cancellationToken)
    {
        _session.ThrowIfLost();
        TimeSpan? timeout = _session.CommandTimeout;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        byte[] buffer = new byte[BufferSize];
        long rows = 0;
        try
        {
            Wait(waiting, timeout);
            Stream from = await Dialect.CopyAsync(_session.Connection, query, waiting.Token).ConfigureAwait(false);
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
