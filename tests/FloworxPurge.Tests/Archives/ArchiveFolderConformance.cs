using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
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

    [Fact]
    public async Task A_run_that_another_one_forestalls_in_its_folder_leaves_the_archive_of_the_other_whole()
    {
        Assert.SkipWhen(Engine == Engine.Sqlite, "There is no other session while one writes.");
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, _ => { }, "A 1! 2 3!");
        using var archive = new ArchiveFiles();
        PurgeReport? first = null;
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (first is null && (command.CommandText.Contains("pg_try_advisory_xact_lock", StringComparison.Ordinal)
                    || command.CommandText.Contains("GET_LOCK", StringComparison.Ordinal)))
                {
                    first = (await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder))).Report;
                    await scenario.InsertAsync("A 9!");
                }
            },
        };
        await using ScenarioContext context = scenario.CreateContext(hook);
        Purger second = Engine.Purger(options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder));

        PurgePlan plan = await second.PlanAsync(context, CancellationToken);
        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => second.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.False(refused.Report!.IsCommitted);
        archive.AssertWhole();
        Assert.Equal((2, first!.Archive!.Hash), (first.RowsDeleted, archive.LastHash));
        Assert.Equal("2 9", await scenario.KeysAsync("A"));
    }
}

public sealed class SqliteArchiveFolderConformance() : ArchiveFolderConformance(Engine.Sqlite);

public sealed class PostgreSqlArchiveFolderConformance() : ArchiveFolderConformance(Engine.PostgreSql);

public sealed class MariaDbArchiveFolderConformance() : ArchiveFolderConformance(Engine.MariaDb);
