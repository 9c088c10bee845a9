namespace FloworxPurge.Schema;

/// <summary>A table as the live database describes it.</summary>
internal sealed record TableSchema(TableName Name, TableKind Kind, IReadOnlyList<Column> Columns)
{
    /// <summary>
    /// Gets the engine's own number of the table, which a rename keeps and which another table of the same name does not have;
    /// <see langword="null"/> where the engine keeps none.
    /// </summary>
    public string? ObjectId { get; init; }

    /// <summary>
    /// Gets when the table was created, as the engine says it, where it keeps no number of the table; <see langword="null"/> elsewhere.
    /// </summary>
    public string? CreatedAt { get; init; }

    /// <summary>
    /// Gets the table that holds this one's rows as its own: the root of a partition. One whose detaching was interrupted is its own root.
    /// </summary>
    public TableName? PartOf { get; init; }

    /// <summary>
    /// Gets the tables that hold this one's rows as theirs, from the nearest: of a partition the partitions within which it is one, and the
    /// root.
    /// </summary>
    public IReadOnlyList<TableName> Wholes { get => field ?? (PartOf is { } root && root != Name ? [root] : []); init; }

    /// <summary>Gets whether it is a partition that has partitions of its own, which hold its rows.</summary>
    public bool IsDivided { get; init; }

    /// <summary>Gets the tables that show this one's rows as theirs although it is a table of its own (PostgreSQL's inheritance).</summary>
    public IReadOnlyList<TableName> ShownBy { get; init; } = [];

    /// <summary>Gets whether an unqualified name finds this table.</summary>
    public bool IsVisible { get; init; } = true;

    /// <summary>Gets whether an extension of the server owns the table.</summary>
    public bool IsExtensionOwned { get; init; }

    /// <summary>Rows by the server's own estimate, or <see langword="null"/> where it keeps none.</summary>
    public long? EstimatedRows { get; init; }

    /// <summary>
    /// Gets whether TRUNCATE does to this table exactly what DELETE does: no delete trigger, no row security, no lack of the right.
    /// </summary>
    public bool MayTruncate { get; init; }

    /// <summary>Gets whether the connection's role may delete its rows.</summary>
    public bool CanDelete { get; init; } = true;

    /// <summary>Gets whether the connection's role may read its rows.</summary>
    public bool CanSelect { get; init; } = true;

    /// <summary>Gets whether the connection's role may use the schema, without which it may do nothing with the table.</summary>
    public bool MayUseSchema { get; init; } = true;

    /// <summary>Gets whether an unqualified name would find this table if the role could use its schema.</summary>
    public bool WouldBeVisible { get; init; }

    /// <summary>
    /// Gets whether row security applies to the connection's role, so that rows may be hidden from every statement of ours.
    /// </summary>
    public bool HidesRows { get; init; }

    /// <summary>
    /// Gets whether tables that the connection's role cannot see may reference it, so that the effect of their foreign keys is not known.
    /// </summary>
    public bool MayHaveHiddenDependents { get; init; }

    /// <summary>Gets the columns of the primary key, where single rows are selected; none where the table has no primary key.</summary>
    public IReadOnlyList<string> PrimaryKey { get; init; } = [];

    /// <summary>
    /// Gets the collations of columns by which foreign keys are compared, where single rows are selected and they are not the default.
    /// </summary>
    public IReadOnlyDictionary<string, TableName> Collations { get; init; } = new Dictionary<string, TableName>(StringComparer.Ordinal);

    /// <summary>
    /// Gets the columns that the engine sets by itself whenever a row is changed, unless the statement sets them, where single rows are
    /// selected.
    /// </summary>
    public IReadOnlyList<string> TouchedColumns { get; init; } = [];

    /// <summary>Gets the columns of each foreign key that no index begins with, where single rows are selected.</summary>
    public IReadOnlyList<IReadOnlyList<string>> UnindexedKeys { get; init; } = [];

    /// <summary>
    /// Gets the names of the foreign keys that the engine compares by an operator which a statement would not find, each with the schema of
    /// the operator, where single rows are selected.
    /// </summary>
    public IReadOnlyList<(string Key, string Schema)> HiddenOperators { get; init; } = [];

    /// <summary>Gets all rows of the table, without those of tables that inherit from it.</summary>
    public RowSet AllRows => new() { Table = Name, OnlyOwnRows = Kind is TableKind.Table or TableKind.InheritanceParent };

    /// <summary>
    /// The rows to delete and the other rows, where some of them are selected; <see langword="null"/> where all rows are meant.
    /// </summary>
    public (RowSet Selected, RowSet Others)? Filter { get; init; }

    /// <summary>Gets the rows to delete: those that are selected, or all.</summary>
    public RowSet Rows => Filter?.Selected ?? AllRows;

    /// <summary>
    /// Gets what it indexes, when it is a full-text index that shows the rows of another table as its own (SQLite's external content).
    /// </summary>
    public FullTextIndex? FullText { get; init; }
}

/// <summary>A full-text index over the rows of a table, which it does not hold itself.</summary>
/// <param name="Module">The module behind it, such as <c>fts5</c>.</param>
/// <param name="Content">The table whose rows it shows.</param>
internal sealed record FullTextIndex(string Module, TableName Content);
