using System.Globalization;

namespace FloworxPurge.Reporting;

/// <summary>One tag of a Handlebars template.</summary>
/// <param name="Position">Where it begins.</param>
/// <param name="Sign"><c>#</c>, <c>^</c>, <c>/</c>, <c>&gt;</c>, or a space for anything else.</param>
/// <param name="Words">What stands in it: names, literals in their quotes.</param>
internal sealed record TemplateTag(int Position, char Sign, IReadOnlyList<string> Words)
{
    private const string ThreeBraces = "three braces would write a value without escaping it, and a value may hold markup or a script; write two: {{name}}";

    /// <summary>Determines whether a template has a tag that would write a value without escaping it.</summary>
    public static bool HasRaw(string source)
    {
        bool hasRaw = false;
        return Read(source, (_, problem) => hasRaw |= ReferenceEquals(problem, ThreeBraces)).Any(_ => hasRaw) || hasRaw;
    }

    /// <summary>The tags of a template, comments left out.</summary>
    /// <param name="source">The template.</param>
    /// <param name="problem">Told what is no tag, and where.</param>
    public static IEnumerable<TemplateTag> Read(string source, Action<int, string> problem)
    {
        int at = 0;
        while ((at = source.IndexOf("{{", at, StringComparison.Ordinal)) >= 0)
        {
            int start = at;
            // Two backslashes are one of the text, and the tag after them is one.
            if (start > 0 && source[start - 1] == '\\' && !(start > 1 && source[start - 2] == '\\'))
            {
                at += 2;
                continue;
            }

            bool isComment = source.AsSpan(start + 2).TrimStart('~').StartsWith("!", StringComparison.Ordinal);
            bool isRaw = source.AsSpan(start).StartsWith("{{{", StringComparison.Ordinal);
            string closing = isComment && source.AsSpan(start + 2).TrimStart('~').StartsWith("!--", StringComparison.Ordinal) ? "--" : isRaw ? "}}}" : "}}";
            if (isRaw)
            {
                problem(start, ThreeBraces);
            }

            int end = source.IndexOf(closing, start + 2, StringComparison.Ordinal);
            if (end >= 0 && closing is "--")
            {
                end = source.IndexOf("}}", end, StringComparison.Ordinal);
                closing = "}}";
            }

            if (end < 0)
            {
                problem(start, isComment ? "the comment is not closed" : "the tag is not closed");
                yield break;
            }

            at = end + closing.Length;
            if (!isComment)
            {
                string content = source[(start + (isRaw ? 3 : 2))..end].Trim('~').Trim();
                char sign = content.Length > 0 && content[0] is '#' or '^' or '/' or '>' ? content[0] : ' ';
                yield return new TemplateTag(start, sign, [.. Split(sign is ' ' ? content : content[1..])]);
            }
        }
    }

    /// <summary>Where a position is, as a person counts: from line 1 and column 1.</summary>
    public static string Place(string source, int position)
    {
        int line = source.AsSpan(0, position).Count('\n') + 1;
        int column = position - source.AsSpan(0, position).LastIndexOf('\n');
        return string.Create(CultureInfo.InvariantCulture, $"line {line}, column {column}");
    }

    /// <summary>Whether a word is a value of its own: text in quotes, a number, true, false or null.</summary>
    public static bool IsLiteral(string word)
        => word[0] is '"' or '\''
            || word is "true" or "false" or "null"
            || (char.IsAsciiDigit(word[0]) || (word[0] is '-' && word.Length > 1 && char.IsAsciiDigit(word[1]))) && double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    /// <summary>Whether a word is one name, or several joined by points.</summary>
    public static bool IsName(string word) => (char.IsLetter(word[0]) || word[0] is '_') && !IsLiteral(word);

    private static IEnumerable<string> Split(string content)
    {
        int at = 0;
        while (at < content.Length)
        {
            if (char.IsWhiteSpace(content[at]))
            {
                at++;
                continue;
            }

            int end = at;
            char quote = content[at] is '"' or '\'' ? content[at] : '\0';
            if (quote != '\0')
            {
                int close = content.IndexOf(quote, at + 1);
                end = close < 0 ? content.Length : close + 1;
            }
            else
            {
                while (end < content.Length && !char.IsWhiteSpace(content[end]))
                {
                    end++;
                }
            }

            yield return content[at..end];
            at = end;
        }
    }
}
