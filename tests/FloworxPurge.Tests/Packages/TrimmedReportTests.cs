using FloworxPurge.Reporting;
using FloworxPurge.Tests.Reporting;

namespace FloworxPurge.Tests.Packages;

/// <summary>
/// A program that is trimmed or compiled ahead of time reads a report and renders it, in every form and by a template of its own, without a
/// warning.
/// </summary>
public sealed class TrimmedReportTests
{
    private const string Program = """"
        using FloworxPurge.Reporting;

        PurgeReport report = PurgeReport.FromJson(File.ReadAllText(args[0]));
        var junit = new StringWriter();
        await PurgeReportTemplate.JUnit.RenderAsync(report, junit);
        Console.WriteLine($"{report.ToHtml().Length} {report.ToMarkdown().Length} {report.ToString().Length} {junit.ToString().Length}");
        var own = PurgeReportTemplate.FromString("""
            {{ for table in report.tables | array.sort 'table.name' }}{{ table.table.name }} {{ table.rowsDeleted | math.format 'N0' }};{{ end -}}
            {{ for entry in custom }}{{ entry.key }};{{ end }}{{ report.startedAt | date.to_string '%d.%m.%Y' }}
            """, "own.xml");
        own.Validate();
        await own.RenderAsync(report, Console.Out);
        try
        {
            PurgeReportTemplate.FromString("{{ report.verdikt }}", "template.txt").Validate();
        }
        catch (FloworxPurge.PurgeException exception)
        {
            Console.WriteLine(exception.Message);
        }
        """";

    // Each compiles the whole program: at a time, one is enough for the machine.
    [Theory]
    [InlineData("PublishTrimmed")]
    [InlineData("PublishAot")]
    public async Task Reports_are_rendered_in_a_program_that_is(string property)
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        using var project = new ConsumerProject();
        project.Write(
            packages.Feed,
            [("FloworxPurge", packages.Version)],
            Program,
            $"<{property}>true</{property}><TrimmerSingleWarn>false</TrimmerSingleWarn>");
        PurgeReport report = SampleReports.AllClean();
        string json = Path.Combine(project.Folder, "report.json");
        await File.WriteAllTextAsync(json, report.ToJson());

        string[] publish = [
            "publish",
            "-c",
            "Release",
            "--use-current-runtime",
            "--self-contained",
            "-o",
            "out",
            "-m:1",
            "--disable-build-servers",
            "-v",
            "q"];
        (int code, string output) = await DotNet.TryRunAsync(project.Folder, publish);
        Assert.SkipWhen(code != 0 && IsOfTheToolchain(output), $"What {property} takes is not on this machine: {output.Trim()}");
        Assert.True(code == 0, output);
        string app = Path.Combine(project.Folder, "out", OperatingSystem.IsWindows() ? "app.exe" : "app");
        string written = await DotNet.ProgramAsync(app, project.Folder, json);

        string[] lines = written.ReplaceLineEndings("\n").Split('\n');
        Assert.Equal(
            $"{report.ToHtml().Length} {report.ToMarkdown().Length} {report.ToString().Length} "
                + $"{PurgeReportTemplates.JUnit.Render(report).Length}",
            lines[0]);
        Assert.Equal(
            $"{string.Concat(report.Tables.OrderBy(table => table.Table.Name, StringComparer.Ordinal).Select(table => $"{table.Table.Name} {table.RowsDeleted:N0};"))}ticket;priority;steps;18.09.2025",
            lines[1]);
        Assert.Equal(
            "The template \"template.txt\" is not valid: line 1, column 4: there is no \"verdikt\" of \"report.verdikt\". Did you mean "
                + "\"verdict\"?",
            lines[2]);
    }

    // Packages of the toolchain that no source has, and a linker that is not installed.
    private static bool IsOfTheToolchain(string output)
        => output.Contains("Platform linker", StringComparison.Ordinal)
            || (
                output.Contains("error NU1101", StringComparison.Ordinal) && (output.Contains("ILCompiler", StringComparison.OrdinalIgnoreCase) || output.Contains("ILLink", StringComparison.OrdinalIgnoreCase) || output.Contains("Microsoft.NETCore.App", StringComparison.OrdinalIgnoreCase)));
}
