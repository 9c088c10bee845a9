using System.Text.Json;

namespace FloworxPurge.Archiving;

/// <summary>The folder of an archive: created for it, and removed again where the archive comes to nothing.</summary>
/// <param name="path">The whole path.</param>
internal sealed class ArchiveFolder(string path)
{
    /// <summary>The name of the first file.</summary>
    public const string Manifest = "manifest.json";

    /// <summary>The name of the file that has a line for each chunk.</summary>
    public const string Chunks = "chunks.jsonl";

    private const string ClaimName = ".claim.tmp";

    private const int MostNames = 3;

    // Nobody but the owner: the files hold what the tables held.
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Innermost first.
    private readonly List<string> _created = [];

    private string? _temporary;

    /// <summary>Gets the whole path.</summary>
    public string FullPath { get; } = path;

    /// <summary>The whole path of a file.</summary>
    public string PathOf(string file) => Path.Combine(FullPath, file);

    /// <summary>What speaks against a new archive there, as a sentence; null where nothing does. Creates nothing.</summary>
    /// <param name="receipt">
    /// Whether the database has a receipt of the archive whose manifest is there; null where that is not known.
    /// </param>
    public string? Problem(bool? receipt = null)
    {
        if (File.Exists(FullPath))
        {
            return $"The archive cannot be written to \"{FullPath}\": that is a file. Give the name of a folder.";
        }

        if (!Directory.Exists(FullPath))
        {
            return null;
        }

        try
        {
            string[] names = [.. Directory.EnumerateFileSystemEntries(FullPath)
                .Take(MostNames + 1)
                .Select(entry => Path.GetFileName(entry))
                .Order(StringComparer.Ordinal)];
            string first = string.Join(", ", names.Take(MostNames).Select(name => $"\"{name}\""));
            return names.Length == 0
                ? null
                : $"The archive cannot be written to \"{FullPath}\": the folder is not empty ({first}"
                    + $"{(names.Length > MostNames ? ", ..." : string.Empty)}). {Advice(names, receipt)}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The archive cannot be written to \"{FullPath}\": {e.Message}";
        }
    }

    /// <summary>Gets the manifest of the archive that is there; null where there is no manifest that this library reads.</summary>
    /// <exception cref="IOException">The manifest cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not read it.</exception>
    public ArchiveManifest? FindRun() => HasManifest ? ReadManifest() : null;

    /// <summary>Gets whether an archive has been begun there.</summary>
    public bool HasManifest => File.Exists(PathOf(Manifest));

    /// <summary>Creates the folder where it is missing, and writes and removes a file there.</summary>
    /// <param name="runId">The run; what is left of that file is removed by <see cref="DiscardTemporary"/>.</param>
    /// <exception cref="IOException">That is not possible.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not write there.</exception>
    public void Create(string runId)
    {
        for (string? missing = FullPath; missing is not null && !Directory.Exists(missing); missing = Path.GetDirectoryName(missing))
        {
            _created.Add(missing);
        }

        if (_created.Count > 0)
        {
            CreateOwned();
        }

        string probe = PathOf(ProbeOf(runId));
        try
        {
            using FileStream stream = Open(probe, FileMode.Create);
            stream.WriteByte(0);
            stream.Flush(flushToDisk: true);
        }
        finally
        {
            File.Delete(probe);
        }
    }

    /// <summary>
    /// Opens a file for writing, without a buffer, which would be written after a failure, too; a new one can be read by its owner alone.
    /// </summary>
    public static FileStream Open(string file, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows() && mode is not FileMode.Open)
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(file, options);
    }

    /// <summary>Writes the manifest, whole or not at all, and only where there is none.</summary>
    /// <exception cref="IOException">It cannot be written, or there is one.</exception>
    public async Task WriteManifestAsync(string runId, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        string temporary = _temporary = PathOf(TemporaryOf(runId));
        FileStream stream = Open(temporary, FileMode.Create);
        await using (stream.ConfigureAwait(false))
        {
            await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            stream.Flush(flushToDisk: true);
        }

        Claim(() => File.Move(temporary, HasManifest ? throw new IOException("there is another archive by now") : PathOf(Manifest)));
        _temporary = null;
    }

    /// <summary>
    /// Runs work while no other process can claim the folder: on some systems, moving a file replaces an existing one. The lock file is
    /// removed afterwards; one that a killed process left is taken over.
    /// </summary>
    /// <exception cref="IOException">Somebody else does, or what is done throws it.</exception>
    public void Claim(Action work)
    {
        const FileOptions DeletedWhenClosed = FileOptions.DeleteOnClose;
        using (new FileStream(PathOf(ClaimName), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0, DeletedWhenClosed))
        {
            work();
        }
    }

    /// <summary>Has the names of the files, and of the folders that were created for them, on the disk.</summary>
    /// <exception cref="IOException">That is not possible.</exception>
    public void FlushNames()
    {
        foreach (string folder in _created.Select(Path.GetDirectoryName).OfType<string>().Prepend(FullPath))
        {
            FolderNames.Flush(folder);
        }
    }

    /// <summary>Determines whether <see cref="DiscardTemporary"/> would remove something.</summary>
    public bool HasTemporary(string runId)
        => File.Exists(PathOf(ProbeOf(runId))) || File.Exists(PathOf(TemporaryOf(runId))) || File.Exists(PathOf(ClaimName));

    /// <summary>Removes what a run left that was killed while it tried the folder, or before its manifest was complete.</summary>
    public void DiscardTemporary(string runId)
    {
        if (!Directory.Exists(FullPath))
        {
            return;
        }

        File.Delete(PathOf(ProbeOf(runId)));
        File.Delete(PathOf(TemporaryOf(runId)));
        if (File.Exists(PathOf(ClaimName)))
        {
            Claim(() => { });
        }
    }

    /// <summary>
    /// Removes what a run left that was killed before its first commit. What is not of that run stays, and is found by
    /// <see cref="Problem"/>: also what a run of the same id archived from another database, and what has more than one transaction.
    /// </summary>
    /// <param name="runId">The id of the run.</param>
    /// <param name="database">
    /// The database whose receipts say that the run is not committed; null where its journal says that no transaction of it is.
    /// </param>
    public void Discard(string runId, DatabaseIdentity? database)
    {
        DiscardTemporary(runId);
        Claim(() =>
        {
            if (FindRun() is not { } manifest
                || !string.Equals(manifest.RunId, runId, StringComparison.Ordinal)
                || (database is not null && !IsHere(manifest.Database, database))
                || HasSeveralChunks())
            {
                return;
            }

            // The manifest last: as long as it is there, the rest is known to be of the run.
            foreach (string file in manifest.Tables.Select(table => Path.GetFileName(table.File)).Append(Chunks).Append(Manifest))
            {
                File.Delete(PathOf(file));
            }
        });
    }

    // A copy of a database may have its id, and has another server.
    private static bool IsHere(DatabaseIdentity archived, DatabaseIdentity database)
        => RestoreStructure.IsSame(archived, database) && string.Equals(archived.Server, database.Server, StringComparison.Ordinal);

    /// <summary>Cuts a file to a length, and removes it where nothing is left.</summary>
    public void Cut(string file, long length)
    {
        string full = PathOf(file);
        if (length == 0)
        {
            File.Delete(full);
        }
        else if (File.Exists(full))
        {
            using FileStream stream = Open(full, FileMode.Open);
            if (stream.Length > length)
            {
                stream.SetLength(length);
                stream.Flush(flushToDisk: true);
            }
        }
    }

    /// <summary>Removes a manifest that was not completed.</summary>
    public void RemoveTemporary()
    {
        if (_temporary is not null)
        {
            File.Delete(_temporary);
            _temporary = null;
        }
    }

    /// <summary>Removes what <see cref="Create"/> created, as far as it is empty.</summary>
    public void RemoveIfCreated()
    {
        try
        {
            foreach (string folder in _created.Where(Directory.Exists))
            {
                Directory.Delete(folder);
            }
        }
        catch (IOException)
        {
            // Not empty: another run uses it by now.
        }

        _created.Clear();
    }

    private bool HasSeveralChunks() => File.Exists(PathOf(Chunks)) && File.ReadLines(PathOf(Chunks)).Skip(1).Any();

    private static string TemporaryOf(string runId) => $".{runId}.tmp";

    // Another name, since another call of the same run may be about to put its manifest in its place.
    private static string ProbeOf(string runId) => $".{runId}.try";

    // Nothing is removed: the receipt may be in another database, or the archive in the folder may be newer than the database is.
    private string Advice(string[] names, bool? receipt)
    {
        const string Another = "Give a folder that is empty or does not exist.";
        if (names.All(IsTemporary))
        {
            return "The file is left from a purge that was stopped before it archived a row. Delete it where no purge is running.";
        }

        return !HasManifest ? Another
            : receipt == true ? $"It holds another archive, which is committed. {Another}"
            : receipt is null || FindRun() is not { RunId: var run } ? $"It holds another archive. {Another}"
            : HasSeveralChunks()
                ? $"It holds the archive of run {run}, which lost its receipt: transactions of it were committed, and the database does "
                    + $"not know it. Keep the folder: it may be the only place that has the rows. {Another}"
            : $"It holds the archive of run {run}, which is not committed: the database has no receipt of it. If it is left from a purge "
                + "of this database that was stopped, its rows are still in the database: delete the folder, and call again. Otherwise it "
                + $"belongs to another database. {Another}";
    }

    private static bool IsTemporary(string name)
        => name.StartsWith('.')
            && (name.EndsWith(".tmp", StringComparison.Ordinal) || name.EndsWith(".try", StringComparison.Ordinal))
            && (name is ClaimName || Guid.TryParseExact(name[1..^4], "D", out _));

    // Null where it is not one that this library reads.
    private ArchiveManifest? ReadManifest()
    {
        try
        {
            return ArchiveJson.ReadManifest(File.ReadAllBytes(PathOf(Manifest)));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void CreateOwned()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(FullPath);
        }
        else
        {
            Directory.CreateDirectory(FullPath, OwnerOnly | UnixFileMode.UserExecute);
        }
    }
}
