namespace FloworxPurge.Reporting;

/// <content>The forms of the report.</content>
public sealed partial record FleetReport
{
    /// <summary>The whole report as indented JSON, with the reports of the targets.</summary>
    /// <remarks>
    /// The <c>report</c> of a target is what <see cref="PurgeReport.ToJson"/> returns; it and <c>verdict</c> are <c>null</c> where a target
    /// has none. Times are UTC, durations have the constant form <c>[d.]hh:mm:ss[.fffffff]</c>.
    /// </remarks>
    /// <returns>The JSON text, with <c>\n</c> line ends.</returns>
    public string ToJson() => ReportJson.Write(this);

    /// <summary>The report as one HTML file that needs no network, with a row for each target.</summary>
    /// <returns>The HTML text, with <c>\n</c> line ends.</returns>
    public string ToHtml() => FleetTemplates.Html(this);

    /// <summary>The report as JUnit XML: a test case for each target, so that a CI server shows a fleet as tests.</summary>
    /// <returns>The XML text, with <c>\n</c> line ends.</returns>
    public string ToJUnit() => FleetTemplates.JUnit(this);

    /// <summary>The report as plain text, at most 80 characters wide.</summary>
    /// <returns>The text, with <c>\n</c> line ends.</returns>
    public override string ToString() => FleetTemplates.Text(this);

    /// <summary>
    /// Saves the report in the format that the file's ending names: <c>.html</c>, <c>.json</c>, <c>.xml</c> (JUnit) or <c>.txt</c>.
    /// </summary>
    /// <param name="path">The file; one that exists is replaced, and only once the new one is complete.</param>
    /// <param name="cancellationToken">Stops the writing; the file is then as it was.</param>
    /// <returns>A task that ends when the file is complete.</returns>
    /// <exception cref="ArgumentException">The path is empty, or its ending names no known format.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be written to.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public Task SaveAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string text = Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".HTML" or ".HTM" => ToHtml(),
            ".JSON" => ToJson(),
            ".XML" => ToJUnit(),
            ".TXT" => ToString(),
            _ => throw new ArgumentException(
                $"The ending \"{Path.GetExtension(path)}\" of \"{path}\" names no format of a fleet's report. Use .html, .json, .xml or "
                    + $".txt.",
                nameof(path)),
        };
        return ReportFile.WriteAsync(text, path, cancellationToken);
    }
}
