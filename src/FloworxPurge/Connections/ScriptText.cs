using System.Text;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Connections;

/// <summary>Writes literals in place of the parameters of an SQL text.</summary>
internal static class ScriptText
{
    /// <summary>The text with literals. What looks like a parameter in a string, a quoted name or a comment stays as it is.</summary>
    /// <param name="text">The SQL text.</param>
    /// <param name="literals">The literals by placeholders, such as <c>@p</c>.</param>
    /// <param name="sql">The quoting of the engine.</param>
    public static string WithLiterals(string text, IReadOnlyDictionary<string, string> literals, ISqlGenerationHelper sql)
    {
        char quote = sql.DelimitIdentifier("x")[0];
        List<string> placeholders = [.. literals.Keys.OrderByDescending(placeholder => placeholder.Length)];
        var result = new StringBuilder();
        int i = 0;
        while (i < text.Length)
        {
            int end = EndOfQuoted(text, i, quote);
            if (end == i && placeholders.Find(placeholder => IsAt(text, i, placeholder)) is { } found)
            {
                result.Append(literals[found]);
                i += found.Length;
                continue;
            }

            end = Math.Max(end, i + 1);
            result.Append(text, i, end - i);
            i = end;
        }

        return result.ToString();
    }

    private static bool IsAt(string text, int index, string placeholder)
        => string.CompareOrdinal(text, index, placeholder, 0, placeholder.Length) == 0
            && (index == 0 || !IsPartOfName(text[index - 1]))
            && (index + placeholder.Length == text.Length || !IsPartOfName(text[index + placeholder.Length]));

    private static bool IsPartOfName(char c) => char.IsLetterOrDigit(c) || c is '_' or '@';

    /// <summary>The index after a string, a quoted name or a comment that begins at an index; the index itself where none does.</summary>
    private static int EndOfQuoted(string text, int start, char quote)
    {
        char first = text[start];
        return first == '\'' || first == '"' ? EndOf(text, start, first, escapes: quote == '`')
            : first == quote ? EndOf(text, start, first == '[' ? ']' : first, escapes: false)
            : Starts(text, start, "--") ? EndAfter(text, start, "\n")
            : Starts(text, start, "/*") ? EndAfter(text, start + 2, "*/")
            : start;
    }

    // A doubled quote is part of the text.
    private static int EndOf(string text, int start, char quote, bool escapes)
    {
        for (int i = start + 1; i < text.Length; i++)
        {
            if ((escapes && text[i] == '\\') || (text[i] == quote && i + 1 < text.Length && text[i + 1] == quote))
            {
                i++;
            }
            else if (text[i] == quote)
            {
                return i + 1;
            }
        }

        return text.Length;
    }

    private static int EndAfter(string text, int start, string end)
    {
        int found = text.IndexOf(end, start, StringComparison.Ordinal);
        return found < 0 ? text.Length : found + end.Length;
    }

    private static bool Starts(string text, int start, string what) => string.CompareOrdinal(text, start, what, 0, what.Length) == 0;
}
