using System.Globalization;
using System.Text.Json;
using FloworxPurge;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;

namespace Readme;

public sealed class Reports
{
    #region readme-completion
    private const string Completion = """
        # {{ custom.product }}: completion report

        - **Date:** {{ report.startedAt | date.to_string '%Y-%m-%d %H:%M' }} UTC
        - **Environment:** {{ report.details.environment ?? 'not stated' }}
        - **Status:** {{ verdict }}, {{ report.rowsDeleted | math.format 'N0' }} rows deleted

        {{ summary }}

        ## Tables cleaned
        {{~ for table in purged | array.sort 'table' ~}}
        - {{ identifier table.table }}: {{ number table.rowsDeleted }} rows deleted, {{ number table.rowsAfter }} left
        {{~ else ~}}
        None.
        {{~ end ~}}

        ## Tables not cleaned
        {{~ for skip in report.skips ~}}
        - {{ identifier skip.table }}: {{ skip.explanation }}
        {{~ else ~}}
        None. {{ report.kept.size }} tables are kept on purpose.
        {{~ end ~}}

        ## Acceptance criteria
        {{~ wrap columns ~}}
        Criterion | Status | Evidence
        {{~ for check in report.checks ~}}
        {{ check.name }} | {{ check.outcome == 'Passed' ? 'met' : 'not met' }} | {{ check.actual }}
        {{~ end ~}}
        {{~ end ~}}

        ## Next steps
        {{~ for step in custom.steps ~}}
        {{ for.index + 1 }}. {{ step.title | string.upcase }}: {{ step.text }}
        {{~ end ~}}

        {{ include 'evidence' }}
        """;
    #endregion

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
                Checklist = ["Mail is configured."],
                NextSteps = ["Register the first client."],
                SignOff = ["Operator", "Customer"],
                Conclusion = "The shop is ready for its first client.",
                Custom = JsonSerializer.SerializeToElement(new { ticket = "OPS-42" }),
            },
        };
        options.SaveReport("purge-report.html").SaveReport("purge-report.json").SaveReport("purge-report.xml");
        #endregion

        #region readme-templates
        var html = PurgeReportTemplate.Html
            .WithSection("limits", "<section><h2>{{ words.limits }}</h2><p>Backups of {{ custom.ticket }} are deleted after 30 days.</p></section>")
            .WithCulture(CultureInfo.GetCultureInfo("de-DE"));
        var chat = PurgeReportTemplate.FromString("{{ verdict }}: {{ report.rowsDeleted }} rows of {{ report.database.database }}", "chat.txt");
        html.Validate();    // every mistake with line and column; SaveReport does it, too
        options.SaveReport("purge-report-de.html", html).SaveReport("chat.txt", chat);
        #endregion

        var purger = new Purger(options.Exclude<Country>());
        PurgeReport report = await purger.ExecuteAsync(db, await purger.PlanAsync(db));

        Assert.Equal(["purge-report.html", "purge-report.json", "purge-report.xml", "purge-report-de.html", "chat.txt"], report.Files.Select(Path.GetFileName));
        Assert.Contains("Backups of OPS-42 are deleted", await File.ReadAllTextAsync("purge-report-de.html"), StringComparison.Ordinal);
        Assert.StartsWith("Complete: 6 rows of shop-", await File.ReadAllTextAsync("chat.txt"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_writes_a_completion_report_of_its_own()
    {
        await using ShopContext db = await ShopContext.CreateAsync();

        #region readme-completion-save
        var options = new PurgeOptions
        {
            Details = new ReportDetails
            {
                Environment = "https://shop.example",
                Custom = JsonSerializer.SerializeToElement(new
                {
                    product = "Shop",
                    steps = new[] { new { title = "ready", text = "Register the first client." }, new { title = "pending", text = "Watch the first orders." } },
                }),
            },
        };
        options.SaveReport("completion.md", PurgeReportTemplate.FromString(Completion, "completion.md.scriban"));
        #endregion

        var purger = new Purger(options.Exclude<Country>().AddRowCountCheck<Client>("no client is left"));
        await purger.ExecuteAsync(db, await purger.PlanAsync(db));
        string text = await File.ReadAllTextAsync("completion.md");

        Assert.StartsWith("# Shop: completion report\n\n- **Date:** ", text, StringComparison.Ordinal);
        Assert.Contains("- `Clients`: 2 rows deleted, 0 left\n- `Order`: 3 rows deleted, 0 left\n", text.Replace("`Orders`", "`Order`", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("| no client is left | met    | 0 ", text, StringComparison.Ordinal);
        Assert.Contains("1. READY: Register the first client.\n2. PENDING: Watch the first orders.\n", text, StringComparison.Ordinal);
    }
}
