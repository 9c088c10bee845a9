namespace FloworxPurge.Schema;

/// <summary>A table as the models of one or several contexts describe it.</summary>
/// <param name="Name">The name as the model spells it; no schema means the database's default.</param>
/// <param name="EntityTypes">The display names of the entity types that are stored there, in ordinal order.</param>
/// <param name="ClrTypes">The CLR types of those entity types, for filters.</param>
/// <param name="Columns">The mapped columns.</param>
/// <param name="IsExcludedFromMigrations">Whether the model says that somebody else owns the table.</param>
internal sealed record ModelTable(
    TableName Name,
    IReadOnlyList<string> EntityTypes,
    IReadOnlyList<Type> ClrTypes,
    IReadOnlyList<Column> Columns,
    bool IsExcludedFromMigrations);

/// <summary>What the models know: tables and foreign keys, and where each context keeps its migrations history.</summary>
internal sealed record ModelSchema(IReadOnlyList<ModelTable> Tables, IReadOnlyList<ForeignKey> ForeignKeys, IReadOnlyList<TableName> MigrationsHistories)
{
    /// <summary>The sequences that a model declares, for HiLo or for code of its own.</summary>
    public IReadOnlyList<TableName> Sequences { get; init; } = [];
}
