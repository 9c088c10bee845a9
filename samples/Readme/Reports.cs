using System.Globalization;
using System.Text.Json;
using FloworxPurge;
using FloworxPurge.Reporting;

namespace Readme;

public sealed class Reports
{
    [Fact]
    public async Task Details_templates_and_files_are_options()
    {
        await using ShopContext db = await ShopContext.CreateAsync();

        #region readme-details
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
        #endregion

        #region readme-templates
        var html = PurgeReportTemplates.Html
            .WithSection("limits", "<section><h2>{{words.limits}}</h2><p>Backups of {{custom.ticket}} are deleted after 30 days.</p></section>")
            .WithCulture(CultureInfo.GetCultureInfo("de-DE"));
        var chat = HandlebarsReportTemplate.FromString("{{verdict}}: {{report.rowsDeleted}} rows of {{report.database.database}}", TemplateFormat.Text);
        html.Validate();    // every mistake with line and column; SaveReport does it, too
        options.SaveReport("purge-report-de.html", html).SaveReport("chat.txt", chat);
        #endregion

        var purger = new Purger(options.Exclude<Country>());
        PurgeReport report = await purger.ExecuteAsync(db, await purger.PlanAsync(db));

        Assert.Equal(["purge-report.html", "purge-report.json", "purge-report.xml", "purge-report-de.html", "chat.txt"], report.Files.Select(Path.GetFileName));
        Assert.Contains("Backups of OPS-42 are deleted", await File.ReadAllTextAsync("purge-report-de.html"), StringComparison.Ordinal);
        Assert.StartsWith("Complete: 6 rows of shop-", await File.ReadAllTextAsync("chat.txt"), StringComparison.Ordinal);
    }
}
