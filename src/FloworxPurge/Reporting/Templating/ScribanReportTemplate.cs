using System.Globalization;
using System.Text.Json;
using Scriban;

namespace FloworxPurge.Reporting;

/// <summary>A report template in Scriban. Every value is escaped for the template's format.</summary>
internal sealed partial class ScribanReportTemplate : PurgeReportTemplate
{
    // The one class that knows the template engine, in several files.
    private readonly string _name;
    private readonly Piece _main;
    private readonly CultureInfo _culture;
    private readonly Dictionary<string, Piece> _own;
    private readonly bool _isOwn;

    private ScribanReportTemplate(
        string name,
        Piece main,
        TemplateFormat format,
        CultureInfo culture,
        Dictionary<string, Piece> own,
        bool isOwn)
        => (_name, _main, Format, _culture, _own, _isOwn) = (name, main, format, culture, own, isOwn);

    /// <summary>Gets what the template writes.</summary>
    public TemplateFormat Format { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Sections => [.. Brought.Of(Format).Keys.Order(StringComparer.Ordinal)];

    /// <summary>Creates a template of one's own.</summary>
    public static ScribanReportTemplate FromString(string source, TemplateFormat format, string name = "template")
        => new(name, new Piece(source), format, CultureInfo.InvariantCulture, [], isOwn: true);

    /// <inheritdoc/>
    public override ScribanReportTemplate WithSection(string section, string source)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(source);
        return Brought.Of(Format).ContainsKey(section)
            ? With(section, source)
            : throw new ArgumentException(
                $"There is no section \"{section}\". Use one of {string.Join(", ", Sections)}, or {nameof(WithPartial)} for a new one.",
                nameof(section));
    }

    /// <inheritdoc/>
    public override ScribanReportTemplate WithPartial(string name, string source)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(source);
        return Brought.Of(Format).ContainsKey(name)
            ? throw new ArgumentException(
                $"\"{name}\" is a section. Replace it by {nameof(WithSection)}, or choose another name.",
                nameof(name))
            : With(name, source);
    }

    /// <inheritdoc/>
    public override ScribanReportTemplate WithCulture(CultureInfo culture)
    {
        ArgumentNullException.ThrowIfNull(culture);
        return new ScribanReportTemplate(_name, _main, Format, CultureInfo.ReadOnly(culture), _own, _isOwn);
    }

    /// <inheritdoc/>
    public override bool IsFor(string path)
        => PurgeReportTemplates.TryForFile(path) is var other
            && (other is null || (other as ScribanReportTemplate)?.Format == Format);

    /// <inheritdoc/>
    public override async Task RenderAsync(PurgeReport report, TextWriter output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(output);
        await output.WriteAsync(Render(report, cancellationToken).AsMemory(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The report as the template writes it, with <c>\n</c> line ends.</summary>
    public string Render(PurgeReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return Render(report, CancellationToken.None);
    }

    /// <inheritdoc/>
    public override void Validate() => Validate(custom: null);

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
            throw new PurgeException($"The template \"{_name}\" is not valid: {string.Join("; ", problems)}"
                + (problems[^1].EndsWith('?') ? string.Empty : "."));
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
        => new(_name, _main, Format, _culture, new(_own, StringComparer.Ordinal) { [section] = new Piece(source) }, isOwn: true);

    private Dictionary<string, Piece> AllSections()
    {
        Dictionary<string, Piece> sections = new(Brought.Of(Format), StringComparer.Ordinal);
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
