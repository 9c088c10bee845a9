namespace FloworxPurge.Planning;

/// <summary>Where the rows are written before they are deleted: a folder or a schema.</summary>
/// <param name="Directory">The folder, as the options name it, or null.</param>
/// <param name="Schema">The schema of the same database, or null.</param>
/// <param name="RetainUntil">Until when it is to be kept, or null.</param>
/// <param name="Wrap">Wraps the stream of a data file, such as with encryption, or null.</param>
internal sealed record ArchiveSettings(string? Directory, string? Schema, DateOnly? RetainUntil, Func<Stream, Stream>? Wrap)
{
    /// <summary>
    /// Gets the whole path of the folder: the current folder may be another one by the time that the run begins. Null for a schema.
    /// </summary>
    public string? FullPath { get; } = Directory is null ? null : Path.GetFullPath(Directory);
}
