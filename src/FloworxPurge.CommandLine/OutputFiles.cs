using FloworxPurge.CommandLine.Backups;

namespace FloworxPurge.CommandLine;

/// <summary>The files that the command itself writes, and whether those of the reports can be written.</summary>
internal static class OutputFiles
{
    /// <summary>Refuses files that cannot be written, before anybody is asked for anything.</summary>
    /// <exception cref="CommandStoppedException">There are such; the message names every one.</exception>
    public static void Probe(IEnumerable<string> paths)
    {
        List<string> problems = [];
        foreach (string path in paths)
        {
            try
            {
                string folder = FolderOf(path);
                string probe = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
                using var stream = new FileStream(
                    probe,
                    FileMode.CreateNew,
                    FileAccess.Write,
                    FileShare.None,
                    bufferSize: 1,
                    FileOptions.DeleteOnClose);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                problems.Add($"\"{path}\" cannot be written: {exception.Message}");
            }
        }

        if (problems.Count > 0)
        {
            throw new CommandStoppedException(PurgeExitCode.Refused, $"Refused: {string.Join(" ", problems)} Nothing was written.");
        }
    }

    /// <summary>Writes a file whole or not at all.</summary>
    /// <exception cref="CommandStoppedException">It cannot be written.</exception>
    public static async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        string? temporary = null;
        try
        {
            temporary = Path.Combine(FolderOf(path), $".{Guid.NewGuid():N}.tmp");
            await File.WriteAllTextAsync(temporary, text, cancellationToken).ConfigureAwait(false);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandStoppedException(PurgeExitCode.Failed, $"\"{path}\" cannot be written: {exception.Message}", exception);
        }
        finally
        {
            if (temporary is not null)
            {
                File.Delete(temporary);
            }
        }
    }

    /// <summary>Creates the folder of a backup; only its owner may read what is in it. A folder that exists stays as it is.</summary>
    /// <exception cref="PurgeBackupException">It cannot be created.</exception>
    public static void CreateFolder(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PurgeBackupException(
                $"The folder \"{path}\" for the backup cannot be created: {exception.Message} Give another folder.",
                exception);
        }
    }

    private static string FolderOf(string path)
    {
        string target = Path.GetFullPath(path);
        if (Directory.Exists(target))
        {
            throw new IOException("That is a folder; give the name of a file.");
        }

        string? folder = Path.GetDirectoryName(target);
        return folder is not null && Directory.Exists(folder)
            ? folder
            : throw new DirectoryNotFoundException($"There is no folder \"{folder}\"; create it first, or choose another.");
    }
}
