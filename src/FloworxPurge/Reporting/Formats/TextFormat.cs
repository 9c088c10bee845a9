using System.Text;

namespace FloworxPurge.Reporting;

/// <summary>Plain text for a terminal or a mail: at most 80 characters wide, no colours.</summary>
internal sealed class TextFormat : ReportFormat
{
    /// <summary>The number of characters that no line exceeds.</summary>
    public const int Width = 80;

    private const int Gap = 2;
    private const int NarrowestColumn = 12;

    public override string Encode(string value) => VisibleText.Of(value);

    public override string Name(string value) => VisibleText.Of(value);

    public override string Heading(string text, int level)
    {
        if (level > 2)
        {
            return Encode(text) + ":";
        }

        IReadOnlyList<string> lines = TextWrapping.Wrap(Encode(text), Width);
        return string.Join('\n', lines) + "\n" + new string(level == 1 ? '=' : '-', lines.Max(line => line.Length));
    }

    /// <summary>Folds what is too long, under the text of its first line.</summary>
    public override string Finish(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (string line in base.Finish(text).TrimEnd('\n').Split('\n'))
        {
            int indent = line.Length - line.TrimStart(' ').Length;
            int hanging = Math.Min(Width / 4, line.AsSpan(indent).StartsWith("- ", StringComparison.Ordinal) ? indent + 2 : indent);
            IReadOnlyList<string> parts = TextWrapping.Wrap(line, Width, hanging);
            folded.Append(parts[0]).Append('\n');
            foreach (string part in parts.Skip(1))
            {
                folded.Append(' ', hanging).Append(part).Append('\n');
            }
        }

        return folded.ToString();
    }

    protected override string Layout(string[][] rows, bool[] right, bool hasHeader)
    {
        int[] widths = [.. right.Select((_, column) => rows.Max(row => Lines(row, column).Max(line => line.Length)))];
        Shrink(widths, right);
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            AppendRow(text, row, widths, right);
            if (hasHeader && row == rows[0])
            {
                text.AppendJoin(new string(' ', Gap), widths.Select(width => new string('-', width))).Append('\n');
            }
        }

        return text.ToString();
    }

    // Numbers stay whole; the widest text gives way.
    private static void Shrink(int[] widths, bool[] right)
    {
        // What is wider than a line shrinks to one in any case; a cell may be as long as a whole report.
        for (int column = 0; column < widths.Length; column++)
        {
            widths[column] = right[column] ? widths[column] : Math.Min(widths[column], Width);
        }

        // Level by level, and within one from the left: in one pass of the columns for each of at most 80 levels.
        int excess = widths.Sum() + (Gap * (widths.Length - 1)) - Width;
        for (int level = Width; level > NarrowestColumn; level--)
        {
            for (int column = 0; column < widths.Length && excess > 0; column++)
            {
                if (!right[column] && widths[column] == level)
                {
                    widths[column]--;
                    excess--;
                }
            }
        }
    }

    private static void AppendRow(StringBuilder text, string[] row, int[] widths, bool[] right)
    {
        List<string>[] cells = [.. widths.Select((width, column)
            => Lines(row, column).SelectMany(line => TextWrapping.Wrap(line, width)).ToList())];
        for (int line = 0; line < cells.Max(cell => cell.Count); line++)
        {
            int start = text.Length;
            for (int column = 0; column < widths.Length; column++)
            {
                string part = line < cells[column].Count ? cells[column][line] : "";
                text.Append(' ', column == 0 ? 0 : Gap)
                    .Append(right[column] ? part.PadLeft(widths[column]) : part.PadRight(widths[column]));
            }

            while (text.Length > start && text[^1] == ' ')
            {
                text.Length--;
            }

            text.Append('\n');
        }
    }

    private static string[] Lines(string[] row, int column)
        => column < row.Length ? row[column].Split(LineBreak) : [""];
}
