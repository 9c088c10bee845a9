using System.Net;
using System.Text.RegularExpressions;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Reporting;

/// <summary>A report of rows says which were deleted, which stayed and why, in every form.</summary>
public sealed partial class RowsReportTests
{
    private static readonly Dictionary<string, Func<PurgeReport, string>> Views = new(StringComparer.Ordinal)
    {
        ["md"] = report => report.ToMarkdown(),
        ["html"] = report => report.ToHtml(),
        ["txt"] = report => report.ToString(),
        ["json"] = report => report.ToJson(),
        ["junit"] = PurgeReportTemplates.JUnit.Render,
        ["certificate"] = PurgeReportTemplates.Certificate.Render,
    };

    private static readonly Dictionary<string, Func<PurgeReport>> Reports = new(StringComparer.Ordinal)
    {
        ["rows"] = SampleReports.RowsDeleted,
        ["rows-in-part"] = SampleReports.RowsInPart,
        ["rows-dry-run"] = SampleReports.RowsPlanned,
    };

    public static MatrixTheoryData<string, string> ReportsAndViews => new(Reports.Keys, Views.Keys);

    public static TheoryData<string> PeoplesViews => ["md", "html", "txt"];

    [Theory]
    [MemberData(nameof(ReportsAndViews))]
    public void A_view_of_a_report_is_as_approved(string report, string view)
        => Snapshot.Match($"report.{report}.{view}", Views[view](Reports[report]()));

    [Theory]
    [MemberData(nameof(PeoplesViews))]
    public void The_first_screen_says_how_many_rows_of_the_named_table_are_deleted(string view)
        => Assert.Contains("2 of 3 rows of public.users", Plain(Views[view](SampleReports.RowsDeleted())), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(PeoplesViews))]
    public void What_is_blocked_changed_hidden_and_kept_is_in_the_report(string view)
    {
        string text = Plain(Views[view](SampleReports.RowsInPart()));

        foreach (string part in (string[])
            [
                "1 blocked", "1 hidden by query filters", "4 rows changed", "the model has Restrict", "17", "approved_by", "Keep",
                "public.addresses", "subject (email = sha256:973d",
            ])
        {
            Assert.Contains(part, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_report_of_whole_tables_has_no_sections_about_rows()
    {
        string text = SampleReports.AllClean().ToMarkdown();

        Assert.DoesNotContain("Rows deleted\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("References to these rows", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"scope", SampleReports.AllClean().ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_read_back_with_the_same_hash_and_a_null_in_its_lists_is_refused()
    {
        PurgeReport report = SampleReports.RowsInPart();
        PurgeReport read = PurgeReport.FromJson(report.ToJson());

        Assert.Equal(report.Hash, read.Hash);
        Assert.Equal((1L, 4L), (read.Scope!.BlockedRows, read.Scope.Detached));
        Assert.Throws<PurgeException>(() => PurgeReport.FromJson(report.ToJson().Replace("\"17\"", "null", StringComparison.Ordinal)));
    }

    [Fact]
    public void Statements_with_the_values_of_parameters_are_not_in_a_report()
    {
        PurgePlan plan = new()
        {
            FormatVersion = PurgePlan.CurrentFormatVersion,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Database = SampleReports.Bare().Database!,
            Dialect = "PostgreSQL",
            BestEffort = false,
            Truncates = false,
            Tables = [],
            Skips = [],
            Kept = [],
            ForeignKeys = [],
            Units = [],
            Notes = [],
            Scope = SampleReports.RowsInPart().Scope! with { Selection = ["SELECT id FROM users WHERE email = 'jane@example.com'"] },
        };

        PurgeReport report = PurgeReportBuilder.Build(plan, new ReportDetails(), []);

        Assert.DoesNotContain("jane@example.com", report.ToJson(), StringComparison.Ordinal);
        Assert.Contains("jane@example.com", plan.ToJson(), StringComparison.Ordinal);
        Assert.Equal(plan.Fingerprint, PurgePlan.FromJson(plan.ToJson()).Fingerprint);
    }

    [Fact]
    public void The_text_of_a_plan_names_rules_blocks_and_references()
    {
        PurgePlan plan = new()
        {
            FormatVersion = PurgePlan.CurrentFormatVersion,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Database = SampleReports.Bare().Database!,
            Dialect = "PostgreSQL",
            BestEffort = false,
            Truncates = false,
            Tables = [],
            Skips = [],
            Kept = [],
            ForeignKeys = [],
            Units = [],
            Notes = [],
            Scope = SampleReports.RowsInPart().Scope,
        };

        string text = plan.ToString();

        Assert.Contains("Rows: 3 rows match, and 1 of them is blocked and stays\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "  Rows<User>(user => user.Email == values[\"email\"]): 3 rows of public.users; query filters of the model hide 1 more, which "
                + "stays\n",
            text,
            StringComparison.Ordinal);
        Assert.Contains("  Keep<User>(user => user.IsAdmin): keeps 1 row of public.users\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "  1 row stays: invoices(user_id) -> users(id) blocks: the model has Restrict (key 17).\n",
            text,
            StringComparison.Ordinal);
        Assert.Contains("\nReferences (1 more that no row has is left out)\n", text, StringComparison.Ordinal);
        Assert.Contains("20 rows are deleted too; the model has Cascade\n", text, StringComparison.Ordinal);
        Assert.Contains("4 rows stay and lose the reference; the model has SetNull\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Selected_rows_that_are_blocked_are_rows_left()
    {
        Assert.Equal(1, SampleReports.RowsInPart().RowsLeft);
        Assert.Equal(0, SampleReports.RowsDeleted().RowsLeft);
    }

    // Without tags, wraps and escapes.
    private static string Plain(string text)
        => Spaces().Replace(
            WebUtility.HtmlDecode(Tags().Replace(text, " "))
                .Replace("\\", "", StringComparison.Ordinal)
                .Replace("`", "", StringComparison.Ordinal),
            " ");

    [GeneratedRegex("</?[a-z][^>]*>", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tags();

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Spaces();
}
