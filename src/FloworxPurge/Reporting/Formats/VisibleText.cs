using System.Globalization;
using System.Text;

namespace FloworxPurge.Reporting;

/// <summary>Makes a value safe to look at: nothing hidden, nothing reordered, one line.</summary>
internal static class VisibleText
{
    /// <summary>
    /// Determines whether a reader cannot see the character although it changes what they see: controls, bidirectional and other format
    /// marks, letters without a shape, what is no character.
    /// </summary>
    public static bool IsInvisible(Rune rune)
        => !IsPlain(rune.Value)
            && (IsNoCharacter(rune.Value)
                || IsWithoutShape(rune.Value)
                || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
                    or UnicodeCategory.Format
                    or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator);

    /// <summary>How far the text has nothing but what anybody can see: the printable characters of ASCII.</summary>
    public static int PlainLength(ReadOnlySpan<char> text)
    {
        int length = text.IndexOfAnyExceptInRange(' ', '~');
        return length < 0 ? text.Length : length;
    }

    /// <summary>
    /// The value on one line: line ends and tabs are spaces, invisible characters are written as their number, <c>{U+202E}</c>.
    /// </summary>
    public static string Of(string value)
    {
        int plain = PlainLength(value);
        if (plain == value.Length)
        {
            return value;
        }

        var text = new StringBuilder(value.Length + 16);
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

    private static bool IsPlain(int value) => value is >= ' ' and <= '~';

    // What Unicode keeps free for ever: XML and HTML forbid it.
    private static bool IsNoCharacter(int value) => (value & 0xFFFE) == 0xFFFE || value is >= 0xFDD0 and <= 0xFDEF;

    // Letters and marks that have no visible shape: joiners, fillers of Hangul and Khmer, selectors of variants beyond the usual ones.
    private static bool IsWithoutShape(int value)
        => value is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x3164 or 0xFFA0 or (>= 0x180B and <= 0x180F) or (
            >= 0xE0100 and <= 0xE01EF);
}
