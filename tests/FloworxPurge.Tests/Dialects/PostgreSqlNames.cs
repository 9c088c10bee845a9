using System.Text.RegularExpressions;

namespace FloworxPurge.Tests.Dialects;

/// <summary>Finds the names of a PostgreSQL statement that the search path decides about.</summary>
internal static partial class PostgreSqlNames
{
    /// <summary>
    /// Operators, functions, types and catalog tables that stand without pg_catalog, and the words of SQL that use an operator of the
    /// search path.
    /// </summary>
    public static IReadOnlyList<string> Unqualified(string sql)
    {
        string text = Quoted().Replace(sql, "''");
        text = Qualified().Replace(text, " ");
        return [.. Words().Matches(text).Select(match => match.Groups["found"].Value)];
    }

    // Texts, delimited names and comments; the body of a function is left to be looked at.
    [GeneratedRegex("""'(?:[^']|'')*'|"(?:[^"]|"")*"|/\*.*?\*/|--[^\n]*""", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Quoted();

    // What is qualified, and signs that are no operators: casts to qualified types, assignments, settings, options, all rows and all
    // columns.
    [GeneratedRegex("""
        OPERATOR\(pg_catalog\.[^)]+\) | ::pg_catalog\.(\w+|'') | :=\s | @p\d | \.\* | \bSELECT\s\* | \bpg_catalog\.\w+ | \bpg_temp\.\w+\(? | _timescaledb_catalog\.\w+
        | \bSET\s(LOCAL\s)?\w+\s= | \bERRCODE\s= | \bMESSAGE\s= | ''\s=\sNULL | \bDIAGNOSTICS\s\w+\s= | \#variable_conflict | \(SKIP_LOCKED\)
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Qualified();

    [GeneratedRegex("""
        (?<found>(?<!\()[=<>!|@&%*/+~^#?]+ | (?<=\s)-(?=\s)) | ::(?<found>\w+) | \b(?<found>IN)\s\( | \b(?<found>NULLIF)\( | \b(?<found>CASE)\s(?!WHEN) | \b(?<found>DISTINCT\sFROM)
        | \b(?<found>I?LIKE|BETWEEN|SIMILAR|NATURAL)\b | \b(?<found>USING)\s\( | \b(FROM|JOIN)\s(?<found>pg_\w+)
        | (?<!\bAS\s|[\w.])(?<found>(?!COALESCE\b|EXISTS\b|CAST\b|ROW\b|NULLIF\b|VALUES\b|ARRAY\b)[A-Za-z_]\w*)\((?!pg_catalog\.)
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Words();
}
