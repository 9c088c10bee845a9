using System.Globalization;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Faults;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Chunks;

/// <summary>Whatever interrupts a run in several transactions, the report says what happened, and the same call continues it.</summary>
public abstract class ChunkInterruptionConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string Rows = "A 1! 2! 3! 4 5! B 1>1 2>2 3>3 4>4 C 1>1/2 2>4/3 D 5>5";

    private static void Marked(PurgeOptions options) => options.Rows<A>(a => a.Marked);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_run_that_is_interrupted_at_any_statement_ends_as_one_transaction_does(bool isConnectionLost, bool retries)
    {
        Assert.SkipWhen(isConnectionLost && Engine == Engine.Sqlite, "SQLite has no connection to lose.");
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, Rows);
        await scenario.PurgeWholeAsync(Marked);
        string expected = await ChunkScenario.StateAsync(scenario.Whole);
        List<string> faults = [];
        bool isReached = true;
        int stride = KillSweep.Step(isConnectionLost ? 31 : 11);
        for (int at = isConnectionLost ? 3 : 1; isReached; at += stride)
        {
            await scenario.Chunked.ClearAsync();
            await scenario.Chunked.InsertAsync(Rows);
            isReached = false;
            string? text = null;
            var hook = new CommandHook
            {
                Before = async (command, number) =>
                {
                    if (number == at && !isReached)
                    {
                        (isReached, text) = (true, command.CommandText[..Math.Min(command.CommandText.Length, 120)]);
                        await (isConnectionLost ? LoseAsync(scenario) : throw new TimeoutException("interrupted"));
                    }
                },
            };
            PurgeReport? first = null;
            try
            {
                first = await RunAsync(scenario, hook, retries);
            }
            catch (PurgeException e) when (e.Report is { } report)
            {
                first = report;
            }
            catch (Exception e) when (e is not PurgeException { Report: not null })
            {
                faults.Add($"{at}: {e.GetType().Name} escaped: {e.Message} [{text}]");
            }

            bool isUnfinished = await HasJournalAsync(scenario) && await scenario.Chunked.ValuesAsync(
                "SELECT COUNT(*) FROM floworxpurge_runs WHERE state = 'running'") != "0";
            if (isReached && isUnfinished && first is { Chunks.HasEnded: true })
            {
                faults.Add($"{at}: says that the run has ended [{text}]");
            }

            if (isReached && !isUnfinished && first is { Verdict: PurgeVerdict.Partial })
            {
                faults.Add($"{at}: has ended, and says {first.Summary} [{text}]");
            }

            try
            {
                PurgeReport second = await RunAsync(scenario, new CommandHook(), retries: false);
                if (isUnfinished && (second.Verdict, second.RowsDeleted) != (PurgeVerdict.CompleteWithSkips, 7))
                {
                    faults.Add($"{at}: continued, and says {second.Summary} [{text}]");
                }
            }
            catch (PurgeException e)
            {
                faults.Add($"{at}: cannot be continued: {e.Message} [{text}]");
            }

            if (await ChunkScenario.StateAsync(scenario.Chunked) != expected)
            {
                faults.Add($"{at}: other rows are left [{text}]");
            }

            if (await ListsAsync(scenario) is not "0" and string left)
            {
                faults.Add($"{at}: {left} lists left [{text}]");
            }
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults.Take(40)));
    }

    [Fact]
    public async Task A_condition_that_fails_ends_the_run_with_a_report()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            Marked,
            options => options.InChunks(1, when: (_, _) => throw new HttpRequestException("the monitor does not answer"))));

        Assert.Equal((PurgeVerdict.Partial, 1), (failed.Report!.Verdict, failed.Report!.RowsDeleted));
        Assert.Contains("the monitor does not answer", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_the_last_transaction_nothing_is_waited_for()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");

        PurgeReport report = await scenario.PurgeAsync(
            Marked,
            options => options.InChunks(10, when: (_, _) => Task.FromResult(false), patience: TimeSpan.Zero));

        Assert.Equal((PurgeVerdict.Complete, 3), (report.Verdict, report.RowsDeleted));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task More_rows_than_MaxRows_are_refused_before_anything_is_deleted(bool isOfRows)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, ChunkScenario.Data(20));
        string before = await ChunkScenario.StateAsync(scenario.Chunked);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            options =>
            {
                options.MaxRows = 9;
                if (isOfRows)
                {
                    Marked(options);
                }
            },
            options => options.InChunks(2, 4)));

        Assert.Equal(before, await ChunkScenario.StateAsync(scenario.Chunked));
        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
    }

    [Fact]
    public async Task Rows_that_arrive_once_nothing_was_found_are_not_deleted_without_an_archive()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1");
        string folder = Path.Combine(Path.GetTempPath(), "floworxpurge-" + Guid.NewGuid().ToString("N"));
        bool isDone = false;
        bool isCounted = false;
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                isCounted |= command.CommandText.StartsWith("INSERT INTO ", StringComparison.Ordinal)
                    && command.CommandText.Contains("floworxpurge_rows_1", StringComparison.Ordinal);
                if (isCounted && !isDone && command.CommandText.StartsWith("DROP TABLE", StringComparison.Ordinal))
                {
                    isDone = true;
                    await scenario.Chunked.InsertAsync("A 2!");
                }
            },
        };

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1).ArchiveTo(folder), hook);

        Assert.True(isDone);
        Assert.True(
            await scenario.Chunked.KeysAsync("A") == "1 2" || report.Archive is { Rows: 1 },
            $"Left {await scenario.Chunked.KeysAsync("A")}, {report.Summary}");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_lost_list_is_named_and_the_run_can_be_given_up()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4!");
        await StopAsync(scenario, Marked);
        await scenario.Chunked.Database.ExecuteAsync("DROP TABLE floworxpurge_rows_1", CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(Marked, options => options.InChunks(1)));
        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1).AbandonUnfinished = true);

        Assert.Contains("floworxpurge_rows_1", refused.Message, StringComparison.Ordinal);
        Assert.Contains("AbandonUnfinished", refused.Message, StringComparison.Ordinal);
        Assert.Equal((PurgeVerdict.Complete, 3), (report.Verdict, report.RowsDeleted));
        Assert.Equal(string.Empty, await scenario.Chunked.KeysAsync("A"));
        Assert.Equal("0", await ListsAsync(scenario));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_that_is_given_up_leaves_no_lists(bool isOfRows)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4! D 5>1");
        await StopAsync(scenario, options => options.Rows<A>(a => a.Marked).Rows<D>(d => d.Id > 0).Rows<C>(c => c.Id > 0));

        await scenario.PurgeAsync(
            options =>
            {
                if (isOfRows)
                {
                    Marked(options);
                }
            },
            options => options.InChunks(1).AbandonUnfinished = true);

        Assert.Equal("0", await ListsAsync(scenario));
    }

    [Fact]
    public async Task Late_rows_are_counted_although_a_blocked_row_is_not_named_any_more()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! D 1>1");
        bool isDone = false;
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (!isDone && command.CommandText.Contains("floworxpurge_rows_1", StringComparison.Ordinal)
                    && command.CommandText.Contains("AND EXISTS", StringComparison.Ordinal))
                {
                    isDone = true;
                    string no = scenario.Chunked.Database.Pick("0", "FALSE", "0", "0");
                    await scenario.Chunked.Database.ExecuteAsync($"UPDATE \"A\" SET \"Marked\" = {no} WHERE \"Id\" = 1", CancellationToken);
                    await scenario.Chunked.InsertAsync("A 7!");
                }
            },
        };

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1), hook);

        Assert.True(isDone);
        Assert.Equal("1 7", await scenario.Chunked.KeysAsync("A"));
        Assert.Equal(1, report.Chunks!.Late);
    }

    [Fact]
    public async Task Ordered_rows_of_which_some_are_taken_end_as_in_one_transaction()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4! 5! 6! 7!");
        static void Configure(PurgeOptions options)
            => options.Rows<A>(rows => rows.OrderByDescending(a => a.Id).Skip(1).Take(4));

        PurgeReport report = await scenario.PurgeAsync(Configure, options => options.InChunks(1));
        await scenario.PurgeWholeAsync(Configure);

        (string chunked, string expected) = await scenario.StatesAsync();
        Assert.True(expected == chunked, $"{expected}\n{chunked}\n{report.Summary}");
        Assert.Equal(4, report.RowsDeleted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_open_connection_of_the_caller_keeps_no_temporary_tables(bool hasTwoQueries)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4! D 5>1");
        Purger purger = scenario.Purger(
            options => _ = hasTwoQueries ? options.Rows<A>(a => a.Marked).Rows<A>(a => a.Id > 3) : options.Rows<A>(a => a.Marked),
            options => options.InChunks(1));
        await scenario.Chunked.Context.Database.OpenConnectionAsync(CancellationToken);

        await purger.ExecuteAsync(
            scenario.Chunked.Context,
            await purger.PlanAsync(scenario.Chunked.Context, CancellationToken),
            cancellationToken: CancellationToken);

        string left = scenario.Chunked.Database.Pick(
            sqlite: "SELECT COUNT(*) AS Value FROM sqlite_temp_master WHERE name LIKE 'floworxpurge%'",
            postgreSql: "SELECT count(*)::int AS \"Value\" FROM pg_class WHERE relname LIKE 'floworxpurge%' "
                + "AND relpersistence = 't' AND relkind = 'r'",
            mariaDb: "SELECT COUNT(*) AS Value FROM information_schema.TABLES WHERE TABLE_TYPE = 'TEMPORARY' "
                + "AND TABLE_NAME LIKE 'floworxpurge%'",
            sqlServer: "SELECT 0 AS Value");
        Assert.Equal(0, await scenario.Chunked.Context.Database.SqlQueryRaw<int>(left).SingleAsync(CancellationToken));
    }

    private static async Task<PurgeReport> RunAsync(ChunkScenario scenario, CommandHook hook, bool retries)
    {
        Purger purger = scenario.Purger(Marked, options => options.InChunks(1));
        PurgePlan plan = await purger.PlanAsync(scenario.Chunked.Context, CancellationToken);
        await using ScenarioContext context = scenario.Chunked.CreateContext(hook, options =>
        {
            if (retries)
            {
                scenario.Chunked.Database.ConfigureRelational(
                    options,
                    relational => relational.WithExecutionStrategyFactory(dependencies => new RetryAll(dependencies)));
            }
        });
        return await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);
    }

    // All other sessions of the database.
    private static async Task LoseAsync(ChunkScenario scenario)
    {
        TestDatabase database = scenario.Chunked.Database;
        if (database.Pick(false, true, false, false))
        {
            await database.ExecuteAsync(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() "
                    + "AND pid <> pg_backend_pid()",
                CancellationToken);
            return;
        }

        string ids = await scenario.Chunked.ValuesAsync(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()");
        foreach (string id in ids.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                await database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"KILL {id}"), CancellationToken);
            }
            catch (System.Data.Common.DbException)
            {
                // It has ended by itself.
            }
        }
    }

    private static async Task<bool> HasJournalAsync(ChunkScenario scenario)
        => await scenario.Chunked.ValuesAsync(scenario.Chunked.Database.Pick(
            sqlite: "SELECT COUNT(*) FROM sqlite_master WHERE name = 'floworxpurge_runs'",
            postgreSql: "SELECT count(*) FROM pg_class WHERE relname = 'floworxpurge_runs'",
            mariaDb: "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'floworxpurge_runs'",
            sqlServer: "SELECT COUNT(*) FROM sys.tables WHERE name = 'floworxpurge_runs'")) != "0";

    private static Task<string> ListsAsync(ChunkScenario scenario)
        => scenario.Chunked.ValuesAsync(scenario.Chunked.Database.Pick(
            sqlite: "SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'floworxpurge_rows%'",
            postgreSql: "SELECT count(*) FROM pg_class WHERE relname LIKE 'floworxpurge\\_rows%' "
                + "AND relpersistence = 'p' AND relkind = 'r'",
            mariaDb: "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
                + "AND TABLE_NAME LIKE 'floworxpurge_rows%'",
            sqlServer: "SELECT COUNT(*) FROM sys.tables WHERE name LIKE 'floworxpurge_rows%'"));

    private static async Task StopAsync(ChunkScenario scenario, Action<PurgeOptions> configure)
    {
        await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            configure,
            options => options.InChunks(1, when: (_, _) => Task.FromResult(false), patience: TimeSpan.Zero)));
    }

    private sealed class RetryAll(ExecutionStrategyDependencies dependencies)
        : ExecutionStrategy(dependencies, maxRetryCount: 2, maxRetryDelay: TimeSpan.FromMilliseconds(1))
    {
        protected override bool ShouldRetryOn(Exception exception) => exception is System.Data.Common.DbException;
    }
}

public sealed class SqliteChunkInterruptionConformance() : ChunkInterruptionConformance(Engine.Sqlite);

public sealed class PostgreSqlChunkInterruptionConformance() : ChunkInterruptionConformance(Engine.PostgreSql);

public sealed class MariaDbChunkInterruptionConformance() : ChunkInterruptionConformance(Engine.MariaDb);
