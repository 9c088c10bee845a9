using System.Data.Common;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Chunks;

/// <summary>The report of a run in several transactions says of all of them together what is true.</summary>
public abstract class ChunkAccountConformance(Engine engine) : ConformanceGroup(engine)
{
    private static void Marked(PurgeOptions options) => options.Rows<A>(a => a.Marked);

    private static void AllTables(PurgeOptions options)
    {
    }

    [Fact]
    public async Task Rows_that_are_gone_that_stay_and_that_come_late_are_told_apart()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4! 5! 6! 7!");
        string no = scenario.Chunked.Database.Pick("0", "FALSE", "0", "0");

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1, when: Once(async () =>
        {
            await scenario.Chunked.Database.ExecuteAsync(
                $"DELETE FROM \"A\" WHERE \"Id\" = 3; UPDATE \"A\" SET \"Marked\" = {no} WHERE \"Id\" IN (4, 5)",
                CancellationToken);
            await scenario.Chunked.InsertAsync("A 0! 8! 9!");
        })));

        Assert.Equal("0 4 5 8 9", await scenario.Chunked.KeysAsync("A"));
        Assert.Equal((4, 5, 3), (report.RowsDeleted, report.Scope!.Matched, report.Chunks!.Late));
        foreach (string expected in (string[])
            [
                "3 rows that the queries name now were not deleted",
                "1 row that the queries named when the run began was gone when their turn came",
                "2 rows that the queries named when the run began stay:",
            ])
        {
            Assert.Contains(report.Notes, note => note.Text.StartsWith(expected, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task What_all_transactions_verified_adds_up_to_what_one_verifies()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, ChunkScenario.Data(12));

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(2));
        (_, PurgeReport whole) = await scenario.PurgeWholeAsync(Marked);

        // Behind the commit a run in several transactions looks at its lists, and asks no server what became of one transaction.
        string[] verified = [.. report.Verifications.Select(one => one.Name)];
        Assert.All(
            whole.Verifications.Where(one => !one.Name.StartsWith("after the commit: ", StringComparison.Ordinal)),
            one => Assert.Contains(one.Name, verified));
        Assert.Equal(Deleted(whole), Deleted(report));
        Assert.True(Engine != Engine.PostgreSql || Deleted(report).Length > 0);
        Assert.Equal(
            whole.Guards.Select(guard => (guard.Name, guard.Outcome)),
            report.Guards.Select(guard => (guard.Name, guard.Outcome)));
        Assert.NotNull(report.VerifiedAt);

        static (string, string, string, Outcome)[] Deleted(PurgeReport report) => [.. report.Verifications
            .Where(one => one.Name.StartsWith("rows deleted from table ", StringComparison.Ordinal))
            .Select(one => (one.Name, one.Expected, one.Actual, one.Outcome))
            .Order()];
    }

    [Theory]
    [InlineData("2 3")]
    [InlineData("")]
    public async Task What_one_of_the_transactions_could_not_verify_is_not_verified(string left)
    {
        PurgeReport report = await LoseKeptRowsAsync(left);

        CheckReport kept = report.Verifications.Single(
            one => one.Name.EndsWith("kept tables with fewer rows", StringComparison.Ordinal));
        Assert.Equal((3, Outcome.Unknown), (report.RowsDeleted, kept.Outcome));
    }

    [Theory]
    [InlineData("2 3")]
    [InlineData("")]
    public async Task What_is_found_behind_the_commit_of_a_transaction_is_explained_in_the_report(string left)
    {
        PurgeReport report = await LoseKeptRowsAsync(left);

        Assert.Contains(
            report.Notes,
            note => note.Text.StartsWith("After the commit the tables are not as they were verified", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_deleted_row_that_is_there_again_is_not_verified_to_be_gone()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");

        PurgeReport report = await ReportAsync(() => scenario.PurgeAsync(
            Marked,
            options => options.InChunks(1, when: Once(() => scenario.Chunked.InsertAsync("A 1")))));

        CheckReport there = report.Verifications.Single(one => one.Outcome != Outcome.Passed);
        Assert.Equal((3, "0", "1", Outcome.Unknown), (report.RowsDeleted, there.Expected, there.Actual, there.Outcome));
        Assert.Equal("1", await scenario.Chunked.KeysAsync("A"));
    }

    [Fact]
    public async Task As_many_rows_as_a_transaction_may_delete_go_in_one()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! B 1>1 2>2");

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(roots: 2, maxRows: 4));

        Assert.Equal((4, 1), (report.RowsDeleted, report.Chunks!.Transactions));
    }

    [Fact]
    public async Task Blocked_rows_are_not_tried_again_where_one_transaction_took_all_rows()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3 D 1>1");

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(10));

        Assert.Equal((PurgeVerdict.CompleteWithSkips, 1), (report.Verdict, report.RowsDeleted));
        Assert.Equal((1, 1), (report.Chunks!.Transactions, report.Scope!.BlockedRows));
    }

    [Fact]
    public async Task A_later_pass_keeps_to_the_size_of_a_transaction()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(
            Engine,
            model => Optional<A, A>(model, "ParentId", DeleteBehavior.Restrict),
            "A 1! 2!>1 3!>2 4!>3 5!>4 6!>5 7!>6 8!>7");

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(2));

        Assert.Equal((PurgeVerdict.Complete, 8, 2), (report.Verdict, report.RowsDeleted, report.Chunks!.MostRows));
    }

    [Fact]
    public async Task Rows_that_are_blocked_in_several_transactions_add_up_where_the_run_stops()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4! D 2>2 3>3");
        int asked = 0;

        PurgeReport report = await ReportAsync(() => scenario.PurgeAsync(
            Marked,
            options => options.InChunks(1, when: (_, _) => Task.FromResult(asked++ < 2), patience: TimeSpan.Zero)));

        Assert.Equal((1, 3, 2), (report.RowsDeleted, report.Chunks!.Transactions, report.Scope!.BlockedRows));
        Assert.Equal(2, Assert.Single(report.Scope.Blocked).Rows);
    }

    [Fact]
    public async Task References_are_counted_once_for_each_row()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(
            Engine,
            ChunkScenario.Model,
            "A 1! 2! 3! 4 B 1>1 2>1 3>2 4>4 C 1>1");

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1));
        (_, PurgeReport whole) = await scenario.PurgeWholeAsync(Marked);

        Assert.Equal(
            whole.Scope!.References.Select(one => (one.ForeignKey.ToString(), one.Action, one.Rows)),
            report.Scope!.References.Select(one => (one.ForeignKey.ToString(), one.Action, one.Rows)));
    }

    [Fact]
    public async Task A_row_that_two_queries_name_is_one_row()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4 5");

        PurgeReport report = await scenario.PurgeAsync(
            options => options.Rows<A>(a => a.Marked).Rows<A>(a => a.Id > 1 && a.Id < 5),
            options => options.InChunks(1));

        Assert.Equal("5", await scenario.Chunked.KeysAsync("A"));
        Assert.Equal((4, 4, 4), (report.RowsDeleted, report.Scope!.Matched, report.Chunks!.Transactions));
        Assert.DoesNotContain(report.Notes, note => note.Text.Contains("gone when their turn came", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_row_that_lost_a_reference_before_it_was_deleted_is_named()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! B 1>2 C 1>1/1");

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(1));

        Assert.Equal((PurgeVerdict.Complete, 4, 1), (report.Verdict, report.RowsDeleted, report.Scope!.Detached));
        Assert.Contains(report.Notes, note => note.Text.StartsWith("A row of ", StringComparison.Ordinal)
            && note.Text.Contains("may have lost a reference in one transaction", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_transaction_has_to_say_is_in_the_report()
    {
        Assert.SkipWhen(Engine == Engine.Sqlite, "There is no other session while one writes.");
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1 2 B 1>1");
        bool isDone = false;
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (!isDone && CommandHook.Deletes(command) && command.CommandText.Contains('B'))
                {
                    isDone = true;
                    await scenario.Chunked.InsertAsync("A 3 B 3>3");
                }
            },
        };

        PurgeReport report = await scenario.PurgeAsync(AllTables, options => options.InChunks(100), hook);

        Assert.Equal(5, report.RowsDeleted);
        Assert.Contains(report.Notes, note => note.Text.Contains("arrived after the rows were counted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_row_that_no_query_names_any_more_is_found_by_its_key_in_the_model_too()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, _ => { }, "D 1");
        TestDatabase database = scenario.Chunked.Database;
        string boolean = database.Pick("boolean", "boolean", "boolean", "bit");
        await database.ExecuteAsync(
            "DROP TABLE \"A\"; CREATE TABLE \"A\" (\"Id\" int NOT NULL, \"ParentId\" int NULL, \"OtherId\" int NOT NULL, "
                + $"\"Code\" varchar(40) NULL, \"Marked\" {boolean} NOT NULL, PRIMARY KEY (\"OtherId\", \"Id\"))",
            CancellationToken);
        await scenario.Chunked.InsertAsync("A 1!/1 2!/1 3!/1 4!/1");
        string no = database.Pick("0", "FALSE", "0", "0");

        PurgeReport report = await scenario.PurgeAsync(Marked, options => options.InChunks(2, when: Once(
            () => database.ExecuteAsync($"UPDATE \"A\" SET \"Marked\" = {no} WHERE \"Id\" = 3", CancellationToken))));

        Assert.Equal("3", await scenario.Chunked.KeysAsync("A"));
        Assert.Equal((3, 3), (report.RowsDeleted, report.Scope!.Matched));
        Assert.All(report.Verifications, one => Assert.Equal(Outcome.Passed, one.Outcome));
    }

    // A listener deletes kept rows, behind the commit of the transaction that leaves these rows.
    private async Task<PurgeReport> LoseKeptRowsAsync(string left)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4 D 1>4 2>4");
        var listener = new AfterCommit(async () =>
        {
            if (await scenario.Chunked.ValuesAsync("SELECT \"Id\" FROM \"A\" WHERE \"Id\" < 4 ORDER BY \"Id\"") == left)
            {
                await scenario.Chunked.Database.ExecuteAsync("DELETE FROM \"D\"", CancellationToken);
            }
        });
        await using ScenarioContext context = scenario.Chunked.CreateContext(
            new CommandHook(),
            options => options.AddInterceptors(listener));
        Purger purger = scenario.Purger(Marked, options => options.InChunks(1));
        return await ReportAsync(async () => await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken));
    }

    private static Func<DbContext, CancellationToken, Task<bool>> Once(Func<Task> act)
    {
        bool isDone = false;
        return async (_, _) =>
        {
            if (!isDone)
            {
                isDone = true;
                await act();
            }

            return true;
        };
    }

    private static async Task<PurgeReport> ReportAsync(Func<Task<PurgeReport>> run)
    {
        try
        {
            return await run();
        }
        catch (PurgeException e) when (e.Report is { } report)
        {
            return report;
        }
    }

    private sealed class AfterCommit(Func<Task> act) : DbTransactionInterceptor
    {
        public override Task TransactionCommittedAsync(
            DbTransaction transaction,
            TransactionEndEventData eventData,
            CancellationToken cancellationToken = default)
            => act();
    }
}

public sealed class SqliteChunkAccountConformance() : ChunkAccountConformance(Engine.Sqlite);

public sealed class PostgreSqlChunkAccountConformance() : ChunkAccountConformance(Engine.PostgreSql);

public sealed class MariaDbChunkAccountConformance() : ChunkAccountConformance(Engine.MariaDb);
