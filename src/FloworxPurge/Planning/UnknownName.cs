using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>Suggests tables and entity types for a name that matches nothing. Users often write one instead of the other.</summary>
internal static class UnknownName
{
    private const int MostTables = 3;

    /// <summary>A sentence for a pattern of table names.</summary>
    public static string OfTable(string pattern, ComparedSchema schema, IEnumerable<TableName> others)
        => Suggestions.Describe(
            pattern,
            [
                .. schema.Tables.Select(table => table.Name)
                    .Concat(others)
                    .Distinct()
                    .SelectMany(RuleMatcher.Names)
                    .Distinct(StringComparer.Ordinal)
                    .Select(name => new Suggestions.Candidate(name, name, $"\"{name}\"")),
                .. Entities(schema).SelectMany(entity => Named(entity, pattern).Select(name => Table(entity, name))),
            ]);

    /// <summary>A sentence for an entity type.</summary>
    public static string OfType(Type type, ComparedSchema schema)
        => Suggestions.Describe(
            type.Name,
            [
                .. Entities(schema).Select(entity => new Suggestions.Candidate(entity.Key, entity.Key, $"\"{entity.Key}\"")),
                .. Entities(schema).SelectMany(entity =>
                    entity.Select(table => new Suggestions.Candidate(table.Name, entity.Key, $"\"{entity.Key}\" (table "
                        + $"\"{RuleMatcher.Pattern(table)}\")"))),
            ]);

    private static ILookup<string, TableName> Entities(ComparedSchema schema)
        => schema.Tables.SelectMany(
            table => table.Model.EntityTypes.Select(entity => (entity, table.Name)))
            .ToLookup(pair => pair.entity, pair => pair.Name, StringComparer.Ordinal);

    // With its namespace, too, when that is how it was written.
    private static IEnumerable<string> Named(IGrouping<string, TableName> entity, string pattern)
        => pattern.EndsWith("." + entity.Key, StringComparison.OrdinalIgnoreCase) ? [entity.Key, pattern] : [entity.Key];

    private static Suggestions.Candidate Table(IGrouping<string, TableName> entity, string name)
    {
        List<TableName> stored = [.. entity.Order()];
        List<string> tables = [.. stored.Select(RuleMatcher.Pattern)];
        string more = tables.Count > MostTables ? $" and {Quantity.Of(tables.Count - MostTables, "other")}" : string.Empty;
        return new Suggestions.Candidate(
            name,
            stored[0].Name,
            $"{string.Join(", ", tables.Take(MostTables).Select(table => $"\"{table}\""))}{more} (entity type {entity.Key})");
    }
}
