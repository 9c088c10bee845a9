using System.Text.Json.Serialization;

namespace FloworxPurge.Archiving;

/// <summary>The first file of an archive: which rows it holds, in which form, and in which order they are restored.</summary>
internal sealed record ArchiveManifest
{
    /// <summary>The version of the format that this library writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Gets the version of the format.</summary>
    public required int Version { get; init; }

    /// <summary>Gets the run that wrote the archive; the journal of the database has its receipt under the same id.</summary>
    public required string RunId { get; init; }

    /// <summary>Gets when the run began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Gets until when the archive is to be kept, or null where nothing was said.</summary>
    public required DateOnly? RetainUntil { get; init; }

    /// <summary>Gets the name and version of the library that wrote it.</summary>
    public required string WrittenBy { get; init; }

    /// <summary>Gets the database that the rows were in.</summary>
    public required DatabaseIdentity Database { get; init; }

    /// <summary>Gets the fingerprint of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Gets whether the files were written through a stream of the host, which reads them again.</summary>
    public required bool IsWrapped { get; init; }

    /// <summary>Gets the tables in the order in which they are restored: principals first.</summary>
    public required IReadOnlyList<ArchiveTable> Tables { get; init; }
}

/// <summary>The rows of one table in an archive.</summary>
internal sealed record ArchiveTable
{
    /// <summary>Gets the name of the file inside the folder, or of the table in the schema.</summary>
    public required string File { get; init; }

    /// <summary>
    /// Gets the number of rows that the receipt covers where the archive is in a schema; null for a folder, whose chunks say it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Rows { get; init; }

    /// <summary>Gets the table.</summary>
    public required TableName Table { get; init; }

    /// <summary>
    /// Gets whether the rows stay in the database and lost a reference: the columns are then the key and what was set to NULL.
    /// </summary>
    public required bool IsDetached { get; init; }

    /// <summary>Gets a number that the tables of one cycle of references share, which are restored together.</summary>
    public required int Component { get; init; }

    /// <summary>Gets the columns in the order of the values of a line. Generated columns are left out.</summary>
    public required IReadOnlyList<ArchiveColumn> Columns { get; init; }

    /// <summary>Gets the columns of the primary key; empty where the table has none.</summary>
    public required IReadOnlyList<string> Key { get; init; }

    /// <summary>Gets the counters of the table as they were before the run, which a restore never sets back.</summary>
    public required IReadOnlyList<ArchiveCounter> Counters { get; init; }
}

/// <summary>A column of an archived table.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">The store type as the catalog writes it.</param>
internal sealed record ArchiveColumn(string Name, string Type);

/// <summary>A counter that numbers rows of a table.</summary>
/// <param name="Column">The column; empty where it is not known.</param>
/// <param name="Last">The last number that was used, or null where none was, or none was seen.</param>
internal sealed record ArchiveCounter(string Column, long? Last)
{
    /// <summary>Gets the sequence where the column draws from one that it does not own; otherwise null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TableName? Sequence { get; init; }
}

/// <summary>
/// What one transaction of a run added to the files: one line of the second file of an archive. Each line holds the hash of the line
/// before, and the receipt in the database holds the hash of the last one, so that the whole archive is covered by it.
/// </summary>
/// <param name="Number">From 1.</param>
/// <param name="Previous">The SHA-256 of the line before, or of the manifest before the first line; lower-case hexadecimal digits.</param>
/// <param name="Parts">What was added to which file.</param>
internal sealed record ArchiveChunk(long Number, string Previous, IReadOnlyList<ArchivePart> Parts);

/// <summary>What a chunk added to a file: a complete gzip stream, inside the host's stream where there is one.</summary>
/// <param name="File">The name of the file.</param>
/// <param name="Offset">The position of the first byte.</param>
/// <param name="Length">The number of bytes.</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="Hash">The SHA-256 of the bytes, as lower-case hexadecimal digits.</param>
internal sealed record ArchivePart(string File, long Offset, long Length, long Rows, string Hash);

/// <summary>What the database remembers of an archive, in the transaction that deletes the rows.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Location">Where the archive is, as the options name it.</param>
/// <param name="Chunks">The number of chunks that are committed.</param>
/// <param name="Hash">The SHA-256 of the line of the last of them.</param>
internal sealed record ArchiveReceipt(string RunId, string Location, long Chunks, string Hash);
