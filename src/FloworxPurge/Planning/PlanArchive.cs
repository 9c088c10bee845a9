using System.Text.Json.Serialization;

namespace FloworxPurge;

/// <summary>Where a run writes the rows before it deletes them, by <see cref="PurgeOptions.ArchiveTo"/>.</summary>
public sealed record PlanArchive
{
    /// <summary>
    /// Gets the folder, as the options name it; <see langword="null"/> for a schema. Not part of the fingerprint.
    /// </summary>
    [JsonRequired]
    public string? Directory { get; init; }

    /// <summary>Gets the schema of the same database; <see langword="null"/> for a folder.</summary>
    [JsonRequired]
    public string? Schema { get; init; }

    /// <summary>
    /// Gets until when the archive is to be kept; <see langword="null"/> where nothing was stated. Not part of the fingerprint.
    /// </summary>
    [JsonRequired]
    public DateOnly? RetainUntil { get; init; }

    /// <summary>Gets whether the data files are written through a stream of the host, which may encrypt them.</summary>
    [JsonRequired]
    public bool IsWrapped { get; init; }
}
