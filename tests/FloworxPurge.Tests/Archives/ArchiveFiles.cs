using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using FloworxPurge.Archiving;

namespace FloworxPurge.Tests.Archives;

/// <summary>A folder for one archive, read without the library's reader.</summary>
public sealed class ArchiveFiles : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("floworxpurge-archive-").FullName;

    /// <summary>The folder of the archive; it does not exist yet.</summary>
    public string Folder => Path.Combine(_root, "archive");

    /// <summary>Whether there is nothing, not even a folder.</summary>
    public bool IsNothing => !Directory.Exists(Folder);

    internal ArchiveManifest Manifest => ArchiveJson.ReadManifest(File.ReadAllBytes(Path.Combine(Folder, ArchiveFolder.Manifest)))!;

    internal IReadOnlyList<ArchiveChunk> Chunks
        => [.. File.ReadAllLines(Path.Combine(Folder, ArchiveFolder.Chunks)).Select(line => ArchiveJson.ReadChunk(Encoding.UTF8.GetBytes(line))!)];

    /// <summary>The hash of the last line.</summary>
    public string LastHash
        => ArchiveJson.Hash(Encoding.UTF8.GetBytes(File.ReadAllLines(Path.Combine(Folder, ArchiveFolder.Chunks))[^1]));

    /// <summary>The lines of a table's file as text, sorted; none where it has no file.</summary>
    public IReadOnlyList<string> Lines(string table, bool isDetached = false)
        => [.. Manifest.Tables
            .Where(entry => entry.Table.Name == table && entry.IsDetached == isDetached)
            .SelectMany(entry => LinesOf(entry.File))
            .Order(StringComparer.Ordinal)];

    /// <summary>The bytes of a table's file, decompressed.</summary>
    public byte[] Content(string table) => ContentOf(Manifest.Tables.Single(entry => entry.Table.Name == table && !entry.IsDetached).File);

    /// <summary>The names of the columns of a table.</summary>
    public IReadOnlyList<string> Columns(string table, bool isDetached = false)
        => [.. Manifest.Tables.First(entry => entry.Table.Name == table && entry.IsDetached == isDetached).Columns.Select(column => column.Name)];

    /// <summary>The path of a table's file.</summary>
    public string PathOf(string table) => Path.Combine(Folder, Manifest.Tables.First(entry => entry.Table.Name == table).File);

    /// <summary>Asserts that every part has the hash that its chunk names, that chunks follow each other, and that nothing else is there.</summary>
    public void AssertWhole()
    {
        string last = ArchiveJson.Hash(File.ReadAllBytes(Path.Combine(Folder, ArchiveFolder.Manifest)));
        Dictionary<string, long> lengths = [];
        foreach (string line in File.ReadAllLines(Path.Combine(Folder, ArchiveFolder.Chunks)))
        {
            ArchiveChunk chunk = ArchiveJson.ReadChunk(Encoding.UTF8.GetBytes(line))!;
            Assert.Equal(last, chunk.Previous);
            last = ArchiveJson.Hash(Encoding.UTF8.GetBytes(line));
            foreach (ArchivePart part in chunk.Parts)
            {
                Assert.Equal(lengths.GetValueOrDefault(part.File), part.Offset);
                byte[] bytes = File.ReadAllBytes(Path.Combine(Folder, part.File))[(int)part.Offset..(int)(part.Offset + part.Length)];
                Assert.Equal(part.Hash, Convert.ToHexStringLower(SHA256.HashData(bytes)));
                lengths[part.File] = part.Offset + part.Length;
            }
        }

        Assert.Equal(
            lengths.Keys.Append(ArchiveFolder.Manifest).Append(ArchiveFolder.Chunks).Order(StringComparer.Ordinal),
            Directory.GetFiles(Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(lengths, pair => Assert.Equal(pair.Value, new FileInfo(Path.Combine(Folder, pair.Key)).Length));
    }

    /// <summary>Copies the files, as they are at this moment.</summary>
    public void CopyTo(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(Folder))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }
    }

    /// <summary>Writes a row as COPY does, from values that are text already.</summary>
    public static string Line(params string?[] values) => string.Join('\t', values.Select(value => value ?? "\\N"));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string[] LinesOf(string file)
        => !File.Exists(Path.Combine(Folder, file)) ? []
            : Encoding.UTF8.GetString(ContentOf(file)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private byte[] ContentOf(string file)
    {
        using var gzip = new GZipStream(File.OpenRead(Path.Combine(Folder, file)), CompressionMode.Decompress);
        using var content = new MemoryStream();
        gzip.CopyTo(content);
        return content.ToArray();
    }
}
