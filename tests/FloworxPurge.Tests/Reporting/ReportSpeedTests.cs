using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Reporting;

/// <summary>A report of a thousand tables is there before anybody notices, once the templates are compiled.</summary>
[Collection(nameof(OneAtATime))]
public sealed class ReportSpeedTests
{
    public static TheoryData<string> Views => ["md", "html", "txt", "json", "xml"];

    // The best of some runs: a busy machine makes one slower, and none faster.
    [Theory]
    [MemberData(nameof(Views))]
    public async Task A_thousand_tables_take_less_than_200_ms(string ending)
    {
        PurgeReport report = SampleReports.ThousandTables();
        PurgeReportTemplate template = PurgeReportTemplates.ForFile("report." + ending);
        double best = double.MaxValue;
        for (int i = 0; i < 10; i++)
        {
            await using var output = new StringWriter();
            long start = TimeProvider.System.GetTimestamp();
            await template.RenderAsync(report, output);
            best = Math.Min(best, TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
        }

        Assert.InRange(best, 0, 200);
    }
}
