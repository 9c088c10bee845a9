using System.IO.Enumeration;

namespace FloworxPurge.Extensibility;

/// <summary>
/// A pattern for paths below a folder: <c>*</c> and <c>?</c> stay inside one name, <c>**</c> stands for any number of folders.
/// </summary>
internal sealed class FileGlob
{
    private const string AnyFolders = "**";

    private readonly string[] _parts;

    private FileGlob(string[] parts) => _parts = parts;

    /// <summary>Gets whether the names of files are the same in any case, as on this operating system's own file systems.</summary>
    private static bool IgnoresCase => OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();

    /// <summary>Reads a pattern with either separator.</summary>
    /// <returns>The pattern, or <see langword="null"/> and what is wrong with it.</returns>
    public static (FileGlob? Glob, string? Problem) Parse(string text)
    {
        string[] parts = text.Split('/', '\\');
        string? problem = text.Length == 0 ? "it is empty"
            : text.Contains('\0', StringComparison.Ordinal) ? "it holds a NUL character"
            : parts[0].Length == 0 || IsDrive(parts[0]) ? "it is absolute"
            : Array.Exists(parts, part => part is "..") ? "it leaves the folder by .."
            : Array.Exists(parts, part => part is "" or ".") ? "a name in it is empty or ."
            : Array.Exists(
                parts,
                part => part is not AnyFolders && part.Contains(AnyFolders, StringComparison.Ordinal)) ? "** is not alone between two "
                    + "separators"
            : null;

        // ** at the end means every file below, which is any folders and then any name.
        return problem is not null ? (null, problem) : (new FileGlob(parts[^1] is AnyFolders ? [.. parts, "*"] : parts), null);
    }

    /// <summary>Determines whether a file matches, given by the names on its way from the root.</summary>
    public bool Matches(IReadOnlyList<string> path)
    {
        // reached[i]: the first i parts of the pattern match the names so far.
        bool[] reached = new bool[_parts.Length + 1];
        reached[0] = true;
        Skip(reached);
        foreach (string name in path)
        {
            for (int i = _parts.Length; i > 0; i--)
            {
                reached[i] = (reached[i] && IsAny(i - 1)) || (reached[i - 1] && MatchesName(_parts[i - 1], name));
            }

            reached[0] = false;
            Skip(reached);
        }

        return reached[^1];
    }

    private static bool IsDrive(string part) => part.Length >= 2 && char.IsAsciiLetter(part[0]) && part[1] == ':';

    private static bool MatchesName(string pattern, string name)
        => pattern is AnyFolders || FileSystemName.MatchesSimpleExpression(pattern, name, IgnoresCase);

    private bool IsAny(int part) => _parts[part] is AnyFolders;

    /// <summary>No folder at all is a match of ** as well.</summary>
    private void Skip(bool[] reached)
    {
        for (int i = 0; i < _parts.Length; i++)
        {
            reached[i + 1] |= reached[i] && IsAny(i);
        }
    }
}
