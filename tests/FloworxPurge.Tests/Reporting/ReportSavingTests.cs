using System.Text;
using FloworxPurge.Reporting;
using Xunit;

namespace FloworxPurge.Tests.Reporting;

public sealed class ReportSavingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purge-report-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("report.md")]
    [InlineData("report.MARKDOWN")]
    [InlineData("report.txt")]
    [InlineData("Report.Json")]
    public async Task The_ending_chooses_the_format(string file)
    {
        PurgeReport report = SampleReports.CompleteWithSkips();
        string expected = Path.GetExtension(file).ToUpperInvariant() switch
        {
            ".JSON" => report.ToJson(),
            ".TXT" => report.ToString(),
            _ => report.ToMarkdown(),
        };

        await report.SaveAsync(In(file), Token);

        Assert.Equal(Encoding.UTF8.GetBytes(expected), await File.ReadAllBytesAsync(In(file), Token));
        Assert.DoesNotContain("\r", expected, StringComparison.Ordinal);
        Assert.EndsWith("\n", expected, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("report.docx", ".docx")]
    [InlineData("report", "\"\"")]
    public async Task An_unknown_ending_is_answered_with_the_known_ones(string file, string ending)
    {
        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(() => SampleReports.Bare().SaveAsync(In(file), Token));

        Assert.Contains(ending, exception.Message, StringComparison.Ordinal);
        Assert.Contains(".htm, .html, .json, .markdown, .md, .txt, .xml, or give a template", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task A_template_of_ones_own_needs_no_known_ending()
    {
        await SampleReports.Bare().SaveAsync(In("report.docx"), new OwnTemplate(failsAfter: null), Token);

        Assert.Equal("Complete\nü\n"u8.ToArray(), await File.ReadAllBytesAsync(In("report.docx"), Token));
    }

    [Fact]
    public async Task A_report_replaces_the_one_before()
    {
        await File.WriteAllTextAsync(In("report.txt"), new string('x', 100_000), Token);

        await SampleReports.Bare().SaveAsync(In("report.txt"), Token);

        Assert.Equal(SampleReports.Bare().ToString(), await File.ReadAllTextAsync(In("report.txt"), Token));
    }

    [Fact]
    public async Task A_write_that_fails_half_way_leaves_the_old_report_and_nothing_else()
    {
        await File.WriteAllTextAsync(In("report.txt"), "old", Token);

        await Assert.ThrowsAsync<InvalidTimeZoneException>(
            () => SampleReports.Bare().SaveAsync(In("report.txt"), new OwnTemplate(new InvalidTimeZoneException()), Token));

        Assert.Equal("old", await File.ReadAllTextAsync(In("report.txt"), Token));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task A_cancelled_write_leaves_nothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => SampleReports.Bare().SaveAsync(In("report.txt"), new CancellationToken(canceled: true)));

        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task A_missing_folder_is_named()
    {
        string path = Path.Combine(_folder, "missing", "report.md");

        DirectoryNotFoundException exception =
            await Assert.ThrowsAsync<DirectoryNotFoundException>(() => SampleReports.Bare().SaveAsync(path, Token));

        Assert.Contains($"\"{path}\"", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"no folder \"{Path.Combine(_folder, "missing")}\"", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_is_no_file()
    {
        Directory.CreateDirectory(In("report.md"));

        IOException exception = await Assert.ThrowsAsync<IOException>(() => SampleReports.Bare().SaveAsync(In("report.md"), Token));

        Assert.Contains("that is a folder", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_and_a_template_are_needed()
    {
        PurgeReport report = SampleReports.Bare();

        await Assert.ThrowsAnyAsync<ArgumentException>(() => report.SaveAsync(" ", Token));
        await Assert.ThrowsAsync<ArgumentNullException>(() => report.SaveAsync(null!, Token));
        await Assert.ThrowsAsync<ArgumentNullException>(() => report.SaveAsync(In("a.md"), null!, Token));
        await Assert.ThrowsAsync<ArgumentNullException>(() => PurgeReportTemplates.Markdown.RenderAsync(null!, TextWriter.Null, Token));
        await Assert.ThrowsAsync<ArgumentNullException>(() => PurgeReportTemplates.Text.RenderAsync(report, null!, Token));
    }

    [Fact]
    public async Task The_built_in_templates_write_what_the_report_returns()
    {
        PurgeReport report = SampleReports.Partial();

        Assert.Equal(report.ToMarkdown(), await RenderAsync(PurgeReportTemplates.Markdown, report));
        Assert.Equal(report.ToString(), await RenderAsync(PurgeReportTemplates.Text, report));
        Assert.Equal(report.ToJson(), await RenderAsync(PurgeReportTemplates.Json, report));
        Assert.Same(PurgeReportTemplates.Markdown, PurgeReportTemplates.ForFile("a.MD"));
    }

    private static async Task<string> RenderAsync(PurgeReportTemplate template, PurgeReport report)
    {
        await using var writer = new StringWriter();
        await template.RenderAsync(report, writer, Token);
        return writer.ToString();
    }

    private string In(string file) => Path.Combine(_folder, file);

    private sealed class OwnTemplate(Exception? failsAfter) : PurgeReportTemplate
    {
        public override async Task RenderAsync(PurgeReport report, TextWriter output, CancellationToken cancellationToken = default)
        {
            await output.WriteLineAsync(report.Verdict.ToString());
            await output.WriteLineAsync("ü");
            await output.FlushAsync(cancellationToken);
            if (failsAfter is not null)
            {
                throw failsAfter;
            }
        }
    }
}
