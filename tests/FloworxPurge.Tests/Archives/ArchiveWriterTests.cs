using System.Text;
using FloworxPurge.Archiving;

namespace FloworxPurge.Tests.Archives;

/// <summary>An archive of several chunks holds what its receipts cover, after any interruption.</summary>
public sealed class ArchiveWriterTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    private static readonly DatabaseIdentity Database = new()
    {
        Provider = "p",
        Engine = "e",
        ServerVersion = "1",
        Server = "s",
        Database = "d",
    };

    [Fact]
    public async Task A_file_of_several_chunks_is_one_file_of_gzip_and_an_abandoned_chunk_leaves_nothing()
    {
        using var files = new ArchiveFiles();
        ArchiveWriter writer = await BeginAsync(files);

        await WriteAsync(writer, "one\n");
        await CompleteAsync(writer);
        await WriteAsync(writer, "never\n");
        writer.Abandon();
        await WriteAsync(writer, "two\nthree\n");
        (long chunks, string hash) = await CompleteAsync(writer);

        files.AssertWhole();
        Assert.Equal((2, files.LastHash), (chunks, hash));
        Assert.Equal("one\ntwo\nthree\n", Encoding.UTF8.GetString(files.Content("a")));
        Assert.Equal((1, 3), (writer.Size.Files, writer.Size.Rows));
    }

    [Fact]
    public async Task What_a_receipt_does_not_cover_is_cut_off_when_the_archive_is_continued()
    {
        using var files = new ArchiveFiles();
        ArchiveWriter first = await BeginAsync(files);
        await WriteAsync(first, "one\n");
        (long chunks, string hash) = await CompleteAsync(first);

        // Killed after the second chunk was complete, and before its receipt was committed.
        await WriteAsync(first, "two\n");
        await first.CompleteAsync(CancellationToken);

        var second = new ArchiveWriter(new ArchiveFolder(files.Folder), wrap: null);
        await second.ContinueAsync("run", chunks, hash, CancellationToken);
        second.CutOnce();
        files.AssertWhole();
        Assert.Single(files.Chunks);
        await WriteAsync(second, "again\n");
        await CompleteAsync(second);

        files.AssertWhole();
        Assert.Equal("one\nagain\n", Encoding.UTF8.GetString(files.Content("a")));
    }

    [Fact]
    public async Task What_a_run_left_that_was_killed_before_its_first_commit_is_removed_and_nothing_else()
    {
        using var files = new ArchiveFiles();
        ArchiveWriter writer = await BeginAsync(files);
        await WriteAsync(writer, "one\n");
        await writer.CompleteAsync(CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(files.Folder, ".run.tmp"), "{", CancellationToken);
        var folder = new ArchiveFolder(files.Folder);

        folder.Discard("another run", Database);
        Assert.Equal(4, Directory.GetFiles(files.Folder).Length);
        folder.Discard("run", Database with { Database = "copy" });
        Assert.Equal(3, Directory.GetFiles(files.Folder).Length);
        folder.Discard("run", Database);

        Assert.Empty(Directory.GetFileSystemEntries(files.Folder));
        Assert.Null(folder.Problem());
        await File.WriteAllTextAsync(Path.Combine(files.Folder, ArchiveFolder.Manifest), "{", CancellationToken);
        folder.Discard("run", Database);
        Assert.Contains("not empty", folder.Problem(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_that_was_changed_is_not_continued()
    {
        using var files = new ArchiveFiles();
        ArchiveWriter writer = await BeginAsync(files);
        await WriteAsync(writer, "one\n");
        (long chunks, string hash) = await CompleteAsync(writer);
        string[] paths = [files.PathOf("a"), Path.Combine(files.Folder, ArchiveFolder.Manifest), Path.Combine(files.Folder, ArchiveFolder.Chunks)];
        foreach (string path in paths)
        {
            byte[] bytes = await File.ReadAllBytesAsync(path, CancellationToken);
            for (int i = 0; i < bytes.Length; i += 7)
            {
                byte[] changed = [.. bytes];
                changed[i] ^= 1;
                await File.WriteAllBytesAsync(path, changed, CancellationToken);
                await Assert.ThrowsAsync<PurgeException>(
                    () => new ArchiveWriter(new ArchiveFolder(files.Folder), wrap: null).ContinueAsync("run", chunks, hash, CancellationToken));
            }

            await File.WriteAllBytesAsync(path, bytes[..^1], CancellationToken);
            await Assert.ThrowsAsync<PurgeException>(
                () => new ArchiveWriter(new ArchiveFolder(files.Folder), wrap: null).ContinueAsync("run", chunks, hash, CancellationToken));
            await File.WriteAllBytesAsync(path, bytes, CancellationToken);
        }

        await Assert.ThrowsAsync<PurgeException>(
            () => new ArchiveWriter(new ArchiveFolder(files.Folder), wrap: null).ContinueAsync("other", chunks, hash, CancellationToken));
        Assert.Equal("run", (await new ArchiveWriter(new ArchiveFolder(files.Folder), wrap: null)
            .ContinueAsync("run", chunks, hash, CancellationToken)).RunId);
    }

    [Fact]
    public async Task A_line_before_the_last_one_that_was_changed_is_not_continued()
    {
        using var files = new ArchiveFiles();
        ArchiveWriter writer = await BeginAsync(files);
        await WriteAsync(writer, "one\n");
        await CompleteAsync(writer);
        await WriteAsync(writer, "two\n");
        (long chunks, string hash) = await CompleteAsync(writer);
        string path = Path.Combine(files.Folder, ArchiveFolder.Chunks);
        string[] lines = await File.ReadAllLinesAsync(path, CancellationToken);
        lines[0] = lines[0].Replace("\"rows\":1", "\"rows\":2", StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, string.Join('\n', lines) + "\n", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => new ArchiveWriter(new ArchiveFolder(files.Folder), wrap: null).ContinueAsync("run", chunks, hash, CancellationToken));

        Assert.Contains("line 2 of \"chunks.jsonl\" does not follow the line before", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_last_line_with_another_number_of_rows_is_not_continued()
    {
        using var files = new ArchiveFiles();
        ArchiveWriter writer = await BeginAsync(files);
        await WriteAsync(writer, "one\n");
        (long chunks, string hash) = await CompleteAsync(writer);
        string path = Path.Combine(files.Folder, ArchiveFolder.Chunks);
        string line = await File.ReadAllTextAsync(path, CancellationToken);
        await File.WriteAllTextAsync(path, line.Replace("\"rows\":1", "\"rows\":2", StringComparison.Ordinal), CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => new ArchiveWriter(new ArchiveFolder(files.Folder), wrap: null).ContinueAsync("run", chunks, hash, CancellationToken));

        Assert.Contains("does not hold what the receipt in the database covers", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_gone_or_shorter_than_what_the_receipt_covers_is_noticed_without_reading_it()
    {
        using var files = new ArchiveFiles();
        ArchiveWriter writer = await BeginAsync(files);
        await WriteAsync(writer, "one\n");
        await CompleteAsync(writer);
        foreach (string path in Directory.GetFiles(files.Folder))
        {
            string name = Path.GetFileName(path);
            byte[] bytes = await File.ReadAllBytesAsync(path, CancellationToken);
            await File.WriteAllBytesAsync(path, name == ArchiveFolder.Manifest ? [] : bytes[..^1], CancellationToken);
            PurgeException shorter = Assert.Throws<PurgeException>(writer.CheckCovered);
            File.Delete(path);
            PurgeException gone = Assert.Throws<PurgeException>(writer.CheckCovered);
            await File.WriteAllBytesAsync(path, bytes, CancellationToken);

            Assert.Contains($"\"{name}\" is shorter than what was written", shorter.Message, StringComparison.Ordinal);
            Assert.Contains($"\"{name}\" is not there any more", gone.Message, StringComparison.Ordinal);
        }

        writer.CheckCovered();
    }

    private static async Task<ArchiveWriter> BeginAsync(ArchiveFiles files)
    {
        var folder = new ArchiveFolder(files.Folder);
        folder.Create("run");
        var writer = new ArchiveWriter(folder, wrap: null);
        await writer.BeginAsync(
            new ArchiveManifest
            {
                Version = ArchiveManifest.CurrentVersion,
                RunId = "run",
                StartedAt = DateTimeOffset.UnixEpoch,
                RetainUntil = null,
                WrittenBy = "test",
                Database = Database,
                Plan = "plan",
                IsWrapped = false,
                Tables =
                [
                    new ArchiveTable
                    {
                        File = "001_a.tsv.gz",
                        Table = new TableName(null, "a"),
                        IsDetached = false,
                        Component = 1,
                        Columns = [new ArchiveColumn("id", "text")],
                        Key = ["id"],
                        Counters = [],
                    },
                ],
            },
            CancellationToken);
        return writer;
    }

    private static Task<long> WriteAsync(ArchiveWriter writer, string lines)
        => writer.AppendAsync(
            "001_a.tsv.gz",
            async (stream, token) =>
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(lines), token);
                return lines.Count(c => c == '\n');
            },
            CancellationToken);

    private static async Task<(long Chunks, string Hash)> CompleteAsync(ArchiveWriter writer)
    {
        (long Chunks, string Hash) receipt = await writer.CompleteAsync(CancellationToken);
        writer.Commit();
        return receipt;
    }
}
