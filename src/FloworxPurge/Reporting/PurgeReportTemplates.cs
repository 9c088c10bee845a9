namespace FloworxPurge.Reporting;

/// <summary>The forms a report can be saved in without a template of one's own, and the beginning of those.</summary>
internal static class PurgeReportTemplates
{
    // Before the table that lists them: static members are initialised from top to bottom.

    /// <summary>The report as Markdown with tables and without raw HTML.</summary>
    public static ScribanReportTemplate Markdown { get; } = ScribanReportTemplate.Embedded("plain", TemplateFormat.Markdown);

    /// <summary>
    /// The report as one HTML file that needs no network: light and dark, for screen and paper, with pictures of rows and foreign keys.
    /// </summary>
    public static ScribanReportTemplate Html { get; } = ScribanReportTemplate.Embedded("html", TemplateFormat.Html);

    /// <summary>The certificate that rows were erased, as one HTML page.</summary>
    public static ScribanReportTemplate Certificate { get; } = ScribanReportTemplate.Embedded("certificate", TemplateFormat.Html);

    /// <summary>The report as plain text, at most 80 characters wide.</summary>
    public static ScribanReportTemplate Text { get; } = ScribanReportTemplate.Embedded("plain", TemplateFormat.Text);

    /// <summary>
    /// The report as JUnit XML: a test case for each table, verification, target and check, so that a CI server shows a purge as tests.
    /// </summary>
    public static ScribanReportTemplate JUnit { get; } = ScribanReportTemplate.Embedded("junit", TemplateFormat.Xml);

    /// <summary>The report as JSON, the same as <see cref="PurgeReport.ToJson"/>.</summary>
    public static JsonReportTemplate Json { get; } = new();

    private static readonly Dictionary<string, PurgeReportTemplate> ByEnding = new(StringComparer.OrdinalIgnoreCase)
    {
        [".htm"] = Html,
        [".html"] = Html,
        [".json"] = Json,
        [".markdown"] = Markdown,
        [".md"] = Markdown,
        [".txt"] = Text,
        [".xml"] = JUnit,
    };

    // What editors call a file in Scriban.
    private static readonly HashSet<string> Ignored = new(StringComparer.OrdinalIgnoreCase) { ".sbn", ".scriban" };

    /// <summary>
    /// The template for a file, by its ending: <c>.html</c>, <c>.htm</c>, <c>.json</c>, <c>.md</c>, <c>.markdown</c>, <c>.txt</c> or
    /// <c>.xml</c> (JUnit), in upper or lower case.
    /// </summary>
    /// <exception cref="ArgumentException">The path is null, empty or white space, or its ending names no known format.</exception>
    public static PurgeReportTemplate ForFile(string path)
        => TryForFile(path)
            ?? throw new ArgumentException(
                $"The file ending \"{Path.GetExtension(path)}\" of \"{path}\" names no report format. Use one of {Known(ByEnding)}, "
                    + $"or give a template.",
                nameof(path));

    /// <summary>The same, or <see langword="null"/> where the ending names no known format.</summary>
    /// <exception cref="ArgumentException">The path is null, empty or white space.</exception>
    public static PurgeReportTemplate? TryForFile(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return ByEnding.GetValueOrDefault(Path.GetExtension(path));
    }

    /// <summary>The format that a template writes, by the ending of its name before <c>.scriban</c> or <c>.sbn</c>.</summary>
    /// <exception cref="ArgumentException">The name has no ending of a format that templates write.</exception>
    public static TemplateFormat FormatOf(string name, string parameterName)
    {
        string file = Ignored.Contains(Path.GetExtension(name)) ? Path.GetFileNameWithoutExtension(name) : name;
        return ByEnding.GetValueOrDefault(Path.GetExtension(file)) is ScribanReportTemplate template
            ? template.Format
            : throw new ArgumentException(
                $"The name \"{name}\" of the template does not end with a format. Use one of "
                    + $"{Known(ByEnding.Where(pair => pair.Value is ScribanReportTemplate))}, as in report.html or report.html.scriban.",
                parameterName);
    }

    private static string Known(IEnumerable<KeyValuePair<string, PurgeReportTemplate>> templates)
        => string.Join(", ", templates.Select(pair => pair.Key).Order(StringComparer.Ordinal));
}
