using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Packages;

/// <summary>
/// The packages of two copies of the sources: checkouts of one commit with a remote, in folders of different names, with files of
/// different times, packed one after the other with an address.
/// </summary>
public sealed class PackedCopies : IDisposable
{
    /// <summary>The remote of the copies, on a host that SourceLink knows.</summary>
    public const string Remote = "https://github.com/example/purge.git";

    /// <summary>The address that is set, with the slash that may stand at its end.</summary>
    public const string Address = "https://code.example/team/purge/";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("floworxpurge-copies-");
    private readonly Lazy<Task> _packed;

    public PackedCopies() => _packed = new(PackAsync);

    /// <summary>The commit of both copies.</summary>
    public string Commit { get; private set; } = "";

    /// <summary>What was written while the copies were packed.</summary>
    public string Output { get; private set; } = "";

    /// <summary>The packages of the first copy.</summary>
    public string First => Path.Combine(_folder.FullName, "first packages");

    /// <summary>The packages of the second copy.</summary>
    public string Second => Path.Combine(_folder.FullName, "second");

    /// <summary>Waits until everything is packed.</summary>
    public Task PackedAsync() => _packed.Value;

    public void Dispose()
    {
        // Git writes its objects without the right to change them, which Windows takes for the right to delete.
        foreach (string file in Directory.EnumerateFiles(_folder.FullName, "*", SearchOption.AllDirectories))
        {
            File.SetAttributes(file, FileAttributes.Normal);
        }

        _folder.Delete(recursive: true);
    }

    private static async Task<string> PackAsync(string copy, string output)
        => await DotNet.RunAsync(
            copy,
            "pack", "Packages.slnf", "-c", "Release", "-o", output, "-p:ProjectAddress=" + Address, "-p:RunAnalyzers=false",
            "-p:NuGetAudit=false", "-m:1", "--disable-build-servers", "-v", "q");

    private async Task PackAsync()
    {
        string git = Shell.Find("git");
        string first = Path.Combine(_folder.FullName, "a");
        string second = Path.Combine(_folder.FullName, "another folder", "b");
        CopySources(first);
        string[] commit = ["-c", "user.name=test", "-c", "user.email=test", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "Sources"];
        foreach (string[] arguments in (string[][])[["init", "-q"], ["add", "-A"], commit, ["remote", "add", "origin", Remote]])
        {
            await DotNet.ProgramAsync(git, first, arguments);
        }

        Commit = (await DotNet.ProgramAsync(git, first, "rev-parse", "HEAD")).Trim();
        Copy(first, second, file => true);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(second, "src"), "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        }

        Output = await PackAsync(first, First) + await PackAsync(second, Second);
    }

    // What the packages are made of, and the pages that their READMEs link to.
    private static void CopySources(string folder)
    {
        Copy(
            Repository.Folder,
            folder,
            file => file is "FloworxPurge.sln" or "nuget.config" or "LICENSE" or ".gitignore"
                || (file.StartsWith("src/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
                    && !file.Contains("/obj/", StringComparison.Ordinal))
                || (file.StartsWith("samples/", StringComparison.Ordinal) && file.EndsWith(".md", StringComparison.Ordinal)));
        File.WriteAllText(
            Path.Combine(folder, "Packages.slnf"),
            $$"""
            { "solution": { "path": "FloworxPurge.sln", "projects": [{{string.Join(", ", PackageTests.EveryId.Select(
                id => $"\"src\\\\{id.Data}\\\\{id.Data}.csproj\""))}}] } }
            """);
    }

    private static void Copy(string from, string to, Func<string, bool> selects)
    {
        var everything = new EnumerationOptions { AttributesToSkip = FileAttributes.None, RecurseSubdirectories = true };
        foreach (string file in Directory.EnumerateFiles(from, "*", everything))
        {
            string path = Path.GetRelativePath(from, file).Replace('\\', '/');
            if (selects(path))
            {
                string copy = Path.Combine(to, path);
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }
    }
}
