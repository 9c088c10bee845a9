namespace FloworxPurge.Schema;

/// <summary>The tables that this library keeps in a database, which belong to no model and are no part of its structure.</summary>
internal static class OwnTables
{
    /// <summary>The table that remembers runs.</summary>
    public const string Journal = "floworxpurge_runs";

    private const string RowList = "floworxpurge_rows_";

    /// <summary>The table that remembers which rows a run in chunks deletes, for its query of this number, from 1.</summary>
    public static string RowListOf(int query) => RowList + query.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>
    /// The structure of a database without these tables, which are in the default schema of the connection, and without the tables of
    /// archives, which are in other schemas.
    /// </summary>
    public static DatabaseSchema Without(DatabaseSchema schema)
    {
        HashSet<TableName> archives = FindArchives(schema);
        bool IsOwn(TableName table)
            => archives.Contains(table)
                || ((table.Schema is null || string.Equals(table.Schema, schema.Identity.DefaultSchema, StringComparison.Ordinal))
                    && (string.Equals(table.Name, Journal, StringComparison.OrdinalIgnoreCase)
                        || (table.Name.StartsWith(RowList, StringComparison.OrdinalIgnoreCase)
                            && table.Name[RowList.Length..].All(char.IsAsciiDigit))));
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

    // A table of that name which has a key, a reference, an index or a trigger is not as it was created, and may concern the others.
    private static HashSet<TableName> FindArchives(DatabaseSchema schema)
    {
        HashSet<TableName> found =
        [
            .. schema.Tables
                .Where(table => table is { Name.Schema: not null, Kind: TableKind.Table, PrimaryKey.Count: 0 }
                    && !string.Equals(table.Name.Schema, schema.Identity.DefaultSchema, StringComparison.Ordinal)
                    && ArchiveTableName.Is(table.Name.Name))
                .Select(table => table.Name),
        ];
        if (found.Count > 0)
        {
            found.ExceptWith(schema.ForeignKeys.SelectMany(key => new[] { key.Dependent, key.Principal }));
            found.ExceptWith(schema.Objects.Where(o => o.Kind is not ("column" or "view")).Select(o => o.Table));
        }

        return found;
    }
}
