using FloworxPurge.Connections;

namespace FloworxPurge.Archiving;

/// <summary>Stores rows in tables of another schema, by statements of the transaction that deletes them.</summary>
internal sealed class SchemaStore(DatabaseSession session, string schema) : IRowStore
{
    private readonly Dictionary<string, long> _rows = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool StoresDeleted => session.Dialect.DeletesInto;

    /// <summary>The number of rows that were stored in a table.</summary>
    public long RowsOf(string table) => _rows.GetValueOrDefault(table);

    /// <inheritdoc/>
    public Task<long> StoreAsync(ArchivedTable table, string from, string alias, bool locks, CancellationToken cancellationToken)
        => InsertAsync(
            table,
            session.Dialect.InsertFrom(
                session.Sql,
                session.Dialect.Table(session.Sql, Name(table)),
                from,
                alias,
                Columns(table),
                locks || !session.Dialect.ReadsCurrentRows),
            cancellationToken);

    /// <inheritdoc/>
    public Task<long> StoreDeletedAsync(ArchivedTable table, string delete, CancellationToken cancellationToken)
        => InsertAsync(table, session.Dialect.DeleteInto(session.Sql, delete, Name(table), Columns(table)), cancellationToken);

    private static string[] Columns(ArchivedTable table) => [.. table.Table.Columns.Select(column => column.Name)];

    private TableName Name(ArchivedTable table) => new(schema, table.Table.File);

    private async Task<long> InsertAsync(ArchivedTable table, string sql, CancellationToken cancellationToken)
    {
        var pinned = new PinnedSettings(session, session.Dialect.ArchiveSchemaSettings);
        long rows;
        try
        {
            await pinned.ChangeAsync(cancellationToken).ConfigureAwait(false);
            rows = await session.ExecuteAsync(sql, [], cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (session.IsOpen)
            {
                await pinned.UndoAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }

        _rows[table.Table.File] = RowsOf(table.Table.File) + rows;
        return rows;
    }
}
