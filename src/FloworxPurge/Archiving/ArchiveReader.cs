using System.Globalization;
using System.Text.Json;
using FloworxPurge.Execution;
using FloworxPurge.Planning;

namespace FloworxPurge.Archiving;

/// <summary>An archive in a folder: its manifest, and what the receipt of the database covers of its files.</summary>
internal sealed class ArchiveReader
{
    private const string ManifestFile = ArchiveFolder.Manifest;

    private const string ChunksFile = ArchiveFolder.Chunks;

    private const string CopyAgain = "Get the folder from a copy that nobody has changed.";

    private readonly List<(ArchiveChunk Chunk, string Hash)> _chunks = [];
    private readonly List<string> _problems = [];

    private ArchiveReader(string directory, ArchiveManifest manifest, string manifestHash)
        => (Directory, Manifest, ManifestHash) = (directory, manifest, manifestHash);

    public string Directory { get; }

    public ArchiveManifest Manifest { get; }

    public string ManifestHash { get; }

    /// <summary>Gets what is wrong with the files as far as it is known without the receipt.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Reads the manifest and the list of chunks.</summary>
    /// <exception cref="PurgeException">There is no archive, or its manifest cannot be read.</exception>
    public static async Task<ArchiveReader> OpenAsync(string directory, CancellationToken cancellationToken)
    {
        directory = Path.GetFullPath(directory);
        string path = Path.Combine(directory, ManifestFile);
        try
        {
            byte[] bytes = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
            ArchiveManifest manifest = ArchiveJson.ReadManifest(bytes)
                ?? throw new JsonException("it is null");
            CheckManifest(path, manifest);
            var reader = new ArchiveReader(directory, manifest, ArchiveJson.Hash(bytes));
            await reader.ReadChunksAsync(cancellationToken).ConfigureAwait(false);
            return reader;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // A folder that this process may not read is another matter.
            throw new PurgeException(
                $"\"{directory}\" holds no archive: there is no file {ManifestFile}. Give the folder of an archive.",
                e);
        }
        catch (JsonException e)
        {
            throw new PurgeException($"\"{path}\" is no manifest of an archive: {e.Message} {CopyAgain}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PurgeException($"The archive in \"{directory}\" cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Returns the chunks that the receipt covers, and adds what does not fit to the problems and the notes.</summary>
    /// <param name="receipt">The run in the journal of the database; null where it has none.</param>
    /// <param name="refuse">Receives what stands against a restore.</param>
    /// <param name="note">Receives what is to be said besides.</param>
    public IReadOnlyList<ArchiveChunk> Cover(
        JournalEntry? receipt,
        Action<RestoreRefusalKind, string> refuse,
        Action<string> note)
    {
        if (!RestoreSource.CheckReceipt(receipt, Manifest.RunId, _chunks.Count, refuse, note) || receipt?.ArchiveHash is not { } hash)
        {
            return [];
        }

        if (_chunks.Count < receipt.Chunks)
        {
            refuse(
                RestoreRefusalKind.Archive,
                $"\"{ChunksFile}\" has {Quantity.Of(_chunks.Count, "whole line")} that can be read, and the receipt in the database covers "
                    + $"{receipt.Chunks.ToString(CultureInfo.InvariantCulture)}. {CopyAgain}");
            return [];
        }

        (ArchiveChunk Chunk, string Hash)[] covered = [.. _chunks.Take((int)receipt.Chunks)];
        string last = covered.Length == 0 ? ManifestHash : covered[^1].Hash;
        if (!string.Equals(last, hash, StringComparison.Ordinal))
        {
            string place = covered.Length == 0
                ? ManifestFile
                : $"line {covered.Length.ToString(CultureInfo.InvariantCulture)} of {ChunksFile}";
            refuse(
                RestoreRefusalKind.Archive,
                $"The SHA-256 of {place} "
                    + $"is {last}, and the receipt in the database says {hash}: a file was changed, or belongs to another archive. "
                    + CopyAgain);
        }

        if (_chunks.Count > covered.Length)
        {
            note(
                $"{ChunksFile} has {Quantity.Of(_chunks.Count - covered.Length, "line")} more than the receipt covers. Their transaction "
                    + "was "
                    + "not committed, so their rows are in the database and are not restored.");
        }

        return [.. covered.Select(line => line.Chunk)];
    }

    /// <summary>Reads every part, and compares lengths, hashes and numbers of rows.</summary>
    public async Task<IReadOnlyList<string>> CheckPartsAsync(
        IReadOnlyList<ArchiveChunk> chunks,
        Func<Stream, Stream>? unwrap,
        CancellationToken cancellationToken)
    {
        List<string> problems = [];
        HashSet<string> files = [.. Manifest.Tables.Select(table => table.File)];
        Dictionary<string, long> ends = new(StringComparer.Ordinal);
        HashSet<string> broken = new(StringComparer.Ordinal);
        foreach (ArchivePart part in chunks.SelectMany(chunk => chunk.Parts))
        {
            if (!files.Contains(part.File))
            {
                problems.Add($"{ChunksFile} names the file \"{part.File}\", which {ManifestFile} does not. {CopyAgain}");
                continue;
            }

            long expected = ends.GetValueOrDefault(part.File);
            ends[part.File] = part.Offset + part.Length;
            if (part.Offset != expected && broken.Add(part.File))
            {
                problems.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"\"{part.File}\" has a part at byte {part.Offset}, and the one before ends at {expected}. {CopyAgain}"));
            }
            else if (!broken.Contains(part.File)
                && await new ArchivePartReader(Directory, part, unwrap).ReadAsync((_, _) => ValueTask.CompletedTask, cancellationToken)
                    .ConfigureAwait(false) is { } problem)
            {
                // One is enough for a file: what follows a cut is gone, too.
                broken.Add(part.File);
                problems.Add($"{problem} {CopyAgain}");
            }
        }

        return problems;
    }

    /// <summary>Gets the parts of a file, in order.</summary>
    public static IEnumerable<ArchivePart> PartsOf(IReadOnlyList<ArchiveChunk> chunks, ArchiveTable table)
        => chunks.SelectMany(chunk => chunk.Parts).Where(part => string.Equals(part.File, table.File, StringComparison.Ordinal));

    private static void CheckManifest(string path, ArchiveManifest manifest)
    {
        if (manifest.Version != ArchiveManifest.CurrentVersion)
        {
            throw new PurgeException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"\"{path}\" is of version {manifest.Version} of the format, and this library reads version ")
                    + string.Create(
                        CultureInfo.InvariantCulture,
                        $"{ArchiveManifest.CurrentVersion}. Use the library that wrote it: {manifest.WrittenBy}."));
        }

        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase) { ManifestFile, ChunksFile };
        List<string> problems =
        [
            .. manifest.Tables.Where(table => !IsPlainName(table.File) || !names.Add(table.File))
                .Select(table => $"\"{table.File}\" is no file name of its own inside the folder"),
            .. manifest.Tables
                .Where(table => table.Columns.Count == 0
                    || table.Columns.CountBy(column => column.Name, StringComparer.Ordinal).Any(column => column.Value > 1)
                    || table.Key.Except(table.Columns.Select(column => column.Name), StringComparer.Ordinal).Any()
                    || (table.IsDetached && table.Key.Count == 0))
                .Select(table => $"the columns of {table.Table.ToQuotedString()} are not those of an archive"),
        ];
        if (problems.Count > 0)
        {
            throw new PurgeException($"\"{path}\" is no manifest of an archive: {string.Join("; ", problems)}. {CopyAgain}");
        }
    }

    private static bool IsPlainName(string name)
        => name.Length > 0
            && name is not ("." or "..")
            && name.AsSpan().IndexOfAny("/\\:\0") < 0
            && string.Equals(Path.GetFileName(name), name, StringComparison.Ordinal);

    private async Task ReadChunksAsync(CancellationToken cancellationToken)
    {
        string path = Path.Combine(Directory, ChunksFile);
        if (!File.Exists(path))
        {
            return;
        }

        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        await using (file.ConfigureAwait(false))
        {
            var lines = new LineReader(file);
            string previous = ManifestHash;

            // A line without an end was being written when the run was stopped, which no receipt covers.
            while (await lines.ReadAsync(cancellationToken).ConfigureAwait(false) && lines.IsComplete)
            {
                if (TryRead(lines.Line.Span, previous) is not { } chunk)
                {
                    _problems.Add(
                        $"Line {(_chunks.Count + 1).ToString(CultureInfo.InvariantCulture)} of {ChunksFile} does not continue the line "
                            + $"before: {(_chunks.Count == 0 ? ManifestFile : "a line")} was changed, or lines are missing. {CopyAgain}");
                    return;
                }

                previous = ArchiveJson.Hash(lines.Line.Span);
                _chunks.Add((chunk, previous));
            }
        }
    }

    private ArchiveChunk? TryRead(ReadOnlySpan<byte> line, string previous)
    {
        try
        {
            return ArchiveJson.ReadChunk(line) is { Parts: not null } chunk
                && chunk.Number == _chunks.Count + 1
                && string.Equals(chunk.Previous, previous, StringComparison.Ordinal)
                && chunk.Parts.All(part => part is { Offset: >= 0, Length: >= 0, Rows: >= 0, File: not null, Hash: not null })
                ? chunk
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
