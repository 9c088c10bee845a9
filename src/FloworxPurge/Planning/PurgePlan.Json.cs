using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FloworxPurge;

public sealed partial record PurgePlan
{
    /// <summary>Writes the plan as JSON, to be looked at, approved and read back with <see cref="FromJson"/>.</summary>
    /// <returns>JSON text, with the fingerprint in it.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, PlanJson.Default.PurgePlan);

    /// <summary>Reads a plan back.</summary>
    /// <param name="json">What <see cref="ToJson"/> wrote.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="ArgumentException">The text is null or empty.</exception>
    /// <exception cref="PurgeException">The text is no plan, was written by another version, or has been changed since.</exception>
    public static PurgePlan FromJson(string json)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(json);
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("formatVersion", out JsonElement version)
                || !version.TryGetInt32(out int number))
            {
                throw new PurgeException("The text is not a purge plan: it has no formatVersion. Give it what PurgePlan.ToJson() wrote.");
            }

            if (number != CurrentFormatVersion)
            {
                throw new PurgeException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The plan was written in format {number}, and this version reads format {CurrentFormatVersion}. Make a new plan with "
                        + $"PlanAsync."));
            }

            if (HasNullEntry(document.RootElement))
            {
                throw new PurgeException(
                    "The text is not a purge plan: one of its lists has an entry that is null. Give it what PurgePlan.ToJson() wrote.");
            }

            PurgePlan plan = document.RootElement.Deserialize(PlanJson.Default.PurgePlan)!;
            foreach (PlanParameter parameter in plan.Steps.SelectMany(step => step.Parameters.Concat(step.Inverse?.Parameters ?? [])))
            {
                parameter.ToValue();
            }

            string? written = document.RootElement.TryGetProperty("fingerprint", out JsonElement fingerprint)
                ? fingerprint.GetString()
                : null;
            return string.Equals(written, plan.Fingerprint, StringComparison.Ordinal)
                ? plan
                : throw new PurgeException(
                    $"The plan has been changed since it was written: it says fingerprint {written ?? "(none)"}, and its content has "
                        + $"{plan.Fingerprint}. Make a new plan with PlanAsync.");
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException
                or ArgumentException
                or FormatException or OverflowException
                or NotSupportedException)
        {
            // An ArgumentException is half of a surrogate pair; the last three are values that are not of their type.
            throw new PurgeException($"The text is not a purge plan: {e.Message} Give it what PurgePlan.ToJson() wrote.", e);
        }
    }

    // The serializer checks properties for null, but not the entries of lists.
    private static bool HasNullEntry(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Any(property => HasNullEntry(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().Any(entry => entry.ValueKind == JsonValueKind.Null || HasNullEntry(entry)),
        _ => false,
    };
}

/// <summary>The JSON of a plan: camel case, enums by name.</summary>
[JsonSourceGenerationOptions(
    AllowDuplicateProperties = false,
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    NewLine = "\n",
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PurgePlan))]
internal sealed partial class PlanJson : JsonSerializerContext;
