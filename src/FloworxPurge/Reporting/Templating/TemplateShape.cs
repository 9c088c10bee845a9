using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FloworxPurge.Reporting;

/// <summary>The shape of a name in a template, as far as it is known without a report.</summary>
internal abstract record TemplateShape
{
    /// <summary>
    /// The names of the view and, under <c>report</c>, of the JSON form; both as the serializer knows them, so no type is read by
    /// reflection.
    /// </summary>
    private static readonly Lazy<Named> View = new(OfView);

    /// <summary>A single value.</summary>
    public sealed record Leaf(LeafKind Kind = LeafKind.Any) : TemplateShape;

    /// <summary>What a helper of the format has written, and nothing else may change.</summary>
    public sealed record Written : TemplateShape;

    /// <summary>Something of which nothing is known: any name may be in it.</summary>
    public sealed record Open : TemplateShape;

    /// <summary>A list to loop over.</summary>
    public sealed record List(TemplateShape Item) : TemplateShape;

    /// <summary>An object with named values.</summary>
    public sealed record Named(IReadOnlyDictionary<string, TemplateShape> Values) : TemplateShape
    {
        /// <summary>Gets whether it is the name of a table, or a foreign key, which are written as one text.</summary>
        public bool IsName => (Values.Count == 2 && Values.ContainsKey("schema") && Values.ContainsKey("name"))
            || (Values.ContainsKey("dependentColumns") && Values.ContainsKey("principalColumns"));
    }

    /// <summary>The names that a template can use.</summary>
    /// <param name="custom">The caller's data; null where it is not known yet, and any name may be in it.</param>
    public static Named Root(JsonElement? custom)
        => new(
            new Dictionary<string, TemplateShape>(View.Value.Values, StringComparer.Ordinal)
            {
                ["custom"] = custom is { } data ? Of(data) : new Open(),
            });

    /// <summary>
    /// What several values may be: entries of a list may differ, and a name that only some of them have is nothing in the others.
    /// </summary>
    public static TemplateShape Common(IEnumerable<TemplateShape> shapes)
        => shapes.Aggregate((TemplateShape)new Open(), (one, two) => (one, two) switch
        {
            (Open, _) => two,
            (_, Open) => one,
            (List first, List second) => new List(Common([first.Item, second.Item])),
            (Named first, Named second) => new Named(first.Values.Concat(second.Values)
                .GroupBy(value => value.Key, StringComparer.Ordinal)
                .ToDictionary(values => values.Key, values => Common(values.Select(value => value.Value)), StringComparer.Ordinal)),
            (Leaf first, Leaf second) when first.Kind == second.Kind => first,
            (Written, Written) => one,
            _ => new Leaf(),
        });

    private static Named OfView()
    {
        var report = new Dictionary<string, TemplateShape>(((Named)Of(ReportJson.TypeInfo)).Values, StringComparer.Ordinal)
        {
            ["hash"] = new Leaf(LeafKind.Text),
        };
        return new Named(
            new Dictionary<string, TemplateShape>(((Named)Of(ReportJson.ViewInfo)).Values, StringComparer.Ordinal)
            {
                ["report"] = new Named(report),
            });
    }

    private static TemplateShape Of(JsonTypeInfo type) => type.Kind switch
    {
        JsonTypeInfoKind.Object => new Named(type.Properties
            .Where(property => property.Get is not null)
            .ToDictionary(
                property => property.Name,
                property => Of(type.Options.GetTypeInfo(property.PropertyType)),
                StringComparer.Ordinal)),
        JsonTypeInfoKind.Enumerable => new List(Of(type.Options.GetTypeInfo(type.ElementType!))),
        _ => OfValue(Nullable.GetUnderlyingType(type.Type) ?? type.Type),
    };

    private static TemplateShape OfValue(Type type)
        => type == typeof(JsonElement) ? new Open()
        : type == typeof(bool) ? new Leaf(LeafKind.Flag)
        : type == typeof(int) || type == typeof(long) ? new Leaf(LeafKind.Number)
        : new Leaf(LeafKind.Text);

    private static TemplateShape Of(JsonElement element) => element.ValueKind switch
    {
        // Of values of one name the last counts, as for most readers of JSON.
        JsonValueKind.Object => new Named(element.EnumerateObject()
            .GroupBy(property => property.Name, StringComparer.Ordinal)
            .ToDictionary(values => values.Key, values => Of(values.Last().Value), StringComparer.Ordinal)),
        JsonValueKind.Array => new List(Common(element.EnumerateArray().Select(Of))),
        JsonValueKind.Number => new Leaf(ReportJson.IsCalculable(element) ? LeafKind.Number : LeafKind.Text),
        JsonValueKind.True or JsonValueKind.False => new Leaf(LeafKind.Flag),
        JsonValueKind.String => new Leaf(LeafKind.Text),

        // Of what is null in this report nothing is known: it may be anything in another.
        _ => new Open(),
    };
}

/// <summary>The kind of a single value.</summary>
internal enum LeafKind
{
    /// <summary>Any, or not known.</summary>
    Any,

    /// <summary>Text; times, durations and names of enumeration members are texts, too.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>True or false.</summary>
    Flag,
}
