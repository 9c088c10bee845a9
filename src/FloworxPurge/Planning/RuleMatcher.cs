using System.IO.Enumeration;
using FloworxPurge.Engines;
using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>Compares tables with the patterns and entity types of filters, as the engine compares names.</summary>
internal sealed class RuleMatcher(StringComparer identifiers)
{
    private readonly bool _ignoresCase = identifiers.Equals("é", "É");
    private readonly bool _ignoresCaseOfAscii = identifiers.Equals("a", "A");

    /// <summary>Gets the names that a pattern can match: without the quotes that they have in a text.</summary>
    public static IEnumerable<string> Names(TableName name)
        => name.Schema is null ? [name.Name] : [name.Schema + "." + name.Name, name.Name];

    /// <summary>The pattern that names one table and no other.</summary>
    public static string Pattern(TableName name) => name.Schema is null ? name.Name : name.Schema + "." + name.Name;

    /// <summary>Determines whether a rule names a table: by its pattern, or because entities of its type have rows there.</summary>
    public bool Matches(FilterRule rule, TableName name, ModelTable? model)
        => rule.EntityType is { } type ? model?.Stores(type) == true : Matches(rule.Pattern!, name);

    /// <summary>
    /// Determines whether rules name all the entity types that are joined in a table, so that no other entity type maps it.
    /// </summary>
    public static bool MatchTogether(IEnumerable<FilterRule> rules, ModelTable? model)
        => model is { Joins.Count: > 0 } && model.IsJoinOf([.. rules.Select(rule => rule.EntityType).OfType<Type>()]);

    /// <summary>Determines whether a pattern names a table.</summary>
    public bool Matches(string pattern, TableName name) => Names(name).Any(written => Matches(pattern, written));

    // The backslash is no escape character here: PostgreSQL and SQLite allow it in a name.
    private bool Matches(string pattern, string name)
        => FileSystemName.MatchesSimpleExpression(
            Folded(pattern).Replace("\\", "\\\\", StringComparison.Ordinal),
            Folded(name),
            _ignoresCase);

    // SQLite takes "É" and "é" for two tables, and "A" and "a" for one.
    private string Folded(string text) => _ignoresCaseOfAscii && !_ignoresCase ? AsciiIgnoreCaseComparer.Fold(text)! : text;
}
