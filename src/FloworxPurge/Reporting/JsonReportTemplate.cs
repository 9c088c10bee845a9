namespace FloworxPurge.Reporting;

/// <summary>Writes the report as JSON.</summary>
internal sealed class JsonReportTemplate : PurgeReportTemplate
{
    public override bool IsFor(string path) => PurgeReportTemplates.TryForFile(path) is null or JsonReportTemplate;

    public override Task RenderAsync(PurgeReport report, TextWriter output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(output);
        return output.WriteAsync(report.ToJson().AsMemory(), cancellationToken);
    }
}
