namespace FloworxPurge.Schema;

/// <summary>The tables that this library keeps in a database, which belong to no model and are no part of its structure.</summary>
internal static class OwnTables
{
    /// <summary>The table that remembers runs.</summary>
    public const string Journal = "floworxpurge_runs";

    private const string RowList = "floworxpurge_rows_";

    /// <summary>The table that remembers which rows a run in chunks deletes, for its query of this number, from 1.</summary>
    public static string RowListOf(int query) => RowList + query.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Determines whether a table is one of them, in whatever schema.</summary>
    public static bool Contains(TableName table)
        => string.Equals(table.Name, Journal, StringComparison.OrdinalIgnoreCase)
            || (table.Name.StartsWith(RowList, StringComparison.OrdinalIgnoreCase) && table.Name[RowList.Length..].All(char.IsAsciiDigit));

    /// <summary>The structure of a database without these tables.</summary>
    public static DatabaseSchema Without(DatabaseSchema schema)
        => schema.Tables.Any(table => Contains(table.Name))
            ? schema with
            {
                Tables = [.. schema.Tables.Where(table => !Contains(table.Name))],
                Objects = [.. schema.Objects.Where(o => !Contains(o.Table))],
                Identities = [.. schema.Identities.Where(counter => !Contains(counter.Table))],
                Facts = [.. schema.Facts.Where(fact => !Contains(fact.Table))],
            }
            : schema;
}
