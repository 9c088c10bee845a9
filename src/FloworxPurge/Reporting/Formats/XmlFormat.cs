using System.Net;

namespace FloworxPurge.Reporting;

/// <summary>XML, of which JUnit's is one kind.</summary>
internal class XmlFormat : ReportFormat
{
    // No character that XML forbids is left once hidden characters are written as their number.
    public override string Encode(string value) => WebUtility.HtmlEncode(VisibleText.Of(value));

    public override string Name(string value) => Encode(value);

    public override string Heading(string text, int level) => Encode(text);

    protected override string Layout(string[][] rows, bool[] right, bool hasHeader)
        => string.Concat(rows.Select(row => string.Join(' ', row) + "\n"));
}
