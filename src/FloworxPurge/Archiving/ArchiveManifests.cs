using System.Reflection;
using FloworxPurge.Execution;
using FloworxPurge.Planning;

namespace FloworxPurge.Archiving;

/// <summary>Makes the manifest of a run, and compares it with its tables.</summary>
internal static class ArchiveManifests
{
    /// <summary>Makes the manifest of a run that begins.</summary>
    public static ArchiveManifest Create(
        IRunArchive archive,
        FreshFacts facts,
        IReadOnlyList<ArchivedTable> tables,
        DateOnly? retainUntil,
        bool isWrapped,
        TimeProvider time)
        => new()
        {
            Version = ArchiveManifest.CurrentVersion,
            RunId = archive.RunId,
            StartedAt = time.GetUtcNow(),
            RetainUntil = retainUntil,
            WrittenBy = WrittenBy(),
            Database = facts.Plan.Database,
            Plan = facts.Plan.Fingerprint,
            IsWrapped = isWrapped,
            Tables = [.. tables.Select(table => table.Table)],
        };

    /// <summary>Determines whether a manifest is of these tables with these columns.</summary>
    public static bool IsOf(ArchiveManifest manifest, IReadOnlyList<ArchivedTable> tables)
        => manifest.Tables.Count == tables.Count
            && manifest.Tables.Zip(tables).All(pair => pair.First.Table == pair.Second.Table.Table
                && pair.First.IsDetached == pair.Second.Table.IsDetached
                && pair.First.Columns.SequenceEqual(pair.Second.Table.Columns));

    private static string WrittenBy()
    {
        Assembly assembly = typeof(ArchiveManifests).Assembly;
        string? version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return $"{assembly.GetName().Name} {version}";
    }
}
