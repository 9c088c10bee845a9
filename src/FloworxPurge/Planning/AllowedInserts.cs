using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>Finds the kept tables to which the triggers that a purge fires may add rows.</summary>
internal sealed class AllowedInserts(IReadOnlyList<FilterRule> rules, StringComparer identifiers)
{
    private const int MostNames = 5;

    private readonly RuleMatcher _matcher = new(identifiers);

    /// <summary>The tables that the rules name, with their partitions.</summary>
    /// <param name="schema">The facts.</param>
    /// <param name="dispositions">The disposition of each table, once all are decided.</param>
    /// <exception cref="PurgeException">At least one rule names no kept table; the message names every one.</exception>
    public IReadOnlySet<TableName> Find(ComparedSchema schema, IReadOnlyList<TableDisposition> dispositions)
    {
        var models = schema.Tables.ToDictionary(table => table.Name, table => table.Model);
        HashSet<TableName> allowed = [];
        List<string> problems = [];
        foreach (FilterRule rule in rules)
        {
            List<TableDisposition> named = [.. dispositions
                .Where(disposition =>
                    _matcher.Matches(rule, disposition.Name, models.GetValueOrDefault(disposition.Name)))];
            List<TableDisposition> kept = [.. named.Where(disposition => disposition.Keep is not null && !IsPartition(disposition))];
            allowed.UnionWith(kept.Select(disposition => disposition.Name));
            if (kept.Count == 0)
            {
                problems.Add(Problem(rule, named, schema));
            }
        }

        if (problems.Count > 0)
        {
            throw new PurgeException(string.Join(Environment.NewLine, problems.Distinct(StringComparer.Ordinal)));
        }

        allowed.UnionWith(
            dispositions
                .Where(disposition => disposition.Keep is not null
                    && RuleMatcher.MatchTogether(rules, models.GetValueOrDefault(disposition.Name)))
                .Select(disposition => disposition.Name));

        return schema.Live.WithPartitions(allowed);
    }

    private static bool IsPartition(TableDisposition disposition) => disposition.Live?.PartOf is not null;

    private string Problem(FilterRule rule, List<TableDisposition> named, ComparedSchema schema)
    {
        string call = rule.Call("AllowInserts");
        List<TableDisposition> emptied = [.. named.Where(disposition => disposition.Keep is null)];
        if (emptied.Count > 0)
        {
            string found = List(
                emptied.Select(disposition => $"{disposition.Name.ToQuotedString()} is "
                    + $"{(disposition.Skip is { } skip ? $"skipped ({skip.Reason})" : "to be purged")}"));
            return $"{call} names no table that is kept: {found}. Only a kept table can be allowed to grow: exclude the table as well, or "
                + $"leave {call} out.";
        }

        if (named.Count > 0)
        {
            return $"{call} names only partitions. Rows are added to the table that they are part of: name "
                + $"{List(named.Select(disposition => disposition.Live!.PartOf!.ToQuotedString()).Distinct(StringComparer.Ordinal))}.";
        }

        if (rule.EntityType is { } type)
        {
            return $"{call} matches no table: the model has no entity type {type.FullName} that is stored in a "
                + $"table.{UnknownName.OfType(type, schema)}";
        }

        List<TableSchema> others = [.. schema.Live.Tables.Where(table => _matcher.Matches(rule, table.Name, model: null))];
        if (others.Count > 0)
        {
            return $"{call} names no table that rows can be added to: "
                + $"{List(others.Select(table => $"{table.Name.ToQuotedString()} is {Describe(table)}"))}. Name the table in which the "
                + $"rows are stored, or leave {call} out.";
        }

        return $"{call} matches no table.{UnknownName.OfTable(rule.Pattern!, schema, schema.Live.Tables.Select(table => table.Name))}";
    }

    private static string Describe(TableSchema table) => table.Kind switch
    {
        _ when table.PartOf is { } whole => $"a partition of {whole.ToQuotedString()}",
        TableKind.ShadowTable => "storage of a virtual table, which needs no option",
        TableKind.History => "the history of another table, which the engine writes and which needs no option",
        _ => "a view",
    };

    private static string List(IEnumerable<string> items)
    {
        List<string> all = [.. items];
        return all.Count <= MostNames
            ? string.Join(", ", all)
            : $"{string.Join(", ", all.Take(MostNames))} and {Quantity.Of(all.Count - MostNames, "other")}";
    }
}
