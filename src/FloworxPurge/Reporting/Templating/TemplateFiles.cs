using System.Reflection;

namespace FloworxPurge.Reporting;

/// <summary>
/// The templates that the library brings: a file for each view, and for each section one that all views share; HTML has a few of its own.
/// </summary>
internal static class TemplateFiles
{
    private const string Folder = "FloworxPurge.Reporting.Templates.";
    private const string Ending = ".scriban";

    private static readonly TextFormat Text = new();
    private static readonly MarkdownFormat Markdown = new();
    private static readonly HtmlFormat Html = new();
    private static readonly XmlFormat Xml = new();

    private static readonly Dictionary<TemplateFormat, Dictionary<string, string>> SectionsByFormat = new()
    {
        [TemplateFormat.Text] = Collect("plain."),
        [TemplateFormat.Markdown] = Collect("plain."),
        [TemplateFormat.Html] = Collect("plain.", "html."),
        [TemplateFormat.Xml] = [],
    };

    private static Assembly Assembly => typeof(TemplateFiles).Assembly;

    /// <summary>The sections by name.</summary>
    public static Dictionary<string, string> Sections(TemplateFormat format) => SectionsByFormat[format];

    /// <summary>The text of a view's own file.</summary>
    public static string View(string name) => Read(Folder + name + Ending);

    /// <summary>How a format writes.</summary>
    public static ReportFormat Format(TemplateFormat format) => format switch
    {
        TemplateFormat.Markdown => Markdown,
        TemplateFormat.Html => Html,
        TemplateFormat.Xml => Xml,
        _ => Text,
    };

    private static Dictionary<string, string> Collect(params string[] folders)
    {
        Dictionary<string, string> sections = new(StringComparer.Ordinal);
        foreach (string folder in folders.Select(folder => Folder + folder))
        {
            foreach (string resource in Assembly
                .GetManifestResourceNames()
                .Where(
                    name => name.StartsWith(folder, StringComparison.Ordinal)
                        && !string.Equals(name, folder + Ending[1..], StringComparison.Ordinal)))
            {
                sections[resource[folder.Length..^Ending.Length]] = Read(resource);
            }
        }

        return sections;
    }

    private static string Read(string resource)
    {
        using Stream stream = Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The embedded template \"{resource}\" is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
