namespace FloworxPurge.Reporting;

/// <summary>How one output format writes values, names, headings and columns. Knows nothing of reports or template engines.</summary>
internal abstract class ReportFormat
{
    /// <summary>Ends a cell in what <see cref="Columns"/> is given. No value can contain it: values have no control characters.</summary>
    public const char CellEnd = '\u001F';

    /// <summary>Begins a new line inside a cell.</summary>
    public const char LineBreak = '\u001E';

    /// <summary>Stands where the table of contents is put once all sections are written.</summary>
    public const char Contents = '\u001D';

    /// <summary>The lines of a block that have text.</summary>
    public static string[] LinesOf(string block) => block.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Any value, so that it reads as itself.</summary>
    public abstract string Encode(string value);

    /// <summary>The name of an object.</summary>
    public abstract string Name(string value);

    /// <summary>A heading.</summary>
    /// <param name="text">The heading, not yet encoded.</param>
    /// <param name="level">1 for the title, 2 for a section, 3 for a part of one.</param>
    public abstract string Heading(string text, int level);

    /// <summary>A section with its heading.</summary>
    /// <param name="id">What links name it by.</param>
    /// <param name="heading">The heading, not yet encoded.</param>
    /// <param name="body">What is in it, encoded.</param>
    public virtual string Section(string id, string heading, string body) => $"\n{Heading(heading, level: 2)}\n\n{body}\n";

    /// <summary>A list of encoded lines. One that begins with the end of a cell belongs to the one before it.</summary>
    public virtual string List(string[] lines)
        => string.Concat(lines.Select(line => line[0] == CellEnd ? $"  - {line.AsSpan(1)}\n" : $"- {line}\n"));

    /// <summary>Encoded lines, each a paragraph.</summary>
    public virtual string Paragraphs(string[] lines) => string.Concat(lines.Select(line => line + "\n\n"));

    /// <summary>Lays out lines of encoded cells. A first row that is a header marks right-aligned columns by a colon at the end.</summary>
    public string Columns(string lines, bool hasHeader)
    {
        string[][] rows = [.. lines
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Array.ConvertAll(line.Split(CellEnd), cell => cell.Trim(' ')))];
        if (rows.Length <= (hasHeader ? 1 : 0))
        {
            return "";
        }

        bool[] right = new bool[rows.Max(row => row.Length)];
        if (hasHeader)
        {
            right = Array.ConvertAll(rows[0], cell => cell.EndsWith(':'));
            rows[0] = Array.ConvertAll(rows[0], cell => cell.TrimEnd(':'));
        }

        return Layout(rows, right, hasHeader);
    }

    /// <summary>Finishes the whole text: one blank line between blocks, one line end at the end.</summary>
    public virtual string Finish(string text)
    {
        var lines = new List<string>();
        foreach (string line in text.Split('\n').Select(line => line.TrimEnd(' ')))
        {
            if (line.Length > 0 || (lines.Count > 0 && lines[^1].Length > 0))
            {
                lines.Add(line);
            }
        }

        // What separates cells has done its work; a template may have used it for itself.
        return string.Join('\n', lines).TrimEnd('\n').Replace(CellEnd.ToString(), " | ", StringComparison.Ordinal).Replace(LineBreak, ' ')
            .Replace(Contents.ToString(), string.Empty, StringComparison.Ordinal)
            + "\n";
    }

    protected abstract string Layout(string[][] rows, bool[] right, bool hasHeader);
}
