using System.Globalization;
using System.Text;
using FloworxPurge.Reporting;
using Xunit;

namespace FloworxPurge.Tests.Reporting;

public sealed class ReportEscapingTests
{
    private static readonly MarkdownFormat Markdown = new();

    public static TheoryData<string> HostileTexts =>
    [
        "a|b", "`code`", "``", "<script>alert(1)</script>", "<!-- -->", "line\r\nline\n# heading\n- item", "\u202Etxt.exe", "\u0007\u001B[31m\u0000",
        "\u001Fcell\u001Eline", "**bold** _it_ ~~no~~ $x$", "[link](https://example.com)", "![image](x)", "\\", "a\\|b", "&lt;", "{{Summary}} {{> text}}",
        "- item", "1. item", "+ item", "---", "===", "> quote", "    code", " ", "", "\uD800", new string('x', 300), string.Join(
            '_',
            Enumerable.Repeat("part", 60)),
    ];

    /// <summary>
    /// Controls of both ranges, marks that turn or join, ends of lines, what is no character, letters that are drawn as nothing.
    /// </summary>
    public static TheoryData<int> HiddenCharacters =>
    [
        0x0000, 0x0007, 0x001B, 0x001F, 0x007F, 0x0080, 0x0085, 0x009B, 0x00AD, 0x061C, 0x200B, 0x200D, 0x200E, 0x202A, 0x202E, 0x2066, 0x2069, 0xFEFF, 0xE0001, 0xE0041,
        0x2028, 0x2029, 0xFDD0, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF, 0x034F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x3164, 0xFFA0, 0xE0100, 0xE01EF,
    ];

    [Theory]
    [MemberData(nameof(HostileTexts))]
    public void No_value_changes_the_shape_of_the_markdown(string text)
    {
        string[] plain = SampleReports.Named("x").ToMarkdown().Split('\n');
        string[] hostile = SampleReports.Named(text).ToMarkdown().Split('\n');

        Assert.DoesNotContain(hostile, line => line.Contains('<', StringComparison.Ordinal));
        Assert.All(hostile, line => Assert.DoesNotContain(line.EnumerateRunes(), VisibleText.IsInvisible));
        if (text.Trim().Length > 0)
        {
            Assert.Equal(plain.Length, hostile.Length);
            Assert.Equal(plain.Select(Shape), hostile.Select(Shape), StringComparer.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(HostileTexts))]
    public void No_value_changes_the_shape_or_the_width_of_the_text(string text)
    {
        string[] hostile = SampleReports.Named(text).ToString().Split('\n');

        Assert.All(hostile, line => Assert.InRange(line.Length, 0, 80));
        Assert.All(hostile, line => Assert.DoesNotContain(line.EnumerateRunes(), VisibleText.IsInvisible));
        if (text.Trim().Length > 0)
        {
            Assert.Equal(Headings(SampleReports.Named("x").ToString().Split('\n')), Headings(hostile));
        }

        static int Headings(string[] lines) => lines.Count(line => line.Length > 3 && line.Trim('-').Length == 0);
    }

    [Fact]
    public void Every_report_keeps_to_eighty_columns()
    {
        PurgeReport[] reports =
        [
            SampleReports.CompleteWithSkips(), SampleReports.Planned(), SampleReports.Partial(), SampleReports.Bare(),
            SampleReports.WithoutEffect(PurgeVerdict.Failed), SampleReports.Named(new string('n', 63)),
        ];

        Assert.All(reports, report => Assert.All(report.ToString().Split('\n'), line => Assert.InRange(line.Length, 0, 80)));
    }

    [Fact]
    public void The_numbers_of_a_long_row_stay_whole()
    {
        PurgeReport report = SampleReports.CompleteWithSkips();
        var table = SampleReports.Public(new string('a', 30) + "_" + new string('b', 32));
        string text = (
            report with { Tables = [report.Tables[8] with { Table = table, RowsBefore = 1234567890123, RowsDeleted = 1234567890123 }] }).ToString();

        Assert.Contains("1234567890123  1234567890123          17      0  4.9", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a|b", "a\\|b")]
    [InlineData("`*_[]>#~$\\", "\\`\\*\\_\\[\\]\\>\\#\\~\\$\\\\")]
    [InlineData("<b>&amp;", "&lt;b\\>&amp;amp;")]
    [InlineData("a\r\nb\tc", "a b c")]
    [InlineData("a\rb\nc", "a b c")]
    [InlineData("a\u202Eb", "a{U+202E}b")]
    [InlineData("a\u0000b", "a{U+0000}b")]
    [InlineData("- a", "\\- a")]
    [InlineData("12. a", "12\\. a")]
    [InlineData("12) a", "12\\) a")]
    [InlineData("1.482 s", "1.482 s")]
    [InlineData("1482", "1482")]
    [InlineData("===", "\\===")]
    [InlineData("well-known", "well-known")]
    public void Markdown_values_read_as_themselves(string value, string expected)
        => Assert.Equal(expected, Markdown.Encode(value));

    [Theory]
    [MemberData(nameof(HiddenCharacters))]
    public void A_character_that_nobody_sees_is_shown_by_its_number_in_every_view(int character)
    {
        string value = $"a{new Rune(character)}b";
        string told = string.Create(CultureInfo.InvariantCulture, $"a{{U+{character:X4}}}b");

        foreach (ReportFormat format in (ReportFormat[])[new TextFormat(), Markdown, new HtmlFormat(), new XmlFormat()])
        {
            Assert.Equal(told, format.Encode(value));
            Assert.Contains(told, format.Name(value), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("public.user_sessions", "`public.user_sessions`")]
    [InlineData("\"Mixed Case\".\"x\"", "`\"Mixed Case\".\"x\"`")]
    [InlineData("a -> b", "`a -> b`")]
    [InlineData("a`b", "a\\`b")]
    [InlineData("a|b_c", "a\\|b\\_c")]
    [InlineData("<i>", "&lt;i\\>")]
    [InlineData("a\nb", "`a b`")]
    [InlineData("a\\b", "a\\\\b")]
    [InlineData("a&b", "a&amp;b")]
    [InlineData(" a", "a")]
    [InlineData("a ", "a")]
    public void Names_are_code_unless_that_would_not_hold_them(string value, string expected)
        => Assert.Equal(expected, Markdown.Name(value));

    [Fact]
    public void A_long_text_that_may_hold_a_link_is_code()
    {
        string text = $"https://{new string('x', 300)}@a.b*c*";

        Assert.Equal($"a `{text}` b", Markdown.Encode($"a {text} b"));
    }

    [Fact]
    public void Headings_and_labels_of_a_page_are_text()
    {
        var html = new HtmlFormat();
        const string Markup = "<script>\"";
        string cells = $"{html.Encode(Markup)}{ReportFormat.CellEnd}{html.Name(Markup)}{ReportFormat.CellEnd}{html.Encode(Markup)}";

        Assert.Equal("<h1>&lt;script&gt;&quot;</h1>", html.Heading(Markup, level: 1));
        Assert.Contains(">&lt;script&gt;&quot;</h2>", html.Section("id", Markup, "x"), StringComparison.Ordinal);
        string table = html.Columns($"{cells}\n{cells}", hasHeader: true);
        Assert.DoesNotContain("<script", table, StringComparison.Ordinal);
        Assert.Contains(
            "<td><code>&lt;script&gt;&quot;</code></td><td data-label=\"&lt;script&gt;&quot;\">",
            table,
            StringComparison.Ordinal);
    }

    // A line without its values: what begins it, and its bars that are not escaped.
    private static string Shape(string line)
    {
        string unescaped = line.Replace("\\\\", "", StringComparison.Ordinal).Replace("\\|", "", StringComparison.Ordinal);
        string start = line.TrimStart(' ') switch
        {
            ['#', ..] => line,
            ['-', ' ', ..] => "item at " + (line.Length - line.TrimStart(' ').Length),
            ['|', ..] => "row",
            "" => "",
            _ => "paragraph",
        };
        return start + " " + unescaped.Count(c => c == '|');
    }
}
