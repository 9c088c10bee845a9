namespace FloworxPurge.Reporting;

/// <summary>Folds text at a width.</summary>
internal static class TextWrapping
{
    /// <summary>Folds at spaces; a word that is too long is cut, after a separator of names if there is one.</summary>
    /// <param name="text">The text, without line ends.</param>
    /// <param name="width">The width of the first line.</param>
    /// <param name="indent">How much narrower the other lines are.</param>
    /// <returns>At least one line.</returns>
    public static IReadOnlyList<string> Wrap(string text, int width, int indent = 0)
    {
        var lines = new List<string>();
        string rest = text;
        int room = width;
        while (rest.Length > room)
        {
            int cut = CutAt(rest, room);
            lines.Add(rest[..cut].TrimEnd(' '));
            rest = rest[cut..].TrimStart(' ');
            room = width - indent;
        }

        if (rest.Length > 0 || lines.Count == 0)
        {
            lines.Add(rest);
        }

        return lines;
    }

    private static int CutAt(string text, int room)
    {
        int begin = text.Length - text.AsSpan().TrimStart(' ').Length;
        if (text.AsSpan(begin).StartsWith("- ", StringComparison.Ordinal))
        {
            begin += 2;
        }

        int space = text.LastIndexOf(' ', room);
        if (space > begin)
        {
            return space;
        }

        int separator = text.LastIndexOfAny(['.', '_', '/', ',', '-'], room - 1);
        if (separator >= room / 2)
        {
            return separator + 1;
        }

        return room > 1 && char.IsHighSurrogate(text[room - 1]) ? room - 1 : room;
    }
}
