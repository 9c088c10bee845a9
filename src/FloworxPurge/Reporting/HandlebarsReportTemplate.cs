using System.Globalization;
using System.Reflection;
using System.Text;
using HandlebarsDotNet;

namespace FloworxPurge.Reporting;

/// <summary>Renders the embedded templates. The one class that knows the template engine.</summary>
internal sealed class HandlebarsReportTemplate : IPurgeReportTemplate
{
    private const string Folder = "FloworxPurge.Reporting.Templates.";
    private const string Ending = ".hbs";

    private readonly ReportFormat _format;
    private readonly Lazy<HandlebarsTemplate<object, object>> _template;

    /// <summary>One of the embedded templates.</summary>
    public HandlebarsReportTemplate(string name, ReportFormat format)
        : this(format, () => ReadEmbedded(Folder + name + Ending))
    {
    }

    private HandlebarsReportTemplate(ReportFormat format, Func<string> source)
    {
        _format = format;
        _template = new(() => Compile(format, source()));
    }

    /// <summary>A template by its text.</summary>
    public static HandlebarsReportTemplate FromSource(string source, ReportFormat format) => new(format, () => source);

    public async Task RenderAsync(PurgeReport report, TextWriter output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        await output.WriteAsync(Render(report).AsMemory(), cancellationToken).ConfigureAwait(false);
    }

    public string Render(PurgeReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return _format.Finish(_template.Value(ReportViewBuilder.Build(report)));
    }

    private static HandlebarsTemplate<object, object> Compile(ReportFormat format, string source)
    {
        IHandlebars engine = Handlebars.Create(new HandlebarsConfiguration
        {
            ThrowOnUnresolvedBindingExpression = true,
            TextEncoder = new FormatEncoder(format),
            FormatProvider = CultureInfo.InvariantCulture,
        });
        // The engine looks for helpers first, and without regard to case: none may have the name of a property of the view.
        engine.RegisterHelper("identifier", (output, _, arguments) => output.WriteSafeString(format.Name(Text(arguments))));
        engine.RegisterHelper("h2", (output, _, arguments) => output.WriteSafeString(format.Heading(Text(arguments), level: 2)));
        engine.RegisterHelper("h1", (output, _, arguments) => output.WriteSafeString(format.Heading(Text(arguments), level: 1)));
        engine.RegisterHelper("break", (output, _, _) => output.WriteSafeString(ReportFormat.LineBreak.ToString()));
        engine.RegisterHelper("pairs", (output, block, _, _) => output.WriteSafeString(format.Columns(block.Template(), hasHeader: false)));
        engine.RegisterHelper("columns", (output, block, _, _) => output.WriteSafeString(format.Columns(block.Template(), hasHeader: true)));
        foreach (string resource in Assembly.GetManifestResourceNames().Where(IsTemplate))
        {
            engine.RegisterTemplate(resource[Folder.Length..^Ending.Length], Prepare(ReadEmbedded(resource)));
        }

        return engine.Compile(Prepare(source));
    }

    private static Assembly Assembly => typeof(HandlebarsReportTemplate).Assembly;

    private static bool IsTemplate(string resource)
        => resource.StartsWith(Folder, StringComparison.Ordinal) && resource.EndsWith(Ending, StringComparison.Ordinal);

    // In a template " | " stands between cells. It is replaced before any value is filled in, so a value cannot add a cell.
    private static string Prepare(string source)
        => source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace(" | ", ReportFormat.CellEnd.ToString(), StringComparison.Ordinal);

    private static string Text(Arguments arguments)
        => Convert.ToString(arguments[0], CultureInfo.InvariantCulture) ?? "";

    private static string ReadEmbedded(string resource)
    {
        using Stream stream = Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The embedded template \"{resource}\" is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
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
