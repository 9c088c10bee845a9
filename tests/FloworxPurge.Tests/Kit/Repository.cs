using System.Reflection;

namespace FloworxPurge.Tests.Kit;

/// <summary>The sources that the tests were built from.</summary>
public static class Repository
{
    /// <summary>The top level; Snapshots lies in a test project, which lies in tests/.</summary>
    public static readonly string Folder = Path.GetFullPath(Path.Combine(Tests, "..", ".."));

    /// <summary>The folder of this test project.</summary>
    public static string Tests => Path.GetFullPath(Path.Combine(
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(
            attribute => attribute.Key == "SnapshotFolder").Value!,
        ".."));

    /// <summary>The core's folder.</summary>
    public static string Core => Path.Combine(Packages, "FloworxPurge");

    /// <summary>The folder of every package.</summary>
    public static string Packages => Path.Combine(Folder, "src");

    /// <summary>The source files of the core: path below the core's folder, with slashes, and text.</summary>
    public static IEnumerable<(string Path, string Text)> CoreFiles() => FilesBelow(Core);

    /// <summary>The source files of every package, the core included: path below their common folder, with slashes, and text.</summary>
    public static IEnumerable<(string Path, string Text)> PackageFiles() => FilesBelow(Packages);

    /// <summary>The files of a folder that are no build output: path below that folder, with slashes, and text.</summary>
    public static IEnumerable<(string Path, string Text)> FilesBelow(string folder, string pattern = "*.cs")
        => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories)
            .Select(file => (Path: Path.GetRelativePath(folder, file).Replace('\\', '/'), File: file))
            .Where(file => !file.Path.Split('/').Intersect(["obj", "bin"], StringComparer.Ordinal).Any())
            .OrderBy(file => file.Path, StringComparer.Ordinal)
            .Select(file => (file.Path, File.ReadAllText(file.File)));
}
