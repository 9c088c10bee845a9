using System.Reflection;

namespace FloworxPurge.Tests.Kit;

/// <summary>The sources that the tests were built from.</summary>
public static class Repository
{
    // Snapshots lies in the test project, which lies in tests/.
    private static readonly string Folder = Path.GetFullPath(Path.Combine(
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "SnapshotFolder").Value!,
        "..",
        "..",
        ".."));

    /// <summary>The core's folder.</summary>
    public static string Core => Path.Combine(Folder, "src", "FloworxPurge");

    /// <summary>The source files of the core: path below the core's folder, with slashes, and text.</summary>
    public static IEnumerable<(string Path, string Text)> CoreFiles()
        => Directory.EnumerateFiles(Core, "*.cs", SearchOption.AllDirectories)
            .Select(file => (Path: Path.GetRelativePath(Core, file).Replace('\\', '/'), File: file))
            .Where(file => !file.Path.StartsWith("obj/", StringComparison.Ordinal) && !file.Path.StartsWith("bin/", StringComparison.Ordinal))
            .OrderBy(file => file.Path, StringComparer.Ordinal)
            .Select(file => (file.Path, File.ReadAllText(file.File)));
}
