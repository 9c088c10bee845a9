using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace FloworxPurge.Engines;

/// <summary>
/// What a file has that another one in its place does not have: its number in the file system and the time of its creation.
/// </summary>
/// <remarks>The file is not opened: closing it would release the locks that SQLite holds on it in this process.</remarks>
internal static class FileIdentity
{
    // Of linux/stat.h and fcntl.h; the layout is the same on every architecture.
    private const int FromCurrentFolder = -100;
    private const uint NumberAndCreation = 0x100 | 0x800;
    private const int Length = 256;
    private const int NumberAt = 32;
    private const int CreationAt = 80;

    /// <summary>The identity of the file at a path; <see langword="null"/> where there is none or the system does not report it.</summary>
    public static string? Of(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        // .NET takes the last change of a file for its creation on Linux.
        return OperatingSystem.IsLinux() ? OfLinux(path) : File.GetCreationTimeUtc(path).Ticks.ToString(CultureInfo.InvariantCulture);
    }

    private static string? OfLinux(string path)
    {
        byte[] facts = new byte[Length];
        try
        {
            if (Statx(FromCurrentFolder, Encoding.UTF8.GetBytes(path + '\0'), 0, NumberAndCreation, facts) != 0)
            {
                return null;
            }
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // A C library from before 2018.
            return null;
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{BitConverter.ToUInt64(facts, NumberAt)} "
                + $"{BitConverter.ToInt64(facts, CreationAt)}.{BitConverter.ToUInt32(facts, CreationAt + sizeof(long)):D9}");
    }

    [DllImport("libc", EntryPoint = "statx", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, byte[] path, int flags, uint mask, byte[] facts);
}
