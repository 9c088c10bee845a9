using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace FloworxPurge.Reporting;

/// <summary>A JSON object as templates see it. Numbers stay numbers, so that they are formatted by the template's culture and zero is false.</summary>
internal sealed class TemplateData(Dictionary<string, object?> properties) : IReadOnlyDictionary<string, object?>
{
    public object? this[string key] => properties[key];

    public IEnumerable<string> Keys => properties.Keys;

    public IEnumerable<object?> Values => properties.Values;

    public int Count => properties.Count;

    /// <summary>An object with nothing in it.</summary>
    public static TemplateData Empty { get; } = new([]);

    /// <summary>What stands for a value that is not there: false in conditions, written as nothing, and any name in it is nothing again.</summary>
    public static object Nothing { get; } = new NothingData();

    /// <summary>A JSON value: objects and lists that templates can loop over, numbers, texts, <see langword="true"/>, <see langword="false"/>, and <see cref="Nothing"/> for null.</summary>
    public static object Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => OfObject(element),
        JsonValueKind.Array => new Rows<object?>([.. element.EnumerateArray().Select(Of)]),
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.Number => element.TryGetInt64(out long whole) ? whole : element.TryGetDecimal(out decimal number) ? number : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => Nothing,
    };

    // Of values of one name the last counts, as for most readers of JSON.
    private static TemplateData OfObject(JsonElement element)
    {
        Dictionary<string, object?> properties = new(StringComparer.Ordinal);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            properties[property.Name] = Of(property.Value);
        }

        return new TemplateData(properties);
    }

    public bool ContainsKey(string key) => properties.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out object? value) => properties.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        foreach (KeyValuePair<string, object?> property in properties)
        {
            RenderBudget.Spend();
            yield return property;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"(an object of {Count} values)");

    private sealed class NothingData : IReadOnlyDictionary<string, object?>
    {
        public object? this[string key] => this;

        public IEnumerable<string> Keys => [];

        public IEnumerable<object?> Values => [];

        public int Count => 0;

        public bool ContainsKey(string key) => true;

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out object? value)
        {
            value = this;
            return true;
        }

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => Enumerable.Empty<KeyValuePair<string, object?>>().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString() => "";
    }
}
