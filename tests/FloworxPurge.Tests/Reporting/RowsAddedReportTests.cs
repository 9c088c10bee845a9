using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Planning;

namespace FloworxPurge.Tests.Reporting;

/// <summary>
/// Every form of a report says how many rows triggers added to kept tables, and none says so when the run was rolled back.
/// </summary>
public sealed class RowsAddedReportTests
{
    private const string Heading = "Rows that triggers added to kept tables";

    private static readonly PurgeReport Report = SampleReports.CompleteWithSkips() with
    {
        Kept = [PlanTable.Kept(new TableName("public", "audit_log"), PlanReason.Excluded) with { AllowsInserts = true }],
        RowsAdded = [new TableReport { Table = new TableName("public", "audit_log"), RowsArrived = 4187 }],
        Overrides = ["AllowInserts(\"audit_*\"): triggers may add rows to these kept tables"],
    };

    [Fact]
    public void Text_Markdown_and_HTML_have_a_section_for_them()
    {
        foreach (string text in Views(Report))
        {
            Assert.Contains(Heading, text, StringComparison.Ordinal);
            Assert.Contains("excluded by a filter; triggers may add rows", text, StringComparison.Ordinal);
            Assert.Matches(@"public\.audit_log[^\n]*4187", text);
        }

        Assert.All(Views(SampleReports.AllClean()), text => Assert.DoesNotContain(Heading, text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_that_was_rolled_back_shows_none()
    {
        PurgeReport careless = SampleReports.WithoutEffect(PurgeVerdict.Failed) with { RowsAdded = Report.RowsAdded };

        Assert.All(Views(careless), text => Assert.DoesNotContain(Heading, text, StringComparison.Ordinal));
    }

    [Fact]
    public void JSON_is_read_back_with_them()
    {
        string json = Report.ToJson();

        PurgeReport read = PurgeReport.FromJson(json);

        Assert.Contains("\"rowsAdded\": [", json, StringComparison.Ordinal);
        Assert.Equal(
            Report.RowsAdded.Select(table => (table.Table, table.RowsArrived)),
            read.RowsAdded.Select(table => (table.Table, table.RowsArrived)));
        Assert.True(Assert.Single(read.Kept).AllowsInserts);
        Assert.Equal(json, read.ToJson());
        Assert.Contains(
            "has been changed",
            Assert.Throws<PurgeException>(
                () => PurgeReport.FromJson(json.Replace("\"rowsArrived\": 4187", "\"rowsArrived\": 4186", StringComparison.Ordinal))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_without_them_is_as_it_was_before_there_was_the_option()
    {
        string json = SampleReports.AllClean().ToJson();

        Assert.DoesNotContain("rowsAdded", json, StringComparison.Ordinal);
        Assert.DoesNotContain("allowsInserts", json, StringComparison.Ordinal);
        Assert.Empty(PurgeReport.FromJson(json).RowsAdded);
    }

    [Fact]
    public void A_template_of_ones_own_finds_them()
    {
        var template = ScribanReportTemplate.FromString(
            "{{ for table in report.rowsAdded }}{{ table.table }} {{ number table.rowsArrived }};{{ end }}{{ for table in report.rowsAdded }}{{ "
                + "table.table.name }} {{ table.rowsArrived }}{{ end }}",
            TemplateFormat.Text);
        template.Validate();

        Assert.Equal("public.audit_log 4187;audit_log 4187", template.Render(Report).Trim());
    }

    [Fact]
    public void The_summary_says_how_many_and_where()
    {
        PurgeReport one = Build(RunEnd.Done, ("audit_log", 1));
        PurgeReport several = Build(RunEnd.Done, ("b", 2), ("a", 1), ("empty", 0));
        PurgeReport failed = Build(RunEnd.Failed, ("audit_log", 1));

        Assert.EndsWith(" 1 row was added to audit_log, as AllowInserts allows.", one.Summary, StringComparison.Ordinal);
        Assert.EndsWith(" 3 rows were added to a, b, as AllowInserts allows.", several.Summary, StringComparison.Ordinal);
        Assert.Equal(
            [new TableReport { Table = Facts.Name("a"), RowsArrived = 1 }, new TableReport { Table = Facts.Name("b"), RowsArrived = 2 }],
            several.RowsAdded);
        Assert.Empty(failed.RowsAdded);
        Assert.DoesNotContain("added", failed.Summary, StringComparison.Ordinal);
        Assert.DoesNotContain("added", Build(RunEnd.Done).Summary, StringComparison.Ordinal);
    }

    private static PurgeReport Build(RunEnd end, params (string Table, long Rows)[] added)
    {
        PurgePlan plan = Facts.Plan("a");
        var run = new PurgeRun(
            attempt: 1,
            joinedTransaction: false,
            plan.Tables.Select(table => table.Table))
        { End = end, Error = end == RunEnd.Done ? null : "because" };
        foreach ((string table, long rows) in added)
        {
            run.RowsAdded[Facts.Name(table)] = rows;
        }

        return PurgeReportBuilder.Build(plan, run, new ReportDetails(), [], DateTimeOffset.UnixEpoch, TimeSpan.Zero);
    }

    private static string[] Views(PurgeReport report) => [report.ToMarkdown(), report.ToString(), report.ToHtml()];
}
