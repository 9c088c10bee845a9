using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.RowScopes;

namespace FloworxPurge.Tests.Archives;

/// <summary>A folder with an archive that the database has no receipt of.</summary>
public abstract class ArchiveFolderConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task A_folder_whose_archive_has_no_receipt_is_named_as_not_committed_and_stays()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, _ => { }, "A 1! 2 3!");
        using var archive = new ArchiveFiles();
        await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder));
        await scenario.Database.ExecuteAsync("DELETE FROM floworxpurge_runs", CancellationToken);
        string hash = archive.LastHash;

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.Rows<A>(a => a.Id == 2).ArchiveTo(archive.Folder)));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("which is not committed: the database has no receipt of it.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("delete the folder, and call again", refused.Message, StringComparison.Ordinal);
        archive.AssertWhole();
        Assert.Equal(hash, archive.LastHash);
        Assert.Equal("2", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task What_a_purge_leaves_that_was_killed_before_its_first_row_is_named()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, _ => { }, "A 1! 2 3!");
        using var archive = new ArchiveFiles();
        string left = Path.Combine(Directory.CreateDirectory(archive.Folder).FullName, $".{Guid.NewGuid():D}.tmp");
        await File.WriteAllTextAsync(left, "{", CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder)));

        Assert.Contains("stopped before it archived a row. Delete it", refused.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(left));
    }
}

public sealed class SqliteArchiveFolderConformance() : ArchiveFolderConformance(Engine.Sqlite);

public sealed class PostgreSqlArchiveFolderConformance() : ArchiveFolderConformance(Engine.PostgreSql);

public sealed class MariaDbArchiveFolderConformance() : ArchiveFolderConformance(Engine.MariaDb);
