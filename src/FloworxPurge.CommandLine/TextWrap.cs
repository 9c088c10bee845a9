namespace FloworxPurge.CommandLine;

/// <summary>Breaks a text into lines of a width, at spaces where there are any.</summary>
internal static class TextWrap
{
    private const int Narrowest = 8;

    /// <summary>The lines; all but the first begin with the hanging indent as well.</summary>
    public static IEnumerable<string> Wrap(string text, int width, int indent, int hanging)
    {
        int start = indent;
        string rest = text.TrimEnd();
        while (true)
        {
            int room = Math.Max(Narrowest, width - start);
            if (rest.Length <= room)
            {
                yield return new string(' ', start) + rest;
                yield break;
            }

            int at = rest.LastIndexOf(' ', room);

            // A break that leaves most of a line empty is worse than a word that is broken.
            (string line, rest) = at > room / 3 ? (rest[..at], rest[(at + 1)..]) : (rest[..room], rest[room..]);
            yield return new string(' ', start) + line.TrimEnd();
            rest = rest.TrimStart();
            start = indent + hanging;
        }
    }
}
