using System.Text.RegularExpressions;

namespace FloworxPurge.Extensibility;

/// <summary>
/// Reads the name of a table as <see cref="TableName.ToString"/> writes it: <c>users</c>, <c>auth.users</c>, <c>auth."user.data"</c>.
/// </summary>
internal static partial class QualifiedName
{
    /// <summary>The name, or <see langword="null"/> when the text is none.</summary>
    public static TableName? TryParse(string text)
    {
        Match match = Pattern().Match(text);
        return match.Success
            ? new TableName(
                match.Groups["schema"].Success ? Unquoted(match.Groups["schema"].Value) : null,
                Unquoted(match.Groups["name"].Value))
            : null;
    }

    private static string Unquoted(string part)
        => part[0] == '"' ? part[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : part;

    [GeneratedRegex(
        """\A((?<schema>"([^"]|"")+"|[^".]+)\.)?(?<name>"([^"]|"")+"|[^".]+)\z""",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
