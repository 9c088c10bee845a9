namespace FloworxPurge.Reporting;

/// <summary>The forms a report can be saved in without a template of one's own.</summary>
public static class PurgeReportTemplates
{
    // Before the table that lists them: static members are initialised from top to bottom.
    internal static HandlebarsReportTemplate MarkdownTemplate { get; } = new("markdown", new MarkdownFormat());

    internal static HandlebarsReportTemplate TextTemplate { get; } = new("text", new TextFormat());

    private static readonly Dictionary<string, IPurgeReportTemplate> ByEnding = new(StringComparer.OrdinalIgnoreCase)
    {
        [".json"] = new JsonReportTemplate(),
        [".markdown"] = MarkdownTemplate,
        [".md"] = MarkdownTemplate,
        [".txt"] = TextTemplate,
    };

    /// <summary>The report as JSON, the same as <see cref="PurgeReport.ToJson"/>.</summary>
    public static IPurgeReportTemplate Json => ByEnding[".json"];

    /// <summary>The report as Markdown with tables and without raw HTML.</summary>
    public static IPurgeReportTemplate Markdown => MarkdownTemplate;

    /// <summary>The report as plain text, at most 80 characters wide.</summary>
    public static IPurgeReportTemplate Text => TextTemplate;

    /// <summary>The template for a file, by its ending: <c>.json</c>, <c>.md</c>, <c>.markdown</c> or <c>.txt</c>, in upper or lower case.</summary>
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
