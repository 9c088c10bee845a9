using System.Globalization;
using System.Text;

namespace FloworxPurge.Reporting;

/// <summary>HTML: every value is text, in elements and in quoted attributes.</summary>
internal sealed class HtmlFormat : XmlFormat
{
    // A section of more entries, or names, is folded behind its heading.
    private const int MostEntries = 20;
    private const int MostNames = 60;

    private const string SectionStart = "<section id=\"";
    private const string PartStart = "<h3>";
    private const string TableStart = "<table";

    public override string Name(string value) => $"<code>{Encode(value)}</code>";

    public override string Heading(string text, int level)
        => string.Create(CultureInfo.InvariantCulture, $"<h{level}>{Encode(text)}</h{level}>");

    public override string Section(string id, string heading, string body)
    {
        string name = $"h-{Encode(id)}";
        string content = WithNames(body, name);
        int entries = content.AsSpan().Count("<tr>") + content.AsSpan().Count("<li>");
        string title = $"<h2 id=\"{name}\">{Encode(heading)}</h2>";
        bool isLong = entries > MostEntries || content.AsSpan().Count("<code>") > MostNames;
        return $"{SectionStart}{Encode(id)}\" aria-labelledby=\"{name}\">\n"
            + (isLong
                ? $"<details>\n<summary>{title}<span>{Entries(entries)}</span></summary>\n{content}</details>\n"
                : $"{title}\n{content}")
            + "</section>\n";
    }

    public override string List(string[] lines)
    {
        var html = new StringBuilder();
        for (int i = 0; i < lines.Length; i++)
        {
            bool isPart = i > 0 && lines[i][0] == CellEnd;
            bool isBeforePart = i + 1 < lines.Length && lines[i + 1][0] == CellEnd;
            html.Append(i == 0 ? "<ul>\n" : string.Empty)
                .Append("<li>")
                .Append(lines[i].AsSpan().TrimStart(CellEnd))
                .Append(isBeforePart && !isPart ? "\n<ul>\n" : "</li>\n")
                .Append(isPart && !isBeforePart ? "</ul>\n</li>\n" : string.Empty);
        }

        return html.Append(lines.Length == 0 ? string.Empty : "</ul>\n").ToString();
    }

    public override string Paragraphs(string[] lines) => string.Concat(lines.Select(line => $"<p>{line}</p>\n"));

    /// <summary>Adds the table of contents: the sections that were written.</summary>
    public override string Finish(string text)
    {
        int place = text.IndexOf(Contents, StringComparison.Ordinal);
        if (place < 0)
        {
            return base.Finish(text);
        }

        var links = new StringBuilder();
        for (int at = text.IndexOf(SectionStart, StringComparison.Ordinal); at >= 0;)
        {
            ReadOnlySpan<char> id = Until(text.AsSpan(at + SectionStart.Length), "\"");
            int heading = text.IndexOf("<h2", at, StringComparison.Ordinal);
            if (heading < 0)
            {
                break;
            }

            ReadOnlySpan<char> title = Until(text.AsSpan(heading), "</h2>");
            links.Append("<li><a href=\"#").Append(id).Append("\">").Append(title[(title.IndexOf('>') + 1)..]).Append("</a></li>\n");
            at = text.IndexOf(SectionStart, heading, StringComparison.Ordinal);
        }

        string contents = links.Length == 0
            ? string.Empty
            : $"<nav aria-label=\"Contents\">\n<details>\n<summary>Contents</summary>\n<ul>\n{links}</ul>\n</details>\n</nav>";
        return base.Finish(string.Concat(text.AsSpan(0, place), contents, text.AsSpan(place + 1)));
    }

    protected override string Layout(string[][] rows, bool[] right, bool hasHeader)
    {
        string[][] body = hasHeader ? rows[1..] : rows;
        var html = new StringBuilder(hasHeader ? "<table>\n<thead>\n<tr>" : "<table class=\"facts\">\n<tbody>\n");
        if (hasHeader)
        {
            for (int column = 0; column < right.Length; column++)
            {
                html.Append(right[column] ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">")
                    .Append(Cell(rows[0], column))
                    .Append("</th>");
            }

            html.Append("</tr>\n</thead>\n<tbody>\n");
        }

        foreach (string[] row in body)
        {
            html.Append("<tr><th scope=\"row\">").Append(Cell(row, 0)).Append("</th>");
            for (int column = 1; column < right.Length; column++)
            {
                // On a small screen the cells of a row stand below each other, each with its label.
                string label = hasHeader ? Cell(rows[0], column) : string.Empty;
                html.Append(right[column] ? "<td class=\"number\"" : "<td")
                    .Append(label.Length == 0 || label.Contains('<') ? string.Empty : $" data-label=\"{label}\"")
                    .Append('>')
                    .Append(Cell(row, column))
                    .Append("</td>");
            }

            html.Append("</tr>\n");
        }

        return html.Append("</tbody>\n</table>\n").ToString();
    }

    private static string Entries(int entries)
        => entries > MostEntries ? string.Create(CultureInfo.InvariantCulture, $"{entries} entries") : "show all";

    private static string Cell(string[] row, int column)
        => column < row.Length ? row[column].Replace(LineBreak.ToString(), "<br>", StringComparison.Ordinal) : "";

    private static ReadOnlySpan<char> Until(ReadOnlySpan<char> text, string end)
        => text.IndexOf(end, StringComparison.Ordinal) is >= 0 and var length ? text[..length] : text;

    // A table is named by the heading before it.
    private static string WithNames(string body, string name)
    {
        var html = new StringBuilder(body.Length + 64);
        int parts = 0;
        int from = 0;
        while (true)
        {
            int part = body.IndexOf(PartStart, from, StringComparison.Ordinal);
            int table = body.IndexOf(TableStart, from, StringComparison.Ordinal);
            if (part < 0 && table < 0)
            {
                return html.Append(body.AsSpan(from)).ToString();
            }

            bool isPart = table < 0 || (part >= 0 && part < table);
            int at = isPart ? part : table;
            parts += isPart ? 1 : 0;
            string heading = parts == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{parts}");
            html.Append(body.AsSpan(from, at - from))
                .Append(isPart ? $"<h3 id=\"{heading}\">" : $"{TableStart} aria-labelledby=\"{heading}\"");
            from = at + (isPart ? PartStart : TableStart).Length;
        }
    }
}
