using System.Data.Common;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FloworxPurge.Tests.Fleets;

/// <summary>What follows a commit and was not done is done by the same run later, whatever stopped it.</summary>
public abstract class FleetFollowUpConformance(Engine engine) : ConformanceGroup(engine)
{
    private readonly List<string> _emptied = [];

    private readonly HashSet<string> _broken = new(StringComparer.Ordinal);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_that_is_cancelled_behind_its_commit_is_completed_by_the_next_call(bool inChunks)
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        using var stop = new CancellationTokenSource();
        PurgeFleet fleet = scenario.Fleet(options =>
        {
            FleetScenario.Marked(options);
            options.AddTarget("first", (_, token) =>
            {
                stop.Cancel();
                token.ThrowIfCancellationRequested();
                return EmptyAsync("first");
            });
            options.AddTarget("second", (_, _) => EmptyAsync("second"), isRequired: false);
            if (inChunks)
            {
                options.InChunks(1);
            }
        });
        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "t1", stop.Token));
        Assert.Equal((PurgeVerdict.Partial, 4), (stopped.Report!.Verdict, stopped.Report!.RowsDeleted));
        Assert.Empty(_emptied);
        await scenario["t1"].InsertAsync("A 9!");

        PurgeReport report = await fleet.RunOneAsync("run", "t1", CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
        Assert.Null(report.Error);
        Assert.DoesNotContain("not every target", report.Summary, StringComparison.Ordinal);
        Assert.Equal(["first", "second"], _emptied);
        Assert.Equal(report.ToJson(), (await fleet.RunOneAsync("run", "t1", CancellationToken)).ToJson());
        Assert.Equal(["first", "second"], _emptied);
        Assert.Equal("2 9", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task A_target_that_failed_is_emptied_by_the_next_call_and_no_other_is()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        _broken.UnionWith(["cache", "files"]);
        PurgeFleet fleet = scenario.Fleet(options =>
        {
            FleetScenario.Marked(options);
            foreach (string name in (string[])["cache", "search", "files"])
            {
                options.AddTarget(name, (_, _) => EmptyAsync(name));
            }
        });
        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "t1", CancellationToken));
        Assert.Contains("cache is not reachable", failed.Message, StringComparison.Ordinal);
        _broken.Remove("files");
        failed = await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "t1", CancellationToken));
        Assert.Single(failed.Message.Split("cache is not reachable")[1..]);
        Assert.DoesNotContain("files", failed.Message, StringComparison.Ordinal);
        _broken.Clear();

        PurgeReport report = await fleet.RunOneAsync("run", "t1", CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
        Assert.Equal(["cache", "search", "files"], report.Targets.Select(target => target.Name));
        Assert.All(report.Targets, target => Assert.Equal(Outcome.Passed, target.Outcome));
        Assert.Equal(["search", "files", "cache"], _emptied);
        Assert.Equal(report.ToJson(), (await fleet.RunOneAsync("run", "t1", CancellationToken)).ToJson());
        Assert.Equal(3, _emptied.Count);
    }

    [Fact]
    public async Task A_target_that_may_fail_and_was_not_reached_when_the_caller_stopped_is_emptied_by_the_next_call()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        using var stop = new CancellationTokenSource();
        PurgeFleet fleet = scenario.Fleet(options =>
        {
            FleetScenario.Marked(options);
            options.AddTarget(
                "cache",
                (_, token) =>
                {
                    stop.Cancel();
                    token.ThrowIfCancellationRequested();
                    return EmptyAsync("cache");
                },
                isRequired: false);
        });
        await Record.ExceptionAsync(() => fleet.RunOneAsync("run", "t1", stop.Token));
        Assert.Equal("2", await scenario.KeysAsync("A"));
        Assert.Empty(_emptied);

        PurgeReport report = await fleet.RunOneAsync("run", "t1", CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
        Assert.Equal(Outcome.Passed, Assert.Single(report.Targets).Outcome);
        Assert.Equal(["cache"], _emptied);
    }

    [Fact]
    public async Task Targets_of_one_name_are_emptied_again_together()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        _broken.Add("files");
        PurgeFleet fleet = scenario.Fleet(options =>
        {
            FleetScenario.Marked(options);
            foreach (string name in (string[])["cache", "cache", "files"])
            {
                options.AddTarget(name, (_, _) => EmptyAsync(name));
            }
        });
        await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "t1", CancellationToken));
        _broken.Clear();

        PurgeReport report = await fleet.RunOneAsync("run", "t1", CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
        Assert.Equal(["cache", "cache", "cache", "cache", "files"], _emptied);
    }

    [Fact]
    public async Task A_run_in_several_transactions_that_is_stopped_goes_on_in_the_next_call()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        using var stop = new CancellationTokenSource();
        scenario.Hooks = _ => [new Committed(async () =>
        {
            if (await scenario.KeysAsync("A") != "1 2 3")
            {
                await stop.CancelAsync();
            }
        })];
        PurgeFleet fleet = scenario.Fleet(options =>
        {
            FleetScenario.Marked(options);
            options.InChunks(1);
        });
        PurgeException stopped = await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "t1", stop.Token));
        Assert.Equal((true, false), (stopped.Report!.IsCommitted, stopped.Report!.Chunks?.HasEnded));
        Assert.DoesNotContain(stopped.Report!.Notes, note => note.Text.Contains("receipt", StringComparison.Ordinal));
        scenario.Hooks = null;

        PurgeReport report = await fleet.RunOneAsync("run", "t1", CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
        Assert.Equal("2", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task The_tables_of_a_call_that_was_lost_behind_its_commit_are_looked_at_by_the_next_one()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        bool isLost = false;
        var hook = new CommandHook
        {
            Before = (_, _) => isLost ? throw new TimeoutException("the process was lost") : ValueTask.CompletedTask,
        };
        var committed = new Committed(async () => isLost |= await scenario.KeysAsync("A") == "2");
        scenario.Hooks = _ => [hook, committed];
        await Record.ExceptionAsync(() => scenario.Fleet().RunOneAsync("run", "t1", CancellationToken));
        Assert.True(isLost);
        scenario.Hooks = null;

        PurgeReport report = await scenario.Fleet().RunOneAsync("run", "t1", CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
        Assert.NotNull(report.LookedAgainAt);
        Assert.Contains(
            report.Notes,
            note => note.Text.StartsWith("The call that committed did not come to an end", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_receipt_that_is_gone_before_the_run_has_ended_is_said_in_the_report()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        PurgeFleet fleet = scenario.Fleet(options =>
        {
            FleetScenario.Marked(options);
            options.AddTarget(
                "cache",
                (_, token) => scenario["t1"].Database.ExecuteAsync("DELETE FROM floworxpurge_runs", token));
        });

        PurgeReport report = await fleet.RunOneAsync("run", "t1", CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Contains(
            report.Notes,
            note => note.Text.Contains("it is not there any more. The same run does again what follows", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_receipt_in_a_database_that_the_guards_refuse_answers_nothing()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        await scenario.Fleet().RunOneAsync("run", "t1", CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.Fleet(options =>
        {
            FleetScenario.Marked(options);
            options.RequiredDatabase = "another";
        }).RunOneAsync("run", "t1", CancellationToken));

        Assert.Equal(PurgeVerdict.Refused, refused.Report?.Verdict);
        Assert.Contains("RequiredDatabase says \"another\"", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_that_failed_is_run_again_without_emptying_anything_again()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        bool isReady = false;
        PurgeFleet fleet = scenario.Fleet(options =>
        {
            FleetScenario.Marked(options);
            options.AddTarget("cache", (_, _) => EmptyAsync("cache"));
            options.AddCheck("ready", (_, _) => Task.FromResult(CheckReport.Compare("yes", isReady ? "yes" : "no")));
        });
        for (int call = 0; call < 2; call++)
        {
            FleetTargetReport failed = (await fleet.RunAsync("run", cancellationToken: CancellationToken)).Targets[0];
            Assert.Equal((PurgeVerdict.Partial, 4), (failed.Verdict, failed.Report!.RowsDeleted));
        }

        isReady = true;
        Assert.Equal(PurgeVerdict.Complete, (await fleet.RunOneAsync("run", "t1", CancellationToken)).Verdict);
        isReady = false;
        Assert.Equal(PurgeVerdict.Complete, (await fleet.RunOneAsync("run", "t1", CancellationToken)).Verdict);
        Assert.Equal(["cache"], _emptied);
    }

    [Fact]
    public async Task A_report_that_cannot_be_read_is_named_with_its_run()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        await scenario.Fleet().RunOneAsync("run", "t1", CancellationToken);
        await scenario["t1"].Database.ExecuteAsync(
            "UPDATE floworxpurge_runs SET progress = REPLACE(progress, '\"rowsDeleted\": 4', '\"rowsDeleted\": 5')",
            CancellationToken);
        await scenario["t1"].InsertAsync("A 9!");

        PurgeException failure = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Fleet().RunOneAsync("run", "t1", CancellationToken));

        Assert.Matches(
            "^Run \"run\" of target \"t1\" was committed at .*Z, and the report in its receipt cannot be read: The report has been changed "
                + ".* Nothing was deleted by this call.$",
            failure.Message);
        Assert.Equal("2 9", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task A_receipt_that_is_lost_behind_the_commit_is_named()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);

        PurgeReport report = await scenario.Fleet(options =>
        {
            FleetScenario.Marked(options);
            options.AddTarget("cache", (_, token) => LoseAsync(token));
        }).RunOneAsync("run", "t1", CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
        Assert.Contains(
            report.Notes,
            note => note.Text.StartsWith("The receipt of run \"run\" has the report as it was at the commit", StringComparison.Ordinal)
                && note.Text.Contains("it is not there any more", StringComparison.Ordinal));

        async Task<int> LoseAsync(CancellationToken token)
        {
            await scenario["t1"].Database.ExecuteAsync("DELETE FROM floworxpurge_runs", token);
            return 1;
        }
    }

    [Fact]
    public async Task A_table_that_a_committed_run_has_skipped_is_not_tried_again()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        await scenario["t1"].ClearAsync();
        await scenario["t1"].InsertAsync("A 1! C 1 2");
        await scenario["t1"].Database.RaiseOnDeleteAsync("C", "not now", CancellationToken);
        PurgeFleet fleet = scenario.Fleet(options => options.BestEffort = true);
        PurgeException first = await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "t1", CancellationToken));

        PurgeException second = await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "t1", CancellationToken));

        Assert.Equal(PurgeVerdict.Partial, first.Report!.Verdict);
        Assert.Equal(first.Report!.ToJson(), second.Report!.ToJson());
    }

    private sealed class Committed(Func<Task> act) : DbTransactionInterceptor
    {
        public override Task TransactionCommittedAsync(
            DbTransaction transaction,
            TransactionEndEventData eventData,
            CancellationToken cancellationToken = default)
            => act();
    }

    private Task<int> EmptyAsync(string target)
    {
        if (_broken.Contains(target))
        {
            throw new InvalidOperationException($"{target} is not reachable");
        }

        _emptied.Add(target);
        return Task.FromResult(1);
    }
}

public sealed class SqliteFleetFollowUpConformance() : FleetFollowUpConformance(Engine.Sqlite);

public sealed class PostgreSqlFleetFollowUpConformance() : FleetFollowUpConformance(Engine.PostgreSql);

public sealed class MariaDbFleetFollowUpConformance() : FleetFollowUpConformance(Engine.MariaDb);
