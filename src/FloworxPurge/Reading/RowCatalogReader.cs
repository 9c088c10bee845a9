using FloworxPurge.Connections;
using FloworxPurge.Schema;

namespace FloworxPurge.Reading;

/// <summary>Reads what only a purge of single rows has to know of the live tables.</summary>
internal static class RowCatalogReader
{
    /// <summary>Adds it to the live schema.</summary>
    public static async Task<DatabaseSchema> AddAsync(DatabaseSchema live, DatabaseSession session, CancellationToken cancellationToken)
    {
        ILookup<TableName, string> keys = (await ReadAsync(session, session.Dialect.Catalog?.PrimaryKeys, cancellationToken)
            .ConfigureAwait(false))
            .ToLookup(row => row.Table, row => row.Column);
        ILookup<TableName, string> touched = (await ReadAsync(session, session.Dialect.Catalog?.TouchedColumns, cancellationToken)
            .ConfigureAwait(false))
            .ToLookup(row => row.Table, row => row.Column);
        ILookup<TableName, (string Column, TableName Collation)> collations = await ReadCollationsAsync(session, cancellationToken)
            .ConfigureAwait(false);
        ILookup<TableName, IReadOnlyList<string>> unindexed = await ReadUnindexedAsync(session, cancellationToken).ConfigureAwait(false);
        ILookup<TableName, (string Key, string Schema)> operators = (session.Dialect.Catalog?.HiddenOperators is { } query
            ? await session.QueryAsync(
                query,
                reader => (Table: LiveSchemaReader.Name(reader, 0), Key: reader.GetString(2), Schema: reader.GetString(3)),
                cancellationToken).ConfigureAwait(false)
            : []).ToLookup(row => row.Table, row => (row.Key, row.Schema));
        return live with
        {
            Tables = [.. live.Tables.Select(table => table with
            {
                PrimaryKey = [.. keys[table.Name]],
                TouchedColumns = [.. touched[table.Name]],
                UnindexedKeys = [.. unindexed[table.Name]],
                HiddenOperators = [.. operators[table.Name]],
                Collations = collations[table.Name].ToDictionary(pair => pair.Column, pair => pair.Collation, StringComparer.Ordinal),
            })],
        };
    }

    private static async Task<List<(TableName Table, string Column)>> ReadAsync(
        DatabaseSession session,
        string? query,
        CancellationToken cancellationToken)
        => query is null
            ? []
            : await session.QueryAsync(query, reader => (LiveSchemaReader.Name(reader, 0), reader.GetString(2)), cancellationToken)
                .ConfigureAwait(false);

    private static async Task<ILookup<TableName, (string Column, TableName Collation)>> ReadCollationsAsync(
        DatabaseSession session,
        CancellationToken cancellationToken)
    {
        List<(TableName Table, string Column, TableName Collation)> columns = session.Dialect.Catalog?.Collations is { } query
            ? await session.QueryAsync(
                query,
                reader => (LiveSchemaReader.Name(reader, 0), reader.GetString(2), LiveSchemaReader.Name(reader, 3)),
                cancellationToken).ConfigureAwait(false)
            : [];
        return columns.ToLookup(row => row.Table, row => (row.Column, row.Collation));
    }

    private static async Task<ILookup<TableName, IReadOnlyList<string>>> ReadUnindexedAsync(
        DatabaseSession session,
        CancellationToken cancellationToken)
    {
        List<(TableName Table, string Key, string Column)> columns = session.Dialect.Catalog?.UnindexedKeys is { } query
            ? await session.QueryAsync(
                query,
                reader => (LiveSchemaReader.Name(reader, 0), reader.GetString(2), reader.GetString(3)),
                cancellationToken).ConfigureAwait(false)
            : [];
        return columns
            .GroupBy(row => (row.Table, row.Key), row => row.Column)
            .ToLookup(key => key.Key.Table, key => (IReadOnlyList<string>)[.. key]);
    }
}
