using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Reporting;

/// <summary>Names and error texts of any content come out as text in every view: nothing is run, fetched, hidden or added.</summary>
public sealed class ReportInjectionTests
{
    private static readonly ScribanReportTemplate Own = ScribanReportTemplate.FromString(
        "<!DOCTYPE html><title>x</title>{{ h1 summary }}{{ h2 summary }}<p title='{{ summary }}' lang=\"{{ summary }}\">{{ summary "
            + "}}</p>{{ identifier summary }}{{ wrap pairs }}{{ identifier summary }}{{ end }}",
        TemplateFormat.Html);

    private static readonly string PlainHtml = Tree(Parse(SampleReports.Named("x").ToHtml()));

    private static readonly string PlainOwn = Tree(Parse(Own.Render(SampleReports.Named("x"))));

    private static readonly string PlainJUnit = Tree(Read(PurgeReportTemplates.JUnit.Render(SampleReports.Named("x"))));

    public static TheoryData<int> Texts => [.. Enumerable.Range(0, HostileTexts.All.Count)];

    [Theory]
    [MemberData(nameof(Texts))]
    public void No_value_adds_an_element_to_the_html(int text)
    {
        string hostile = HostileTexts.All[text];
        IDocument page = Parse(SampleReports.Named(hostile).ToHtml());

        Assert.Equal(PlainHtml, Tree(page));
        Assert.All(page.All, element => Assert.DoesNotContain(element.Attributes, attribute
            => attribute.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase) || attribute is { Name: "href", Value: not ['#', ..] } or { Name: "src" or "style" or "srcdoc" or "action" }));
        Assert.Empty(page.Scripts);
        Assert.Equal(VisibleText.Of(hostile).Trim(), page.QuerySelector(".summary")!.TextContent.Trim());
        Assert.DoesNotContain("url(", page.QuerySelector("style")!.TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void No_value_adds_an_element_or_an_attribute_to_a_page_of_one_s_own_template(int text)
    {
        string hostile = HostileTexts.All[text];
        IDocument page = Parse(Own.Render(SampleReports.Named(hostile)));

        Assert.Equal(PlainOwn, Tree(page));
        Assert.All(
            page.QuerySelectorAll("h1, h2, body > code"),
            element => Assert.Equal(VisibleText.Of(hostile).TrimEnd(' '), element.TextContent.TrimEnd(' ')));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void No_value_adds_an_element_to_the_junit_file(int text)
        => Assert.Equal(PlainJUnit, Tree(Read(PurgeReportTemplates.JUnit.Render(SampleReports.Named(HostileTexts.All[text])))));

    [Theory]
    [MemberData(nameof(Texts))]
    public void The_json_returns_every_value_unchanged(int text)
    {
        // A lone surrogate is no text, and JSON cannot hold it.
        string hostile = HostileTexts.All[text];
        string expected = string.Concat(hostile.EnumerateRunes());
        PurgeReport report = SampleReports.Named(hostile);

        string json = report.ToJson();
        PurgeReport read = PurgeReport.FromJson(json);

        Assert.Equal(expected, read.Summary);
        Assert.Equal(expected, read.Tables[0].Table.Name);
        Assert.Equal(expected, read.Tables[1].Error);
        Assert.Equal(expected, read.Details.Operator);
        Assert.Equal(json, read.ToJson());
        Assert.Empty(Hidden(json));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void No_view_for_people_has_a_character_that_hides_or_turns_text(int text)
    {
        PurgeReport report = SampleReports.Named(HostileTexts.All[text]);

        foreach (string view in (string[])[report.ToString(), report.ToMarkdown(), report.ToHtml(), PurgeReportTemplates.JUnit.Render(report)])
        {
            Assert.Empty(Hidden(view));
            Assert.DoesNotContain("\uFFFE", view, StringComparison.Ordinal);
            Assert.DoesNotContain("\uFFFF", view, StringComparison.Ordinal);
            Assert.True(IsWellFormed(view));
        }

        static bool IsWellFormed(string view)
        {
            for (int i = 0; i < view.Length; i++)
            {
                if (char.IsSurrogate(view[i]) && (i + 1 >= view.Length || !char.IsSurrogatePair(view[i], view[++i])))
                {
                    return false;
                }
            }

            return true;
        }
    }

    [Fact]
    public void Blank_values_leave_every_view_readable()
    {
        foreach (PurgeReport report in HostileTexts.Blank.Select(SampleReports.Named))
        {
            Assert.NotEmpty(Parse(report.ToHtml()).QuerySelectorAll("table"));
            Assert.NotNull(XDocument.Parse(PurgeReportTemplates.JUnit.Render(report)).Root);
            Assert.Equal(report.ToJson(), PurgeReport.FromJson(report.ToJson()).ToJson());
            Assert.NotEmpty(report.ToMarkdown());
            Assert.NotEmpty(report.ToString());
        }
    }

    [Fact]
    public async Task A_browser_runs_nothing_and_asks_for_nothing_whatever_the_names()
    {
        foreach (string[] some in HostileTexts.All.Where(text => text.Length < 600).Chunk(30))
        {
            string name = string.Join(' ', some);
            await using BrowserPage browser = await BrowserPage.OpenAsync(SampleReports.Named(name));
            Assert.Empty(browser.Complaints);
            Assert.Empty(browser.Requests);
        }
    }

    [Fact]
    public async Task Even_without_the_page_s_own_security_policy_nothing_is_run_or_asked_for()
    {
        foreach (string hostile in HostileTexts.All
            .Where(text => text.Contains('<', StringComparison.Ordinal) || text.Contains("alert", StringComparison.Ordinal)))
        {
            string html = SampleReports.Named(hostile)
                .ToHtml()
                .Replace("http-equiv=\"Content-Security-Policy\"", "", StringComparison.Ordinal);
            await using BrowserPage browser = await BrowserPage.OpenAsync(html);
            Assert.Empty(browser.Complaints);
            Assert.Empty(browser.Requests);
        }
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<img src='nothing.png' onerror='alert(1)'>")]
    [InlineData("<img src='nothing.png'>")]
    [InlineData("<script>addEventListener('load', () => setTimeout(() => fetch('late.json').catch(() => 0)))</script>")]
    [InlineData("<script>throw new Error('on purpose')</script>")]
    public async Task The_browser_reports_what_is_run_or_requested(string text)
    {
        await using BrowserPage browser = await BrowserPage.OpenAsync($"<!DOCTYPE html><title>x</title><body>{text}");

        Assert.NotEmpty(browser.Complaints.Concat(browser.Requests));
    }

    // Not by an assertion for each character: a page has a hundred thousand.
    private static IEnumerable<Rune> Hidden(string view)
        => view.EnumerateRunes().Where(rune => rune.Value != '\n' && VisibleText.IsInvisible(rune));

    private static XDocument Read(string xml)
    {
        using var reader = XmlReader.Create(new StringReader(xml), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        return XDocument.Load(reader);
    }

    private static IDocument Parse(string html) => new HtmlParser(new HtmlParserOptions { IsStrictMode = true }).ParseDocument(html);

    private static string Tree(IDocument page)
        => string.Join('\n', page.All.Select(element => string.Create(
            CultureInfo.InvariantCulture,
            $"{Depth(element)} {element.TagName} {string.Join(' ', element.Attributes.Select(attribute => attribute.Name))}")));

    private static string Tree(XDocument document)
        => string.Join('\n', document.Descendants().Select(element => string.Create(
            CultureInfo.InvariantCulture,
            $"{element.Ancestors().Count()} {element.Name} {string.Join(' ', element.Attributes().Select(attribute => attribute.Name))}")));

    private static int Depth(IElement element) => element.ParentElement is { } parent ? Depth(parent) + 1 : 0;
}
