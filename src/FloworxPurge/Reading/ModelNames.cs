using FloworxPurge.Extensibility;
using FloworxPurge.Schema;

namespace FloworxPurge.Reading;

/// <summary>
/// Finds the live table of each table of the models. Models may spell one table in several ways: with the default schema
/// and without, in any case where the engine has none, longer than the engine keeps it; such tables are merged here, under the live name.
/// </summary>
internal sealed class ModelNames(DatabaseSchema live, PurgeDialect dialect)
{
    private readonly StringComparer _identifiers = dialect.Identifiers;
    private readonly ILookup<string, TableSchema> _liveByName = live.Tables.ToLookup(table => table.Name.Name, dialect.Identifiers);

    /// <summary>The live table under a model's name.</summary>
    public TableSchema? Find(TableName name)
        => _liveByName[dialect.Stored(name.Name)]
            .Where(table => name.Schema is null || (dialect.DatabasesAreSchemas && _identifiers.Equals(name.Schema, live.Identity.Database))
                ? table.IsVisible || table.WouldBeVisible
                : !dialect.DatabasesAreSchemas && _identifiers.Equals(table.Name.Schema, dialect.Stored(name.Schema)))
            .OrderBy(table => name.Schema is null && !table.IsVisible)
            .ThenBy(table => !string.Equals(table.Name.Name, name.Name, StringComparison.Ordinal))
            .FirstOrDefault();

    /// <summary>The same model under live names, each table once.</summary>
    public ModelSchema Resolve(ModelSchema model) => model with
    {
        Tables = [.. model.Tables
            .GroupBy(table => Key(LiveName(table.Name)), _identifiers)
            .Select(group => Merge(LiveName(group.First().Name), [.. group]))
            .OrderBy(table => table.Name)],
        ForeignKeys = [.. model.ForeignKeys
            .Select(key => key with
            {
                Dependent = LiveName(key.Dependent),
                DependentColumns = [.. key.DependentColumns.Select(dialect.Stored)],
                Principal = LiveName(key.Principal),
                PrincipalColumns = [.. key.PrincipalColumns.Select(dialect.Stored)],
                NullableColumns = [.. key.NullableColumns.Select(dialect.Stored)],
            })
            .DistinctBy(key => key.Shape, _identifiers)],
    };

    /// <summary>The name that a model's sequence has in the database, if it is there.</summary>
    public TableName LiveSequence(TableName name)
        => new(
            dialect.HasSchemas ? (name.Schema is { } schema ? dialect.Stored(schema) : live.Identity.DefaultSchema) : null,
            dialect.Stored(name.Name));

    private static string Key(TableName name) => name.Schema + "\0" + name.Name;

    private TableName LiveName(TableName name)
        => Find(name)?.Name ?? (name.Schema is null ? name with { Schema = live.Identity.DefaultSchema } : name);

    private ModelTable Merge(TableName name, IReadOnlyList<ModelTable> tables) => new(
        name,
        [.. tables.SelectMany(table => table.EntityTypes).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        [.. tables.SelectMany(table => table.ClrTypes).Distinct()],
        [.. tables
            .SelectMany(table => table.Columns)
            .GroupBy(column => dialect.Stored(column.Name), dialect.ColumnIdentifiers)
            .Select(group => group.First() with
            {
                Name = group.Key,
                IsNullable = group.Any(column => column.IsNullable),
                IsKey = group.Any(column => column.IsKey),
                IsComputed = group.Any(column => column.IsComputed),
            })
            .OrderBy(column => column.Name, StringComparer.Ordinal)],
        tables.All(table => table.IsExcludedFromMigrations))
    {
        IsUnqualified = tables.Any(table => table.Name.Schema is null),
        Parts = [.. tables.SelectMany(table => table.Parts).Distinct()],
        Sequences = [.. tables
            .SelectMany(table => table.Sequences)
            .Select(sequence => sequence with { Name = LiveSequence(sequence.Name), Column = dialect.Stored(sequence.Column) })
            .Distinct()],
        Joins = [.. tables.SelectMany(table => table.Joins)],
        Ties = [.. tables
            .SelectMany(table => table.Ties)
            .Select(tie => new ModelTie([.. tie.Ends.Select(end => end with { Tables = [.. end.Tables.Select(LiveName)] })]))],
    };
}
