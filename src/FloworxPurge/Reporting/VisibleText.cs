using System.Globalization;
using System.Text;

namespace FloworxPurge.Reporting;

/// <summary>Makes a value safe to look at: nothing hidden, nothing reordered, one line.</summary>
internal static class VisibleText
{
    /// <summary>Whether a reader cannot see the character although it changes what they see: controls, bidirectional and other format marks.</summary>
    public static bool IsInvisible(Rune rune)
        => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
            or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator;

    /// <summary>The value on one line: line ends and tabs are spaces, invisible characters are told by their number, <c>{U+202E}</c>.</summary>
    public static string Of(string value)
    {
        var text = new StringBuilder(value.Length);
        foreach (Rune rune in value.Replace("\r\n", "\n", StringComparison.Ordinal).EnumerateRunes())
        {
            if (rune.Value is '\n' or '\r' or '\t')
            {
                text.Append(' ');
            }
            else if (IsInvisible(rune))
            {
                text.Append(CultureInfo.InvariantCulture, $"{{U+{rune.Value:X4}}}");
            }
            else
            {
                text.Append(rune);
            }
        }

        return text.ToString();
    }
}
