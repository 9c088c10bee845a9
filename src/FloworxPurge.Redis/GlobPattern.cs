using System.Globalization;
using System.Text;

namespace FloworxPurge.Redis;

/// <summary>What a glob of keys has to be so that it selects some keys and not all of them.</summary>
internal static class GlobPattern
{
    private const int MaximumBytes = 1024;

    /// <summary>What is wrong with a pattern, to follow its name in a sentence; or null.</summary>
    public static string? Problem(string pattern)
    {
        if (pattern.Length == 0)
        {
            return "is empty; give a pattern, or null and the database's name";
        }

        if (!IsText(pattern))
        {
            return "is no valid Unicode text";
        }

        if (Encoding.UTF8.GetByteCount(pattern) > MaximumBytes)
        {
            return string.Create(CultureInfo.InvariantCulture, $"is longer than {MaximumBytes} bytes");
        }

        return HasLiteral(pattern)
            ? null
            : $"\"{pattern}\" is made of wildcards alone and may match every key; "
                + $"give a character that stands for itself outside brackets, or set {nameof(RedisPurgeOptions.EntireDatabase)} instead";
    }

    private static bool IsText(string pattern)
    {
        int i = 0;
        while (i < pattern.Length && Rune.TryGetRuneAt(pattern, i, out Rune rune))
        {
            i += rune.Utf16SequenceLength;
        }

        return i >= pattern.Length;
    }

    private static bool HasLiteral(string pattern)
    {
        for (int i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' or '?':
                    break;
                case '[':
                    i = EndOfSet(pattern, i);
                    break;
                default:
                    return true;
            }
        }

        return false;
    }

    // As Redis reads it: a set ends at the first bracket that is neither escaped nor the end of a range; without one it reaches to the end.
    private static int EndOfSet(string pattern, int start)
    {
        int i = start + 1;
        i += i < pattern.Length && pattern[i] == '^' ? 1 : 0;
        while (i < pattern.Length && pattern[i] != ']')
        {
            i += pattern[i] == '\\' ? 2 : i + 2 < pattern.Length && pattern[i + 1] == '-' ? 3 : 1;
        }

        return i;
    }
}
