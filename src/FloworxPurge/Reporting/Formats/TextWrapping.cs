using System.Buffers;

namespace FloworxPurge.Reporting;

/// <summary>Folds text at a width.</summary>
internal static class TextWrapping
{
    private static readonly SearchValues<char> Separators = SearchValues.Create("._/,-");

    /// <summary>Folds at spaces; a word that is too long is cut, after a separator of names if there is one.</summary>
    /// <param name="text">The text, without line ends.</param>
    /// <param name="width">The width of the first line.</param>
    /// <param name="indent">How much narrower the other lines are.</param>
    /// <returns>At least one line.</returns>
    public static IReadOnlyList<string> Wrap(string text, int width, int indent = 0)
    {
        // A line may be as long as a whole report: what is left of it is never copied.
        var lines = new List<string>();
        ReadOnlySpan<char> rest = text;
        int room = width;
        while (rest.Length > room)
        {
            int cut = CutAt(rest, room);
            lines.Add(rest[..cut].TrimEnd(' ').ToString());
            rest = rest[cut..].TrimStart(' ');
            room = width - indent;
        }

        if (rest.Length > 0 || lines.Count == 0)
        {
            lines.Add(rest.ToString());
        }

        return lines;
    }

    private static int CutAt(ReadOnlySpan<char> text, int room)
    {
        int begin = text.Length - text.TrimStart(' ').Length;
        if (text[begin..].StartsWith("- ", StringComparison.Ordinal))
        {
            begin += 2;
        }

        int space = text[..(room + 1)].LastIndexOf(' ');
        if (space > begin)
        {
            return space;
        }

        int separator = text[..room].LastIndexOfAny(Separators);
        if (separator >= room / 2)
        {
            return separator + 1;
        }

        return room > 1 && char.IsHighSurrogate(text[room - 1]) ? room - 1 : room;
    }
}
