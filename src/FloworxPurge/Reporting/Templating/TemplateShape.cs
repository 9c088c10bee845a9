using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;

namespace FloworxPurge.Reporting;

/// <summary>What a name in a template stands for, as far as that is known without a report.</summary>
internal abstract record TemplateShape
{
    /// <summary>A value that is written as it is.</summary>
    public sealed record Leaf : TemplateShape;

    /// <summary>Something of which nothing is known: any name may be in it.</summary>
    public sealed record Open : TemplateShape;

    /// <summary>A list to loop over.</summary>
    public sealed record List(TemplateShape Item) : TemplateShape;

    /// <summary>An object with named values.</summary>
    public sealed record Named(IReadOnlyDictionary<string, TemplateShape> Values) : TemplateShape;

    /// <summary>The view, where names are compared without case, as the engine does.</summary>
    [RequiresUnreferencedCode(TrimWarnings.Template)]
    public static TemplateShape OfView(JsonElement? custom)
    {
        var values = new Dictionary<string, TemplateShape>(((Named)OfType(typeof(ReportView), isJson: false)).Values, StringComparer.OrdinalIgnoreCase)
        {
            [nameof(ReportView.Bars)] = OfType(typeof(BarsView), isJson: false),
            [nameof(ReportView.Graph)] = OfType(typeof(GraphView), isJson: false),
            [nameof(ReportView.Report)] = OfType(typeof(PurgeReport), isJson: true),
            [nameof(ReportView.Custom)] = custom is { } data ? Of(data) : new Open(),
        };
        return new Named(values);
    }

    /// <summary>What holds for each of several values: entries of a list may differ, and a name is safe that all of them have.</summary>
    public static TemplateShape Common(IEnumerable<TemplateShape> shapes)
        => shapes.Aggregate((TemplateShape)new Open(), (one, two) => (one, two) switch
        {
            (Open, _) => two,
            (_, Open) => one,
            (List first, List second) => new List(Common([first.Item, second.Item])),
            (Named first, Named second) => new Named(first.Values
                .Where(value => second.Values.ContainsKey(value.Key))
                .ToDictionary(value => value.Key, value => Common([value.Value, second.Values[value.Key]]), StringComparer.Ordinal)),
            _ => new Leaf(),
        });

    private static TemplateShape Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new Named(element.EnumerateObject().ToDictionary(property => property.Name, property => Of(property.Value), StringComparer.Ordinal)),
        JsonValueKind.Array => new List(Common(element.EnumerateArray().Where(entry => entry.ValueKind != JsonValueKind.Null).Select(Of))),
        _ => new Leaf(),
    };

    [RequiresUnreferencedCode(TrimWarnings.Template)]
    private static TemplateShape OfType(Type type, bool isJson)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(JsonElement))
        {
            return new Open();
        }

        if (type == typeof(string) || type == typeof(object) || type.IsPrimitive || type.IsEnum || type.Namespace is "System")
        {
            return new Leaf();
        }

        if (typeof(IEnumerable).IsAssignableFrom(type))
        {
            return new List(OfType(type.GetGenericArguments()[0], isJson));
        }

        // JSON has what can be set, and the hash.
        IEnumerable<PropertyInfo> properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => !isJson || property.CanWrite || property.Name is nameof(PurgeReport.Hash));
        return new Named(properties.ToDictionary(
            property => JsonNamingPolicy.CamelCase.ConvertName(property.Name),
            property => OfType(property.PropertyType, isJson),
            isJson ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase));
    }
}
