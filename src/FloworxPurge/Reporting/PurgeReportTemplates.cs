
namespace FloworxPurge.Reporting;

/// <summary>The forms a report can be saved in without a template of one's own, and the beginning of those.</summary>
internal static class PurgeReportTemplates
{
    // Before the table that lists them: static members are initialised from top to bottom.

    /// <summary>The report as Markdown with tables and without raw HTML.</summary>
    public static ScribanReportTemplate Markdown { get; } = ScribanReportTemplate.Embedded("markdown", TemplateFormat.Markdown);

    /// <summary>
    /// The report as one HTML file that needs no network: light and dark, for screen and paper, with pictures of rows and foreign keys.
    /// </summary>
    public static ScribanReportTemplate Html { get; } = ScribanReportTemplate.Embedded("html", TemplateFormat.Html);

    /// <summary>The report as plain text, at most 80 characters wide.</summary>
    public static ScribanReportTemplate Text { get; } = ScribanReportTemplate.Embedded("text", TemplateFormat.Text);

    /// <summary>
    /// The report as JUnit XML: a test case for each table, verification, target and check, so that a CI server shows a purge as tests.
    /// </summary>
    public static ScribanReportTemplate JUnit { get; } = ScribanReportTemplate.Embedded("junit", TemplateFormat.Xml);

    private static readonly Dictionary<string, IPurgeReportTemplate> ByEnding = new(StringComparer.OrdinalIgnoreCase)
    {
        [".htm"] = Html,
        [".html"] = Html,
        [".json"] = new JsonReportTemplate(),
        [".markdown"] = Markdown,
        [".md"] = Markdown,
        [".txt"] = Text,
        [".xml"] = JUnit,
    };

    /// <summary>The report as JSON, the same as <see cref="PurgeReport.ToJson"/>.</summary>
    public static IPurgeReportTemplate Json => ByEnding[".json"];

    /// <summary>
    /// The template for a file, by its ending: <c>.html</c>, <c>.htm</c>, <c>.json</c>, <c>.md</c>, <c>.markdown</c>, <c>.txt</c> or
    /// <c>.xml</c> (JUnit), in upper or lower case.
    /// </summary>
    /// <param name="path">The file's name or path; the file need not exist.</param>
    /// <returns>The template.</returns>
    /// <exception cref="ArgumentException">The path is null, empty or white space, or its ending names no known format.</exception>
    public static IPurgeReportTemplate ForFile(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string ending = Path.GetExtension(path);
        return ByEnding.TryGetValue(ending, out IPurgeReportTemplate? template)
            ? template
            : throw new ArgumentException(
                $"The file ending \"{ending}\" of \"{path}\" names no report format. Use one of {Known()}, or give a template.",
                nameof(path));
    }

    private static string Known() => string.Join(", ", ByEnding.Keys.Order(StringComparer.Ordinal));
}
