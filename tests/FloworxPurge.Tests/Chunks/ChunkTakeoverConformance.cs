using System.Data.Common;
using System.Security.Cryptography;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Archives;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Faults;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FloworxPurge.Tests.Chunks;

/// <summary>A run in several transactions is that of one session at a time, and one that is not ended is continued or given up.</summary>
public abstract class ChunkTakeoverConformance(Engine engine) : ConformanceGroup(engine)
{
    private static void Marked(PurgeOptions options) => options.Rows<A>(a => a.Marked);

    [Theory]
    [InlineData("\"owner\" = 'another'")]
    [InlineData("\"chunks\" = \"chunks\" + 1")]
    [InlineData("\"state\" = 'done'")]
    public async Task A_session_whose_run_another_one_continues_keeps_nothing_of_its_transaction(string change)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");

        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            Marked,
            options => options.InChunks(1, when: Once(_ => scenario.Chunked.Database.ExecuteAsync(
                $"UPDATE floworxpurge_runs SET {change}",
                CancellationToken)))));

        Assert.Contains("another session continues this run by now", stopped.Message, StringComparison.Ordinal);
        Assert.Equal((PurgeVerdict.Partial, 1), (stopped.Report!.Verdict, stopped.Report!.RowsDeleted));
        Assert.Equal("2 3", await scenario.Chunked.KeysAsync("A"));
    }

    [Fact]
    public async Task A_session_whose_run_another_one_continues_does_not_end_it_and_leaves_its_lists()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        bool isDone = false;
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (!isDone && command.CommandText.Contains("floworxpurge_rows_1", StringComparison.Ordinal)
                    && command.CommandText.Contains("AND EXISTS", StringComparison.Ordinal))
                {
                    isDone = true;
                    await scenario.Chunked.Database.ExecuteAsync(
                        "UPDATE floworxpurge_runs SET \"owner\" = 'another'",
                        CancellationToken);
                }
            },
        };

        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(Marked, options => options.InChunks(1), hook));

        Assert.Contains("another session continues this run by now", stopped.Message, StringComparison.Ordinal);
        Assert.Equal(
            ("1", "3"),
            (await RunsAsync(scenario, "running"), await scenario.Chunked.ValuesAsync("SELECT COUNT(*) FROM floworxpurge_rows_1")));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    public async Task A_session_that_lost_its_connection_leaves_the_archive_to_the_one_that_continues_the_run(int committed, bool isRetried)
    {
        Assert.SkipWhen(Engine == Engine.Sqlite, "The lock is that of a file, and lasts as long as the process.");
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        using var archive = new ArchiveFiles();
        int records = 0;
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                // The last statement of a transaction, whose rows are in the files by then.
                if (command.CommandText.StartsWith("UPDATE", StringComparison.Ordinal)
                    && command.CommandText.Contains("floworxpurge_runs", StringComparison.Ordinal)
                    && ++records == committed + 1)
                {
                    await command.Connection!.CloseAsync();
                    await scenario.PurgeAsync(Marked, options => options.ArchiveTo(archive.Folder).InChunks(1));
                    throw new FaultException();
                }
            },
        };
        await using ScenarioContext context = scenario.Chunked.CreateContext(hook, options =>
        {
            if (isRetried)
            {
                scenario.Chunked.Database.ConfigureRelational(
                    options,
                    relational => relational.WithExecutionStrategyFactory(dependencies => new RetryFaults(dependencies)));
            }
        });
        Purger purger = scenario.Purger(Marked, options => options.ArchiveTo(archive.Folder).InChunks(1));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        await Assert.ThrowsAsync<PurgeException>(() => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.True(records > committed);
        Assert.Equal(string.Empty, await scenario.Chunked.KeysAsync("A"));
        archive.AssertWhole();
        await PurgeArchive.RestoreAsync(archive.Folder, scenario.Chunked.Context, cancellationToken: CancellationToken);
        Assert.Equal("1 2 3", await scenario.Chunked.KeysAsync("A"));
    }

    [Fact]
    public async Task A_connection_that_the_condition_opened_again_counts_as_lost()
    {
        Assert.SkipWhen(Engine == Engine.Sqlite, "The lock is that of a file, and lasts as long as the process.");
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        using var archive = new ArchiveFiles();
        bool isLost = false;

        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            Marked,
            options => options.ArchiveTo(archive.Folder).InChunks(1, when: async (context, _) =>
            {
                if (!isLost)
                {
                    isLost = true;
                    DbConnection connection = context.Database.GetDbConnection();
                    await connection.CloseAsync();
                    await scenario.PurgeAsync(Marked, other => other.ArchiveTo(archive.Folder).InChunks(1));
                    await connection.OpenAsync(CancellationToken);
                }

                return true;
            })));

        Assert.Contains("another session continues this run by now", stopped.Message, StringComparison.Ordinal);
        archive.AssertWhole();
        await PurgeArchive.RestoreAsync(archive.Folder, scenario.Chunked.Context, cancellationToken: CancellationToken);
        Assert.Equal("1 2 3", await scenario.Chunked.KeysAsync("A"));
    }

    [Fact]
    public async Task A_call_that_another_one_forestalls_leaves_the_archive_alone()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        using var archive = new ArchiveFiles();
        await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            Marked,
            options => options
                .ArchiveTo(archive.Folder)
                .InChunks(1, when: (_, _) => Task.FromResult(false), patience: TimeSpan.Zero)));
        string? written = null;
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (written is null && command.CommandText.StartsWith("UPDATE", StringComparison.Ordinal)
                    && command.CommandText.Contains("floworxpurge_runs", StringComparison.Ordinal))
                {
                    // As another session does that continues the run.
                    await scenario.Chunked.Database.ExecuteAsync(
                        "UPDATE floworxpurge_runs SET \"owner\" = 'another'",
                        CancellationToken);
                    await File.AppendAllTextAsync(
                        Directory.GetFiles(archive.Folder, "*A.tsv.gz").Single(),
                        "more rows",
                        CancellationToken);
                    written = await HashAsync(archive.Folder);
                }
            },
        };

        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(Marked, options => options.ArchiveTo(archive.Folder).InChunks(1), hook));

        Assert.Contains("another session continues this run by now", stopped.Message, StringComparison.Ordinal);
        Assert.Equal("2 3", await scenario.Chunked.KeysAsync("A"));
        Assert.Equal(written, await HashAsync(archive.Folder));

        static async Task<string> HashAsync(string folder)
        {
            List<string> files = [];
            foreach (string file in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
            {
                files.Add($"{file} {Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(file, CancellationToken)))}");
            }

            return string.Join('\n', files);
        }
    }

    [Fact]
    public async Task A_list_that_lost_rows_between_two_calls_is_named_and_the_run_can_be_given_up()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4!");
        await StopAsync(scenario);
        await scenario.Chunked.Database.ExecuteAsync(
            "DELETE FROM floworxpurge_rows_1 WHERE floworxpurge_position = 3",
            CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(Marked, options => options.InChunks(1)));
        string left = await scenario.Chunked.KeysAsync("A");
        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1).AbandonUnfinished = true);

        Assert.Equal((PurgeVerdict.Refused, "2 3 4"), (refused.Report!.Verdict, left));
        Assert.Contains("holds 3 rows, which are not those of the beginning", refused.Message, StringComparison.Ordinal);
        Assert.Contains("AbandonUnfinished", refused.Message, StringComparison.Ordinal);
        Assert.Equal((PurgeVerdict.Complete, 3), (report.Verdict, report.RowsDeleted));
    }

    [Fact]
    public async Task A_run_that_was_given_up_stands_in_no_other_one_s_way()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4!");
        await StopAsync(scenario);
        await scenario.PurgeAsync(options => options.Rows<A>(a => a.Id == 2), options => options.InChunks(1).AbandonUnfinished = true);

        PurgeReport other = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Id == 3), options => options.InChunks(1));

        Assert.Equal((PurgeVerdict.Complete, 1), (other.Verdict, other.RowsDeleted));
        Assert.Equal(
            ("0", "1", "2"),
            (await RunsAsync(scenario, "running"), await RunsAsync(scenario, "abandoned"), await RunsAsync(scenario, "done")));
    }

    [Fact]
    public async Task Rows_that_arrive_in_between_do_not_lift_a_run_above_MaxRows()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");

        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            options =>
            {
                Marked(options);
                options.MaxRows = 4;
            },
            options => options.InChunks(1, when: Once(_ => scenario.Chunked.InsertAsync("B 1>2 2>2 3>2")))));

        Assert.Contains("MaxRows", stopped.Message, StringComparison.Ordinal);
        Assert.Equal((PurgeVerdict.Partial, 1), (stopped.Report!.Verdict, stopped.Report!.RowsDeleted));
        Assert.Equal("2 3", await scenario.Chunked.KeysAsync("A"));
    }

    [Fact]
    public async Task A_run_that_lost_its_connection_keeps_others_away_again()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4!");
        PurgeException? second = null;
        int asked = 0;

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1, when: async (context, _) =>
        {
            if (++asked == 1)
            {
                await context.Database.GetDbConnection().CloseAsync();
            }
            else if (asked == 2)
            {
                second = await Assert.ThrowsAsync<PurgeException>(
                    () => scenario.PurgeAsync(options => options.Rows<A>(a => a.Id == 4), options => options.InChunks(1)));
            }

            return true;
        }));

        Assert.Contains("another purge of this database is running", second!.Message, StringComparison.Ordinal);
        Assert.Equal((PurgeVerdict.Complete, 4, 1), (report.Verdict, report.RowsDeleted, report.Chunks!.Sessions));
    }

    [Fact]
    public async Task A_run_that_begins_just_after_another_one_leaves_its_list_and_its_entry_alone()
    {
        Assert.SkipWhen(Engine == Engine.Sqlite, "The lock is that of a file, and no statement.");
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        TaskCompletionSource waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<PurgeReport>? first = null;
        int asked = 0;

        // On MariaDB the first lock is that of the transaction in which the guards are evaluated.
        (string text, int number) = scenario.Chunked.Database.Pick(
            sqlite: default,
            postgreSql: ("pg_try_advisory_lock(", 1),
            mariaDb: ("GET_LOCK", 2),
            sqlServer: default);
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (command.CommandText.Contains(text, StringComparison.Ordinal) && ++asked == number)
                {
                    first = scenario.PurgeAsync(Marked, options => options.InChunks(1, when: async (_, _) =>
                    {
                        waits.TrySetResult();
                        await goesOn.Task;
                        return true;
                    }));
                    await Task.WhenAny(waits.Task, first);
                }
            },
        };

        PurgeException second = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(Marked, options => options.InChunks(1), hook));
        goesOn.SetResult();
        PurgeReport report = await first!;

        Assert.Equal(PurgeVerdict.Refused, second.Report!.Verdict);
        Assert.Contains("another purge of this database is running", second.Message, StringComparison.Ordinal);
        Assert.Equal((PurgeVerdict.Complete, 3, 1), (report.Verdict, report.RowsDeleted, report.Chunks!.Sessions));
    }

    [Fact]
    public async Task An_open_connection_of_the_caller_keeps_no_lock()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        Purger purger = scenario.Purger(options => options.Rows<A>(a => a.Id == 1), options => options.InChunks(1));
        await scenario.Chunked.Context.Database.OpenConnectionAsync(CancellationToken);
        await purger.ExecuteAsync(
            scenario.Chunked.Context,
            await purger.PlanAsync(scenario.Chunked.Context, CancellationToken),
            cancellationToken: CancellationToken);

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1));

        Assert.Equal((PurgeVerdict.Complete, 2), (report.Verdict, report.RowsDeleted));
    }

    [Fact]
    public async Task A_run_of_which_it_is_not_known_whether_it_deleted_anything_is_continued()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        await using ScenarioContext context = scenario.Chunked.CreateContext(
            new CommandHook(),
            options => options.AddInterceptors(new EndsSecond()));
        Purger purger = scenario.Purger(Marked, options => options.InChunks(1));

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(async () => await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken));
        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1));

        // A server that says what became of a transaction leaves nothing to be continued.
        bool isKnown = scenario.Chunked.Database.Pick(false, true, false, false);
        Assert.Equal(
            isKnown ? TransactionOutcome.RolledBack : TransactionOutcome.Unknown,
            failed.Report!.Transaction);
        Assert.Equal((PurgeVerdict.Complete, 3, isKnown ? 1 : 2), (report.Verdict, report.RowsDeleted, report.Chunks!.Sessions));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_that_is_given_up_after_a_lost_connection_leaves_no_archive(bool isFolder)
    {
        Assert.SkipWhen(Engine == Engine.Sqlite, "The lock is that of a file, and lasts as long as the process.");
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        using var archive = new ArchiveFiles();
        string schema = SchemaScenario.NewName();
        string tables = $"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '{schema}'";
        void To(PurgeOptions options)
            => (isFolder ? options.ArchiveTo(archive.Folder) : options.ArchiveTo(schema: schema)).InChunks(1);
        bool isLost = false;
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (!isLost && command.CommandText.StartsWith("UPDATE", StringComparison.Ordinal)
                    && command.CommandText.Contains("floworxpurge_runs", StringComparison.Ordinal))
                {
                    isLost = true;
                    await command.Connection!.CloseAsync();
                    await command.Connection.OpenAsync(CancellationToken);
                    throw new FaultException();
                }
            },
        };

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(Marked, To, hook));
        bool isNothing = archive.IsNothing;
        string empty = await scenario.Chunked.ValuesAsync(tables);
        PurgeReport report = await scenario.PurgeAsync(Marked, To);
        if (!isFolder)
        {
            await scenario.Chunked.Database.ExecuteAsync(
                $"DROP SCHEMA \"{schema}\"{scenario.Chunked.Database.Pick(string.Empty, " CASCADE", string.Empty, string.Empty)}",
                CancellationToken);
        }

        Assert.True(isLost);
        Assert.DoesNotContain(failed.Report!.Notes, note => note.Text.Contains("still there", StringComparison.Ordinal));
        Assert.Equal((true, "0"), (isNothing, empty));
        Assert.Equal((PurgeVerdict.Complete, 3, 1), (report.Verdict, report.RowsDeleted, report.Chunks!.Sessions));
    }

    [Fact]
    public async Task A_condition_that_leaves_a_transaction_open_stops_the_run()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");

        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            Marked,
            options => options.InChunks(1, when: Once(context => context.Database.BeginTransactionAsync(CancellationToken)))));

        Assert.Contains("left a transaction open", stopped.Message, StringComparison.Ordinal);
        Assert.Equal((PurgeVerdict.Partial, 1), (stopped.Report!.Verdict, stopped.Report!.RowsDeleted));
        Assert.Equal("2 3", await scenario.Chunked.KeysAsync("A"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_committed_is_reported_where_something_is_disposed_in_the_middle(bool isContext)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");

        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            Marked,
            options => options.InChunks(1, when: Once(async context =>
            {
                ObjectDisposedException.ThrowIf(!isContext, "monitor");
                await context.DisposeAsync();
            }))));

        Assert.Equal((PurgeVerdict.Partial, 1), (stopped.Report!.Verdict, stopped.Report!.RowsDeleted));
        Assert.Equal("2 3", await scenario.Chunked.KeysAsync("A"));
    }

    private static Task<string> RunsAsync(ChunkScenario scenario, string state)
        => scenario.Chunked.ValuesAsync($"SELECT COUNT(*) FROM floworxpurge_runs WHERE state = '{state}'");

    private static async Task StopAsync(ChunkScenario scenario)
        => await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            Marked,
            options => options.InChunks(1, when: (_, _) => Task.FromResult(false), patience: TimeSpan.Zero)));

    private static Func<DbContext, CancellationToken, Task<bool>> Once(Func<DbContext, Task> act)
    {
        bool isDone = false;
        return async (context, _) =>
        {
            if (!isDone)
            {
                isDone = true;
                await act(context);
            }

            return true;
        };
    }

    // The first one stores the list of rows.
    private sealed class EndsSecond : DbTransactionInterceptor
    {
        private int _commits;

        public override async ValueTask<InterceptionResult> TransactionCommittingAsync(
            DbTransaction transaction,
            TransactionEventData eventData,
            InterceptionResult result,
            CancellationToken cancellationToken = default)
        {
            if (++_commits == 2)
            {
                await transaction.RollbackAsync(cancellationToken);
                throw new TimeoutException("the answer was lost");
            }

            return result;
        }
    }
}

public sealed class SqliteChunkTakeoverConformance() : ChunkTakeoverConformance(Engine.Sqlite);

public sealed class PostgreSqlChunkTakeoverConformance() : ChunkTakeoverConformance(Engine.PostgreSql);

public sealed class MariaDbChunkTakeoverConformance() : ChunkTakeoverConformance(Engine.MariaDb);
