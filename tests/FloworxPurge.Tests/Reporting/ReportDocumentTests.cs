using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Reporting;

/// <summary>The page about the JSON form and the names in templates says what the code's own documentation says.</summary>
public sealed partial class ReportDocumentTests
{
    private static readonly Assembly Core = typeof(PurgeReport).Assembly;

    private static readonly Lazy<Dictionary<string, XElement>> Docs = new(() => XDocument.Load(Path.ChangeExtension(Core.Location, ".xml"))
        .Descendants("member")
        .ToDictionary(member => member.Attribute("name")!.Value, StringComparer.Ordinal));

    [Fact]
    public void The_page_names_every_field_and_every_name()
    {
        string file = Path.Combine(Repository.Core, "Reporting", "report-format.md");
        string expected = Page();
        if (Environment.GetEnvironmentVariable(Snapshot.Variable) == "1" && Environment.GetEnvironmentVariable("CI") != "true")
        {
            File.WriteAllText(file, expected);
        }

        Assert.Equal(expected, File.ReadAllText(file).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Every_field_of_a_written_report_is_on_the_page()
    {
        string page = Page();
        using JsonDocument report = JsonDocument.Parse(SampleReports.CompleteWithSkips().ToJson());

        foreach (JsonProperty field in report.RootElement.EnumerateObject())
        {
            Assert.Contains($"| `{field.Name}` |", page, StringComparison.Ordinal);
        }
    }

    private static string Page()
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $$$"""
            # The report's format

            Written from the documentation of the code, and compared with it by a test.

            ## JSON

            `formatVersion` comes first and is {{{PurgeReport.CurrentFormatVersion}}}. Times are UTC in ISO 8601, durations have the form `[d.]hh:mm:ss[.fffffff]`, enumerations are the names of their
            members, what is not known is `null`. A file of another version is not read; one whose `hash` does not fit its content is refused.

            {{{Fields(typeof(PurgeReport))}}}
            ## Names in templates

            A template finds these names; upper and lower case matter. Values are escaped for the template's format when they are written.
            `report` holds the report under the names of the JSON form above (`{{ report.rowsDeleted }}`, `{{ for table in report.tables }}{{ identifier table.table }}{{ end }}`), and `custom`
            what `ReportDetails.Custom` was given. `{{ include 'verdict' }}` writes a section; the sections are
            {{{string.Join(", ", PurgeReportTemplates.Html.Sections.Select(section => $"`{section}`"))}}} (HTML) and
            {{{string.Join(", ", PurgeReportTemplates.Text.Sections.Select(section => $"`{section}`"))}}} (Markdown, text).

            | name | holds |
            |---|---|

            """);
        foreach (PropertyInfo property in typeof(ReportView).GetProperties())
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"| `{Camel(property.Name)}` | "
                    + $"{Holds(property.PropertyType)}{(Summary(property) is { Length: > 0 } summary ? ". " + summary : "")} |\n");
        }

        page.Append("\n## What templates can do\n\n").Append(TemplateLanguage.Page);
        return page.ToString().ReplaceLineEndings("\n");
    }

    private static string Fields(Type root)
    {
        var tables = new StringBuilder();
        Queue<Type> types = new([root]);
        HashSet<Type> seen = [root];
        while (types.TryDequeue(out Type? type))
        {
            tables.Append(CultureInfo.InvariantCulture, $"### {type.Name}\n\n| field | type | meaning |\n|---|---|---|\n");
            foreach (PropertyInfo property in type
                .GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .Where(property => property.GetMethod!.IsPublic
                    ? property.CanWrite || property.Name is nameof(PurgeReport.Hash)
                    : property.IsDefined(typeof(JsonIncludeAttribute)) && !property.IsDefined(typeof(JsonPropertyNameAttribute))))
            {
                Type inner = Inner(property.PropertyType);
                if (inner.Assembly == Core && !inner.IsEnum && seen.Add(inner))
                {
                    types.Enqueue(inner);
                }

                tables.Append(CultureInfo.InvariantCulture, $"| `{Camel(property.Name)}` | {TypeName(property)} | {Summary(property)} |\n");
            }

            tables.Append('\n');
        }

        return tables.ToString();
    }

    private static string TypeName(PropertyInfo property)
    {
        Type type = property.PropertyType;
        Type inner = Inner(type);
        string name = inner.IsEnum ? string.Join(", ", Enum.GetNames(inner).Select(member => $"`{member}`"))
            : inner == typeof(string) ? "text"
            : inner == typeof(bool) ? "true or false"
            : inner == typeof(int) || inner == typeof(long) ? "number"
            : inner == typeof(DateTimeOffset) ? "time"
            : inner == typeof(TimeSpan) ? "duration"
            : inner == typeof(JsonElement) ? "object"
            : inner.Name;
        bool isNullable = new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable;
        return (IsList(type) ? "list of " : "") + name + (isNullable ? " or null" : "");
    }

    private static string Holds(Type type)
        => type == typeof(string) ? "text"
            : type == typeof(bool) ? "true or false"
            : IsList(type) ? Inner(type) == typeof(string) ? "list of texts"
                : Inner(type).IsPublic ? $"list of {Inner(type).Name}" : $"list of {Names(Inner(type))}"
            : Names(type);

    private static string Names(Type type)
        => string.Join(", ", type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => IsList(property.PropertyType) && Inner(property.PropertyType) != typeof(string)
            ? $"`{Camel(property.Name)}` (list of {Names(Inner(property.PropertyType))})"
            : $"`{Camel(property.Name)}`"));

    private static bool IsList(Type type) => type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type);

    private static Type Inner(Type type)
        => IsList(type) ? type.GetGenericArguments()[0] : Nullable.GetUnderlyingType(type) ?? type;

    private static string Camel(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);

    // Properties of positional records are documented as parameters of their type.
    private static string Summary(PropertyInfo property)
    {
        XElement? element = Docs.Value.GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}")?.Element("summary")
            ?? Docs.Value.GetValueOrDefault($"T:{property.DeclaringType.FullName}")
                ?.Elements("param")
                .FirstOrDefault(parameter => parameter.Attribute("name")?.Value == property.Name);
        string text = element is null
            ? ""
            : Spaces().Replace(string.Concat(element.Nodes().Select(Text)), " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
        return WithoutVerb(text);
    }

    // "Gets the verdict" is the form of a property; the page describes fields.
    private static string WithoutVerb(string text)
        => text.StartsWith("Gets ", StringComparison.Ordinal) ? $"{char.ToUpperInvariant(text[5])}{text[6..]}" : text;

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" } see when see.Attribute("langword") is { } word => word.Value,
        XElement { Name.LocalName: "see" } see => "`" + see.Attribute("cref")!.Value.Split('(', '`')[0].Split('.')[^1] + "`",
        XElement { Name.LocalName: "c" } code => "`" + code.Value + "`",
        XElement other => other.Value,
        _ => "",
    };

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Spaces();
}
