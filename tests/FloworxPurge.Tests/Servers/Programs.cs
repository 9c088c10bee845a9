namespace FloworxPurge.Tests.Servers;

/// <summary>Where programs are on this machine.</summary>
internal static class Programs
{
    /// <summary>The folders of PATH.</summary>
    public static string[] PathFolders()
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The file of a program that is on PATH or where programs for administrators are; else null.</summary>
    public static string? OnPath(string program)
        => PathFolders().Append("/usr/sbin").Append("/sbin").Select(folder => Path.Combine(folder, program)).FirstOrDefault(IsProgram);

    /// <summary>Whether there is such a file.</summary>
    public static bool IsProgram(string file)
        // A link whose target is gone exists, too.
        => File.Exists(file) && (File.ResolveLinkTarget(file, returnFinalTarget: true)?.Exists ?? true);

    /// <summary>Whether this machine has a user of that name.</summary>
    public static bool HasUser(string name)
        => File.Exists("/etc/passwd") && File.ReadLines("/etc/passwd").Any(line => line.StartsWith(name + ":", StringComparison.Ordinal));
}
