using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A run does what the plan says, once, and a plan alone does nothing.</summary>
public abstract class RunConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task The_second_run_has_nothing_to_do()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        PurgePlan plan = await scenario.PlanAsync();

        PurgeReport first = await Engine.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);
        string empty = await scenario.ChecksumAsync();
        PurgeReport second = await Engine.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 15), (first.Verdict, first.RowsDeleted));
        Assert.Equal((PurgeVerdict.Complete, 0), (second.Verdict, second.RowsDeleted));
        Assert.StartsWith("Nothing to delete", second.Summary, StringComparison.Ordinal);
        Assert.Equal(empty, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task A_plan_and_its_report_write_nothing()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        await scenario.Context.Set<Dictionary<string, object>>("a").LoadAsync(CancellationToken);
        string rows = await scenario.ChecksumAsync();
        string session = await scenario.SessionAsync();

        PurgePlan plan = await scenario.PlanAsync(options => options.ResetIdentity = true);
        PurgeReport report = PurgeReport.FromPlan(plan);
        string all = plan.ToString() + plan.ToSqlScript() + plan.ToJson() + report.ToJson() + report.ToMarkdown() + report;

        Assert.NotEmpty(all);
        Assert.Equal((PurgeVerdict.Planned, 0, 0), (report.Verdict, report.RowsDeleted, report.Attempts));
        Assert.All(report.Tables, table => Assert.Equal((3L, 0L, null), (table.RowsBefore, table.RowsDeleted, table.RowsAfter)));
        Assert.Equal(3, scenario.Context.ChangeTracker.Entries().Count());
        Assert.Equal(session, await scenario.SessionAsync());
        Assert.Equal(rows, await scenario.ChecksumAsync());
        Assert.All(scenario.Hook.Texts.Where(text => text != plan.Steps[0].Sql), text => Assert.True(IsQuery(text), text));
    }

    // What keeps a session from writing writes nothing; SQL Server's lock of a purge is a procedure's, whose result is asked for.
    private static bool IsQuery(string text)
        => (
            (string[])["SELECT", "WITH RECURSIVE", "SET TRANSACTION READ ONLY", "DECLARE @result int; EXEC @result = sys.sp_getapplock "]).Any(begin => text.TrimStart().StartsWith(begin, StringComparison.Ordinal));

    [Fact]
    public async Task Every_step_of_the_plan_runs_as_it_is_written_and_in_its_order()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        PurgePlan plan = await scenario.PlanAsync();
        scenario.Hook.Reset();

        await Engine.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);

        // Before the steps, the structure of the tables is locked.
        string? hold = scenario.Database.Pick<PurgeDialect>(
            new SqliteDialect(),
            new PostgreSqlDialect(),
            new MySqlDialect(),
            new SqlServerDialect())
            .HoldStructure(scenario.Context.GetService<ISqlGenerationHelper>(), [.. plan.Tables.Select(table => table.Table).Order()]);
        List<string> written = [.. scenario.Hook.Texts.Where(text => !IsQuery(text))];
        Assert.Equal(
            [
                .. new[] { Engine.HasDialect && hold is not null && !IsQuery(hold) ? hold : null }.OfType<string>(),
                .. plan.Steps.Select(step => step.Sql)],
            written);
    }

    [Fact]
    public async Task Progress_is_reported_in_the_order_of_the_phases()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        PurgePlan plan = await scenario.PlanAsync();
        var progress = new ProgressLog();

        await Engine.Purger().ExecuteAsync([scenario.Context], plan, progress, CancellationToken);

        PurgePhase[] phases =
        [
            PurgePhase.Reading,
            PurgePhase.Counting,
            .. plan.Steps.Select(_ => PurgePhase.Deleting),
            PurgePhase.Verifying,
            PurgePhase.Committing,
        ];
        Assert.Equal(phases, progress.Reports.Select(report => report.Phase));
        List<PurgeProgress> steps = [.. progress.Reports.Where(report => report.Phase == PurgePhase.Deleting)];
        Assert.Equal(plan.Steps.Select(step => step.Number), steps.Select(report => report.Step));
        Assert.Equal(plan.Steps.Select(step => step.Tables), steps.Select(report => report.Tables));
        Assert.All(progress.Reports, report => Assert.Equal(plan.Steps.Count, report.Steps));
        Assert.Equal([.. steps.Select(report => report.RowsDeleted).Order()], steps.Select(report => report.RowsDeleted));
        Assert.All(progress.Reports.Except(steps), report => Assert.Equal(0, report.Step));
    }

    [Fact]
    public async Task Rows_that_arrive_after_the_delete_fail_the_verification()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        string rows = await scenario.ChecksumAsync();
        int deletes = 0;
        scenario.Hook.Before = async (command, _) =>
        {
            deletes += CommandHook.Deletes(command) ? 1 : 0;
            if (deletes > 0
                && (
                    command.CommandText.Contains("COUNT(*)", StringComparison.OrdinalIgnoreCase) || command.CommandText.Contains("COUNT_BIG(*)", StringComparison.Ordinal))
                && !CommandHook.Deletes(command))
            {
                scenario.Hook.Before = null;
                await using var insert = command.Connection!.CreateCommand();
                insert.Transaction = command.Transaction;
                insert.CommandText = "INSERT INTO c (\"Id\") VALUES (100), (101)";
                await insert.ExecuteNonQueryAsync(CancellationToken);
            }
        };

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Failed, exception.Report?.Verdict);
        Assert.Contains("c: expected 0, found 2", exception.Message, StringComparison.Ordinal);
        Assert.Contains("from another session", exception.Message, StringComparison.Ordinal);
        CheckReport failed = Assert.Single(exception.Report!.Verifications, verification => verification.Outcome == Outcome.Failed);
        Assert.Equal(("0", "2"), (failed.Expected, failed.Actual));
        Assert.Equal(rows, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task A_context_that_is_disposed_says_so()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a");
        PurgePlan plan = await scenario.PlanAsync();
        await scenario.Context.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => scenario.PlanAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => Engine.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_plan_that_was_read_back_from_JSON_runs()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        PurgePlan plan = PurgePlan.FromJson((await scenario.PlanAsync()).ToJson());

        PurgeReport report = await Engine.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 15), (report.Verdict, report.RowsDeleted));
        Assert.Equal(plan.Fingerprint, report.PlanFingerprint);
        Assert.Equal(0, await scenario.CountAllAsync());
    }
}

public sealed class SqliteRunConformance() : RunConformance(Engine.Sqlite);

public sealed class PostgreSqlRunConformance() : RunConformance(Engine.PostgreSql);

public sealed class AnsiRunConformance() : RunConformance(Engine.Ansi);

public sealed class MariaDbRunConformance() : RunConformance(Engine.MariaDb);
