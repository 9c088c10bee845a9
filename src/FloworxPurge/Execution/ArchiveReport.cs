using System.Text.Json.Serialization;

namespace FloworxPurge.Reporting;

/// <summary>Where the deleted rows are now, by <see cref="PurgeOptions.ArchiveTo"/>; of a plan, where they will be.</summary>
public sealed record ArchiveReport
{
    /// <summary>
    /// Gets the folder, as a whole path; for a plan as the options name it. <see langword="null"/> for an archive in a schema.
    /// </summary>
    [JsonRequired]
    public string? Directory { get; init; }

    /// <summary>Gets the schema of the same database; <see langword="null"/> for an archive in a folder.</summary>
    [JsonRequired]
    public string? Schema { get; init; }

    /// <summary>Gets the names of the tables in the schema; none for a folder, and when the run was rolled back.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>
    /// Gets the id of the run: the manifest has it, and the receipt in table <c>floworxpurge_runs</c> of the database;
    /// <see langword="null"/> for a plan.
    /// </summary>
    [JsonRequired]
    public string? RunId { get; init; }

    /// <summary>Gets until when the archive is to be kept; <see langword="null"/> where nothing was stated.</summary>
    [JsonRequired]
    public DateOnly? RetainUntil { get; init; }

    /// <summary>Gets whether the data files are written through a stream of the host, which may encrypt them.</summary>
    [JsonRequired]
    public bool IsWrapped { get; init; }

    /// <summary>
    /// Gets the number of data files; 0 for a schema, and when the run was rolled back, and the folder holds nothing.
    /// </summary>
    public required int Files { get; init; }

    /// <summary>Gets the number of rows in the archive, those that stay and lost a reference included.</summary>
    public required long Rows { get; init; }

    /// <summary>Gets the size of the data files in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>
    /// Gets the SHA-256 that the receipt holds, which covers all files, or the manifest with the number of rows of each table in a schema;
    /// <see langword="null"/> when the run was rolled back.
    /// </summary>
    [JsonRequired]
    public string? Hash { get; init; }
}
