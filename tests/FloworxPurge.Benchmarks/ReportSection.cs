using System.Globalization;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Reporting;

namespace FloworxPurge.Benchmarks;

/// <summary>Renders a report of a thousand tables in every view, once warm.</summary>
internal static class ReportSection
{
    private const double Limit = 200;
    private const int Warmups = 5;
    private const int Runs = 15;

    public static async Task RunAsync(Goals goals, TextWriter output)
    {
        await output.WriteLineAsync("\nA report of 1,000 tables, ms of processor time once warm\n").ConfigureAwait(false);
        PurgeReport report = SampleReports.ThousandTables();
        ScribanReportTemplate own = ScribanReportTemplate.FromString(
            "{{ for table in report.tables }}{{ table.table.schema }}.{{ table.table.name }};{{ table.rowsDeleted }}\n{{ end }}",
            TemplateFormat.Text);
        (string Name, Func<string> Render)[] views =
        [
            ("Markdown", report.ToMarkdown), ("HTML", report.ToHtml), ("text", report.ToString), ("JSON", report.ToJson),
            ("JUnit", () => PurgeReportTemplates.JUnit.Render(report)), ("a template over the raw report", () => own.Render(report)),
        ];
        foreach ((string name, Func<string> render) in views)
        {
            int characters = 0;
            List<double> times = [];
            for (int run = -Warmups; run < Runs; run++)
            {
                GC.Collect();
                // The processor's time, not the clock's, which other processes of a busy machine make longer.
                TimeSpan start = Environment.CpuUsage.TotalTime;
                characters = render().Length;
                if (run >= 0)
                {
                    times.Add((Environment.CpuUsage.TotalTime - start).TotalMilliseconds);
                }
            }

            double median = times.Order().ElementAt(Runs / 2);
            goals.AtMost($"report of 1,000 tables, {name}, ms", "", Limit, median);
            await output.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"{name,-32}{median,10:N1}{characters,12:N0} "
                    + $"characters")).ConfigureAwait(false);
        }
    }
}
