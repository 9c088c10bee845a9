using System.Globalization;
using System.Security.Cryptography;

namespace FloworxPurge.CommandLine.Backups;

/// <summary>
/// A file that gets its name only when it is complete and verified. Until then it has another name, and is deleted when something
/// fails.
/// </summary>
internal sealed class BackupFile : IDisposable
{
    private readonly string _path;

    private BackupFile(string path, string unfinished) => (_path, Unfinished) = (path, unfinished);

    /// <summary>The file to write to: it exists, is empty, and only its owner may read it.</summary>
    public string Unfinished { get; }

    /// <summary>Chooses the name and makes the empty file.</summary>
    /// <exception cref="PurgeBackupException">There is such a file already, or none can be made there.</exception>
    public static BackupFile Begin(PurgeBackupRequest request, string ending)
    {
        string time = request.TimeProvider.GetUtcNow().UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        string path = Path.Combine(Path.GetFullPath(request.Folder), $"{SafeName(request.Plan.Database.Database)}-{time}Z{ending}");
        if (Path.Exists(path))
        {
            throw new PurgeBackupException(
                $"The backup \"{path}\" exists already, and is not overwritten. Try again in a second, or give another folder.");
        }

        string unfinished = Path.Combine(Path.GetDirectoryName(path)!, $".{Guid.NewGuid():N}.unfinished");
        try
        {
            using FileStream stream = Create(unfinished);
            return new BackupFile(path, unfinished);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PurgeBackupException(
                $"No backup can be written to \"{request.Folder}\": {exception.Message} Choose a folder that this process may write to.",
                exception);
        }
    }

    /// <summary>Measures the file, and gives it its name.</summary>
    /// <exception cref="PurgeBackupException">Another file has taken the name since.</exception>
    public async Task<PurgeBackupResult> FinishAsync(string verification, CancellationToken cancellationToken)
    {
        string hash;
        long size;
        var stream = new FileStream(Unfinished, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, useAsync: true);
        await using (stream.ConfigureAwait(false))
        {
            size = stream.Length;
            hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
        }

        try
        {
            File.Move(Unfinished, _path, overwrite: false);
        }
        catch (IOException exception)
        {
            throw new PurgeBackupException($"The backup cannot be given its name \"{_path}\": {exception.Message}", exception);
        }

        return new PurgeBackupResult { Path = _path, Size = size, Sha256 = hash, Verification = verification };
    }

    /// <summary>Creates the exception of a backup that could not be written; a full disk has its own message.</summary>
    public PurgeBackupException Failure(string message, Exception? cause = null)
        => IsFull(message)
            ? new PurgeBackupException(
                $"The backup could not be written to \"{Path.GetDirectoryName(_path)}\": the disk is full "
                    + $"({message.Trim().TrimEnd('.')}). Make room, or give another folder.",
                cause)
            : new PurgeBackupException($"The backup to \"{Path.GetDirectoryName(_path)}\" failed: {message.Trim()}", cause);

    /// <summary>Removes what is unfinished.</summary>
    public void Dispose()
    {
        foreach (string file in (string[])[Unfinished, Unfinished + "-journal", Unfinished + "-wal", Unfinished + "-shm"])
        {
            File.Delete(file);
        }
    }

    private static bool IsFull(string message)
        => message.Contains("No space left on device", StringComparison.OrdinalIgnoreCase)
            || message.Contains("disk is full", StringComparison.OrdinalIgnoreCase)
            || message.Contains("not enough space", StringComparison.OrdinalIgnoreCase);

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            // It holds what the database holds, and the database asks for a password.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    private static string SafeName(string database)
    {
        string name = string.Concat(database.Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_')).Trim('.');
        return name.Length == 0 ? "database" : name[..Math.Min(name.Length, 100)];
    }

    /// <summary>How many tables, in words.</summary>
    public static string Tables(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "table" : "tables")}");

    /// <summary>The tables that a plan deletes from.</summary>
    public static IEnumerable<PlanTable> TablesOf(PurgePlan plan) => plan.Tables.DistinctBy(table => table.Table);
}
