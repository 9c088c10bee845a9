using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Reporting;

/// <summary>Every view of five reports, letter by letter.</summary>
public sealed class ReportSnapshotTests
{
    private static readonly Dictionary<string, Func<PurgeReport, string>> Views = new(StringComparer.Ordinal)
    {
        ["md"] = report => report.ToMarkdown(),
        ["html"] = report => report.ToHtml(),
        ["txt"] = report => report.ToString(),
        ["json"] = report => report.ToJson(),
        ["junit"] = PurgeReportTemplates.JUnit.Render,
    };

    public static MatrixTheoryData<string, string> ReportsAndViews => new(SampleReports.Five.Keys, Views.Keys);

    [Theory]
    [MemberData(nameof(ReportsAndViews))]
    public void A_view_of_a_report_is_as_approved(string report, string view)
    {
        string text = Views[view](SampleReports.Five[report]());

        Snapshot.Match($"report.{report}.{view}", report is "thousand" ? Ends(text) : text);
    }

    // Of a thousand tables the first and the last hundred lines tell all.
    private static string Ends(string text)
    {
        string[] lines = text.Split('\n');
        return lines.Length <= 240
            ? text
            : string.Join('\n', [.. lines.Take(120), $"({lines.Length - 240} lines)", .. lines.TakeLast(120)]);
    }
}
