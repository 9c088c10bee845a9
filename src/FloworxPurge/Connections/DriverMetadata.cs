using System.Data;
using FloworxPurge.Reading;
using FloworxPurge.Schema;

namespace FloworxPurge.Connections;

/// <summary>What the driver lists by itself (ADO.NET's collections of metadata), as far as it has such lists.</summary>
/// <param name="Tables">The tables and views of the connection's database; <see langword="null"/> when the driver lists none.</param>
/// <param name="ForeignKeys">The foreign keys.</param>
/// <param name="DatabaseIsSchema">
/// Whether other databases of the server are what others call schemas, so that their tables may reference these.
/// </param>
internal sealed record DriverMetadata(IReadOnlyList<TableSchema>? Tables, DriverForeignKeys ForeignKeys, bool DatabaseIsSchema)
{
    private const string Collections = "MetaDataCollections";

    // Npgsql has it and does not list it.
    private const string Unlisted = "ForeignKeys";

    public static async Task<DriverMetadata> ReadAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        List<string> names = await session.ReadMetadataAsync(Collections, cancellationToken).ConfigureAwait(false) is { } list
            ? [.. list.Rows
                .Cast<DataRow>()
                .Select(row => DriverNames.Text(row, "CollectionName"))
                .OfType<string>()
                .Order(StringComparer.Ordinal)]
            : [];
        DataTable? tables = await ReadAsync("Tables").ConfigureAwait(false);
        DataTable? views = await ReadAsync("Views").ConfigureAwait(false);
        var keys = new List<DataTable>();
        foreach (string name in names.Append(Unlisted).Distinct(StringComparer.OrdinalIgnoreCase).Where(DriverForeignKeys.MayBeToldBy))
        {
            if (await session.ReadMetadataAsync(name, cancellationToken).ConfigureAwait(false) is { } collection)
            {
                keys.Add(collection);
            }
        }

        var meanings = DriverNames.Of(session.Connection.Database, session.Dialect.HasSchemas, tables);
        return new DriverMetadata(
            tables is null
                ? null
                : [.. Read(tables, TableKind.Table, meanings)
                    .Concat(views is null ? [] : Read(views, TableKind.View, meanings))
                    .DistinctBy(table => table.Name)
                    .OrderBy(table => table.Name)],
            DriverForeignKeys.Read(keys, meanings),
            meanings.DatabaseIsSchema);

        async Task<DataTable?> ReadAsync(string collection)
            => names.FirstOrDefault(name => string.Equals(name, collection, StringComparison.OrdinalIgnoreCase)) is { } name
                && await session.ReadMetadataAsync(name, cancellationToken).ConfigureAwait(false) is { } found
                    && found.Columns.Contains("TABLE_NAME")
                    ? found
                    : null;
    }

    private static IEnumerable<TableSchema> Read(DataTable list, TableKind otherwise, DriverNames names)
        => from row in list.Rows.Cast<DataRow>()
           let name = DriverNames.Text(row, "TABLE_NAME")
           let kind = KindOf(DriverNames.Text(row, "TABLE_TYPE"), otherwise)
           where name is not null && kind is not null
           let own = names.Own(DriverNames.Text(row, "TABLE_CATALOG"), DriverNames.Text(row, "TABLE_SCHEMA"), name)
           where own is not null
           select new TableSchema(own, kind.Value, []);

    // The standard's words and those of drivers; what the engine keeps for itself, sequences and synonyms are no tables.
    private static TableKind? KindOf(string? type, TableKind otherwise) => type?.ToUpperInvariant() switch
    {
        null => otherwise,
        "BASE TABLE" or "TABLE" or "SYSTEM VERSIONED" or "LOCAL TEMPORARY" or "GLOBAL TEMPORARY" => TableKind.Table,
        "VIEW" or "MATERIALIZED VIEW" => TableKind.View,
        { } text when text.StartsWith("SYSTEM", StringComparison.Ordinal) => null,
        { } text when text.Contains("FOREIGN", StringComparison.Ordinal) => TableKind.ForeignTable,
        { } text when text.Contains("VIEW", StringComparison.Ordinal) => TableKind.View,
        { } text when text.Contains("TABLE", StringComparison.Ordinal) => TableKind.Table,
        _ => null,
    };
}
