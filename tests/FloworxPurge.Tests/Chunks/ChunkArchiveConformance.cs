using System.Data.Common;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Chunks;

/// <summary>What a run in several transactions deletes is in one archive, however often it was stopped, and comes back.</summary>
public abstract class ChunkArchiveConformance(Engine engine) : ConformanceGroup(engine)
{
    private static void Marked(PurgeOptions options) => options.Rows<A>(a => a.Marked);

    private static void AllTables(PurgeOptions options)
    {
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Everything_comes_back(bool isOfRows)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, ChunkScenario.Data(20));
        using var folder = new Folder();
        string before = await ChunkScenario.StateAsync(scenario.Chunked);

        PurgeReport report = await scenario.PurgeAsync(
            isOfRows ? Marked : AllTables,
            options => options.InChunks(3, 6).ArchiveTo(folder.Path));
        await RestoreAsync(scenario, folder);

        Assert.Equal(before, await ChunkScenario.StateAsync(scenario.Chunked));
        Assert.Equal(report.RowsDeleted, report.Archive!.Rows - (report.Scope?.Detached ?? 0));
        Assert.True(report.Chunks!.Transactions > 3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_that_is_stopped_anywhere_continues_its_archive(bool isOfRows)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, ChunkScenario.Data(20));
        using var folder = new Folder();
        string before = await ChunkScenario.StateAsync(scenario.Chunked);
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int i = 0; i < 15; i++)
        {
            int at = random.Next(1, 200);
            var hook = new CommandHook
            {
                Before = (_, number) => number == at ? throw new InvalidOperationException("killed") : ValueTask.CompletedTask,
            };
            try
            {
                await scenario.PurgeAsync(
                    isOfRows ? Marked : AllTables,
                    options => options.InChunks(3, 6).ArchiveTo(folder.Path),
                    hook);
                break;
            }
            catch (Exception e) when (e is PurgeException or InvalidOperationException)
            {
            }
        }

        // The last of them may have ended the run.
        if (await scenario.Chunked.Database.CountAsync("A", cancellationToken: CancellationToken) > (isOfRows ? 6 + 2 : 0))
        {
            await scenario.PurgeAsync(isOfRows ? Marked : AllTables, options => options.InChunks(3, 6).ArchiveTo(folder.Path));
        }

        await RestoreAsync(scenario, folder);

        Assert.True(
            string.Equals(before, await ChunkScenario.StateAsync(scenario.Chunked), StringComparison.Ordinal),
            $"seed {seed}");
    }

    [Fact]
    public async Task A_run_that_is_stopped_behind_its_last_commit_reports_its_archive_when_it_continues()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, ChunkScenario.Data(20));
        using var folder = new Folder();
        var hook = new CommandHook
        {
            Before = (command, _) => command.Parameters.Cast<DbParameter>().Any(parameter => parameter.Value is "done")
                ? throw new InvalidOperationException("killed")
                : ValueTask.CompletedTask,
        };
        await Assert.ThrowsAnyAsync<Exception>(
            () => scenario.PurgeAsync(Marked, options => options.InChunks(3, 6).ArchiveTo(folder.Path), hook));

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(3, 6).ArchiveTo(folder.Path));

        Assert.Equal(2, report.Chunks!.Sessions);
        Assert.Equal(report.RowsDeleted, report.Archive!.Rows - report.Scope!.Detached);
        Assert.NotNull(report.Archive.Hash);
    }

    [Fact]
    public async Task A_run_that_is_refused_before_its_first_transaction_leaves_no_list_and_stands_in_no_way()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        using var folder = new Folder();
        Directory.CreateDirectory(folder.Path);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "other.txt"), "other", CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(Marked, options => options.InChunks(1).ArchiveTo(folder.Path)));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        await Assert.ThrowsAnyAsync<DbException>(
            () => scenario.Chunked.Database.ExecuteAsync("DELETE FROM floworxpurge_rows_1", CancellationToken));
        PurgeReport other = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Id == 2), options => options.InChunks(2));
        Assert.Equal(1, other.RowsDeleted);
    }

    [Fact]
    public async Task A_run_that_is_continued_with_another_folder_is_told_its_own()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        using var folder = new Folder();
        await StopAsync(scenario, folder, () => throw new InvalidOperationException("stopped"));
        string another = folder.Path + "-2";

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(Marked, options => options.InChunks(1).ArchiveTo(another)));

        Assert.Contains($"\"{folder.Path}\"", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(another));
    }

    [Fact]
    public async Task A_dry_run_is_not_refused_where_the_archive_is_that_of_a_run_to_continue()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        using var folder = new Folder();
        await StopAsync(scenario, folder, () => throw new InvalidOperationException("stopped"));
        Purger purger = scenario.Purger(Marked, options => options.InChunks(1).ArchiveTo(folder.Path));
        await using ScenarioContext context = scenario.Chunked.CreateContext(new CommandHook());

        PurgeReport report = await purger.DryRunAsync(context, await purger.PlanAsync(context, CancellationToken), CancellationToken);

        Assert.Equal(PurgeVerdict.Planned, report.Verdict);
    }

    [Theory]
    [InlineData("*A.tsv.gz")]
    [InlineData("chunks.jsonl")]
    [InlineData("manifest.json")]
    public async Task A_file_that_is_gone_stops_the_run_before_more_is_deleted(string file)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        using var folder = new Folder();

        PurgeException stopped = await StopAsync(
            scenario,
            folder,
            () => File.Delete(Directory.GetFiles(folder.Path, file).Single()));

        Assert.Equal((PurgeVerdict.Partial, 1), (stopped.Report!.Verdict, stopped.Report!.RowsDeleted));
        Assert.Equal("2 3", await scenario.Chunked.KeysAsync("A"));
    }

    [Fact]
    public async Task An_archive_whose_receipt_is_lost_is_never_called_superfluous()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        using var folder = new Folder();
        await scenario.PurgeAsync(Marked, options => options.InChunks(1).ArchiveTo(folder.Path));
        await scenario.Chunked.Database.ExecuteAsync("DELETE FROM floworxpurge_runs", CancellationToken);

        PurgeException restore = await Assert.ThrowsAsync<PurgeException>(() => RestoreAsync(scenario, folder));
        PurgeException purge = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.Rows<A>(a => a.Id > 0), options => options.ArchiveTo(folder.Path)));

        Assert.All([restore.Message, purge.Message], message => Assert.Contains("lost its receipt", message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_that_has_nothing_to_delete_is_told_what_its_folder_holds()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        using var folder = new Folder();
        await scenario.PurgeAsync(Marked, options => options.InChunks(1).ArchiveTo(folder.Path));

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(Marked, options => options.InChunks(1).ArchiveTo(folder.Path)));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("It holds another archive, which is committed.", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_whose_parts_would_be_of_two_kinds_is_not_continued(bool isWrapped)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        using var folder = new Folder();
        void To(PurgeOptions options, bool wraps)
            => options.ArchiveTo(folder.Path, retainUntil: new DateOnly(2030, 1, 1), wrap: wraps ? stream => stream : null);
        await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(Marked, options =>
        {
            To(options, isWrapped);
            options.InChunks(1, when: (_, _) => throw new InvalidOperationException("stopped"));
        }));

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(Marked, options =>
        {
            To(options, !isWrapped);
            options.InChunks(1);
        }));
        string left = await scenario.Chunked.KeysAsync("A");
        PurgeReport report = await scenario.PurgeAsync(Marked, options =>
        {
            options.ArchiveTo(folder.Path, wrap: isWrapped ? stream => stream : null);
            options.InChunks(1);
        });

        Assert.Contains(isWrapped ? "is wrapped, and" : "is not wrapped, and", refused.Message, StringComparison.Ordinal);
        Assert.Equal("2 3", left);
        Assert.Equal((PurgeVerdict.Complete, 3), (report.Verdict, report.RowsDeleted));
        Assert.Equal((isWrapped, new DateOnly(2030, 1, 1)), (report.Archive!.IsWrapped, report.Archive.RetainUntil));
    }

    private static async Task<PurgeException> StopAsync(ChunkScenario scenario, Folder folder, Action between)
        => await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            Marked,
            options => options.InChunks(1, when: (_, _) =>
            {
                between();
                between = () => { };
                return Task.FromResult(true);
            }).ArchiveTo(folder.Path)));

    private static async Task RestoreAsync(ChunkScenario scenario, Folder folder)
    {
        await using ScenarioContext context = scenario.Chunked.CreateContext(new CommandHook());
        await PurgeArchive.RestoreAsync(folder.Path, context, cancellationToken: CancellationToken);
    }

    private sealed class Folder : IDisposable
    {
        private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("floworxpurge-chunks-");

        public string Path => System.IO.Path.Combine(_parent.FullName, "archive");

        public void Dispose() => _parent.Delete(recursive: true);
    }
}

public sealed class SqliteChunkArchiveConformance() : ChunkArchiveConformance(Engine.Sqlite);

public sealed class PostgreSqlChunkArchiveConformance() : ChunkArchiveConformance(Engine.PostgreSql);

public sealed class MariaDbChunkArchiveConformance() : ChunkArchiveConformance(Engine.MariaDb);
