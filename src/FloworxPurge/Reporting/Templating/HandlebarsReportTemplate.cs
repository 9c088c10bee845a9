using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using HandlebarsDotNet;
using HandlebarsDotNet.IO;

namespace FloworxPurge.Reporting;

/// <summary>A report template in Handlebars. Every value is escaped for the template's format; the names that it can use are in report-format.md.</summary>
/// <remarks>Immutable: what changes a template returns another. Safe to use from several threads at once.</remarks>
[RequiresUnreferencedCode(TrimWarnings.Template)]
[RequiresDynamicCode(TrimWarnings.Template)]
public sealed class HandlebarsReportTemplate : IPurgeReportTemplate
{
    // The one class that knows the template engine.
    private static readonly Dictionary<string, int> Helpers = new(StringComparer.Ordinal) { ["identifier"] = 1, ["h1"] = 1, ["h2"] = 1, ["break"] = 0 };
    private static readonly string[] BlockHelpers = ["pairs", "columns"];

    private readonly string _name;
    private readonly string _source;
    private readonly TemplateFormat _kind;
    private readonly CultureInfo _culture;
    private readonly Dictionary<string, string> _own;
    private readonly bool _isOwn;
    private readonly Lazy<HandlebarsTemplate<TextWriter, object, object>> _template;

    private HandlebarsReportTemplate(string name, string source, TemplateFormat kind, CultureInfo culture, Dictionary<string, string> own, bool isOwn)
    {
        (_name, _source, _kind, _culture, _own, _isOwn) = (name, source, kind, culture, own, isOwn);
        _template = new(Compile);
    }

    /// <summary>The names of the sections that the template can use and that <see cref="WithSection"/> can replace; none for <see cref="TemplateFormat.Xml"/>.</summary>
    public IReadOnlyList<string> Sections => [.. TemplateFiles.Sections(_kind).Keys.Order(StringComparer.Ordinal)];

    /// <summary>A template of one's own.</summary>
    /// <param name="source">The template's text.</param>
    /// <param name="format">What it writes, which decides how values are escaped.</param>
    /// <param name="name">What errors call it. Default: <c>template</c>.</param>
    /// <returns>The template; nothing of it is checked yet, see <see cref="Validate()"/>.</returns>
    /// <exception cref="ArgumentNullException">The source is null.</exception>
    /// <exception cref="ArgumentException">The name is null, empty or white space.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The format is none of the members.</exception>
    public static HandlebarsReportTemplate FromString(string source, TemplateFormat format, string name = "template")
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return Enum.IsDefined(format)
            ? new HandlebarsReportTemplate(name, source, format, CultureInfo.InvariantCulture, [], isOwn: true)
            : throw new ArgumentOutOfRangeException(nameof(format), format, $"Give one of {string.Join(", ", Enum.GetNames<TemplateFormat>())}.");
    }

    /// <summary>A template of one's own, read from a file.</summary>
    /// <param name="path">The file, in UTF-8. Errors call the template by it.</param>
    /// <param name="format">What it writes, which decides how values are escaped.</param>
    /// <returns>The template; nothing of it is checked yet, see <see cref="Validate()"/>.</returns>
    /// <exception cref="ArgumentException">The path is null, empty or white space.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The format is none of the members.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static HandlebarsReportTemplate FromFile(string path, TemplateFormat format)
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
    public HandlebarsReportTemplate WithSection(string section, string source)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(source);
        return TemplateFiles.Sections(_kind).ContainsKey(section)
            ? new HandlebarsReportTemplate(_name, _source, _kind, _culture, new(_own, StringComparer.Ordinal) { [section] = source }, isOwn: true)
            : throw new ArgumentException($"There is no section \"{section}\". Use one of {string.Join(", ", Sections)}.", nameof(section));
    }

    /// <summary>The same template with numbers and times as in a culture; they are culture-invariant otherwise. Words stay English, times UTC.</summary>
    /// <param name="culture">The culture.</param>
    /// <returns>The other template.</returns>
    /// <exception cref="ArgumentNullException">The culture is null.</exception>
    public HandlebarsReportTemplate WithCulture(CultureInfo culture)
    {
        ArgumentNullException.ThrowIfNull(culture);
        return new HandlebarsReportTemplate(_name, _source, _kind, CultureInfo.ReadOnly(culture), _own, _isOwn);
    }

    /// <inheritdoc/>
    public async Task RenderAsync(PurgeReport report, TextWriter output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(output);
        await output.WriteAsync(Render(report).AsMemory(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The report as the template writes it.</summary>
    /// <param name="report">The report.</param>
    /// <returns>The text, with <c>\n</c> line ends.</returns>
    /// <exception cref="ArgumentNullException">The report is null.</exception>
    /// <exception cref="PurgeException">The template is not valid, or its output or its loops are beyond all measure.</exception>
    public string Render(PurgeReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        try
        {
            using RenderBudget? budget = _isOwn ? RenderBudget.Begin(_name) : null;
            using var output = new CountedWriter();
            _template.Value(output, new ReportViewBuilder(report, new ReportText(_culture)).Build());
            return TemplateFiles.Format(_kind).Finish(output.ToString());
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (Cause(e) is { } cause)
            {
                throw cause;
            }

            // The engine's own words name no place, and what only the engine sees; most templates that fail have a mistake that can be told.
            Validate(report.Details.Custom);
            throw new PurgeException($"The template \"{_name}\" cannot be rendered: {(e.InnerException ?? e).Message.Trim()}", e);
        }
    }

    /// <summary>Finds every unknown name and every mistake in the template and its sections, without a report. Names under <c>custom</c> are not looked at.</summary>
    /// <exception cref="PurgeException">There are mistakes; the message names every one with line and column.</exception>
    public void Validate() => Validate(custom: null);

    /// <summary>The same, with the data that names under <c>custom</c> will find.</summary>
    internal void Validate(JsonElement? custom)
    {
        var root = TemplateShape.OfView(custom);
        Dictionary<string, string> sections = AllSections();
        Dictionary<string, IReadOnlyList<string>> uses = new(StringComparer.Ordinal);
        List<string> problems = Check("", _source);
        foreach ((string section, string source) in sections.OrderBy(section => section.Key, StringComparer.Ordinal))
        {
            problems.AddRange(Check(section, source));
        }

        problems.AddRange(sections.Keys.Where(section => Reaches(section, section, [])).Order(StringComparer.Ordinal).Select(section => $"the section \"{section}\" uses itself"));
        if (problems.Count == 0)
        {
            try
            {
                _ = _template.Value;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // The engine throws what it comes across, also of other kinds than its own.
                problems.Add(e.Message.ReplaceLineEndings(" ").Trim());
            }
        }

        if (problems.Count > 0)
        {
            throw new PurgeException($"The template \"{_name}\" is not valid: {string.Join("; ", problems)}.");
        }

        List<string> Check(string section, string source)
        {
            var check = new TemplateCheck(source, root, Helpers, BlockHelpers, sections.Keys);
            check.Run();
            uses[section] = check.Used;
            return [.. check.Problems.Select(problem => section.Length == 0 ? problem : $"section \"{section}\", {problem}")];
        }

        bool Reaches(string from, string wanted, HashSet<string> seen)
            => uses.GetValueOrDefault(from, []).Any(next => string.Equals(next, wanted, StringComparison.Ordinal) || (seen.Add(next) && Reaches(next, wanted, seen)));
    }

    /// <summary>A template that the library brings.</summary>
    internal static HandlebarsReportTemplate Embedded(string name, TemplateFormat format)
        => new(name, TemplateFiles.View(name), format, CultureInfo.InvariantCulture, [], isOwn: false);

    private static PurgeException? Cause(Exception exception)
        => exception as PurgeException ?? (exception.InnerException is { } inner ? Cause(inner) : null);

    private Dictionary<string, string> AllSections()
    {
        Dictionary<string, string> sections = new(TemplateFiles.Sections(_kind), StringComparer.Ordinal);
        foreach ((string section, string source) in _own)
        {
            sections[section] = source;
        }

        return sections;
    }

    private HandlebarsTemplate<TextWriter, object, object> Compile()
    {
        // A template that nobody has validated writes no value without escaping it either.
        if (_own.Values.Prepend(_source).Any(TemplateTag.HasRaw))
        {
            Validate();
        }

        ReportFormat format = TemplateFiles.Format(_kind);
        var encoder = new FormatEncoder(format);
        var numbers = new NumberFormatter(_culture);
        var configuration = new HandlebarsConfiguration { ThrowOnUnresolvedBindingExpression = true, TextEncoder = encoder, FormatProvider = _culture, PartialTemplateResolver = new SectionResolver(TemplateFiles.Sections(_kind)) };
        configuration.FormatterProviders.Add(numbers);
        IHandlebars engine = Handlebars.Create(configuration);
        // The engine looks for helpers first, and without regard to case: none may have the name of a property of the view.
        engine.RegisterHelper("identifier", (output, _, arguments) => output.WriteSafeString(format.Name(Text(arguments))));
        engine.RegisterHelper("h2", (output, _, arguments) => output.WriteSafeString(format.Heading(Text(arguments), level: 2)));
        engine.RegisterHelper("h1", (output, _, arguments) => output.WriteSafeString(format.Heading(Text(arguments), level: 1)));
        engine.RegisterHelper("break", (output, _, _) => output.WriteSafeString(ReportFormat.LineBreak.ToString()));
        engine.RegisterHelper("spend-step", (_, _, _) => RenderBudget.Spend());
        engine.RegisterHelper("pairs", (output, block, context, _) => output.WriteSafeString(format.Columns(Inside(block, context), hasHeader: false)));
        engine.RegisterHelper("columns", (output, block, context, _) => output.WriteSafeString(format.Columns(Inside(block, context), hasHeader: true)));
        foreach ((string section, string source) in _own)
        {
            engine.RegisterTemplate(section, TemplateFiles.PrepareSection(source));
        }

        return engine.Compile(new StringReader(TemplateFiles.Prepare(_source)));

        string Inside(BlockHelperOptions block, Context context)
        {
            using var text = new CountedWriter();
            using var writer = new EncodedTextWriter(text, encoder, numbers);
            block.Template(writer, context);
            return text.ToString();
        }
    }

    private static string Text(Arguments arguments)
        => Convert.ToString(arguments[0], CultureInfo.InvariantCulture) ?? "";

    /// <summary>Text in memory that counts against the budget of the rendering.</summary>
    private sealed class CountedWriter() : StringWriter(CultureInfo.InvariantCulture)
    {
        public override void Write(char value)
        {
            RenderBudget.Spend(1);
            base.Write(value);
        }

        public override void Write(string? value)
        {
            RenderBudget.Spend(value?.Length ?? 0);
            base.Write(value);
        }

        public override void Write(char[] buffer, int index, int count)
        {
            RenderBudget.Spend(count);
            base.Write(buffer, index, count);
        }

        public override void Write(ReadOnlySpan<char> buffer)
        {
            RenderBudget.Spend(buffer.Length);
            base.Write(buffer);
        }
    }

    /// <summary>Numbers of the raw report and of the caller's data, in the template's culture, and what else the engine does not write by itself: yes and no, and lists.</summary>
    private sealed class NumberFormatter(CultureInfo culture) : IFormatterProvider, IFormatter
    {
        public bool TryCreateFormatter(Type type, out IFormatter formatter)
        {
            formatter = this;
            return type == typeof(bool) || typeof(IFormattable).IsAssignableFrom(type) || (type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type));
        }

        public void Format<T>(T value, in EncodedTextWriter writer)
            => writer.Write(value switch
            {
                true => "true",
                false => "false",
                IFormattable number => number.ToString(format: null, culture),
                _ => value?.ToString() ?? "",
            });
    }

    /// <summary>The library's sections, each compiled when a template first uses it: most templates of one's own use few, and compiling is what takes the time.</summary>
    private sealed class SectionResolver(Dictionary<string, string> sections) : IPartialTemplateResolver
    {
        public bool TryRegisterPartial(IHandlebars env, string? partialName, string? templatePath)
        {
            if (partialName is null || !sections.TryGetValue(partialName, out string? source))
            {
                return false;
            }

            env.RegisterTemplate(partialName, TemplateFiles.PrepareSection(source));
            return true;
        }
    }

    private sealed class FormatEncoder(ReportFormat format) : ITextEncoder
    {
        public void Encode(StringBuilder? text, TextWriter target) => Encode(text?.ToString(), target);

        public void Encode(string? text, TextWriter target) => target.Write(format.Encode(text ?? ""));

        public void Encode<T>(T? text, TextWriter target)
            where T : IEnumerator<char>
        {
            var characters = new StringBuilder();
            while (text is not null && text.MoveNext())
            {
                characters.Append(text.Current);
            }

            Encode(characters.ToString(), target);
        }
    }
}
