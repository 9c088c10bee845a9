using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>What the filters say about one table.</summary>
internal enum FilterDecision
{
    /// <summary>No filter excludes it.</summary>
    Purge,

    /// <summary>An include names the table itself, without wildcards, which lifts what is kept by default.</summary>
    AskedFor,

    /// <summary>An exclude names it.</summary>
    Excluded,

    /// <summary>There are includes, and none names it.</summary>
    NotIncluded,
}

/// <summary>Decides by includes and excludes. An exclude beats any include.</summary>
internal sealed class TableFilter(IReadOnlyList<FilterRule> rules, StringComparer identifiers)
{
    private readonly bool _hasIncludes = rules.Any(rule => !rule.IsExclude);
    private readonly RuleMatcher _matcher = new(identifiers);

    /// <summary>What the filters say about a table that entities of these types have rows in.</summary>
    public FilterDecision Decide(TableName name, IReadOnlyList<Type> clrTypes)
        => Decide(name, new ModelTable(name, [], clrTypes, [], IsExcludedFromMigrations: false));

    /// <summary>What the filters say about a table.</summary>
    public FilterDecision Decide(TableName name, ModelTable? model)
    {
        var matching = rules.Where(rule => _matcher.Matches(rule, name, model)).ToList();
        if (matching.Any(rule => rule.IsExclude) || RuleMatcher.MatchTogether(rules.Where(rule => rule.IsExclude), model))
        {
            return FilterDecision.Excluded;
        }

        if (!_hasIncludes)
        {
            return FilterDecision.Purge;
        }

        return matching.Any(IsExact) || RuleMatcher.MatchTogether(rules.Where(rule => !rule.IsExclude), model) ? FilterDecision.AskedFor
            : matching.Count > 0 ? FilterDecision.Purge
            : FilterDecision.NotIncluded;
    }

    /// <summary>
    /// Determines whether an exclude names what rows of another table belong to, by its type or by its table, or whether that table stays
    /// for such a reason itself.
    /// </summary>
    public bool Excludes(ModelEnd end, IReadOnlySet<TableName> tied)
        => end.Tables.Any(tied.Contains)
            || rules.Any(rule =>
                rule.IsExclude
                    && (rule.EntityType is { } type
                        ? end.Types.Contains(type)
                        : end.Tables.Any(table => _matcher.Matches(rule.Pattern!, table))));

    /// <summary>Finds every filter that matches nothing, and reports all of them in one message with suggestions.</summary>
    /// <exception cref="PurgeException">At least one filter matches nothing.</exception>
    public void ThrowIfAnythingIsUnknown(ComparedSchema schema)
    {
        List<string> problems = [.. rules.Select(rule => Problem(rule, schema)).OfType<string>()];
        if (problems.Count > 0)
        {
            throw new PurgeException(string.Join(Environment.NewLine, problems));
        }
    }

    private static bool IsExact(FilterRule rule) => rule.Pattern is null || rule.Pattern.AsSpan().IndexOfAny('*', '?') < 0;

    private string? Problem(FilterRule rule, ComparedSchema schema)
    {
        string verb = rule.IsExclude ? "Exclude" : "Include";
        if (schema.Tables.Any(table => _matcher.Matches(rule, table.Name, table.Model)))
        {
            return null;
        }

        if (rule.EntityType is { } type)
        {
            return $"{rule.Call(verb)} matches no table: the model has no entity type {type.FullName} that is stored in a "
                + $"table.{UnknownName.OfType(type, schema)}";
        }

        // Keeping a history that is not there, or that scaffolding leaves out, is no mistake; asking for it would do nothing.
        if (rule.IsExclude
                ? schema.MigrationsHistories.Any(history => _matcher.Matches(rule, history, model: null))
                : schema.Live.Tables.Any(
            table => schema.IsMigrationsHistory(table.Name) && _matcher.Matches(rule, table.Name, model: null)))
        {
            return null;
        }

        bool isUnmapped = schema.Live.Tables.Any(table => _matcher.Matches(rule, table.Name, model: null));
        if (isUnmapped)
        {
            // Keeping what is kept anyway is no mistake; purging what no model knows would be one.
            return rule.IsExclude ? null
                : $"Include(\"{rule.Pattern}\") matches only tables that are not part of the model; those are never purged. Map the table "
                    + $"in the model, or leave the filter out.";
        }

        return $"{rule.Call(verb)} matches no table.{UnknownName.OfTable(rule.Pattern!, schema, others: [])}";
    }
}
