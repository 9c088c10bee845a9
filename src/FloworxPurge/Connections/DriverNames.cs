using System.Data;

namespace FloworxPurge.Connections;

/// <summary>
/// What a driver's catalog, schema and name of a table mean: some put the database in the catalog, some, where a database is a schema, in
/// the schema, and some nowhere.
/// </summary>
internal sealed class DriverNames
{
    private readonly string _database;
    private readonly bool _hasSchemas;

    private DriverNames(string database, bool hasSchemas, bool isSchema)
    {
        _database = database;
        _hasSchemas = hasSchemas;
        DatabaseIsSchema = isSchema;
    }

    /// <summary>Gets whether the driver puts the database where others put the schema.</summary>
    public bool DatabaseIsSchema { get; }

    /// <summary>Finds out where the driver puts the database, by the tables that it lists.</summary>
    public static DriverNames Of(string database, bool hasSchemas, DataTable? tables)
    {
        List<DataRow> rows = tables is null ? [] : [.. tables.Rows.Cast<DataRow>()];
        bool isCatalog = rows.Any(row => IsSame(Text(row, "TABLE_CATALOG"), database));
        return new DriverNames(database, hasSchemas, !isCatalog && rows.Any(row => IsSame(Text(row, "TABLE_SCHEMA"), database)));
    }

    /// <summary>The name of a table of the connection's own database; <see langword="null"/> for one of another.</summary>
    public TableName? Own(string? catalog, string? schema, string name)
        => DatabaseIsSchema ? (schema is null || IsSame(schema, _database) ? new TableName(null, name) : null)
            : catalog is null || _database.Length == 0 || IsSame(catalog, _database) ? new TableName(_hasSchemas ? schema : null, name)
            : null;

    /// <summary>A text of a row, in any case that the driver writes its columns in; <see langword="null"/> when there is none.</summary>
    public static string? Text(DataRow row, string column)
        => row.Table.Columns.Contains(column)
            && Convert.ToString(row[column], System.Globalization.CultureInfo.InvariantCulture) is { Length: > 0 } text
            ? text
            : null;

    // A server that ignores case may answer with another than the connection string has.
    private static bool IsSame(string? name, string database) => string.Equals(name, database, StringComparison.OrdinalIgnoreCase);
}
