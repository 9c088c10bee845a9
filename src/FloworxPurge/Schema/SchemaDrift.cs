namespace FloworxPurge.Schema;

/// <summary>How a live table differs from the model. The order is the order of severity.</summary>
internal enum DriftKind
{
    SchemaMissing,
    TableMissing,
    NotATable,
    UnsupportedTable,
    PrincipalMissing,
    PrincipalKeyMissing,
    ColumnMissing,
    KeyTypeDiffers,
    ForeignKeyTypeDiffers,
    TypeDiffers,
    FacetsDiffer,
    ExtraColumn,
    NullabilityDiffers,
    ForeignKeyMissing,
    ForeignKeyExtra,
}

/// <summary>One difference between the model and the live database.</summary>
/// <param name="Kind">What differs.</param>
/// <param name="Text">The object, what was expected and what was found, in words.</param>
internal sealed record SchemaDrift(DriftKind Kind, string Text);

/// <summary>A table of the model and what the live database has under its name.</summary>
/// <param name="Name">The live name, or the name that was looked for.</param>
/// <param name="Model">What the models say.</param>
/// <param name="Live">What the database says, or <see langword="null"/>.</param>
/// <param name="Drifts">How they differ, most severe first.</param>
internal sealed record ComparedTable(TableName Name, ModelTable Model, TableSchema? Live, IReadOnlyList<SchemaDrift> Drifts);

/// <summary>The facts of both sides, brought together.</summary>
/// <param name="Live">The live schema.</param>
/// <param name="Tables">The model's tables, in order.</param>
/// <param name="ForeignKeys">All foreign keys between live tables: live ones, and those that only the model knows.</param>
/// <param name="MigrationsHistories">The names of the migrations history tables, one a context.</param>
internal sealed record ComparedSchema(
    DatabaseSchema Live,
    IReadOnlyList<ComparedTable> Tables,
    IReadOnlyList<ForeignKey> ForeignKeys,
    IReadOnlyList<TableName> MigrationsHistories)
{
    /// <summary>Gets the sequences that a model declares, under the names they have in the database if they are there.</summary>
    public IReadOnlyList<TableName> Sequences { get; init; } = [];

    /// <summary>
    /// Gets the sequences of the model that no table owns and that are not restarted although identity counters are, each with the reason.
    /// </summary>
    public IReadOnlyList<(TableName Sequence, string Reason)> SequencesLeft { get; init; } = [];

    /// <summary>Gets the live tables, those outside the model included, from which the engine refuses to delete.</summary>
    public IReadOnlySet<TableName> Undeletable { get; init; } = new HashSet<TableName>();

    /// <summary>
    /// Determines whether a live table is a migrations history, which a context may name without a schema: then it is in the default one.
    /// </summary>
    public bool IsMigrationsHistory(TableName table)
        => MigrationsHistories.Any(history => string.Equals(table.Name, history.Name, StringComparison.Ordinal)
            && string.Equals(table.Schema, history.Schema ?? Live.Identity.DefaultSchema ?? table.Schema, StringComparison.Ordinal));
}
