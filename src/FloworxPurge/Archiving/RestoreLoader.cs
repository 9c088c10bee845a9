using FloworxPurge.Connections;

namespace FloworxPurge.Archiving;

/// <summary>Reads the rows of an archive into temporary tables of the session, from which everything else is one statement each.</summary>
internal sealed class RestoreLoader(DatabaseSession session, RestoreSource source)
{
    /// <summary>Creates the temporary tables.</summary>
    public Task CreateAsync(IReadOnlyList<StagedTable> tables, CancellationToken cancellationToken)
        => session.CreateTemporaryAsync(
            [
                .. tables.SelectMany(table => (IEnumerable<string>)
                [
                    session.Dialect.DropKeyTable(table.Stage),
                    .. session.Dialect.CreateStage(
                        session.Sql,
                        table.Stage,
                        table.Live.AllRows,
                        table.Columns,
                        [
                            .. table.Key.Select(
                                name => table.Columns.First(column => string.Equals(column.Name, name, StringComparison.Ordinal))),
                        ],
                        table.IsDetached),
                ]),
                .. tables.Where(table => table.EqualBefore is not null).SelectMany(table => (IEnumerable<string>)
                [
                    session.Dialect.DropKeyTable(table.EqualBefore!),
                    .. session.Dialect.CreateStage(
                        session.Sql,
                        table.EqualBefore!,
                        table.Live.AllRows,
                        table.Columns,
                        key: [],
                        isLookedUp: false),
                ]),
            ],
            cancellationToken);

    /// <summary>Drops the temporary tables.</summary>
    public async Task DropAsync(IReadOnlyList<StagedTable> tables, CancellationToken cancellationToken)
    {
        foreach (string table in tables.SelectMany(table => new[] { table.Stage, table.EqualBefore }).OfType<string>())
        {
            await session.ExecuteAsync(session.Dialect.DropKeyTable(table), [], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the rows of a table.</summary>
    /// <returns>What is wrong with the archive, as a sentence; null when all rows were read.</returns>
    /// <exception cref="PurgeException">The driver cannot send rows.</exception>
    public async Task<string?> LoadAsync(StagedTable table, IReadOnlyList<ArchiveChunk> chunks, CancellationToken cancellationToken)
    {
        string? problem = await source.LoadAsync(table, chunks, cancellationToken).ConfigureAwait(false);
        if (problem is null && session.Dialect.AnalyzeKeyTable(table.Stage) is { } analyze)
        {
            await session.ExecuteAsync(analyze, [], cancellationToken).ConfigureAwait(false);
        }

        return problem;
    }
}
