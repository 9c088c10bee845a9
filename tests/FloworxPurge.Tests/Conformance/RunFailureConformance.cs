using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A run that fails or is cancelled in the middle leaves the database and the session as it found them.</summary>
public abstract class RunFailureConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failing_table_rolls_everything_back(bool connectionIsOpen)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        await scenario.Database.RaiseOnDeleteAsync("c", "not this one", CancellationToken);

        await AssertLeftAsFoundAsync(scenario, connectionIsOpen, async () =>
        {
            PurgeException exception = await scenario.FailAsync();

            Assert.Equal(PurgeVerdict.Failed, exception.Report?.Verdict);
            Assert.Contains("not this one", exception.Message, StringComparison.Ordinal);
            Assert.Contains("rolled back", exception.Message, StringComparison.Ordinal);
            Assert.IsType<System.Data.Common.DbException>(exception.InnerException, exactMatch: false);
            Assert.Equal(0, exception.Report!.RowsDeleted);
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failure_at_any_command_rolls_everything_back(bool connectionIsOpen)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);

        await AssertLeftAsFoundAsync(scenario, connectionIsOpen, async () =>
        {
            for (int fatal = 1; ; fatal++)
            {
                scenario.Hook.Before = null;
                PurgePlan plan = await scenario.PlanAsync();
                scenario.Hook.Reset();
                scenario.Hook.Before = (_, number) => number == fatal
                    ? throw new InvalidOperationException("broken on purpose")
                    : ValueTask.CompletedTask;
                try
                {
                    await Engine.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);
                    Assert.True(fatal > plan.Steps.Count, "At least every step was tried.");
                    break;
                }
                catch (PurgeException exception) when (exception.Report?.Transaction == TransactionOutcome.Committed)
                {
                    await AssertOnlyTheLookAfterTheCommitFailedAsync(scenario, exception.Report!, fatal > plan.Steps.Count);
                    break;
                }
                catch (PurgeException exception)
                {
                    // There is no report of a run that never began, since the database could not be asked whether it exists.
                    Assert.Equal(PurgeVerdict.Failed, exception.Report?.Verdict ?? PurgeVerdict.Failed);
                    Assert.Contains("broken on purpose", exception.Message, StringComparison.Ordinal);
                    Assert.Equal(15, await scenario.CountAllAsync());
                }
            }

            await scenario.Graph.FillAsync(scenario.Database, cancellationToken: CancellationToken);
        });
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_cancellation_at_any_command_rolls_everything_back(bool connectionIsOpen, bool afterTheCommand)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);

        await AssertLeftAsFoundAsync(scenario, connectionIsOpen, async () =>
        {
            PurgePlan plan = await scenario.PlanAsync();
            for (int last = 1; ; last++)
            {
                using var source = new CancellationTokenSource();
                ValueTask CancelAsync(int number)
                {
                    if (number == last)
                    {
                        source.Cancel();
                    }

                    return ValueTask.CompletedTask;
                }

                scenario.Hook.Reset();
                scenario.Hook.Before = afterTheCommand ? null : (_, number) => CancelAsync(number);
                scenario.Hook.After = afterTheCommand ? (_, number) => CancelAsync(number) : null;
                try
                {
                    await Engine.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: source.Token);
                    Assert.True(last > plan.Steps.Count, "At least every step was tried.");
                    Assert.True(
                        !source.IsCancellationRequested || last == scenario.Hook.Texts.Count,
                        "Only after the last command, which comes after the commit, is it too late to cancel.");
                    break;
                }
                catch (PurgeException exception) when (exception.Report?.Transaction == TransactionOutcome.Committed)
                {
                    await AssertOnlyTheLookAfterTheCommitFailedAsync(scenario, exception.Report!, last > plan.Steps.Count);
                    break;
                }
                catch (PurgeException exception)
                {
                    Assert.Equal(PurgeVerdict.Cancelled, exception.Report?.Verdict);
                    Assert.Equal(15, await scenario.CountAllAsync());
                }
            }

            await scenario.Graph.FillAsync(scenario.Database, cancellationToken: CancellationToken);
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancellation_before_the_run_begins_is_reported_as_one(bool connectionIsOpen)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);

        await AssertLeftAsFoundAsync(scenario, connectionIsOpen, async () =>
        {
            PurgePlan plan = await scenario.PlanAsync();

            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
                () => Engine.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: new CancellationToken(canceled: true)));

            Assert.Equal((PurgeVerdict.Cancelled, 0), (exception.Report!.Verdict, exception.Report!.RowsDeleted));
            Assert.IsType<OperationCanceledException>(exception.InnerException, exactMatch: false);
        });
    }

    [Fact]
    public async Task A_cancellation_that_the_driver_reports_as_an_error_of_the_server_is_one()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        PurgePlan plan = await scenario.PlanAsync();
        using var source = new CancellationTokenSource();
        scenario.Hook.Before = (_, _) =>
        {
            source.Cancel();
            throw new CancelledByUser();
        };

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => Engine.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: source.Token));

        Assert.Equal((PurgeVerdict.Cancelled, 0), (exception.Report!.Verdict, exception.Report!.RowsDeleted));
    }

    [Fact]
    public async Task A_cancellation_at_any_sign_of_progress_rolls_everything_back()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);

        await AssertLeftAsFoundAsync(scenario, connectionIsOpen: true, async () =>
        {
            PurgePlan plan = await scenario.PlanAsync();
            for (int last = 1; ; last++)
            {
                using var source = new CancellationTokenSource();
                var progress = new ProgressLog((_, number) =>
                {
                    if (number == last)
                    {
                        source.Cancel();
                    }
                });
                Task<PurgeReport> run = Engine.Purger().ExecuteAsync([scenario.Context], plan, progress, source.Token);
                if (await Record.ExceptionAsync(() => run) is not { } exception)
                {
                    Assert.True(last > plan.Steps.Count, "At least every step was tried.");
                    break;
                }

                Assert.Equal(PurgeVerdict.Cancelled, Assert.IsType<PurgeException>(exception).Report?.Verdict);
                Assert.Equal(15, await scenario.CountAllAsync());
            }

            await scenario.Graph.FillAsync(scenario.Database, cancellationToken: CancellationToken);
        });
    }

    [Fact]
    public async Task What_the_context_tracks_is_forgotten_after_success_only()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a");
        await scenario.Context.Set<Dictionary<string, object>>("a").LoadAsync(CancellationToken);
        scenario.Hook.Before = (command, _) => CommandHook.Deletes(command)
            ? throw new InvalidOperationException("broken on purpose")
            : ValueTask.CompletedTask;

        await scenario.FailAsync();

        Assert.Equal(3, scenario.Context.ChangeTracker.Entries().Count());

        scenario.Hook.Before = null;
        await scenario.PurgeAsync();

        Assert.Empty(scenario.Context.ChangeTracker.Entries());
    }

    [Fact]
    public async Task A_context_with_unsaved_changes_is_refused_and_keeps_them()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a");
        string rows = await scenario.ChecksumAsync();
        scenario.Context.Set<Dictionary<string, object>>("a").Add(new Dictionary<string, object> { ["Id"] = 77 });

        PurgeException refused = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("has unsaved changes, which would be lost", refused.Message, StringComparison.Ordinal);
        Assert.True(scenario.Context.ChangeTracker.HasChanges());
        Assert.Equal(rows, await scenario.ChecksumAsync());
        scenario.Context.ChangeTracker.Clear();
        Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync()).Verdict);
    }

    // What is committed is verified; that it was not looked at again makes the result unknown, and never clean.
    private static async Task AssertOnlyTheLookAfterTheCommitFailedAsync(RunScenario scenario, PurgeReport report, bool everyStepWasTried)
    {
        Assert.True(everyStepWasTried, "At least every step was tried.");
        Assert.Equal(PurgeVerdict.Partial, report.Verdict);
        CheckReport unknown = Assert.Single(report.Verifications, verification => verification.Outcome != Outcome.Passed);
        Assert.Equal(Outcome.Unknown, unknown.Outcome);
        Assert.StartsWith("after the commit: ", unknown.Name, StringComparison.Ordinal);
        if (unknown.Actual.StartsWith("not looked at", StringComparison.Ordinal))
        {
            Assert.Equal((null, null), (report.LookedAgainAt, report.RowsLeft));
        }

        Assert.Equal(0, await scenario.CountAllAsync());
    }

    private static async Task AssertLeftAsFoundAsync(RunScenario scenario, bool connectionIsOpen, Func<Task> act)
    {
        if (connectionIsOpen)
        {
            await scenario.Context.Database.OpenConnectionAsync(CancellationToken);
        }

        string rows = await scenario.ChecksumAsync();
        string session = await scenario.SessionAsync();

        await act();

        Assert.Equal(session, await scenario.SessionAsync());
        Assert.Equal(rows, await scenario.ChecksumAsync());
        scenario.Hook.Before = scenario.Hook.After = null;
        Assert.Equal(3, await scenario.ExecuteAsync("UPDATE a SET \"Id\" = \"Id\""));
        await using (await scenario.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            Assert.Equal(3, await scenario.ExecuteAsync("DELETE FROM a"));
        }

        Assert.Equal(rows, await scenario.ChecksumAsync());
    }

    private sealed class CancelledByUser() : System.Data.Common.DbException("Operation cancelled by user.");
}

public sealed class SqliteRunFailureConformance() : RunFailureConformance(Engine.Sqlite);

public sealed class PostgreSqlRunFailureConformance() : RunFailureConformance(Engine.PostgreSql);

public sealed class AnsiRunFailureConformance() : RunFailureConformance(Engine.Ansi);

public sealed class MariaDbRunFailureConformance() : RunFailureConformance(Engine.MariaDb);
