using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FloworxPurge.Execution;
using FloworxPurge.Planning;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Reporting;

/// <summary>The JSON form of a report.</summary>
internal static class ReportJson
{
    private const string WhatToDo = "Give the text of a .json report, unchanged.";

    // Relaxed, so that quotes and letters of any language stay readable; what hides or reorders text is escaped below.
    private static readonly ReportJsonContext Context = new(
        new JsonSerializerOptions(ReportJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static string Write(PurgeReport report)
    {
        string json = JsonSerializer.Serialize(report with { StartedAt = report.StartedAt.ToUniversalTime() }, Context.PurgeReport);
        var text = new StringBuilder(json.Length + 1);
        foreach (Rune rune in json.EnumerateRunes())
        {
            if (rune.Value != '\n' && VisibleText.IsInvisible(rune))
            {
                AppendEscaped(text, rune);
            }
            else
            {
                text.Append(rune);
            }
        }

        return text.Append('\n').ToString();
    }

    public static PurgeReport Read(string json)
    {
        try
        {
            CheckVersion(json);
            PurgeReport report = JsonSerializer.Deserialize(json, Context.PurgeReport) ?? throw NotAReport("it is null");
            return HasNullEntry(report) ? throw NotAReport("one of its lists has an entry that is null") : report;
        }
        catch (JsonException exception)
        {
            throw new PurgeException($"The text is not a purge report: {exception.Message} {WhatToDo}", exception);
        }
    }

    private static void CheckVersion(string json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("formatVersion", out JsonElement version)
            || version.ValueKind != JsonValueKind.Number)
        {
            throw NotAReport("it has no \"formatVersion\"");
        }

        if (!version.TryGetInt32(out int number) || number != PurgeReport.CurrentFormatVersion)
        {
            throw new PurgeException(
                $"The purge report has format version {version.GetRawText()}, and this build reads version {PurgeReport.CurrentFormatVersion}. " +
                "Read it with the version of FloworxPurge that wrote it.");
        }
    }

    // The serializer checks properties for null, but not the entries of lists.
    private static bool HasNullEntry(PurgeReport report)
    {
        IEnumerable<object?>[] lists =
        [
            report.Tables, report.Skips, report.Kept, report.Cycles, report.Notes,
            report.IdentitiesReset, report.Verifications, report.SchemaObjects,
        ];
        return lists.Any(list => list.Contains(null));
    }

    private static PurgeException NotAReport(string reason)
        => new($"The text is not a purge report: {reason}. {WhatToDo}");

    private static void AppendEscaped(StringBuilder text, Rune rune)
    {
        Span<char> units = stackalloc char[2];
        int count = rune.EncodeToUtf16(units);
        foreach (char unit in units[..count])
        {
            text.Append("\\u").Append(((int)unit).ToString("X4", System.Globalization.CultureInfo.InvariantCulture));
        }
    }
}

/// <summary>An enumeration by the names of its members, and never by number.</summary>
internal sealed class EnumByName<TEnum>() : JsonStringEnumConverter<TEnum>(namingPolicy: null, allowIntegerValues: false)
    where TEnum : struct, Enum;

[JsonSerializable(typeof(PurgeReport))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    NewLine = "\n",
    IgnoreReadOnlyProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters =
    [
        typeof(EnumByName<PurgeVerdict>),
        typeof(EnumByName<PurgeMode>),
        typeof(EnumByName<TransactionOutcome>),
        typeof(EnumByName<VerificationOutcome>),
        typeof(EnumByName<SkipReason>),
        typeof(EnumByName<KeepReason>),
        typeof(EnumByName<NoteGrade>),
        typeof(EnumByName<ReferentialAction>),
    ])]
internal sealed partial class ReportJsonContext : JsonSerializerContext;
