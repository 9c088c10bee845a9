using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>Opens the archive of a run where the options say.</summary>
internal static class RunArchives
{
    /// <summary>Opens the archive.</summary>
    /// <param name="settings">Where, and how.</param>
    /// <param name="time">The clock of the manifest.</param>
    /// <param name="entry">What the database remembers of a run in several transactions; null for a run in one.</param>
    /// <param name="runId">The id of a run in one transaction that every call of it has; null for a new one.</param>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    public static IRunArchive Open(ArchiveSettings settings, TimeProvider time, JournalEntry? entry, string? runId = null)
        => settings.Schema is { } schema
            ? new SchemaArchive(schema, settings.RetainUntil, time, entry)
            : new RunArchive(settings, time, entry, runId);
}
