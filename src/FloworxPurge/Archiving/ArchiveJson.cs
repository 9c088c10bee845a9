using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FloworxPurge.Archiving;

/// <summary>The JSON of an archive: a manifest of several lines, and a line for each chunk.</summary>
internal static class ArchiveJson
{
    /// <summary>The bytes of the manifest.</summary>
    public static byte[] Write(ArchiveManifest manifest)
        => JsonSerializer.SerializeToUtf8Bytes(manifest, ManifestJson.Default.ArchiveManifest);

    /// <summary>The bytes of a line, without its end.</summary>
    public static byte[] Write(ArchiveChunk chunk) => JsonSerializer.SerializeToUtf8Bytes(chunk, ChunkJson.Default.ArchiveChunk);

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="JsonException">The bytes are none.</exception>
    public static ArchiveManifest? ReadManifest(ReadOnlySpan<byte> json)
        => JsonSerializer.Deserialize(json, ManifestJson.Default.ArchiveManifest);

    /// <summary>Reads a line.</summary>
    /// <exception cref="JsonException">The bytes are none.</exception>
    public static ArchiveChunk? ReadChunk(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, ChunkJson.Default.ArchiveChunk);

    /// <summary>The SHA-256 of the manifest, or of a line without its end, as lower-case hexadecimal digits.</summary>
    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

[JsonSourceGenerationOptions(
    AllowDuplicateProperties = false,
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NewLine = "\n",
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ArchiveManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;

[JsonSourceGenerationOptions(
    AllowDuplicateProperties = false,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ArchiveChunk))]
internal sealed partial class ChunkJson : JsonSerializerContext;
