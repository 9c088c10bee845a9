using System.Text;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Planning;

/// <summary>A place of a query that reads a table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Alias">The alias, delimited as in the query; empty where there is none.</param>
/// <param name="Start">The position of the name in <see cref="QuerySources.Text"/>.</param>
/// <param name="End">The position behind the alias.</param>
internal sealed record QuerySource(TableName Table, string Alias, int Start, int End);

/// <summary>Finds which tables the SQL of a query reads, and by which conditions.</summary>
internal sealed partial class QuerySources
{
    private const string AliasPattern =
        """(?:\s+(?:AS\s+)?(?!(?:ON|WHERE|INNER|LEFT|RIGHT|CROSS|JOIN|ORDER|GROUP|LIMIT)\b)(?<alias>"[^"]+"|`[^`]+`|\[[^\]]+\]|\w+))?""";

    private readonly ISqlGenerationHelper _sql;
    private readonly string? _defaultSchema;

    public QuerySources(string text, ISqlGenerationHelper sql, string? defaultSchema)
    {
        // What a literal holds is no table.
        Text = Literal().Replace(text, match => "'" + new string(' ', match.Length - 2) + "'");
        (_sql, _defaultSchema) = (sql, defaultSchema);
    }

    /// <summary>Gets the text, with blanks in place of the literals.</summary>
    public string Text { get; }

    /// <summary>The places that read a table, in their order.</summary>
    public IReadOnlyList<QuerySource> Of(TableName table)
    {
        string name = Name(table.Name);
        string schema = table.Schema is null ? string.Empty
            : string.Equals(table.Schema, _defaultSchema, StringComparison.Ordinal) ? $@"(?:{Name(table.Schema)}\s*\.\s*)?"
            : $@"{Name(table.Schema)}\s*\.\s*";
        return
        [
            .. Regex.Matches(
                Text,
                $@"(?:\b(?:FROM|JOIN|ONLY|USING)\s+|,\s*){schema}(?<name>{name})(?![\w.""`\]]|\s*\.){AliasPattern}",
                RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
                TimeSpan.FromSeconds(1)).Select(match => new QuerySource(
                    table,
                    match.Groups["alias"].Value,
                    match.Groups["name"].Index,
                    match.Index + match.Length)),
        ];
    }

    /// <summary>Determines whether the query reads a column of this name.</summary>
    public bool Reads(string column)
        => Regex.IsMatch(
            Text,
            $@"(?:^|[^\w""`\[]){Name(column)}(?![\w""`\]])",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
            TimeSpan.FromSeconds(1));

    /// <summary>
    /// Determines whether a place reads only rows whose columns are equal to those of another place: by its ON clause, or by the WHERE
    /// clause of its subquery. A clause with an OR is not understood.
    /// </summary>
    public bool IsEqual(QuerySource source, IReadOnlyList<string> columns, QuerySource other, IReadOnlyList<string> otherColumns)
    {
        if (source.Alias.Length == 0 || other.Alias.Length == 0 || ConditionOf(source) is not { } condition || Or().IsMatch(condition))
        {
            return false;
        }

        return columns.Zip(otherColumns).All(pair =>
        {
            string here = $"{source.Alias}.{_sql.DelimitIdentifier(pair.First)}";
            string there = $"{other.Alias}.{_sql.DelimitIdentifier(pair.Second)}";
            return condition.Contains($"{here} = {there}", StringComparison.Ordinal)
                || condition.Contains($"{there} = {here}", StringComparison.Ordinal);
        });
    }

    // What follows ON, or WHERE, up to the end of the clause, without what is in parentheses there.
    private string? ConditionOf(QuerySource source)
    {
        string rest = Flat(source.End);
        Match clause = OnClause().Match(rest);
        if (!clause.Success)
        {
            clause = WhereClause().Match(rest);
        }

        return clause.Success ? clause.Groups["condition"].Value : null;
    }

    // The text up to the end of the subquery, with blanks in place of what is in parentheses, unless these only hold conditions that all
    // have to be true.
    private string Flat(int start)
    {
        var text = new StringBuilder();
        for (int i = start; i < Text.Length && Text[i] != ')'; i++)
        {
            if (Text[i] != '(')
            {
                text.Append(Text[i]);
                continue;
            }

            int end = EndOf(i);
            string inside = Text[(i + 1)..end];
            text.Append(IsConjunction(inside, Text[start..i]) ? $" {inside.Replace('(', ' ').Replace(')', ' ')} " : " () ");
            i = end;
        }

        return text.ToString();
    }

    private static bool IsConjunction(string inside, string before)
        => !Other().IsMatch(inside) && OpensCondition().IsMatch(before.TrimEnd(' ', '\r', '\n', '('));

    private int EndOf(int start)
    {
        int depth = 0;
        for (int i = start; i < Text.Length; i++)
        {
            depth += Text[i] == '(' ? 1 : Text[i] == ')' ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        return Text.Length;
    }

    // SQL that the caller wrote may have names without delimiters.
    private string Name(string name)
    {
        string delimited = Regex.Escape(_sql.DelimitIdentifier(name));
        return BareName().IsMatch(name) ? $@"(?:{delimited}|\b{Regex.Escape(name)}\b)" : delimited;
    }

    [GeneratedRegex("'(?:[^']|'')*'", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Literal();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BareName();

    [GeneratedRegex(@"\bOR\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Or();

    [GeneratedRegex(
        @"\b(?:OR|XOR|NOT|SELECT|CASE)\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Other();

    [GeneratedRegex(
        @"\b(?:AND|ON|WHERE)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex OpensCondition();

    [GeneratedRegex(
        @"^\s*ON\b(?<condition>.*?)(?:\b(?:INNER|LEFT|RIGHT|CROSS|JOIN|WHERE|GROUP|ORDER|LIMIT|OFFSET|FETCH|UNION)\b|$)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex OnClause();

    [GeneratedRegex(
        @"\bWHERE\b(?<condition>.*?)(?:\b(?:GROUP|ORDER|LIMIT|OFFSET|FETCH|UNION|INTERSECT|EXCEPT)\b|$)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex WhereClause();
}
