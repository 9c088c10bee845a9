using System.Diagnostics;
using System.Text.Json;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Reporting;

/// <summary>
/// A template that loops for ever or writes without end is cut off with an error, soon; those of the library are not limited.
/// </summary>
public sealed class TemplateLimitTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static string Nested(string list, int depth, string inside)
        => string.Concat(Enumerable.Range(0, depth).Select(i => $"{{{{ for x{i} in {list} }}}}"))
            + inside
            + string.Concat(Enumerable.Repeat("{{ end }}", depth));

    [Fact]
    public void Loops_within_loops_that_write_nothing_end()
        => CutOff(Nested("report.tables", 4, ""), SampleReports.ThousandTables(), "loops run more than 1000000 times");

    [Fact]
    public void Loops_over_the_words_of_the_view_end_too()
        => CutOff(Nested("purged", 4, ""), SampleReports.ThousandTables(), "loops run more than 1000000 times");

    [Fact]
    public void Loops_that_write_much_are_cut_off_at_ten_megabytes()
        => CutOff(Nested("purged", 2, new string('x', 1000)), SampleReports.ThousandTables(), "writes more than 10000000 characters");

    [Fact]
    public void Loops_that_write_much_into_columns_are_cut_off_too()
        => CutOff(
            "{{ wrap columns }}a | b\n" + Nested("purged", 2, new string('x', 1000) + " | y\n") + "{{ end }}",
            SampleReports.ThousandTables(),
            "writes more than 10000000 characters");

    [Fact]
    public void Ten_megabytes_without_a_loop_are_cut_off()
        => CutOff(new string('x', 10_000_001), SampleReports.Bare(), "writes more than 10000000 characters");

    [Fact]
    public void Loops_over_the_letters_or_the_data_of_the_host_end()
    {
        var custom = JsonSerializer.SerializeToElement(
            new { list = Enumerable.Range(0, 2000), map = Enumerable.Range(0, 2000).ToDictionary(i => $"k{i}") });
        PurgeReport report = SampleReports.Bare() with { Details = new ReportDetails { Custom = custom } };

        CutOff(Nested("custom.list", 3, ""), report, "loops run more than 1000000 times");
        CutOff(Nested("custom.map", 3, ""), report, "loops run more than 1000000 times");
        CutOff(Nested("report.details.custom.map", 3, ""), report, "loops run more than 1000000 times");
    }

    [Fact]
    public void Sections_that_use_others_many_times_end()
    {
        string[] chain = ["kept", "limits", "support", "schema", "timeline", "skips", "pending", "failed"];
        ScribanReportTemplate template = ScribanReportTemplate.FromString("{{ include 'kept' }}", TemplateFormat.Text);
        for (int i = 0; i + 1 < chain.Length; i++)
        {
            template = template.WithSection(chain[i], string.Concat(Enumerable.Repeat("{{ include '" + chain[i + 1] + "' }}", 12)));
        }

        CutOff(template.WithSection(chain[^1], ""), SampleReports.Bare(), "loops run more than 1000000 times");
    }

    [Fact]
    public void The_library_s_own_views_are_not_limited()
    {
        QuickRun.SkipLongTest();
        PurgeReport thousand = SampleReports.ThousandTables();
        PurgeReport many = thousand with { Tables = [.. Enumerable.Range(0, 50).SelectMany(_ => thousand.Tables)] };

        Assert.InRange(many.ToHtml().Length, 10_000_001, int.MaxValue);
        Assert.NotEmpty(many.ToString());
    }

    [Fact]
    public void A_template_that_was_cut_off_renders_the_next_report()
    {
        var template = ScribanReportTemplate.FromString(Nested("purged", 3, "x"), TemplateFormat.Xml);

        Assert.Throws<PurgeException>(() => template.Render(SampleReports.ThousandTables()));
        Assert.Equal(15 * 15 * 15, template.Render(SampleReports.CompleteWithSkips()).TrimEnd().Length);
    }

    private static void CutOff(string source, PurgeReport report, string because)
        => CutOff(ScribanReportTemplate.FromString(source, TemplateFormat.Text, "bomb"), report, because);

    private static void CutOff(ScribanReportTemplate template, PurgeReport report, string because)
    {
        template.Validate();
        var clock = Stopwatch.StartNew();

        PurgeException exception = Assert.Throws<PurgeException>(() => template.Render(report));

        Assert.Contains("was cut off: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(because, exception.Message, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Soon);
    }
}
