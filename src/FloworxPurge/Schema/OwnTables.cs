namespace FloworxPurge.Schema;

/// <summary>The tables that this library keeps in a database, which belong to no model and are no part of its structure.</summary>
internal static class OwnTables
{
    /// <summary>The table that remembers runs.</summary>
    public const string Journal = "floworxpurge_runs";

    private const string RowList = "floworxpurge_rows_";

    /// <summary>The table that remembers which rows a run in chunks deletes, for its query of this number, from 1.</summary>
    public static string RowListOf(int query) => RowList + query.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The structure of a database without these tables, which are in the default schema of the connection.</summary>
    public static DatabaseSchema Without(DatabaseSchema schema)
    {
        bool IsOwn(TableName table)
            => (table.Schema is null || string.Equals(table.Schema, schema.Identity.DefaultSchema, StringComparison.Ordinal))
                && (string.Equals(table.Name, Journal, StringComparison.OrdinalIgnoreCase)
                    || (table.Name.StartsWith(RowList, StringComparison.OrdinalIgnoreCase)
                        && table.Name[RowList.Length..].All(char.IsAsciiDigit)));
        return schema.Tables.Any(table => IsOwn(table.Name))
            ? schema with
            {
                Tables = [.. schema.Tables.Where(table => !IsOwn(table.Name))],
                Objects = [.. schema.Objects.Where(o => !IsOwn(o.Table))],
                Identities = [.. schema.Identities.Where(counter => !IsOwn(counter.Table))],
                Facts = [.. schema.Facts.Where(fact => !IsOwn(fact.Table))],
            }
            : schema;
    }
}
