using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Chunks;

/// <summary>Whole tables are emptied in several transactions: some tables in each, and a large table part by part.</summary>
public abstract class TableChunkConformance(Engine engine) : ConformanceGroup(engine)
{
    private static void AllTables(PurgeOptions options)
    {
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 6)]
    [InlineData(7, 7)]
    [InlineData(1000, 100_000)]
    public async Task All_tables_are_empty_at_the_end(int rows, int maxRows)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, Model, ChunkScenario.Data(12));

        PurgeReport report = await scenario.PurgeAsync(AllTables, options => options.InChunks(rows, maxRows));
        (_, PurgeReport whole) = await scenario.PurgeWholeAsync(AllTables);

        (string chunked, string expected) = await scenario.StatesAsync();
        Assert.Equal(expected, chunked);
        Assert.Equal((PurgeVerdict.Complete, whole.RowsDeleted), (report.Verdict, report.RowsDeleted));
        Assert.Equal(
            whole.Tables.Select(table => (table.Table.Name, table.RowsBefore, table.RowsDeleted, table.RowsAfter)),
            report.Tables.Select(table => (table.Table.Name, table.RowsBefore, table.RowsDeleted, table.RowsAfter)));
        Assert.True(report.Chunks!.MostRows <= Math.Max(maxRows, rows), report.ToMarkdown());
        Assert.True(report.Chunks.HasEnded);
    }

    [Fact]
    public async Task The_plan_says_in_how_many_transactions()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, Model, ChunkScenario.Data(3));

        PurgePlan plan = await scenario.Purger(AllTables, options => options.InChunks(10, 20))
            .PlanAsync(scenario.Chunked.Context, CancellationToken);

        Assert.Equal([1, 2], plan.Units.Select(unit => unit.Transaction).Distinct());
        Assert.Contains("in 2 transactions, and more for tables of more than 10 rows", plan.ToString(), StringComparison.Ordinal);
        Assert.Equal(plan.Fingerprint, PurgePlan.FromJson(plan.ToJson()).Fingerprint);
    }

    [Fact]
    public async Task A_kept_table_loses_nothing_and_its_references_block()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, Model, ChunkScenario.Data(12));

        PurgeReport report = await scenario.PurgeAsync(options => options.Exclude("D"), options => options.InChunks(2, 4));
        await scenario.PurgeWholeAsync(options => options.Exclude("D"));

        (string chunked, string expected) = await scenario.StatesAsync();
        Assert.Equal(expected, chunked);
        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
    }

    [Fact]
    public async Task Rows_of_a_table_that_reference_each_other_go_together_where_they_must()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(
            Engine,
            model => Optional<A, A>(model, "ParentId", DeleteBehavior.Restrict),
            "A 1 2>1 3>2 4>3 5>4 6>5 7 8>7");

        PurgeReport report = await scenario.PurgeAsync(AllTables, options => options.InChunks(2));

        Assert.Equal(string.Empty, await scenario.Chunked.KeysAsync("A"));
        Assert.Equal((PurgeVerdict.Complete, 8), (report.Verdict, report.RowsDeleted));
    }

    [Fact]
    public async Task A_run_that_is_stopped_between_tables_is_continued()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, Model, ChunkScenario.Data(12));
        for (int kill = 0; kill < 12; kill++)
        {
            int at = 40 + (kill * 25);
            var hook = new CommandHook
            {
                Before = (_, number) => number == at ? throw new InvalidOperationException("killed") : ValueTask.CompletedTask,
            };
            try
            {
                await scenario.PurgeAsync(AllTables, options => options.InChunks(2, 4), hook);
                break;
            }
            catch (Exception e) when (e is PurgeException or InvalidOperationException)
            {
            }
        }

        PurgeReport report = await scenario.PurgeAsync(AllTables, options => options.InChunks(2, 4));
        await scenario.PurgeWholeAsync(AllTables);

        (string chunked, string expected) = await scenario.StatesAsync();
        Assert.Equal(expected, chunked);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
    }

    [Fact]
    public async Task Tables_that_reference_each_other_are_emptied_together()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(
            Engine,
            model =>
            {
                Optional<A, B>(model, "OtherId", DeleteBehavior.ClientSetNull);
                Required<B, A>(model, "ParentId", DeleteBehavior.Restrict);
            },
            "A 1/1 2/2 3/3 4 B 1>1 2>2 3>3");

        PurgeReport report = await scenario.PurgeAsync(AllTables, options => options.InChunks(2));

        Assert.Equal((PurgeVerdict.Complete, 7), (report.Verdict, report.RowsDeleted));
        Assert.Equal((1, 7), (report.Chunks!.Transactions, report.Chunks.MostRows));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public async Task Rows_that_arrive_in_an_emptied_table_are_deleted_in_another_pass_and_named_where_that_does_not_end(int times)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, Model, ChunkScenario.Data(3));
        int done = 0;
        var progress = new Refill(async () =>
        {
            if (done < times && await scenario.Chunked.KeysAsync("A") == string.Empty)
            {
                done++;
                await scenario.Chunked.InsertAsync("A 50");
            }
        });

        PurgeReport report;
        try
        {
            report = await scenario.PurgeAsync(AllTables, options => options.InChunks(100), progress: progress);
        }
        catch (PurgeException e) when (e.Report is { } partial)
        {
            report = partial;
        }

        Assert.Equal(times == 1 ? string.Empty : "50", await scenario.Chunked.KeysAsync("A"));
        bool isLeft = report.Verifications.Any(one => one is { Outcome: Outcome.Unknown, Expected: "0" });
        Assert.Equal(times > 1, isLeft);
        Assert.Equal(times > 1 ? PurgeVerdict.Partial : PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(
            times > 1,
            report.Notes.Any(note => note.Text.StartsWith("At the end of the run there are rows again in ", StringComparison.Ordinal)));
    }

    private static void Model(ModelBuilder model)
    {
        ChunkScenario.Model(model);
        Optional<A, A>(model, "OtherId", DeleteBehavior.ClientSetNull);
    }

    private sealed class Refill(Func<Task> act) : IProgress<PurgeProgress>
    {
        public void Report(PurgeProgress value) => act().GetAwaiter().GetResult();
    }
}

public sealed class SqliteTableChunkConformance() : TableChunkConformance(Engine.Sqlite);

public sealed class PostgreSqlTableChunkConformance() : TableChunkConformance(Engine.PostgreSql);

public sealed class MariaDbTableChunkConformance() : TableChunkConformance(Engine.MariaDb);
