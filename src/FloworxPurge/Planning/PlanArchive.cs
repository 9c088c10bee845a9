namespace FloworxPurge;

/// <summary>Where a run writes the rows before it deletes them, by <see cref="PurgeOptions.ArchiveTo"/>.</summary>
/// <param name="Directory">The folder, as the options name it. Not part of the fingerprint.</param>
/// <param name="RetainUntil">Until when the archive is to be kept; <see langword="null"/> where nothing was stated.</param>
/// <param name="IsWrapped">Whether the data files are written through a stream of the host, which may encrypt them.</param>
public sealed record PlanArchive(string Directory, DateOnly? RetainUntil, bool IsWrapped);
