using System.Globalization;
using System.Text.Json;
using Scriban;

namespace FloworxPurge.Reporting;

/// <summary>
/// A report template in Scriban. Every value is escaped for the template's format; the names that it can use are in report-format.md, the
/// statements and functions in reports.md.
/// </summary>
/// <remarks>Immutable: what changes a template returns another. Safe to use from several threads at once.</remarks>
public sealed partial class ScribanReportTemplate : IPurgeReportTemplate
{
    // The one class that knows the template engine, in several files.
    private readonly string _name;
    private readonly Piece _main;
    private readonly TemplateFormat _kind;
    private readonly CultureInfo _culture;
    private readonly Dictionary<string, Piece> _own;
    private readonly bool _isOwn;

    private ScribanReportTemplate(
        string name,
        Piece main,
        TemplateFormat kind,
        CultureInfo culture,
        Dictionary<string, Piece> own,
        bool isOwn)
        => (_name, _main, _kind, _culture, _own, _isOwn) = (name, main, kind, culture, own, isOwn);

    /// <summary>Gets the template of the report as Markdown with tables and without raw HTML.</summary>
    public static ScribanReportTemplate Markdown => PurgeReportTemplates.Markdown;

    /// <summary>
    /// Gets the template of the report as one HTML file that needs no network: light and dark, for screen and paper, with pictures of rows
    /// and foreign keys.
    /// </summary>
    public static ScribanReportTemplate Html => PurgeReportTemplates.Html;

    /// <summary>Gets the template of the report as plain text, at most 80 characters wide.</summary>
    public static ScribanReportTemplate Text => PurgeReportTemplates.Text;

    /// <summary>
    /// Gets the template of the report as JUnit XML: a test case for each table, verification, target and check, so that a CI server shows
    /// a purge as tests.
    /// </summary>
    public static ScribanReportTemplate JUnit => PurgeReportTemplates.JUnit;

    /// <summary>
    /// Gets the names of the sections that the template can include and that <see cref="WithSection"/> can replace; none for
    /// <see cref="TemplateFormat.Xml"/>.
    /// </summary>
    public IReadOnlyList<string> Sections => [.. Brought.Of(_kind).Keys.Order(StringComparer.Ordinal)];

    /// <summary>A template of one's own.</summary>
    /// <param name="source">The template's text.</param>
    /// <param name="format">What it writes, which decides how values are escaped.</param>
    /// <param name="name">What errors call it. The default value is <c>template</c>.</param>
    /// <returns>The template; nothing of it is checked yet, see <see cref="Validate()"/>.</returns>
    /// <exception cref="ArgumentNullException">The source is null.</exception>
    /// <exception cref="ArgumentException">The name is null, empty or white space.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The format is none of the members.</exception>
    public static ScribanReportTemplate FromString(string source, TemplateFormat format, string name = "template")
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return Enum.IsDefined(format)
            ? new ScribanReportTemplate(name, new Piece(source), format, CultureInfo.InvariantCulture, [], isOwn: true)
            : throw new ArgumentOutOfRangeException(
                nameof(format),
                format,
                $"Give one of {string.Join(", ", Enum.GetNames<TemplateFormat>())}.");
    }

    /// <summary>A template of one's own, read from a file.</summary>
    /// <param name="path">The file, in UTF-8, such as <c>chat.txt.scriban</c>. Errors call the template by it.</param>
    /// <param name="format">What it writes, which decides how values are escaped.</param>
    /// <returns>The template; nothing of it is checked yet, see <see cref="Validate()"/>.</returns>
    /// <exception cref="ArgumentException">The path is null, empty or white space.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The format is none of the members.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static ScribanReportTemplate FromFile(string path, TemplateFormat format)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return FromString(File.ReadAllText(path), format, path);
    }

    /// <summary>The same template with one section written another way.</summary>
    /// <param name="section">One of <see cref="Sections"/>.</param>
    /// <param name="source">The section's text; an empty one leaves the section out.</param>
    /// <returns>The other template.</returns>
    /// <exception cref="ArgumentException">There is no such section; the message names those that there are.</exception>
    /// <exception cref="ArgumentNullException">The section or its source is null.</exception>
    public ScribanReportTemplate WithSection(string section, string source)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(source);
        return Brought.Of(_kind).ContainsKey(section)
            ? With(section, source)
            : throw new ArgumentException(
                $"There is no section \"{section}\". Use one of {string.Join(", ", Sections)}, or {nameof(WithPartial)} for a new one.",
                nameof(section));
    }

    /// <summary>
    /// The same template with a piece of one's own, which the template and its sections can include as <c>{{ include 'name' }}</c>.
    /// </summary>
    /// <param name="name">The name. Giving the same name again replaces the piece.</param>
    /// <param name="source">The piece's text. It sees the report and <c>custom</c>, and no variable of what includes it.</param>
    /// <returns>The other template.</returns>
    /// <exception cref="ArgumentException">The name is null, empty or white space, or the library has a section of that name.</exception>
    /// <exception cref="ArgumentNullException">The source is null.</exception>
    public ScribanReportTemplate WithPartial(string name, string source)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(source);
        return Brought.Of(_kind).ContainsKey(name)
            ? throw new ArgumentException(
                $"\"{name}\" is a section. Replace it by {nameof(WithSection)}, or choose another name.",
                nameof(name))
            : With(name, source);
    }

    /// <summary>
    /// The same template with numbers and times as in a culture; they are culture-invariant otherwise. Words stay English, times UTC.
    /// </summary>
    /// <param name="culture">The culture.</param>
    /// <returns>The other template.</returns>
    /// <exception cref="ArgumentNullException">The culture is null.</exception>
    public ScribanReportTemplate WithCulture(CultureInfo culture)
    {
        ArgumentNullException.ThrowIfNull(culture);
        return new ScribanReportTemplate(_name, _main, _kind, CultureInfo.ReadOnly(culture), _own, _isOwn);
    }

    /// <inheritdoc/>
    /// <exception cref="PurgeException">The template is not valid, or its output or its loops exceed the limits in reports.md.</exception>
    public async Task RenderAsync(PurgeReport report, TextWriter output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(output);
        await output.WriteAsync(Render(report, cancellationToken).AsMemory(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The report as the template writes it.</summary>
    /// <param name="report">The report.</param>
    /// <returns>The text, with <c>\n</c> line ends.</returns>
    /// <exception cref="ArgumentNullException">The report is null.</exception>
    /// <exception cref="PurgeException">The template is not valid, or its output or its loops exceed the limits in reports.md.</exception>
    public string Render(PurgeReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return Render(report, CancellationToken.None);
    }

    /// <summary>
    /// Finds every unknown name and every mistake in the template and its sections, without a report. Names under <c>custom</c> are not
    /// looked at.
    /// </summary>
    /// <exception cref="PurgeException">There are mistakes; the message names every one with line and column.</exception>
    public void Validate() => Validate(custom: null);

    /// <summary>The same, with the data that names under <c>custom</c> will find.</summary>
    internal void Validate(JsonElement? custom)
    {
        TemplateShape.Named root = TemplateShape.Root(custom);
        Dictionary<string, Piece> sections = AllSections();
        Dictionary<string, IReadOnlyList<string>> uses = new(StringComparer.Ordinal);
        List<string> problems = Check("", _main);
        foreach ((string section, Piece piece) in sections.OrderBy(section => section.Key, StringComparer.Ordinal))
        {
            problems.AddRange(Check(section, piece));
        }

        // A template that includes itself exceeds every depth, so cycles are searched only then.
        bool isDeep = Includes.AreTooDeep(uses);
        string[] circles = [.. sections.Keys.Where(section => isDeep && Includes.Reaches(uses, section)).Order(StringComparer.Ordinal)];
        problems.AddRange(circles.Select(section => $"the section \"{section}\" includes itself"));
        if (isDeep && circles.Length == 0)
        {
            problems.Add(
                string.Create(CultureInfo.InvariantCulture, $"its sections include each other more than {Includes.Deepest} levels deep; "
                    + $"include less from within what is included"));
        }

        if (problems.Count > 0)
        {
            throw new PurgeException($"The template \"{_name}\" is not valid: {string.Join("; ", problems)}.");
        }

        List<string> Check(string section, Piece piece)
        {
            var check = new TemplateCheck(root, sections.Keys);
            string[] found = check.Run(piece);
            uses[section] = check.Used;
            return [.. found.Select(problem => section.Length == 0 ? problem : $"section \"{section}\", {problem}")];
        }
    }

    /// <summary>The names of the functions.</summary>
    internal static IReadOnlyCollection<string> FunctionNames => [.. Functions.ByName.Keys];

    /// <summary>A template that the library brings.</summary>
    internal static ScribanReportTemplate Embedded(string name, TemplateFormat format)
        => new(name, new Piece(TemplateFiles.View(name)), format, CultureInfo.InvariantCulture, [], isOwn: false);

    private ScribanReportTemplate With(string section, string source)
        => new(_name, _main, _kind, _culture, new(_own, StringComparer.Ordinal) { [section] = new Piece(source) }, isOwn: true);

    private Dictionary<string, Piece> AllSections()
    {
        Dictionary<string, Piece> sections = new(Brought.Of(_kind), StringComparer.Ordinal);
        foreach ((string section, Piece piece) in _own)
        {
            sections[section] = piece;
        }

        return sections;
    }

    /// <summary>
    /// The text of a template or a section, parsed when it is first used: most templates of one's own include few sections.
    /// </summary>
    private sealed class Piece
    {
        private readonly Lazy<Template> _parsed;

        public Piece(string source)
        {
            Source = source.Replace("\r\n", "\n", StringComparison.Ordinal);
            _parsed = new(() => Parse(Source));
        }

        public string Source { get; }

        public Template Parsed => _parsed.Value;
    }

    /// <summary>What includes what. Without recursion: a chain may be longer than the stack is deep.</summary>
    private static class Includes
    {
        /// <summary>The most sections within each other; the library's own are two.</summary>
        public const int Deepest = 32;

        /// <summary>Determines whether a section includes itself, directly or through others.</summary>
        public static bool Reaches(Dictionary<string, IReadOnlyList<string>> uses, string section)
        {
            HashSet<string> seen = new(StringComparer.Ordinal);
            Stack<string> open = new(uses.GetValueOrDefault(section, []));
            while (open.TryPop(out string? next))
            {
                if (string.Equals(next, section, StringComparison.Ordinal))
                {
                    return true;
                }

                if (seen.Add(next))
                {
                    foreach (string further in uses.GetValueOrDefault(next, []))
                    {
                        open.Push(further);
                    }
                }
            }

            return false;
        }

        /// <summary>Determines whether the template or one of its sections has more levels of sections than it may have.</summary>
        public static bool AreTooDeep(Dictionary<string, IReadOnlyList<string>> uses)
        {
            string[] level = [.. uses.Keys];
            for (int depth = 0; depth <= Deepest && level.Length > 0; depth++)
            {
                level = [.. level.SelectMany(section => uses.GetValueOrDefault(section, [])).Distinct(StringComparer.Ordinal)];
            }

            return level.Length > 0;
        }
    }

    /// <summary>The sections that the library brings, parsed once for all templates of a format.</summary>
    private static class Brought
    {
        private static readonly Dictionary<TemplateFormat, Dictionary<string, Piece>> Sections = Enum.GetValues<TemplateFormat>()
            .ToDictionary(
                format => format,
                format => TemplateFiles.Sections(format)
                    .ToDictionary(section => section.Key, section => new Piece(section.Value), StringComparer.Ordinal));

        public static Dictionary<string, Piece> Of(TemplateFormat format) => Sections[format];
    }
}
