using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Chunks;

/// <summary>The structure of the database may change between two transactions of a run.</summary>
public abstract class ChunkStructureConformance(Engine engine) : ConformanceGroup(engine)
{
    private static void Marked(PurgeOptions options) => options.Rows<A>(a => a.Marked);

    [Fact]
    public async Task A_new_index_does_not_matter()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! B 1>3");

        PurgeReport report = await RunAsync(scenario, "CREATE INDEX \"IX_new\" ON \"A\" (\"Code\")");

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
    }

    [Fact]
    public async Task A_new_key_that_would_delete_more_rows_stops_the_run_until_it_is_planned()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! B 1>3");
        const string Change = "CREATE TABLE \"N\" (\"Id\" integer NOT NULL PRIMARY KEY, \"AId\" integer NOT NULL REFERENCES \"A\" (\"Id\") "
            + "ON DELETE CASCADE); INSERT INTO \"N\" VALUES (1, 3)";

        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(() => RunAsync(scenario, Change));

        Assert.Equal((PurgeVerdict.Partial, 1), (stopped.Report!.Verdict, stopped.Report!.RowsDeleted));
        Assert.Equal("2 3", await scenario.Chunked.KeysAsync("A"));
        Assert.DoesNotContain("same call continues", stopped.Message, StringComparison.Ordinal);

        PurgeReport again = await scenario.PurgeAsync(Marked, options => options.InChunks(1).AbandonUnfinished = true);
        Assert.Equal(
            (PurgeVerdict.CompleteWithSkips, "3", "1"),
            (again.Verdict, await scenario.Chunked.KeysAsync("A"), await scenario.Chunked.KeysAsync("N")));
    }

    [Fact]
    public async Task A_new_trigger_that_keeps_rows_is_seen()
    {
        Assert.SkipUnless(Engine == Engine.Sqlite, "The statement is SQLite's.");
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! B 1>3");

        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(() => RunAsync(
            scenario,
            "CREATE TRIGGER \"keep\" BEFORE DELETE ON \"A\" BEGIN SELECT RAISE(IGNORE); END"));

        Assert.Equal("2 3", await scenario.Chunked.KeysAsync("A"));
        Assert.Equal(1, stopped.Report!.RowsDeleted);
    }

    [Fact]
    public async Task A_primary_key_that_changes_is_another_row()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");

        PurgeReport report = await RunAsync(scenario, "UPDATE \"A\" SET \"Id\" = 9 WHERE \"Id\" = 2");

        Assert.Equal("9", await scenario.Chunked.KeysAsync("A"));
        Assert.Equal((2, 1), (report.RowsDeleted, report.Chunks!.Late));
    }

    [Fact]
    public async Task A_journal_that_is_dropped_stops_the_run_and_the_same_call_begins_again()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");

        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(() => RunAsync(scenario, "DROP TABLE floworxpurge_runs"));
        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1));

        Assert.Equal(1, stopped.Report!.RowsDeleted);
        Assert.Equal((PurgeVerdict.Complete, 2), (report.Verdict, report.RowsDeleted));
    }

    [Fact]
    public async Task Deleted_rows_of_a_table_that_is_dropped_later_are_counted()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! B 1>1 C 1>1");

        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(() => RunAsync(scenario, "DROP TABLE \"C\""));

        Assert.Equal((PurgeVerdict.Partial, 3), (stopped.Report!.Verdict, stopped.Report!.RowsDeleted));
        Assert.Contains("3 rows are deleted so far", stopped.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_loses_rows_is_not_called_complete()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");

        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(() => RunAsync(scenario, "DELETE FROM floworxpurge_rows_1"));

        Assert.Equal((PurgeVerdict.Partial, 1), (stopped.Report!.Verdict, stopped.Report!.RowsDeleted));
        Assert.Contains(stopped.Report!.Notes, note => note.Text.Contains("lost 3 rows", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Children_that_arrive_between_two_transactions_are_deleted_with_their_row()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");

        PurgeReport report = await RunAsync(
            scenario,
            "INSERT INTO \"B\" (\"Id\", \"ParentId\", \"Marked\") SELECT 1, 3, \"Marked\" FROM \"A\" WHERE \"Id\" = 3");

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
    }

    [Fact]
    public async Task A_self_reference_of_a_thousand_rows_is_deleted_with_its_first_row()
    {
        string rows = "A 1! " + string.Join(' ', Enumerable.Range(2, 999).Select(i => $"{i}{(i % 2 == 0 ? "!" : string.Empty)}>{i - 1}"));
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(
            Engine,
            model => RowScenario.Optional<A, A>(model, "ParentId", DeleteBehavior.ClientCascade),
            rows);

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(100, maxRows: 10));

        Assert.Equal((PurgeVerdict.Complete, 1000), (report.Verdict, report.RowsDeleted));
    }

    private static Task<PurgeReport> RunAsync(ChunkScenario scenario, string change)
        => scenario.PurgeAsync(Marked, options => options.InChunks(1, when: ChangeOnce(scenario, change)));

    private static Func<DbContext, CancellationToken, Task<bool>> ChangeOnce(ChunkScenario scenario, string change)
    {
        bool isDone = false;
        return async (_, _) =>
        {
            if (!isDone)
            {
                isDone = true;
                await scenario.Chunked.Database.ExecuteAsync(change, CancellationToken);
            }

            return true;
        };
    }
}

public sealed class SqliteChunkStructureConformance() : ChunkStructureConformance(Engine.Sqlite);

public sealed class PostgreSqlChunkStructureConformance() : ChunkStructureConformance(Engine.PostgreSql);

public sealed class MariaDbChunkStructureConformance() : ChunkStructureConformance(Engine.MariaDb);
