namespace FloworxPurge.Schema;

/// <summary>The tables that this library keeps in a database, which belong to no model and are no part of its structure.</summary>
internal static class OwnTables
{
    /// <summary>The table that remembers runs.</summary>
    public const string Journal = "floworxpurge_runs";

    /// <summary>A column of <see cref="Journal"/>, by which it is known: each version has created it.</summary>
    public const string JournalColumn = "fingerprint";

    /// <summary>The column of a list of rows that holds the position. A table without it is no list of this library.</summary>
    public const string ListPosition = "floworxpurge_position";

    /// <summary>The column of a list of rows that holds the pass. A table without it is no list of this library.</summary>
    public const string ListPass = "floworxpurge_pass";

    private const string RowList = "floworxpurge_rows_";

    /// <summary>The table that remembers which rows a run in chunks deletes, for its query of this number, from 1.</summary>
    public static string RowListOf(int query) => RowList + query.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>
    /// The structure of a database without these tables, which are in the default schema of the connection, and without the tables of
    /// archives, which are in other schemas.
    /// </summary>
    public static DatabaseSchema Without(DatabaseSchema schema)
    {
        HashSet<TableName> own = FindArchives(schema);
        own.UnionWith(schema.Tables
            .Where(table => table.Name.Schema is null
                || string.Equals(table.Name.Schema, schema.Identity.DefaultSchema, StringComparison.Ordinal))
            .Where(table => IsJournal(table) || IsRowList(table))
            .Select(table => table.Name));
        bool IsOwn(TableName table) => own.Contains(table);
        return own.Count > 0
            ? schema with
            {
                Tables = [.. schema.Tables.Where(table => !IsOwn(table.Name))],
                Objects = [.. schema.Objects.Where(o => !IsOwn(o.Table))],
                Identities = [.. schema.Identities.Where(counter => !IsOwn(counter.Table))],
                Facts = [.. schema.Facts.Where(fact => !IsOwn(fact.Table))],
            }
            : schema;
    }

    private static bool IsJournal(TableSchema table)
        => string.Equals(table.Name.Name, Journal, StringComparison.OrdinalIgnoreCase) && Has(table, JournalColumn);

    private static bool IsRowList(TableSchema table)
        => table.Name.Name.StartsWith(RowList, StringComparison.OrdinalIgnoreCase)
            && table.Name.Name[RowList.Length..].All(char.IsAsciiDigit)
            && Has(table, ListPosition)
            && Has(table, ListPass);

    private static bool Has(TableSchema table, string column)
        => table.Columns.Any(known => string.Equals(known.Name, column, StringComparison.OrdinalIgnoreCase));

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
