using System.Globalization;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Chunks;

/// <summary>A run in several transactions ends as a run in one transaction does, however often it was stopped.</summary>
public abstract class ChunkRunConformance(Engine engine) : ConformanceGroup(engine)
{
    private static void Marked(PurgeOptions options) => options.Rows<A>(a => a.Marked);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task The_end_is_that_of_one_transaction(int roots)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, ChunkScenario.Data(20));

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(roots));
        (_, PurgeReport whole) = await scenario.PurgeWholeAsync(Marked);

        (string chunked, string expected) = await scenario.StatesAsync();
        Assert.Equal(expected, chunked);
        Assert.Equal(whole.Verdict, report.Verdict);
        Assert.Equal(whole.RowsDeleted, report.RowsDeleted);
        Assert.Equal(
            whole.Tables.Select(table => (table.Table.Name, table.RowsBefore, table.RowsDeleted, table.RowsAfter)),
            report.Tables.Select(table => (table.Table.Name, table.RowsBefore, table.RowsDeleted, table.RowsAfter)));
        Assert.Equal((whole.Scope!.Matched, whole.Scope.BlockedRows), (report.Scope!.Matched, report.Scope.BlockedRows));
        Assert.Equal(
            whole.Scope.Blocked.Select(block => (block.Reason, block.Rows)),
            report.Scope.Blocked.Select(block => (block.Reason, block.Rows)));

        // A row that loses a reference in one transaction may be deleted in a later one.
        Assert.True(report.Scope.Detached >= whole.Scope.Detached);
        Assert.Equal((1, true), (report.Chunks!.Sessions, report.Chunks.HasEnded));
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"It took {report.Chunks.Transactions} transaction"),
            report.Summary,
            StringComparison.Ordinal);
        await AssertNothingLeftAsync(scenario);
    }

    [Fact]
    public async Task Scenario_29_killed_twenty_times_the_end_is_that_of_one_transaction_and_rows_are_counted_once()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, ChunkScenario.Data(40));
        int seed = Environment.TickCount;
        var random = new Random(seed);
        int kills = 0;
        for (int i = 0; i < 20; i++)
        {
            int at = random.Next(1, 150);
            var hook = new CommandHook
            {
                Before = (command, number) => number == at ? throw new InvalidOperationException("killed") : ValueTask.CompletedTask,
            };
            try
            {
                await scenario.PurgeAsync(Marked, options => options.InChunks(2), hook);
                break;
            }
            catch (Exception e) when (e is PurgeException or InvalidOperationException)
            {
                kills++;
                await AssertWholeAggregatesAsync(scenario);
            }
        }

        long before = await scenario.Whole.Database.CountAsync("A", cancellationToken: CancellationToken);
        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(2));
        (_, PurgeReport whole) = await scenario.PurgeWholeAsync(Marked);

        (string chunked, string expected) = await scenario.StatesAsync();
        Assert.True(string.Equals(expected, chunked, StringComparison.Ordinal), $"seed {seed}, {kills} kills:\n{expected}\n{chunked}");
        if (report.Chunks is not null && report.Scope!.Matched == whole.Scope!.Matched)
        {
            Assert.True(whole.RowsDeleted == report.RowsDeleted, $"seed {seed}: {report.RowsDeleted} of {whole.RowsDeleted} of {before}");
        }

        await AssertNothingLeftAsync(scenario);
    }

    [Fact]
    public async Task Rows_that_block_each_other_go_together_at_the_end()
    {
        // Each row of A is referenced by a row of B that goes with the next row of A.
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(
            Engine,
            model =>
            {
                Required<B, A>(model, "ParentId", DeleteBehavior.Cascade);
                Optional<B, A>(model, "OtherId", DeleteBehavior.Restrict);
            },
            "A 1! 2! 3! 4! 5 B 1>1/2 2>2/3 3>3/4 4>4/1 5>5/5");

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1));
        await scenario.PurgeWholeAsync(Marked);

        (string chunked, string expected) = await scenario.StatesAsync();
        Assert.Equal(expected, chunked);
        Assert.Equal("5", await scenario.Chunked.KeysAsync("A"));
        Assert.Equal((PurgeVerdict.Complete, 8), (report.Verdict, report.RowsDeleted));
    }

    [Fact]
    public async Task Rows_that_are_blocked_by_rows_of_later_transactions_go_in_the_next_pass()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(
            Engine,
            model => Optional<A, A>(model, "ParentId", DeleteBehavior.Restrict),
            "A 1! 2!>1 3!>2 4!>3 5!>4 6 7!>6");

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(2));
        await scenario.PurgeWholeAsync(Marked);

        (string chunked, string expected) = await scenario.StatesAsync();
        Assert.Equal(expected, chunked);
        Assert.Equal("6", await scenario.Chunked.KeysAsync("A"));
        Assert.Equal((PurgeVerdict.Complete, 0), (report.Verdict, report.Scope!.BlockedRows));
    }

    [Fact]
    public async Task Rows_that_match_later_are_counted_and_stay_and_rows_that_no_longer_match_stay()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4! 5! 6!");
        string yes = scenario.Chunked.Database.Pick("1", "TRUE", "1", "1");
        string no = scenario.Chunked.Database.Pick("0", "FALSE", "0", "0");
        bool isDone = false;
        var progress = new SynchronousProgress(async step =>
        {
            if (step.Chunk is { Transactions: > 0 } && !isDone)
            {
                isDone = true;
                await scenario.Chunked.Database.ExecuteAsync(
                    $"UPDATE \"A\" SET \"Marked\" = {no} WHERE \"Id\" = 5; "
                        + $"INSERT INTO \"A\" (\"Id\", \"Code\", \"Marked\") VALUES (0, 'x', {yes}), (7, 'x', {yes})",
                    CancellationToken);
            }
        });

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(2), progress: progress);

        Assert.Equal("0 5 7", await scenario.Chunked.KeysAsync("A"));
        Assert.Equal((5, 2), (report.RowsDeleted, report.Chunks!.Late));
        Assert.Contains("2 rows matched later", report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scenario_31_a_second_run_is_refused_while_the_first_one_pauses()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4!");
        PurgeException? second = null;
        var progress = new SynchronousProgress(async step =>
        {
            if (step.Chunk is { Transactions: > 0 } && second is null)
            {
                second = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(Marked, options => options.InChunks(1)));
            }
        });

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(2), progress: progress);

        Assert.Equal(4, report.RowsDeleted);
        Assert.Equal(PurgeVerdict.Refused, second!.Report!.Verdict);
        Assert.Contains("another purge of this database is running", second!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scenario_32_a_condition_that_never_becomes_true_ends_the_run_which_can_be_continued()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4!");
        var clock = new QuickClock(new DateTimeOffset(2026, 11, 29, 0, 0, 0, TimeSpan.Zero));

        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            Marked,
            options =>
            {
                options.TimeProvider = clock;
                options.InChunks(1, when: (_, _) => Task.FromResult(false), patience: TimeSpan.FromSeconds(5));
            }));
        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1, when: (_, _) => Task.FromResult(true)));

        Assert.Equal((PurgeVerdict.Partial, 1), (stopped.Report!.Verdict, stopped.Report!.RowsDeleted));
        Assert.Contains("did not become true within 00:00:05", stopped.Message, StringComparison.Ordinal);
        Assert.Contains("the same call continues the run", stopped.Message, StringComparison.Ordinal);
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)), (clock.Waits[0], clock.Waits.Max()));
        Assert.False(stopped.Report!.Chunks!.HasEnded);
        Assert.Equal((PurgeVerdict.Complete, 4, 2), (report.Verdict, report.RowsDeleted, report.Chunks!.Sessions));
        Assert.Equal(string.Empty, await scenario.Chunked.KeysAsync("A"));
    }

    [Fact]
    public async Task The_pause_and_the_rate_are_waited_for_between_transactions()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(
            Engine,
            ChunkScenario.Model,
            "A 1! 2! 3! 4! B " + string.Join(' ', Enumerable.Range(1, 99).Select(i => $"{i}>2")));
        var pause = TimeSpan.FromSeconds(3);
        var clock = new QuickClock(new DateTimeOffset(2026, 11, 29, 0, 0, 0, TimeSpan.Zero));

        await scenario.PurgeAsync(Marked, options =>
        {
            options.TimeProvider = clock;
            options.InChunks(1, pause: pause, rowsPerSecond: 1);
        });

        // One row takes less than the pause, a hundred rows may be deleted in a hundred seconds, less what they took.
        Assert.Equal([pause, pause], [clock.Waits[0], clock.Waits[2]]);
        Assert.InRange(clock.Waits[1], TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(100));
        Assert.Equal(3, clock.Waits.Count);
    }

    [Fact]
    public async Task A_plan_that_does_not_fit_any_more_is_refused_before_a_table_is_created()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        Purger purger = scenario.Purger(Marked, options => options.InChunks(1));
        PurgePlan plan = await purger.PlanAsync(scenario.Chunked.Context, CancellationToken);
        await scenario.Chunked.Database.ExecuteAsync("ALTER TABLE \"A\" ADD COLUMN \"Later\" integer", CancellationToken);
        string before = await scenario.Chunked.Database.ChecksumAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(scenario.Chunked.Context, plan, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("the plan no longer fits", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.Chunked.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task Scenario_33_other_options_are_refused_until_the_unfinished_run_is_given_up()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4!");
        await StopAsync(scenario);
        string before = await ChunkScenario.StateAsync(scenario.Chunked);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.Rows<A>(a => a.Id > 3), options => options.InChunks(1)));
        string after = await ChunkScenario.StateAsync(scenario.Chunked);
        PurgeReport report = await scenario.PurgeAsync(
            options => options.Rows<A>(a => a.Id > 3),
            options => options.InChunks(1).AbandonUnfinished = true);

        Assert.Equal(before, after);
        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("a run with other options", refused.Message, StringComparison.Ordinal);
        Assert.Contains("AbandonUnfinished", refused.Message, StringComparison.Ordinal);
        Assert.Equal((PurgeVerdict.Complete, 1), (report.Verdict, report.RowsDeleted));
        Assert.Equal("2 3", await scenario.Chunked.KeysAsync("A"));
    }

    [Fact]
    public async Task Scenario_34_a_row_with_more_dependents_than_the_limit_goes_alone_and_is_reported()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(
            Engine,
            ChunkScenario.Model,
            "A 1! 2! 3! 4! B 1>1 2>3 3>3 4>3 5>3 6>3 7>3 8>4");

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(roots: 4, maxRows: 3));

        Assert.Equal((PurgeVerdict.Complete, 12, 7), (report.Verdict, report.RowsDeleted, report.Chunks!.MostRows));
        Assert.Single(report.Chunks.AboveLimit);
        Assert.Contains(report.Notes, note => note.Text.Contains("7 rows, in transaction", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cancelled_run_says_what_is_committed_and_is_continued()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4!");
        using var cancel = new CancellationTokenSource();
        var progress = new SynchronousProgress(step =>
        {
            if (step.Chunk is { Transactions: 2 })
            {
                cancel.Cancel();
            }

            return Task.CompletedTask;
        });

        PurgeException cancelled = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(Marked, options => options.InChunks(1), progress: progress, cancellationToken: cancel.Token));
        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1));

        Assert.Equal((PurgeVerdict.Partial, 2), (cancelled.Report!.Verdict, cancelled.Report!.RowsDeleted));
        Assert.Contains("after 2 transactions, which are committed: the caller asked to stop", cancelled.Message, StringComparison.Ordinal);
        Assert.Equal((4, 2, 4), (report.RowsDeleted, report.Chunks!.Sessions, report.Chunks.Transactions));
    }

    [Fact]
    public async Task A_transaction_of_the_caller_is_refused()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2!");
        Purger purger = scenario.Purger(Marked, options => options.InChunks());
        PurgePlan plan = await purger.PlanAsync(scenario.Chunked.Context, CancellationToken);
        await using var transaction = await scenario.Chunked.Context.Database.BeginTransactionAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(scenario.Chunked.Context, plan, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("InChunks commits several times", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_that_matches_leaves_no_trace_of_a_run()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1 2");

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1));

        Assert.Equal(PurgeVerdict.NothingMatched, report.Verdict);
        await AssertNothingLeftAsync(scenario);
    }

    [Fact]
    public async Task The_progress_counts_transactions_rows_and_the_remaining_time()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4! B 1>1 2>2 3>3 4>4");
        List<ChunkProgress> steps = [];
        var progress = new SynchronousProgress(step =>
        {
            steps.Add(step.Chunk!);
            return Task.CompletedTask;
        });

        await scenario.PurgeAsync(Marked, options => options.InChunks(1), progress: progress);

        Assert.Equal([0, 1, 2, 3, 4], steps.Select(step => step.Transactions));
        Assert.Equal([0, 1, 2, 3, 4], steps.Select(step => step.Roots));
        Assert.All(steps, step => Assert.Equal(4, step.AllRoots));
        Assert.All(steps.Skip(1), step => Assert.True(step.RowsPerSecond > 0 && step.Remaining is not null));
        Assert.Equal(TimeSpan.Zero, steps[^1].Remaining);
    }

    // A row of A is there with its rows of B, or not at all.
    private static async Task AssertWholeAggregatesAsync(ChunkScenario scenario)
        => Assert.Equal(
            "0",
            await scenario.Chunked.ValuesAsync(
                "SELECT COUNT(*) FROM \"A\" a WHERE (SELECT COUNT(*) FROM \"B\" b WHERE b.\"ParentId\" = a.\"Id\") <> 2"));

    private static async Task AssertNothingLeftAsync(ChunkScenario scenario)
    {
        string tables = scenario.Chunked.Database.Pick(
            sqlite: "SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'floworxpurge_rows%'",
            postgreSql: "SELECT count(*) FROM pg_class WHERE relname LIKE 'floworxpurge\\_rows%' AND relpersistence = 'p' AND relkind = 'r'",
            mariaDb: "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE 'floworxpurge_rows%'",
            sqlServer: "SELECT COUNT(*) FROM sys.tables WHERE name LIKE 'floworxpurge_rows%'");
        Assert.Equal("0", await scenario.Chunked.ValuesAsync(tables));
        Assert.Equal(
            "0",
            await scenario.Chunked.ValuesAsync("SELECT COUNT(*) FROM floworxpurge_runs WHERE state = 'running'"));
    }

    private static async Task StopAsync(ChunkScenario scenario)
    {
        using var cancel = new CancellationTokenSource();
        var progress = new SynchronousProgress(step => step.Chunk is { Transactions: > 0 } ? cancel.CancelAsync() : Task.CompletedTask);
        await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(Marked, options => options.InChunks(1), progress: progress, cancellationToken: cancel.Token));
    }

    private sealed class SynchronousProgress(Func<PurgeProgress, Task> act) : IProgress<PurgeProgress>
    {
        public void Report(PurgeProgress value) => act(value).GetAwaiter().GetResult();
    }
}

public sealed class SqliteChunkRunConformance() : ChunkRunConformance(Engine.Sqlite);

public sealed class PostgreSqlChunkRunConformance() : ChunkRunConformance(Engine.PostgreSql);

public sealed class MariaDbChunkRunConformance() : ChunkRunConformance(Engine.MariaDb);
