namespace FloworxPurge.Extensibility;

/// <summary>Enumerates a folder, file by file in ordinal order, and follows no link.</summary>
internal sealed class FolderWalk(string root, FileGlob glob)
{
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
        ReturnSpecialDirectories = false,
    };

    /// <summary>Links that were met and left alone: those that match the pattern, and those to folders.</summary>
    public long Links { get; private set; }

    /// <summary>Folders that could not be read.</summary>
    public List<string> Unreadable { get; } = [];

    /// <summary>
    /// The files that match, with their path below the root. A folder is read as a whole before its first file is given, so that it may be
    /// deleted.
    /// </summary>
    public IEnumerable<(FileInfo File, string Path)> Files()
    {
        Stack<string[]> folders = new([[]]);
        while (folders.TryPop(out string[]? folder))
        {
            List<string[]> below = [];
            foreach (FileSystemInfo entry in Read(folder))
            {
                string[] path = [.. folder, entry.Name];
                if (FolderRoot.IsLink(entry))
                {
                    Links += entry is DirectoryInfo || glob.Matches(path) ? 1 : 0;
                }
                else if (entry is DirectoryInfo)
                {
                    below.Add(path);
                }
                else if (glob.Matches(path) && entry is FileInfo file)
                {
                    yield return (file, string.Join('/', path));
                }
            }

            foreach (string[] path in Enumerable.Reverse(below))
            {
                folders.Push(path);
            }
        }
    }

    /// <summary>Determines whether the way from the root to an entry is free of links, as it was when it was read.</summary>
    public bool IsStillInside(FileSystemInfo entry)
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(entry.FullName)!);
        while (folder is not null && !FolderRoot.IsLink(folder))
        {
            if (string.Equals(folder.FullName, root, StringComparison.Ordinal))
            {
                return true;
            }

            folder = folder.Parent;
        }

        return false;
    }

    private List<FileSystemInfo> Read(string[] folder)
    {
        var info = new DirectoryInfo(Path.Join([root, .. folder]));
        try
        {
            // It may have become a link since its own folder was read.
            if (folder.Length > 0 && FolderRoot.IsLink(info))
            {
                Links++;
                return [];
            }

            return [.. info.EnumerateFileSystemInfos("*", Everything).OrderBy(entry => entry.Name, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Unreadable.Add(string.Join('/', folder) is { Length: > 0 } path ? path : ".");
            return [];
        }
    }
}
