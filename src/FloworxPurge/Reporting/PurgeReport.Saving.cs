
namespace FloworxPurge.Reporting;

public sealed partial record PurgeReport
{
    /// <summary>Reads a report back from its JSON form.</summary>
    /// <param name="json">What <see cref="ToJson"/> returned.</param>
    /// <returns>The same report.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="json"/> is null.</exception>
    /// <exception cref="PurgeException">The text is not a report, or one of another format version.</exception>
    public static PurgeReport FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return ReportJson.Read(json);
    }

    /// <summary>The whole report as indented JSON: the source that every other form is a view of.</summary>
    /// <remarks>
    /// <c>formatVersion</c> comes first. Names are camel case, enumerations are their member names, times are UTC in ISO 8601,
    /// durations have the constant form <c>[d.]hh:mm:ss[.fffffff]</c>: <c>00:00:01.2500000</c> is a second and a quarter.
    /// Control characters, bidirectional marks and other invisible characters are escaped.
    /// </remarks>
    /// <returns>The JSON text, with <c>\n</c> line ends.</returns>
    public string ToJson() => ReportJson.Write(this);

    /// <summary>The report as Markdown with tables (GitHub, GitLab, Forgejo and others render it).</summary>
    /// <returns>The Markdown text, with <c>\n</c> line ends and without any raw HTML.</returns>
    public string ToMarkdown() => PurgeReportTemplates.Markdown.Render(this);

    /// <summary>The report as one HTML file that needs no network: light and dark, for screen and paper.</summary>
    /// <returns>The HTML text, with <c>\n</c> line ends.</returns>
    public string ToHtml() => PurgeReportTemplates.Html.Render(this);

    /// <summary>The report as plain text, at most 80 characters wide.</summary>
    /// <returns>The text, with <c>\n</c> line ends.</returns>
    public override string ToString() => PurgeReportTemplates.Text.Render(this);

    /// <summary>
    /// Saves the report in the format that the file's ending names: <c>.html</c>, <c>.md</c>, <c>.txt</c>, <c>.json</c> or <c>.xml</c>
    /// (JUnit).
    /// </summary>
    /// <param name="path">The file; one that exists is replaced, and only once the new one is complete.</param>
    /// <param name="cancellationToken">Stops the writing; the file is then as it was.</param>
    /// <returns>A task that ends when the file is complete.</returns>
    /// <exception cref="ArgumentException">The path is empty, or its ending names no known format.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be written to.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public Task SaveAsync(string path, CancellationToken cancellationToken = default)
        => SaveAsync(path, PurgeReportTemplates.ForFile(path), cancellationToken);

    /// <summary>Saves the report as a template writes it. Any file ending will do.</summary>
    /// <param name="path">The file; one that exists is replaced, and only once the new one is complete.</param>
    /// <param name="template">The template.</param>
    /// <param name="cancellationToken">Stops the writing; the file is then as it was.</param>
    /// <returns>A task that ends when the file is complete: UTF-8 without a byte order mark.</returns>
    /// <exception cref="ArgumentException">The path is null, empty or white space.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="template"/> is null.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be written to.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public Task SaveAsync(string path, PurgeReportTemplate template, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(template);
        return ReportFile.WriteAsync(this, new ReportDestination(path, template), cancellationToken);
    }
}
