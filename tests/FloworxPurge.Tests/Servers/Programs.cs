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
        => File.Exists(file) && (File.ResolveLinkTarget(file, returnFinalTarget: true)?.Exists ?? true); // A link whose target is gone exists, too.
}
