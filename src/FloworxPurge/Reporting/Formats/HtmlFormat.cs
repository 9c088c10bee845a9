using System.Globalization;
using System.Text;

namespace FloworxPurge.Reporting;

/// <summary>HTML: every value is text, in elements and in quoted attributes.</summary>
internal sealed class HtmlFormat : XmlFormat
{
    public override string Name(string value) => $"<code>{Encode(value)}</code>";

    public override string Heading(string text, int level)
        => string.Create(CultureInfo.InvariantCulture, $"<h{level}>{Encode(text)}</h{level}>");

    protected override string Layout(string[][] rows, bool[] right, bool hasHeader)
    {
        var html = new StringBuilder("<table>\n");
        for (int i = 0; i < rows.Length; i++)
        {
            bool isHeader = hasHeader && i == 0;
            html.Append("<tr>");
            for (int column = 0; column < right.Length; column++)
            {
                // Pairs have their label in the first column.
                string scope = isHeader ? "col" : column == 0 && !hasHeader ? "row" : "";
                string tag = scope.Length > 0 ? $"th scope=\"{scope}\"" : "td";
                string cell = column < rows[i].Length
                    ? rows[i][column].Replace(LineBreak.ToString(), "<br>", StringComparison.Ordinal)
                    : "";
                html.Append('<')
                    .Append(tag)
                    .Append(right[column] ? " class=\"number\">" : ">")
                    .Append(cell)
                    .Append("</")
                    .Append(tag.AsSpan(0, 2))
                    .Append('>');
            }

            html.Append("</tr>\n");
        }

        return html.Append("</table>\n").ToString();
    }
}
