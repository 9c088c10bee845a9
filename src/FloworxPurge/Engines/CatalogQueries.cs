namespace FloworxPurge.Engines;

/// <summary>The queries over an engine's catalog; see the properties of a dialect, <c>IdentityQuery</c> and so on.</summary>
internal sealed record CatalogQueries
{
    public required string Identity { get; init; }

    public string? Schemas { get; init; }

    public required string Tables { get; init; }

    public required string Columns { get; init; }

    public required string ForeignKeys { get; init; }

    public string? Histories { get; init; }

    public required string Identities { get; init; }

    public required string Objects { get; init; }

    public string? Facts { get; init; }

    /// <summary>
    /// Gets a query for the columns of primary keys, in the order of the key: rows of schema, table and column; <see langword="null"/>
    /// where only the provider's database model says them.
    /// </summary>
    public string? PrimaryKeys { get; init; }

    /// <summary>
    /// Gets a query for the collations of columns by which the engine compares foreign keys, where they are not the default: rows of
    /// schema, table and column, and schema and name of the collation; <see langword="null"/> where each comparison finds the right one by
    /// itself.
    /// </summary>
    public string? Collations { get; init; }

    /// <summary>
    /// Gets a query for the columns that the engine sets by itself whenever a row is changed, unless the statement sets them: rows of
    /// schema, table and column; <see langword="null"/> where there are none.
    /// </summary>
    public string? TouchedColumns { get; init; }

    /// <summary>
    /// Gets a query for the foreign keys whose columns no index begins with: rows of schema, table, a text by which the keys of the table
    /// differ, and column; <see langword="null"/> where the engine makes the index itself, or where <see cref="Facts"/> has them.
    /// </summary>
    public string? UnindexedKeys { get; init; }

    /// <summary>
    /// Gets a query for the foreign keys that the engine compares by an operator which a statement of this session would not find: rows of
    /// schema, table and name of the key, and the schema of the operator; <see langword="null"/> where there is one operator.
    /// </summary>
    public string? HiddenOperators { get; init; }
}
