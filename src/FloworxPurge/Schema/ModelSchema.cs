namespace FloworxPurge.Schema;

/// <summary>A table as the models of one or several contexts describe it.</summary>
/// <param name="Name">The name as the model spells it; no schema means the database's default.</param>
/// <param name="EntityTypes">The display names of the entity types that are stored there, in ordinal order.</param>
/// <param name="ClrTypes">
/// The CLR types whose entities have rows there, for filters: those of the entity types, their base types, and for an owned type those that
/// own it.
/// </param>
/// <param name="Columns">The mapped columns.</param>
/// <param name="IsExcludedFromMigrations">Whether the model excludes the table from migrations.</param>
internal sealed record ModelTable(
    TableName Name,
    IReadOnlyList<string> EntityTypes,
    IReadOnlyList<Type> ClrTypes,
    IReadOnlyList<Column> Columns,
    bool IsExcludedFromMigrations)
{
    /// <summary>Gets whether a model names it without a schema, so that the search path decides which table it is.</summary>
    public bool IsUnqualified { get; init; }

    /// <summary>Gets the entity types of which this table holds a fragment (entity splitting).</summary>
    public IReadOnlyList<ModelPart> Parts { get; init; } = [];

    /// <summary>Gets the sequences that number its rows.</summary>
    public IReadOnlyList<ModelSequence> Sequences { get; init; } = [];

    /// <summary>Gets the many-to-many relationships that are stored there.</summary>
    public IReadOnlyList<ModelJoin> Joins { get; init; } = [];

    /// <summary>
    /// Gets what the table's rows belong to, if its tables are others than this one: the owner of an owned type, the two ends of a
    /// many-to-many relationship.
    /// </summary>
    public IReadOnlyList<ModelTie> Ties { get; init; } = [];

    /// <summary>Determines whether what EF loads as a type has rows there.</summary>
    public bool Stores(Type type) => ClrTypes.Contains(type) || IsJoinOf([type]);

    /// <summary>Determines whether these types are all that map a many-to-many relationship which is stored there.</summary>
    public bool IsJoinOf(IReadOnlyList<Type> types) => Joins.Any(join => join.Ends.All(end => types.Any(end.Contains)));
}

/// <summary>A sequence that numbers rows of a table of the model.</summary>
/// <param name="Name">The name.</param>
/// <param name="Column">The column that its numbers are for.</param>
/// <param name="IsHiLo">Whether the application reserves blocks of its numbers, which it keeps in memory.</param>
internal sealed record ModelSequence(TableName Name, string Column, bool IsHiLo);

/// <summary>An entity type whose columns are split over several tables.</summary>
/// <param name="Context">The number of the context whose model has it.</param>
/// <param name="EntityType">The display name of the entity type.</param>
internal sealed record ModelPart(int Context, string EntityType);

/// <summary>A many-to-many relationship.</summary>
/// <param name="Ends">For each entity type that has a navigation over it: the CLR types that it stands for.</param>
internal sealed record ModelJoin(IReadOnlyList<IReadOnlyList<Type>> Ends);

/// <summary>What the rows of a table belong to.</summary>
/// <param name="Ends">The owner, or both ends of a many-to-many relationship.</param>
internal sealed record ModelTie(IReadOnlyList<ModelEnd> Ends);

/// <summary>An entity type that rows of another table belong to.</summary>
/// <param name="Types">The CLR types that it stands for.</param>
/// <param name="Tables">The tables that those rows reference: several where each derived type has a table of its own.</param>
internal sealed record ModelEnd(IReadOnlyList<Type> Types, IReadOnlyList<TableName> Tables);

/// <summary>What the models know: tables and foreign keys, and where each context keeps its migrations history.</summary>
internal sealed record ModelSchema(
    IReadOnlyList<ModelTable> Tables,
    IReadOnlyList<ForeignKey> ForeignKeys,
    IReadOnlyList<TableName> MigrationsHistories)
{
    /// <summary>Gets the sequences that a model declares, for HiLo or for code of its own.</summary>
    public IReadOnlyList<TableName> Sequences { get; init; } = [];
}
