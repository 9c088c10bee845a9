namespace FloworxPurge.Planning;

/// <summary>Where the rows are written before they are deleted.</summary>
/// <param name="Directory">The folder, as the options name it.</param>
/// <param name="RetainUntil">Until when it is to be kept, or null.</param>
/// <param name="Wrap">Wraps the stream of a data file, such as with encryption, or null.</param>
internal sealed record ArchiveSettings(string Directory, DateOnly? RetainUntil, Func<Stream, Stream>? Wrap)
{
    /// <summary>Gets the whole path: the current folder may be another one by the time that the run begins.</summary>
    public string FullPath { get; } = Path.GetFullPath(Directory);
}
