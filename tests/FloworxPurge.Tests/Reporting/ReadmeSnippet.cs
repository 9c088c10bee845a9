using System.Globalization;
using System.Text.Json;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Reporting;

/// <summary>The lines about reports in the README, compiled and run; the culture is one that every machine has.</summary>
public sealed class ReadmeSnippet
{
    [Fact]
    public void The_lines_about_reports_make_valid_options()
    {
        var options = new PurgeOptions
        {
            Details = new ReportDetails
            {
                Operator = "J. Doe",
                Reason = "OPS-42: first real client",
                NextSteps = ["Register the first client."],
                SignOff = ["Operator", "Customer"],
                Custom = JsonSerializer.SerializeToElement(new { ticket = "OPS-42" }),
            },
        };
        options.SaveReport("purge-report.html").SaveReport("purge-report.json").SaveReport("purge-report.xml");
        var html = PurgeReportTemplates.Html
            .WithSection("limits", "<section><h2>{{words.limits}}</h2><p>Backups of {{custom.ticket}} are deleted after 30 days.</p></section>")
            .WithCulture(new CultureInfo(CultureInfo.InvariantCulture.Name) { NumberFormat = { NumberGroupSeparator = "." } });
        var chat = HandlebarsReportTemplate.FromString("{{verdict}}: {{report.rowsDeleted}} rows of {{report.database.database}}", TemplateFormat.Text);
        html.Validate();    // every mistake with line and column; SaveReport does it, too
        options.SaveReport("purge-report-de.html", html).SaveReport("chat.txt", chat);

        Assert.NotNull(new Purger(options));
        Assert.Contains("Backups of OPS-42 are deleted", html.Render(SampleReports.CompleteWithSkips()), StringComparison.Ordinal);
        Assert.Equal("Complete with skips: 4187 rows of floworx\n", chat.Render(SampleReports.CompleteWithSkips()));
    }
}
