using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FloworxPurge.Extensibility;

/// <summary>The way to one value of a JSON document: <c>status</c>, <c>data.items[0].id</c>, <c>[0]</c>.</summary>
internal static partial class JsonPath
{
    /// <summary>Determines whether the text is a path.</summary>
    public static bool IsValid(string path) => Steps().IsMatch(path);

    /// <summary>The value there, or <see langword="null"/> when the document has none.</summary>
    public static JsonElement? Find(JsonElement document, string path)
    {
        JsonElement current = document;
        foreach (Capture step in Steps().Match(path).Groups["step"].Captures)
        {
            if (step.Value[0] == '[')
            {
                // A number too large for an index is past the end of any array.
                int index = int.TryParse(step.ValueSpan[1..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int parsed)
                    ? parsed
                    : int.MaxValue;
                if (current.ValueKind != JsonValueKind.Array || index >= current.GetArrayLength())
                {
                    return null;
                }

                current = current[index];
            }
            else if (current.ValueKind != JsonValueKind.Object || !current.TryGetProperty(step.ValueSpan, out current))
            {
                return null;
            }
        }

        return current;
    }

    /// <summary>Returns the value as a .NET value. An object or an array is returned as its kind, and equals nothing.</summary>
    public static (bool IsScalar, object? Value) Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => (true, element.GetString()),
        JsonValueKind.True => (true, true),
        JsonValueKind.False => (true, false),
        JsonValueKind.Number => (true, element.TryGetDecimal(out decimal number) ? number : element.GetDouble()),
        JsonValueKind.Null => (true, null),
        _ => (false, element.ValueKind == JsonValueKind.Array ? "an array" : "an object"),
    };

    [GeneratedRegex(
        """\A((?<step>[^\s.\[\]]+)|(?<step>\[[0-9]+\]))((\.(?<step>[^\s.\[\]]+))|(?<step>\[[0-9]+\]))*\z""",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Steps();
}
