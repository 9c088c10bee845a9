namespace FloworxPurge.Extensibility;

/// <summary>The folder that a target may empty: not one that holds a whole system or a home.</summary>
internal static class FolderRoot
{
    // As many as Linux follows in one path.
    private const int MostLinks = 40;

    /// <summary>Makes the path absolute and refuses folders that may not be emptied.</summary>
    /// <returns>The whole path, or what is wrong with it.</returns>
    public static (string? Path, string? Problem) Check(string root)
    {
        if (string.IsNullOrWhiteSpace(root))
        {
            return (null, "the root is empty; give a folder");
        }

        if (root.Contains('\0', StringComparison.Ordinal))
        {
            return (null, "the root holds a NUL character; give a folder");
        }

        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        return TooMuch(path) is { } problem ? (null, problem) : (path, null);
    }

    /// <summary>Determines whether the folder, with all links resolved, may not be emptied.</summary>
    public static string? TooMuch(string path)
        => Same(path, Path.GetPathRoot(path)) ? $"the root \"{path}\" is the root of a file system; give a folder below it"
            : HomeIn(path) is { } home ? $"the root \"{path}\" is or holds the home folder \"{home}\"; give a folder below it"
            : null;

    /// <summary>The path without links on the way.</summary>
    public static string Resolve(string path)
    {
        string resolved = Path.GetFullPath(path);
        for (int i = 0; i < MostLinks; i++)
        {
            string? next = FollowFirstLink(resolved);
            if (next is null)
            {
                return resolved;
            }

            resolved = next;
        }

        throw new IOException($"There are too many links on the way to \"{path}\".");
    }

    /// <summary>Determines whether the entry is a link, a junction, or anything else that stands for another place.</summary>
    public static bool IsLink(FileSystemInfo entry)
        => entry.LinkTarget is not null || (entry.Exists && entry.Attributes.HasFlag(FileAttributes.ReparsePoint));

    private static string? FollowFirstLink(string path)
    {
        string reached = Path.GetPathRoot(path)!;
        string[] names = path[reached.Length..].Split(
            [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar],
            StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < names.Length; i++)
        {
            reached = Path.Join(reached, names[i]);
            if (new DirectoryInfo(reached).LinkTarget is { } target)
            {
                return Path.GetFullPath(Path.Join([Path.GetFullPath(target, Path.GetDirectoryName(reached)!), .. names[(i + 1)..]]));
            }
        }

        return null;
    }

    private static string? HomeIn(string path)
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        if (home.Length == 0)
        {
            return null;
        }

        // It may be a link to where it really is.
        return IsInside(path, home) ? home : Resolve(home) is var real && IsInside(path, real) ? real : null;
    }

    private static bool IsInside(string path, string folder)
    {
        string inside = Path.GetRelativePath(path, folder);
        return !(
            Path.IsPathRooted(inside) || inside is ".." || inside.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal));
    }

    private static bool Same(string path, string? other)
        => other is not null && string.Equals(path, Path.TrimEndingDirectorySeparator(other), StringComparison.Ordinal);
}
