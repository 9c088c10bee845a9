using System.Text;
using System.Text.RegularExpressions;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using Microsoft.Playwright;

namespace FloworxPurge.Tests.Reporting;

/// <summary>The erasure certificate: one page about one person or tenant, and only about what was erased.</summary>
public sealed partial class CertificateTests
{
    public static TheoryData<string, string> NoCertificates => new()
    {
        { "whole tables", "about whole tables" },
        { "plan", "nothing was run, and no row was erased" },
        { "failed", "every row is as it was" },
        { "unknown", "it is not known whether the rows were erased" },
        { "caller", "Call VerifyAsync after the commit" },
        { "nothing", "No row was erased" },
    };

    [Fact]
    public void It_says_what_where_when_by_whom_and_verified_how()
    {
        string page = Render(SampleReports.RowsDeleted());

        foreach (string part in (string[])
            [
                "Erasure certificate", "erased and verified", "28 rows in 4 tables", "Rows&lt;User&gt;(user =&gt; user.IsTest)",
                "public.emails", "floworx",
                "db.internal:5432", "https://app.example.com", "2025-09-18 13:10:00Z", "J. Doe", "deploy on web-1",
                "Before the commit", "After the commit",
                "Backup (stated)", "Replicas", "Operator", "Customer", SampleReports.Fingerprint,
                SampleReports.RowsDeleted().Hash, "test-users",
            ])
        {
            Assert.Contains(part, page, StringComparison.Ordinal);
        }

        Assert.Contains("Backups that were made before the run hold the rows.", page, StringComparison.Ordinal);
        Assert.Contains("Nothing that the rules select", Render(WithoutDetached()), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_looked_for_after_the_commit_is_named_and_not_counted_before_it()
    {
        PurgeReport report = SampleReports.RowsDeleted();
        CheckReport[] before = [.. report.Verifications.Where(item => !CommittedState.IsOfCommit(item.Name))];
        CheckReport[] after = [.. report.Verifications.Where(item => CommittedState.IsOfCommit(item.Name))];

        string both = Render(report);
        string one = Render(report with { Verifications = before });

        Assert.Contains($": {before.Length} of {before.Length} verifications passed.", both, StringComparison.Ordinal);
        Assert.Contains(
            $"in a new snapshot: {after.Length} of {after.Length} verification passed (deleted rows of public.users).",
            both,
            StringComparison.Ordinal);
        Assert.Contains("After the commit: not looked at again.", one, StringComparison.Ordinal);
    }

    [Fact]
    public void It_says_what_stays_and_where_copies_may_be()
    {
        string page = Render(SampleReports.RowsInPart());

        foreach (string part in (string[])
            [
                "erased in part", "1 selected row is blocked", "1 place outside the database was not emptied",
                "Blocked: 1 row stays", "Changed: public.workflows",
                "Kept by a rule: 1 of public.users", "Hidden by query filters", "Redis cache.internal:6379, database 0: skipped",
                "Copies may be there",
                "uploads: 42 items removed", "sha256:973dfe46",
            ])
        {
            Assert.Contains(part, page, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(NoCertificates))]
    public void Of_another_report_it_says_what_it_is_not(string kind, string reason)
    {
        string page = Render(Other(kind));

        Assert.Contains("This is no erasure certificate", page, StringComparison.Ordinal);
        Assert.Contains(reason, page, StringComparison.Ordinal);
        Assert.DoesNotContain("<h2>Erased</h2>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Signature", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_value_is_escaped()
        => Assert.DoesNotContain(
            "<script>alert",
            Render(SampleReports.Named("<script>alert(1)</script>") with { Scope = SampleReports.RowsInPart().Scope, RowsDeleted = 1 }),
            StringComparison.Ordinal);

    [Fact]
    public async Task It_is_one_page_of_paper_and_fits_a_telephone()
    {
        string folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;
        foreach ((string name, PurgeReport report) in ((string, PurgeReport)[])
            [
                ("certificate", SampleReports.RowsDeleted()),
                ("certificate-in-part", SampleReports.RowsInPart()),
                ("no-certificate", SampleReports.RowsPlanned()),
            ])
        {
            await using BrowserPage desk = await BrowserPage.OpenAsync(Render(report));
            Assert.Empty(desk.Complaints);
            Assert.Empty(desk.Requests);
            Assert.Empty(await desk.AuditAsync(PageAudit.Contrast));
            Assert.Empty(await desk.AuditAsync(PageAudit.Structure));
            await desk.Page.ScreenshotAsync(new() { FullPage = true, Path = Path.Combine(folder, name + ".png") });
            string file = Path.Combine(folder, name + ".pdf");
            byte[] paper = await desk.Page.PdfAsync(new() { PreferCSSPageSize = true, PrintBackground = true, Path = file });
            Assert.Single(PdfPage().Matches(Encoding.Latin1.GetString(paper)));

            await using BrowserPage telephone = await BrowserPage.OpenAsync(Render(report), ColorScheme.Dark, width: 360);
            Assert.Empty(await telephone.AuditAsync(PageAudit.Overflow));
            Assert.Empty(await telephone.AuditAsync(PageAudit.Contrast));
            await telephone.Page.ScreenshotAsync(new() { FullPage = true, Path = Path.Combine(folder, name + ".telephone.png") });
        }
    }

    private static PurgeReport WithoutDetached()
    {
        PurgeReport report = SampleReports.RowsDeleted();
        return report with { Scope = report.Scope! with { References = [] } };
    }

    private static PurgeReport Other(string kind) => kind switch
    {
        "whole tables" => SampleReports.AllClean(),
        "plan" => SampleReports.RowsPlanned(),
        "failed" => SampleReports.WithoutEffect(PurgeVerdict.Failed) with { Scope = SampleReports.RowsDeleted().Scope },
        "unknown" => SampleReports.RowsDeleted() with { Verdict = PurgeVerdict.Failed, Transaction = TransactionOutcome.Unknown },
        "caller" => SampleReports.RowsDeleted() with { Transaction = TransactionOutcome.LeftToCaller, JoinedTransaction = true },
        _ => SampleReports.RowsDeleted() with { Verdict = PurgeVerdict.NothingMatched, RowsDeleted = 0, Tables = [] },
    };

    private static string Render(PurgeReport report) => PurgeReportTemplates.Certificate.Render(report);

    [GeneratedRegex(@"/Type\s*/Page\b(?!s)", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex PdfPage();
}
