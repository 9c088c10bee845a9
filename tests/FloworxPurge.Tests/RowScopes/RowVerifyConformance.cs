using System.Data.Common;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>After a caller's commit, what is called complete is what the database shows.</summary>
public abstract class RowVerifyConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task A_rollback_to_a_savepoint_of_the_caller_is_noticed()
    {
        await using RowScenario scenario = await CreateAsync();
        Purger purger = Engine.Purger(options => options.Rows<A>(a => a.Marked));

        PurgeReport report = await PurgeAsync(scenario, purger, isUndone: true);
        PurgeException undone = await Assert.ThrowsAsync<PurgeException>(
            () => purger.VerifyAsync(scenario.Context, report, CancellationToken));

        Assert.Equal(PurgeVerdict.Partial, undone.Report!.Verdict);
        Assert.Contains(
            undone.Report!.Verifications,
            check => check.Outcome == Outcome.Unknown && check.Actual!.StartsWith("2, ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rows_that_are_there_again_and_blocked_since_are_noticed()
    {
        await using RowScenario scenario = await CreateAsync();
        Purger purger = Engine.Purger(options => options.Rows<A>(a => a.Marked));

        PurgeReport report = await PurgeAsync(scenario, purger, isUndone: true);
        await scenario.InsertAsync("C 1>1 2>2");
        PurgeException undone = await Assert.ThrowsAsync<PurgeException>(
            () => purger.VerifyAsync(scenario.Context, report, CancellationToken));

        Assert.Equal(PurgeVerdict.Partial, undone.Report!.Verdict);
    }

    [Fact]
    public async Task Other_queries_than_those_of_the_run_verify_nothing()
    {
        await using RowScenario scenario = await CreateAsync();
        PurgeReport report = await PurgeAsync(scenario, Engine.Purger(options => options.Rows<A>(a => a.Marked)), isUndone: true);

        string none = await RefuseAsync(_ => { });
        string others = await RefuseAsync(options => options.Rows<A>(a => a.Id == 77));
        int key = 1;
        Purger captured = Engine.Purger(options => options.Rows<A>(a => a.Id == key));
        report = await PurgeAsync(scenario, captured, isUndone: true);
        key = 77;
        string values = await RefuseAsync(options => options.Rows<A>(a => a.Id == key));

        Assert.Contains("those of the run are Rows<A>(a => a.Marked), and those of this purger none", none, StringComparison.Ordinal);
        Assert.Contains("and those of this purger Rows<A>(a => a.Id == 77)", others, StringComparison.Ordinal);
        Assert.Contains("and those of this purger the same with other values", values, StringComparison.Ordinal);

        async Task<string> RefuseAsync(Action<PurgeOptions> configure)
            => (await Assert.ThrowsAsync<PurgeException>(
                () => Engine.Purger(configure).VerifyAsync(scenario.Context, report, CancellationToken))).Message;
    }

    [Fact]
    public async Task That_no_row_matches_any_more_is_no_reason_to_refuse_the_verification()
    {
        await using RowScenario scenario = await CreateAsync();
        Purger purger = Engine.Purger(options =>
        {
            options.Rows<A>(a => a.Marked);
            options.RequireMatch = true;
            options.OnBlocked = OnBlocked.Fail;
        });

        PurgeReport report = await PurgeAsync(scenario, purger, isUndone: false);
        PurgeReport verified = await purger.VerifyAsync(scenario.Context, report, CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, verified.Verdict);
    }

    [Fact]
    public async Task A_row_that_goes_although_it_was_not_selected_fails_the_run()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, _ => { }, "A 1! 2! 3 4");
        string before = await scenario.Database.ChecksumAsync(CancellationToken);
        string table = scenario.Context.GetService<ISqlGenerationHelper>().DelimitIdentifier("A");
        bool isDone = false;
        var hook = new CommandHook
        {
            // In the transaction of the run, as what a statement sets off without a trigger that the catalog shows.
            Before = async (command, _) =>
            {
                if (CommandHook.Deletes(command) && command.CommandText.Contains(table, StringComparison.Ordinal) && !isDone)
                {
                    isDone = true;
                    await using DbCommand other = command.Connection!.CreateCommand();
                    other.Transaction = command.Transaction;
                    other.CommandText = "DELETE FROM \"A\" WHERE \"Id\" = 3";
                    Assert.Equal(1, await other.ExecuteNonQueryAsync(CancellationToken));
                }
            },
        };
        await using ScenarioContext context = scenario.CreateContext(hook);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => context.PurgeAsync(options => options.Rows<A>(a => a.Marked), cancellationToken: CancellationToken));

        Assert.True(isDone);
        Assert.Equal(PurgeVerdict.Failed, failed.Report!.Verdict);
        Assert.Contains(failed.Report!.Verifications, check => check.Outcome == Outcome.Failed);
        Assert.Equal(before, await scenario.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_trigger_that_changes_nothing_leaves_the_run_complete()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model => Optional<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade),
            "A 1! 2 B 1>1 2>2");
        await scenario.Database.RunOnDeleteAsync("A", "UPDATE \"B\" SET \"Code\" = 'x' WHERE \"Id\" = 9", CancellationToken);

        PurgeReport report = await scenario.Context.PurgeAsync(
            options => options.Rows<A>(a => a.Marked),
            cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 2L), (report.Verdict, report.RowsDeleted));
        Assert.Contains(report.Verifications, check => check.Name.Contains(" that stay", StringComparison.Ordinal));
        Assert.Equal(("2", "2"), (await scenario.KeysAsync("A"), await scenario.KeysAsync("B")));
    }

    [Fact]
    public async Task A_trigger_that_deletes_rows_whose_dependents_go_as_well_leaves_the_run_complete()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model => Optional<B, C>(model, nameof(Row.ParentId), DeleteBehavior.SetNull),
            "A 1! 2 B 1!>1 2>2 C 1! 2");
        await scenario.Database.RunOnDeleteAsync("A", "DELETE FROM \"C\" WHERE \"Id\" = 1", CancellationToken);

        PurgeReport report = await scenario.Context.PurgeAsync(
            options => options.Rows<A>(a => a.Marked).Rows<B>(b => b.Marked).Rows<C>(c => c.Marked),
            cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 3L), (report.Verdict, report.RowsDeleted));
        Assert.Equal(("2", "2", "2"), (await scenario.KeysAsync("A"), await scenario.KeysAsync("B"), await scenario.KeysAsync("C")));
    }

    [Theory]
    [InlineData("INSERT INTO \"B\" (\"Id\", \"Marked\") SELECT 9, \"Marked\" FROM \"B\" WHERE \"Id\" = 2")]
    [InlineData("DELETE FROM \"B\" WHERE \"Id\" = 2")]
    [InlineData("UPDATE \"B\" SET \"Code\" = 'x' WHERE \"Id\" = 2")]
    public async Task A_trigger_that_does_more_to_a_table_whose_rows_lose_a_reference_fails_the_run(string write)
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model => Optional<B, A>(model, nameof(Row.ParentId), DeleteBehavior.SetNull),
            "A 1! 2 B 1>1 2>2");
        await scenario.Database.RunOnDeleteAsync("A", write, CancellationToken);
        string before = await scenario.Database.ChecksumAsync(CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Context.PurgeAsync(options => options.Rows<A>(a => a.Marked), cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, failed.Report!.Verdict);
        Assert.Contains(failed.Report!.Verifications, check => check.Outcome == Outcome.Failed);
        Assert.Equal(before, await scenario.Database.ChecksumAsync(CancellationToken));
    }

    private Task<RowScenario> CreateAsync() => RowScenario.CreateAsync(
        Engine,
        model =>
        {
            Optional<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
            Optional<C, A>(model, nameof(Row.ParentId), DeleteBehavior.Restrict);
        },
        "A 1! 2! 3 B 1>1 2>3");

    private static async Task<PurgeReport> PurgeAsync(RowScenario scenario, Purger purger, bool isUndone)
    {
        await using IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken);
        await transaction.CreateSavepointAsync("callers", CancellationToken);
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);
        if (isUndone)
        {
            await transaction.RollbackToSavepointAsync("callers", CancellationToken);
        }

        await transaction.CommitAsync(CancellationToken);
        return report;
    }
}

public sealed class PostgreSqlRowVerifyConformance() : RowVerifyConformance(Engine.PostgreSql);

public sealed class SqliteRowVerifyConformance() : RowVerifyConformance(Engine.Sqlite);

public sealed class MariaDbRowVerifyConformance() : RowVerifyConformance(Engine.MariaDb);
