using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using Markdig.Extensions.Mathematics;
using Markdig.Extensions.TaskLists;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace FloworxPurge.Tests.Reporting;

/// <summary>The Markdown view, read back by a Markdown reader with what the forges add to it.</summary>
public sealed class ReportMarkdownTests
{
    public static TheoryData<string> Reports => [.. SampleReports.Five.Keys];

    public static TheoryData<int> Texts => [.. Enumerable.Range(0, HostileTexts.All.Count)];

    [Theory]
    [MemberData(nameof(Reports))]
    public void Every_row_has_as_many_cells_as_its_header(string report)
    {
        string[][][] tables = MarkdownReader.Tables(MarkdownReader.Read(SampleReports.Five[report]().ToMarkdown()));

        Assert.NotEmpty(tables);
        Assert.All(tables, table => Assert.All(table, row => Assert.Equal(table[0].Length, row.Length)));
        Assert.All(tables, table => Assert.True(table.Length > 1));
    }

    [Fact]
    public void The_tables_give_back_what_the_report_says()
    {
        PurgeReport report = SampleReports.CompleteWithSkips();
        MarkdownDocument document = MarkdownReader.Read(report.ToMarkdown());
        string[][][] tables = MarkdownReader.Tables(document);

        string[][] purged = Assert.Single(
            tables,
            table => table[0] is ["Table", "Level", "Before", "Deleted", "By cascade", "After", "ms"]);
        Assert.Equal(
            report.Tables.Where(table => table.RowsBefore > 0)
                .Select(table => ($"{table.Table} {string.Join(", ", table.EntityTypes)}", $"{table.RowsBefore}", $"{table.RowsDeleted}")),
            purged.Skip(1).Select(row => (row[0], row[2], row[3])));
        string[][] criteria = Assert.Single(tables, table => table[0][0] is "Criterion");
        Assert.Equal(report.Checks.Select(check => check.Name), criteria.Skip(1).Select(row => row[0]));
        string[][] kept = Assert.Single(tables, table => table[0] is ["Table", "Reason"]);
        Assert.Equal("public.__EFMigrationsHistory", kept[1][0]);
        Assert.Equal(
            [
                "# Purge report: complete with skips", "## Acceptance criteria", "## Approval and guards", "### Guards", "### Overrides",
                "## Warnings", "## Notes", "## Tables skipped", "## Tables purged", "## Cycles, and how they were broken", "## Tables kept",
                "## Rows that triggers added to kept tables", "## Identity counters reset", "## Archive",
                "## Outside the database", "## Checklist",
                "## Security", "## What this report does not prove", "## Next steps", "## Support", "## When to escalate", "## Conclusion",
                "## Sign-off", "## Verification before the commit", "## Schema integrity", "## Timeline (UTC)", "## Target database",
                "## Evidence", "### Files written",
            ],
            MarkdownReader.Headings(document));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Every_value_is_read_as_itself_and_as_nothing_else(int text)
    {
        string hostile = HostileTexts.All[text];
        MarkdownDocument document = MarkdownReader.Read(SampleReports.Named(hostile).ToMarkdown());

        Assert.Equal(MarkdownReader.Shape(MarkdownReader.Read(SampleReports.Named("x").ToMarkdown())), MarkdownReader.Shape(document));
        Assert.All(document.Descendants<Inline>(), inline => Assert.True(
            inline is LiteralInline or TaskList or CodeInline or HtmlEntityInline or LineBreakInline || inline.GetType() == typeof(ContainerInline),
            $"{inline.GetType().Name} in: {inline}"));
        string[][] target = MarkdownReader.Tables(document).Single(table => table.Any(row => row[0] == "Version"));
        Assert.Equal(Seen(hostile), Seen(target.Single(row => row[0] == "Version")[1]));
        Assert.Empty(document.Descendants<HtmlBlock>());
        Assert.Empty(document.Descendants<MathInline>());
        Assert.Equal(
            MarkdownReader.Read(SampleReports.Named("x").ToMarkdown()).Descendants<TaskList>().Select(item => item.Checked),
            document.Descendants<TaskList>().Select(item => item.Checked));
    }

    // A mention or an issue's number needs no Markdown at all: a forge looks for it in the text.
    [Theory]
    [InlineData("@mention")]
    [InlineData("#123")]
    [InlineData("owner/name#1")]
    [InlineData("https://evil.example")]
    [InlineData("www.evil.example")]
    [InlineData("mail@evil.example")]
    [InlineData("!5")]
    [InlineData("GH-5")]
    [InlineData(":smile:")]
    public void Nobody_is_called_and_nothing_is_linked(string value)
    {
        string markdown = PurgeReportTemplates.Markdown.Render(SampleReports.Bare() with { Summary = value });

        Assert.Contains($"\n\n`{value}`\n\n", markdown, StringComparison.Ordinal);
    }

    private static string Seen(string value) => VisibleText.Of(value).Trim();
}
