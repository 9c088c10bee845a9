using System.Text.Json.Serialization;

namespace FloworxPurge.Archiving;

/// <summary>What the serializer knows of an archive and of the report of its restore.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(RestorePlan))]
[JsonSerializable(typeof(RestoreReport))]
internal sealed partial class RestoreJson : JsonSerializerContext;

/// <summary>What the serializer knows of the files of an archive.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ArchiveManifest))]
[JsonSerializable(typeof(ArchiveChunk))]
internal sealed partial class ArchiveReadJson : JsonSerializerContext;
