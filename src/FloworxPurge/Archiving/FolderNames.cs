using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace FloworxPurge.Archiving;

/// <summary>
/// Has the names of files on the disk: the bytes of a new file may be there after a power failure, and its name in the folder may not.
/// </summary>
/// <remarks>.NET opens no folder. Windows writes names to the journal of the file system, and has no such call.</remarks>
internal static class FolderNames
{
    private const int ReadOnly = 0;

    /// <summary>Flushes the names in a folder to the disk.</summary>
    /// <exception cref="IOException">That is not possible.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var handle = new SafeFileHandle(OpenForReading(Encoding.UTF8.GetBytes(folder + '\0'), ReadOnly), ownsHandle: true);
        if (handle.IsInvalid)
        {
            throw new IOException($"The folder \"{folder}\" cannot be flushed to the disk: it cannot be opened.");
        }

        RandomAccess.FlushToDisk(handle);
    }

    [DllImport("libc", EntryPoint = "open", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OpenForReading(byte[] path, int flags);
}
