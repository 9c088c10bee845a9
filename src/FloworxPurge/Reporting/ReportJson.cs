using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Reporting;

/// <summary>The JSON form of a report.</summary>
internal static class ReportJson
{
    private const string WhatToDo = "Give the text of a .json report, unchanged.";

    // Relaxed, so that quotes and letters of any language stay readable; what hides or reorders text is escaped below.
    private static readonly ReportJsonContext Context = new(
        new JsonSerializerOptions(ReportJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>What the serializer knows of a report.</summary>
    public static JsonTypeInfo TypeInfo => Context.PurgeReport;

    /// <summary>Determines whether templates calculate with a number: one of more than 28 digits is text to them.</summary>
    public static bool IsCalculable(JsonElement number) => number.TryGetDecimal(out _);

    /// <summary>What the serializer knows of the texts of a report.</summary>
    public static JsonTypeInfo<ReportView> ViewInfo => Context.ReportView;

    /// <summary>The JSON form without its hash.</summary>
    public static JsonElement Element(PurgeReport report) => JsonSerializer.SerializeToElement(InUtc(report), Context.PurgeReport);

    public static string Write(PurgeReport report)
    {
        string json = Serialize(report);
        return $"{json[..^"\n}".Length]},\n  \"hash\": \"{report.Hash}\"\n}}\n";
    }

    /// <summary>The JSON form of a fleet's report.</summary>
    public static string Write(FleetReport report)
        => EscapeInvisible(JsonSerializer.Serialize(
            report with { StartedAt = report.StartedAt.ToUniversalTime() },
            Context.FleetReport)) + "\n";

    /// <summary>What the serializer knows of the texts of a fleet's report.</summary>
    public static JsonTypeInfo<FleetView> FleetViewInfo => Context.FleetView;

    /// <summary>The hash of everything in the report but the names of the files it is written to.</summary>
    public static string Hash(PurgeReport report)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Serialize(report with { Files = [] }))));

    private static string Serialize(PurgeReport report) => EscapeInvisible(JsonSerializer.Serialize(InUtc(report), Context.PurgeReport));

    private static PurgeReport InUtc(PurgeReport report) => report with
    {
        StartedAt = report.StartedAt.ToUniversalTime(),
        Timeline = [.. report.Timeline.Select(entry => entry with { At = entry.At?.ToUniversalTime() })],
    };

    private static string EscapeInvisible(string json)
    {
        var text = new StringBuilder(json.Length);
        ReadOnlySpan<char> rest = json;
        while (true)
        {
            int plain = VisibleText.PlainLength(rest);
            text.Append(rest[..plain]);
            rest = rest[plain..];
            if (rest.IsEmpty)
            {
                return text.ToString();
            }

            Rune.DecodeFromUtf16(rest, out Rune rune, out int length);
            // The serializer writes a lone surrogate as an escaped replacement character: one that is read back is to be written the same.
            if (rune.Value != '\n' && (rune == Rune.ReplacementChar || VisibleText.IsInvisible(rune)))
            {
                AppendEscaped(text, rune);
            }
            else
            {
                text.Append(rest[..length]);
            }

            rest = rest[length..];
        }
    }

    public static PurgeReport Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            CheckVersion(document.RootElement);
            PurgeReport report = document.RootElement.Deserialize(Context.PurgeReport) ?? throw NotAReport("it is null");
            if (HasNullEntry(report))
            {
                throw NotAReport("one of its lists has an entry that is null");
            }

            CheckUnchanged(document.RootElement, report);
            return report;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            // The last two: text that is no valid Unicode, as such or by its escapes.
            throw new PurgeException($"The text is not a purge report: {exception.Message} {WhatToDo}", exception);
        }
    }

    private static void CheckUnchanged(JsonElement root, PurgeReport report)
    {
        if (!root.TryGetProperty("hash", out JsonElement written))
        {
            throw NotAReport("it has no \"hash\"");
        }

        if (!(written.ValueKind == JsonValueKind.String && written.ValueEquals(report.Hash)))
        {
            throw new PurgeException(
                $"The report has been changed since it was written: its hash is {written}, and its content has the hash {report.Hash}. "
                    + WhatToDo);
        }

        using var again = JsonDocument.Parse(report.ToJson());
        if (!JsonElement.DeepEquals(again.RootElement, root))
        {
            throw new PurgeException(
                $"The report has been changed since it was written: it holds more than a report does, or something twice. {WhatToDo}");
        }
    }

    private static void CheckVersion(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("formatVersion", out JsonElement version)
            || version.ValueKind != JsonValueKind.Number)
        {
            throw NotAReport("it has no \"formatVersion\"");
        }

        if (!version.TryGetInt32(out int number) || number != PurgeReport.CurrentFormatVersion)
        {
            throw new PurgeException(
                $"The purge report has format version {version.GetRawText()}, and this build reads version "
                    + $"{PurgeReport.CurrentFormatVersion}. " +
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
            report.RowsAdded, report.Guards, report.Overrides, report.ForeignKeys, report.Targets, report.Checks, report.Timeline,
            report.Files,
            report.Details.Overrides, report.Details.NextSteps, report.Details.Support, report.Details.Escalation, report.Details.SignOff,
            report.Details.Checklist, report.Details.Security, report.Details.Scopes,
            .. ListsOf(report.Scope),
        ];
        return lists.Any(list => list.Contains(null));
    }

    private static IEnumerable<IEnumerable<object?>> ListsOf(PlanScope? scope)
        => scope is null ? []
            : [scope.Queries, scope.References, scope.Blocked, scope.Orphans, scope.Selection,
                .. scope.Blocked.Where(block => block is not null).Select(block => block.Examples)];

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
[JsonSerializable(typeof(ReportView))]
[JsonSerializable(typeof(FleetReport))]
[JsonSerializable(typeof(FleetView))]
[JsonSourceGenerationOptions(
    AllowDuplicateProperties = false,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    NewLine = "\n",
    IgnoreReadOnlyProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters =
    [
        typeof(EnumByName<PurgeVerdict>),
        typeof(EnumByName<TransactionOutcome>),
        typeof(EnumByName<Outcome>),
        typeof(EnumByName<Disposition>),
        typeof(EnumByName<PlanReason>),
        typeof(EnumByName<LogLevel>),
        typeof(EnumByName<ReferentialAction>),
        typeof(EnumByName<ReferenceAction>),
    ])]
internal sealed partial class ReportJsonContext : JsonSerializerContext;
