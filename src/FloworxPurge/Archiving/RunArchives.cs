using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>Opens the archive of a run where the options say.</summary>
internal static class RunArchives
{
    /// <summary>Opens the archive; null where the run has none.</summary>
    /// <param name="settings">Where, and how.</param>
    /// <param name="entry">What the database remembers of a run in several transactions; null for a run in one.</param>
    /// <param name="runId">The id of a run in one transaction that every call of it has; null for a new one.</param>
    /// <param name="isLocked">Whether the run holds the lock that keeps other runs away, as one in several transactions does.</param>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    public static IRunArchive? Open(PurgeSettings settings, JournalEntry? entry, string? runId, bool isLocked)
        => settings.Archive is not { } archive ? null
            : archive.Schema is { } schema ? new SchemaArchive(schema, archive.RetainUntil, settings.TimeProvider, entry)
            : new RunArchive(archive, settings.TimeProvider, entry, runId, isLocked);
}
