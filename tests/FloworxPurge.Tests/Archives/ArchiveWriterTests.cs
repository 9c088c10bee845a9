using System.Text;
using FloworxPurge.Archiving;

namespace FloworxPurge.Tests.Archives;

/// <summary>An archive of several chunks holds what its receipts cover, after any interruption.</summary>
public sealed class ArchiveWriterTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

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

        folder.Discard("another run");
        Assert.Equal(4, Directory.GetFiles(files.Folder).Length);
        folder.Discard("run");

        Assert.Empty(Directory.GetFileSystemEntries(files.Folder));
        Assert.Null(folder.Problem());
        await File.WriteAllTextAsync(Path.Combine(files.Folder, ArchiveFolder.Manifest), "{", CancellationToken);
        folder.Discard("run");
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
                Database = new DatabaseIdentity { Provider = "p", Engine = "e", ServerVersion = "1", Server = "s", Database = "d" },
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
