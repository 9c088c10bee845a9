using System.Diagnostics;

namespace FloworxPurge.CommandLine.Tests.Kit;

/// <summary>
/// A file system in memory with room for 256 KiB. The test is skipped where none can be mounted, as where it does not run as root.
/// </summary>
internal sealed class TinyDisk : IAsyncDisposable
{
    private TinyDisk(string folder) => Folder = folder;

    public string Folder { get; }

    public static async Task<TinyDisk> CreateAsync()
    {
        string folder = Directory.CreateTempSubdirectory("floworxpurge-disk-").FullName;
        if (!OperatingSystem.IsLinux() || await RunAsync("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder) != 0)
        {
            Directory.Delete(folder);
            Assert.Skip("No small file system can be mounted here.");
        }

        return new TinyDisk(folder);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", Folder);
        Directory.Delete(Folder);
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
