using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>
/// Finds entity types that are split over several tables of which filters keep some and purge others: EF would load half of an entity, or
/// none.
/// </summary>
internal static class DividedEntities
{
    /// <summary>Refuses filters that divide an entity type.</summary>
    /// <exception cref="PurgeException">At least one entity type is divided; the message names every one, with its tables.</exception>
    public static void ThrowIfAny(
        ComparedSchema schema,
        IReadOnlyList<TableDisposition> dispositions,
        IReadOnlyList<FilterRule> rules,
        StringComparer identifiers)
    {
        var byName = dispositions.ToDictionary(disposition => disposition.Name);
        var matcher = new RuleMatcher(identifiers);
        List<string> problems = [.. schema.Tables
            .SelectMany(table => table.Model.Parts.Select(part => (part, table)))
            .GroupBy(pair => pair.part, pair => pair.table)
            .Select(entity => Problem(entity.Key.EntityType, [.. entity], byName, rules, matcher))
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)];
        if (problems.Count > 0)
        {
            throw new PurgeException(string.Join(Environment.NewLine, problems));
        }
    }

    private static string? Problem(
        string entityType,
        List<ComparedTable> tables,
        Dictionary<TableName, TableDisposition> dispositions,
        IReadOnlyList<FilterRule> rules,
        RuleMatcher matcher)
    {
        List<ComparedTable> kept = [.. tables
            .Where(table =>
                dispositions[table.Name].Keep is PlanReason.Excluded or PlanReason.NotIncluded)];
        List<ComparedTable> purged = [.. tables
            .Where(table => dispositions[table.Name] is { Keep: null, Skip: null or { Reason: PlanReason.Blocked } })];
        if (kept.Count == 0 || purged.Count == 0)
        {
            return null;
        }

        bool isExcluded = kept.Exists(table => dispositions[table.Name].Keep == PlanReason.Excluded);
        List<ComparedTable> named = isExcluded ? kept : purged;
        IEnumerable<string> calls = rules
            .Where(rule => rule.IsExclude == isExcluded && named.Exists(table => matcher.Matches(rule, table.Name, table.Model)))
            .Select(rule => rule.Call(isExcluded ? "Exclude" : "Include"))
            .Distinct(StringComparer.Ordinal);
        return $"{string.Join(" and ", calls)} would divide entity type {entityType}, which is split over several tables: {Names(kept)} "
            + $"would be kept, and {Names(purged)} purged. Name all of its tables, or the entity type itself.";
    }

    private static string Names(List<ComparedTable> tables) => string.Join(", ", tables.Select(table => table.Name.ToQuotedString()));
}
