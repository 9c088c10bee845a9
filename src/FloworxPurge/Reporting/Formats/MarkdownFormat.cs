using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace FloworxPurge.Reporting;

/// <summary>Markdown as the usual forges read it: CommonMark with pipe tables, no raw HTML.</summary>
internal sealed partial class MarkdownFormat : ReportFormat
{
    // Cells are padded so that the source reads well, too; one long sentence is no reason to pad every row to its length.
    private const int WidestPadding = 72;

    private static readonly SearchValues<char> BeginningsOfLinks = SearchValues.Create("@#!:wWgG");

    // What no link has in it. Between two of them the search takes the square of the length, so that what is longer is not searched.
    private static readonly SearchValues<char> EndsOfLinks = SearchValues.Create(" |`<>&\\");
    private const int LongestSearched = 256;

    // A forge makes links of addresses, calls whoever is mentioned and looks issues up by number, escaped or not: in code it does nothing
    // of it.
    [GeneratedRegex(
        @"[a-z][a-z0-9+.-]*://[^\s|`<>&\\]+|www\.[^\s|`<>&\\]+|[\w.+:/%-]*@+[\w.:/-]*|[\w./-]*[#!][0-9]+|\bGH-[0-9]+|:[\w+-]*[a-z][\w+-]*:",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Links { get; }

    public override string Encode(string value)
    {
        string visible = VisibleText.Of(value).Trim(' ');
        var text = new StringBuilder(visible.Length + 8);
        int marker = ListMarkerAt(visible);
        int at = 0;
        for (int start = 0; start < visible.Length && visible.AsSpan(start).IndexOfAny(BeginningsOfLinks) >= 0;)
        {
            int length = visible.AsSpan(start).IndexOfAny(EndsOfLinks);
            int end = length < 0 ? visible.Length : start + length;
            if (end - start <= LongestSearched)
            {
                foreach (ValueMatch link in Links.EnumerateMatches(visible.AsSpan(start, end - start)))
                {
                    Append(start + link.Index, link.Length);
                }
            }
            else if (visible.AsSpan(start, end - start).IndexOfAny(BeginningsOfLinks) >= 0)
            {
                // In one code span all characters are literal.
                Append(start, end - start);
            }

            start = end + 1;
        }

        AppendEscaped(text, visible, at, visible.Length, marker);
        return text.ToString();

        void Append(int from, int length)
        {
            AppendEscaped(text, visible, at, from, marker);
            text.Append('`').Append(visible, from, length).Append('`');
            at = from + length;
        }
    }

    /// <summary>
    /// A code span, which keeps underscores readable; a name that has what ends or escapes a code span is written as a value.
    /// </summary>
    public override string Name(string value)
    {
        string visible = VisibleText.Of(value);
        bool isPlain = visible.Length > 0
            && visible.AsSpan().IndexOfAny("`|<&\\") < 0
            && visible[0] != ' '
            && visible[^1] != ' ';
        return isPlain ? "`" + visible + "`" : Encode(value);
    }

    public override string Heading(string text, int level) => new string('#', level) + " " + Encode(text);

    protected override string Layout(string[][] rows, bool[] right, bool hasHeader)
    {
        int[] widths = [.. right.Select((_, column) => Math.Max(3, Math.Min(WidestPadding, rows.Max(row => Cell(row, column).Length))))];
        var text = new StringBuilder();
        AppendRow(text, rows[0], widths, right);
        AppendRow(
            text,
            [.. widths.Select((width, column) => right[column] ? new string('-', width - 1) + ":" : new string('-', width))],
            widths,
            right);
        foreach (string[] row in rows.Skip(1))
        {
            AppendRow(text, row, widths, right);
        }

        return text.ToString();
    }

    private static void AppendEscaped(StringBuilder text, string visible, int from, int to, int marker)
    {
        for (int i = from; i < to; i++)
        {
            char c = visible[i];
            switch (c)
            {
                case '<':
                    text.Append("&lt;");
                    break;
                case '&':
                    text.Append("&amp;");
                    break;
                case '\\' or '`' or '*' or '_' or '[' or ']' or '>' or '#' or '|' or '~' or '$':
                    text.Append('\\').Append(c);
                    break;
                default:
                    text.Append(i == marker ? "\\" : "").Append(c);
                    break;
            }
        }
    }

    private static void AppendRow(StringBuilder text, string[] row, int[] widths, bool[] right)
    {
        text.Append('|');
        for (int column = 0; column < widths.Length; column++)
        {
            string cell = Cell(row, column);
            text.Append(' ').Append(right[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column])).Append(" |");
        }

        text.Append('\n');
    }

    private static string Cell(string[] row, int column)
        => column < row.Length ? row[column].Replace(LineBreak, ' ') : "";

    // "- a", "+ a", "1. a" and "1) a" at the beginning of a line would make a list of it, "---" a rule and "===" a heading of the line
    // above.
    private static int ListMarkerAt(string text)
    {
        int start = text.Length - text.AsSpan().TrimStart(' ').Length;
        int i = start;
        while (i < text.Length && char.IsAsciiDigit(text[i]))
        {
            i++;
        }

        if (i == text.Length)
        {
            return -1;
        }

        bool isMarker = i == start
            ? text[i] is '-' or '+' or '='
            : text[i] is '.' or ')' && (i + 1 == text.Length || text[i + 1] is ' ');
        return isMarker ? i : -1;
    }
}
