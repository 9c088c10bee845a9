using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace FloworxPurge.Tests.Reporting;

/// <summary>The HTML view in Chromium, as a person sees it, on screen and on paper, with eyes, keyboard and screen reader.</summary>
public sealed partial class ReportBrowserTests
{
    public static TheoryData<string> Reports => [.. SampleReports.Five.Keys];

    public static MatrixTheoryData<string, ColorScheme> ReportsAndSchemes
        => new(SampleReports.Five.Keys, [ColorScheme.Light, ColorScheme.Dark]);

    public static MatrixTheoryData<string, int> ReportsAndWidths => new(SampleReports.Five.Keys, [360, 1280]);

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task A_report_is_shown_without_an_error_and_without_a_network(string report)
    {
        await using BrowserPage browser = await BrowserPage.OpenAsync(SampleReports.Five[report]());

        Assert.Empty(browser.Complaints);
        Assert.Empty(browser.Requests);
        Assert.StartsWith("Purge ", await browser.Page.TitleAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ReportsAndSchemes))]
    public async Task Every_text_can_be_read_by_day_and_by_night(string report, ColorScheme scheme)
    {
        await using BrowserPage browser = await BrowserPage.OpenAsync(SampleReports.Five[report](), scheme);

        string background = await browser.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");
        Assert.Equal(scheme is ColorScheme.Dark, background is not "rgb(255, 255, 255)");
        Assert.Empty(await browser.AuditAsync(PageAudit.Contrast));
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task A_report_prints_dark_on_white_to_a_number_of_pages_that_a_person_reads(string report)
    {
        await using BrowserPage browser = await BrowserPage.OpenAsync(SampleReports.Five[report](), ColorScheme.Dark);
        await browser.Page.EmulateMediaAsync(new() { Media = Media.Print, ColorScheme = ColorScheme.Dark });

        Assert.Empty(await browser.AuditAsync(PageAudit.Paper));
        Assert.Empty(await browser.AuditAsync(PageAudit.Contrast));
        byte[] paper = await browser.Page.PdfAsync(new() { PreferCSSPageSize = true, PrintBackground = true });
        int pages = PdfPage.Count(Encoding.Latin1.GetString(paper));
        Assert.InRange(pages, 2, report is "thousand" ? 45 : 7);
        Assert.Matches(@"/MediaBox \[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]", Encoding.Latin1.GetString(paper));
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task A_screen_reader_finds_its_way(string report)
    {
        await using BrowserPage browser = await BrowserPage.OpenAsync(SampleReports.Five[report]());

        Assert.Empty(await browser.AuditAsync(PageAudit.Structure));
        Assert.Empty(await browser.AuditAsync(PageAudit.Tables));
    }

    [Theory]
    [MemberData(nameof(ReportsAndWidths))]
    public async Task The_page_is_no_wider_than_a_telephone_or_a_desk(string report, int width)
    {
        await using BrowserPage browser = await BrowserPage.OpenAsync(SampleReports.Five[report](), width: width);

        Assert.Empty(await browser.AuditAsync(PageAudit.Overflow));
        Assert.Empty(await browser.AuditAsync(PageAudit.BrokenWords));
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task Whatever_scrolls_is_reached_by_the_keyboard_and_shows_it(string report)
    {
        await using BrowserPage browser = await BrowserPage.OpenAsync(SampleReports.Five[report](), width: 360);
        int[] counts = await browser.Page.EvaluateAsync<int[]>("""
            () => {
              const shown = selector => [...document.querySelectorAll(selector)].filter(element => element.checkVisibility()).length;
              return [shown('.scroll'), shown('.scroll, summary, a')];
            }
            """);
        Assert.Empty(await browser.AuditAsync("""
            () => [...document.querySelectorAll('*')]
              .filter(element => element.scrollWidth > element.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(element).overflowX) && element.tabIndex < 0)
              .map(element => element.tagName)
            """));

        List<string> reached = [];
        for (int i = 0; i < counts[1]; i++)
        {
            await browser.Page.Keyboard.PressAsync("Tab");
            string name = await browser.Page.EvaluateAsync<string>("""
                () => {
                  const style = getComputedStyle(document.activeElement);
                  return `${document.activeElement.getAttribute('aria-label')} ${style.outlineStyle} ${parseFloat(style.outlineWidth) >= 2}`;
                }
                """);
            Assert.EndsWith(" solid true", name, StringComparison.Ordinal);
            reached.Add(name);
        }

        Assert.Equal(counts[0], reached.Where(name => name.Contains(", picture", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData(1280, 900, "Acceptance criteria")]
    [InlineData(390, 844, "Rows left")]
    public async Task The_first_screen_has_the_verdict_the_components_and_the_rows_that_are_left(int width, int height, string last)
    {
        await using BrowserPage browser = await BrowserPage.OpenAsync(SampleReports.CompleteWithSkips(), width: width);

        double bottom = await browser.Page.EvaluateAsync<double>(
            "text => [...document.querySelectorAll('th, h2')].find(element => element.textContent === text).getBoundingClientRect().bottom",
            last);
        Assert.InRange(bottom, 1, height);
    }

    [Fact]
    public async Task What_is_long_is_folded_on_the_screen_and_open_on_paper()
    {
        const string Shown = "() => [...document.querySelectorAll('main details table')].map(table => table.checkVisibility())";
        await using BrowserPage browser = await BrowserPage.OpenAsync(SampleReports.ThousandTables());

        bool[] onScreen = await browser.Page.EvaluateAsync<bool[]>(Shown);
        await browser.Page.EmulateMediaAsync(new() { Media = Media.Print });
        bool[] onPaper = await browser.Page.EvaluateAsync<bool[]>(Shown);

        Assert.NotEmpty(onScreen);
        Assert.All(onScreen, Assert.False);
        Assert.All(onPaper, Assert.True);
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task Pictures_of_a_report_are_left_for_a_person_to_look_at(string report)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "screenshots");
        foreach (ColorScheme scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await using BrowserPage browser = await BrowserPage.OpenAsync(SampleReports.Five[report](), scheme);
            byte[] picture = await browser.Page.ScreenshotAsync(
                new() { FullPage = report is not "thousand", Path = Path.Combine(folder, $"{report}.{scheme}.png".ToLowerInvariant()) });
            Assert.InRange(picture.Length, 10_000, 5_000_000);
        }

        await using BrowserPage paper = await BrowserPage.OpenAsync(SampleReports.Five[report]());
        await paper.Page.PdfAsync(new() { PreferCSSPageSize = true, PrintBackground = true, Path = Path.Combine(folder, $"{report}.pdf") });
    }

    [GeneratedRegex(@"/Type\s*/Page\b(?!s)", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex PdfPage { get; }
}
