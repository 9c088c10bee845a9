using System.Text.RegularExpressions;
using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>
/// Determines which kept tables a trigger is meant to add rows to, as far as its definition or its function's name says so, and which
/// option allows that.
/// </summary>
internal sealed partial class TriggerWrites
{
    private const int MostNames = 5;

    private const string Identifier = """ "(?:[^"]|"")+" | `(?:[^`]|``)+` | \[(?:[^\]]|\]\])+\] | [\w$]+ """;

    // Trigger functions of widespread extensions and scripts, and the tables that they write; {0} and {1} stand for the trigger's own
    // schema and table.
    private static readonly Dictionary<string, string> KnownFunctions = new(StringComparer.OrdinalIgnoreCase)
    {
        ["table_log"] = "{0}.{1}_log",
        ["table_log_basic"] = "{0}.{1}_log",
        ["table_log_partition"] = "{0}.{1}_log*",
        ["versioning"] = "{0}.{1}_history",
        ["write_history"] = "{0}.{1}_history",
        ["if_modified_func"] = "audit.logged_actions",
        ["insert_update_delete_trigger"] = "audit.record_version",
        ["sqltriga"] = "pgq.event_*",
        ["logutriga"] = "pgq.event_*",
        ["jsontriga"] = "pgq.event_*",
        ["log_delete"] = "pgmemento.*_log",
    };

    private readonly RuleMatcher _matcher;
    private readonly StringComparer _identifiers;
    private readonly IReadOnlySet<TableName> _allowed;
    private readonly ILookup<string, TableName> _kept;

    public TriggerWrites(PlanRequest request)
    {
        _identifiers = request.Dialect.Identifiers;
        _matcher = new RuleMatcher(_identifiers);
        _allowed = request.AllowedInserts;
        _kept = request.Dispositions
            .Where(disposition => disposition is { Keep: not null, Live: { PartOf: null, FullText: null } })
            .Select(disposition => disposition.Name)
            .ToLookup(name => name.Name, _identifiers);
    }

    /// <summary>What the plan says about the rows that a trigger adds.</summary>
    public string Advice(SchemaObject trigger)
    {
        List<string> patterns = [.. Patterns(trigger).Distinct(StringComparer.Ordinal)];
        if (patterns.Count > 0)
        {
            string calls = string.Join(" and ", patterns.Take(MostNames).Select(pattern => $"AllowInserts(\"{pattern}\")"));
            return $"It seems to add rows to a kept table. If it is meant to, set {calls}.";
        }

        List<TableName> growing = [.. _allowed.Order()];
        return growing.Count == 0
            ? $"If it is meant to add rows to a kept table, such as an audit table, name that table with AllowInserts."
            : $"It may add rows to {string.Join(", ", growing.Take(MostNames))}"
                + $"{(growing.Count > MostNames ? " and others" : string.Empty)}, as AllowInserts says.";
    }

    private IEnumerable<string> Patterns(SchemaObject trigger)
    {
        foreach (Match match in Targets().Matches(trigger.State))
        {
            foreach (TableName table in Kept(match.Groups["table"].Value)
                .Where(table => !match.Groups["schema"].Success || IsSchema(match.Groups["schema"].Value, table.Schema)))
            {
                yield return RuleMatcher.Pattern(table);
            }
        }

        // Arguments of a trigger's function.
        foreach (string argument in Literals().Matches(trigger.State).Select(match => match.Groups["text"].Value))
        {
            string[] parts = argument.Split('.', 2);
            foreach (TableName table in Kept(parts[^1]).Where(table => parts.Length == 1 || IsSchema(parts[0], table.Schema)))
            {
                yield return RuleMatcher.Pattern(table);
            }
        }

        if (Function().Match(trigger.State) is { Success: true } function
            && KnownFunctions.TryGetValue(function.Groups["name"].Value, out string? known))
        {
            string pattern = known.Replace(
                "{0}",
                trigger.Table.Schema,
                StringComparison.Ordinal).Replace("{1}", trigger.Table.Name, StringComparison.Ordinal);
            if (_kept.SelectMany(tables => tables).Any(table => !_allowed.Contains(table) && _matcher.Matches(pattern, table)))
            {
                yield return pattern;
            }
        }
    }

    private bool IsSchema(string written, string? schema) => _identifiers.Equals(Unquoted(written), schema);

    private IEnumerable<TableName> Kept(string written) => _kept[Unquoted(written)].Where(table => !_allowed.Contains(table));

    private static string Unquoted(string name)
        => name is ['"', .., '"'] ? name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal)
            : name is ['`', .., '`'] ? name[1..^1].Replace("``", "`", StringComparison.Ordinal)
            : name is ['[', .., ']'] ? name[1..^1].Replace("]]", "]", StringComparison.Ordinal)
            : name;

    [GeneratedRegex(
        $"""\b(?:INSERT(?:\s+INTO)?|INTO)\s+(?:(?<schema>{Identifier})\s*\.\s*)?(?<table>{Identifier})""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
            | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Targets();

    [GeneratedRegex(
        "'(?<text>(?:[^']|'')*)'",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Literals();

    [GeneratedRegex(
        """\bEXECUTE\s+(?:FUNCTION|PROCEDURE)\s+(?:[^\s(]+\.)?"?(?<name>[\w$]+)"?\s*\(""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Function();
}
