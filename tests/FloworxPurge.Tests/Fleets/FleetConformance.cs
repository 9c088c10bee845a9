using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;

namespace FloworxPurge.Tests.Fleets;

/// <summary>Many databases are purged with one purger: each once for each run, whatever happens to the others.</summary>
public abstract class FleetConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task Each_target_has_its_own_report_and_all_of_them_one()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 3);
        List<string> ended = [];

        FleetReport report = await scenario.Fleet().RunAsync("run", new Immediate(target => ended.Add(target.Target)), CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 0, 12), (report.Verdict, report.ExitCode, report.RowsDeleted));
        Assert.Equal("3 targets: 3 complete. 12 rows deleted by this run.", report.Summary);
        Assert.Equal(["t1", "t2", "t3"], report.Targets.Select(target => target.Target));
        Assert.Equal(["t1", "t2", "t3"], ended.Order(StringComparer.Ordinal));
        Assert.All(report.Targets, target =>
        {
            Assert.Equal((PurgeVerdict.Complete, 4, false), (target.Verdict, target.Report!.RowsDeleted, target.IsFromReceipt));
            Assert.Equal(scenario.DatabaseOf(target.Target), target.Report.Database!.Database);
        });
        Assert.Equal("2, 2, 2", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task The_same_run_again_deletes_nothing_and_has_the_same_reports()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 2);
        FleetReport first = await scenario.Fleet().RunAsync("run", cancellationToken: CancellationToken);
        await scenario["t1"].InsertAsync("A 7!");

        FleetReport second = await scenario.Fleet().RunAsync("run", cancellationToken: CancellationToken);

        Assert.All(second.Targets, target => Assert.True(target.IsFromReceipt));
        Assert.Equal(first.Targets.Select(target => target.Report!.ToJson()), second.Targets.Select(target => target.Report!.ToJson()));
        Assert.Equal(
            "2 targets: 2 complete. 8 rows deleted by this run. 2 targets answered from the receipt of an earlier call, which deleted the "
                + "rows.",
            second.Summary);
        Assert.Equal("2 7, 2", await scenario.KeysAsync("A"));
        Assert.Equal(1, (await scenario.Fleet().RunAsync("another run", cancellationToken: CancellationToken)).RowsDeleted);
    }

    [Fact]
    public async Task A_target_that_fails_stops_no_other_and_is_done_by_the_same_run_later()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 4);
        await scenario["t2"].Database.RaiseOnDeleteAsync("A", "not now", CancellationToken);
        await scenario["t3"].Database.ExecuteAsync("ALTER TABLE \"A\" RENAME COLUMN \"Marked\" TO \"Other\"", CancellationToken);

        FleetReport report = await scenario.Fleet().RunAsync("run", cancellationToken: CancellationToken);

        Assert.Equal(
            [PurgeVerdict.Complete, PurgeVerdict.Failed, PurgeVerdict.Failed, PurgeVerdict.Complete],
            report.Targets.Select(target => target.Verdict!.Value));
        Assert.Equal((PurgeVerdict.Failed, 1), (report.Verdict, report.ExitCode));
        Assert.Contains("not now", report.Targets[1].Summary, StringComparison.Ordinal);
        Assert.Contains("Marked", report.Targets[2].Summary, StringComparison.Ordinal);
        Assert.StartsWith("4 targets: 2 complete, 2 failed. 8 rows deleted by this run.", report.Summary, StringComparison.Ordinal);
        Assert.Equal("2, 1 2 3, 1 2 3, 2", await scenario.KeysAsync("A"));

        await scenario["t2"].Database.ExecuteAsync(
            $"DROP TRIGGER \"stop_A\"{(Engine == Engine.PostgreSql ? " ON \"A\"" : string.Empty)}",
            CancellationToken);
        await scenario["t3"].Database.ExecuteAsync("ALTER TABLE \"A\" RENAME COLUMN \"Other\" TO \"Marked\"", CancellationToken);
        FleetReport second = await scenario.Fleet().RunAsync("run", cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 16), (second.Verdict, second.RowsDeleted));
        Assert.Equal([true, false, false, true], second.Targets.Select(target => target.IsFromReceipt));
        Assert.Equal("2, 2, 2, 2", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task A_receipt_is_of_one_set_of_options()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        await Fleet(1).RunOneAsync("run", "t1", CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => Fleet(3).RunOneAsync("run", "t1", CancellationToken));

        Assert.Matches(
            "^Run \"run\" of target \"t1\" was committed at .*Z with other options: other tables, other queries, or other values in them. "
                + "Nothing was deleted by this call. Give the run the same options, or another id.$",
            refused.Message);
        Assert.Equal("2 3", await scenario.KeysAsync("A"));
        Assert.Equal(2, (await Fleet(1).RunOneAsync("run", "t1", CancellationToken)).RowsDeleted);

        PurgeFleet Fleet(int id) => scenario.Fleet(options => options.Rows<RowScopes.A>(a => a.Id == id));
    }

    [Fact]
    public async Task After_so_many_failures_no_other_target_is_begun()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        var fleet = new PurgeFleet(
            Engine.Purger(FleetScenario.Marked),
            ["x1", "x2", "t1", "x3"],
            target => target[0] == 'x' ? throw new InvalidOperationException($"no tenant {target}") : scenario.CreateContext(target))
        {
            Parallelism = 1,
            StopAfterFailures = 2,
        };

        FleetReport report = await fleet.RunAsync("run", cancellationToken: CancellationToken);

        Assert.Equal(
            [PurgeVerdict.Failed, PurgeVerdict.Failed, null, null],
            report.Targets.Select(target => target.Verdict));
        Assert.Equal("This call wrote nothing: no tenant x1.", report.Targets[0].Summary);
        Assert.Equal("Not reached: 2 targets had failed (StopAfterFailures).", report.Targets[2].Summary);
        Assert.Equal("4 targets: 2 failed, 2 not reached. 0 rows deleted by this run.", report.Summary);
        Assert.Equal("1 2 3", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task A_cancelled_run_names_what_it_did_not_reach()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 3);
        using var stop = new CancellationTokenSource();
        PurgeFleet fleet = new(Engine.Purger(FleetScenario.Marked), scenario.Names, scenario.CreateContext) { Parallelism = 1 };

        FleetReport report = await fleet.RunAsync("run", new Immediate(_ => stop.Cancel()), stop.Token);

        Assert.Equal([PurgeVerdict.Complete, null, null], report.Targets.Select(target => target.Verdict));
        Assert.Equal((PurgeVerdict.Cancelled, 130), (report.Verdict, report.ExitCode));
        Assert.Equal("Not reached: the caller asked to stop.", report.Targets[1].Summary);
        Assert.Equal("2, 1 2 3, 1 2 3", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task Where_no_row_matches_in_some_targets_the_run_is_complete()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 2);
        await scenario["t1"].ClearAsync();

        FleetReport report = await scenario.Fleet().RunAsync("run", cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.StartsWith("2 targets: 1 complete, 1 nothing matched. 4 rows deleted", report.Summary, StringComparison.Ordinal);
        FleetReport again = await scenario.Fleet().RunAsync("next run", cancellationToken: CancellationToken);
        Assert.Equal((PurgeVerdict.NothingMatched, 6), (again.Verdict, again.ExitCode));
        Assert.True((await scenario.Fleet().RunAsync("next run", cancellationToken: CancellationToken)).Targets[0].IsFromReceipt);
    }

    [Fact]
    public async Task A_target_in_which_every_row_is_blocked_is_worse_than_a_complete_one()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 2);
        await scenario["t1"].Database.ExecuteUncheckedAsync("DELETE FROM \"B\"");

        FleetReport report = await scenario
            .Fleet(options => options.Rows<A>(a => a.Marked).Exclude<B>())
            .RunAsync("run", cancellationToken: CancellationToken);

        Assert.Equal([PurgeVerdict.Complete, PurgeVerdict.NothingMatched], report.Targets.Select(target => target.Verdict));
        Assert.Equal((PurgeVerdict.NothingMatched, 6), (report.Verdict, report.ExitCode));
    }

    [Fact]
    public async Task Whole_tables_are_purged_once_too()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 2);
        PurgeFleet fleet = scenario.Fleet(_ => { });
        Assert.Equal(12, (await fleet.RunAsync("run", cancellationToken: CancellationToken)).RowsDeleted);
        await scenario["t2"].InsertAsync(FleetScenario.Rows);

        FleetReport second = await fleet.RunAsync("run", cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 12), (second.Verdict, second.RowsDeleted));
        Assert.Equal(", 1 2 3", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task Two_calls_at_the_same_time_delete_once()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        await scenario.Fleet().RunOneAsync("makes the table", "t1", CancellationToken);
        for (int round = 0; round < 5; round++)
        {
            await scenario["t1"].ClearAsync();
            await scenario["t1"].InsertAsync(FleetScenario.Rows);
            string run = $"run {round}";

            string[] results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => TryAsync(run))));

            // Who comes while another one runs is refused, and may ask again.
            Assert.Contains(results, result => result.StartsWith("Complete 4", StringComparison.Ordinal));
            Assert.All(results, result => Assert.Matches("^(Complete 4|Refused.* another purge of this database is running)", result));
            Assert.Equal(await TryAsync(run), await TryAsync(run));
            Assert.Contains(await TryAsync(run), results);
            Assert.Equal("2", await scenario.KeysAsync("A"));
        }

        async Task<string> TryAsync(string run)
        {
            try
            {
                PurgeReport report = await scenario.Fleet().RunOneAsync(run, "t1", CancellationToken);
                return $"{report.Verdict} {report.RowsDeleted} {report.VerifiedAt:O}";
            }
            catch (PurgeException e)
            {
                return e.Message;
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_that_plans_while_another_one_ends_the_run_deletes_nothing(bool inChunks)
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        void Configure(PurgeOptions options) => _ = inChunks
            ? options.Rows<A>(a => a.Marked).InChunks(1)
            : options.Rows<A>(a => a.Marked);
        await scenario.Fleet(Configure).RunOneAsync("makes the table", "t1", CancellationToken);
        await scenario["t1"].ClearAsync();
        await scenario["t1"].InsertAsync(FleetScenario.Rows);
        PurgeReport? first = null;
        bool hasLooked = false;
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (hasLooked && first is null)
                {
                    scenario.Hooks = null;
                    first = await scenario.Fleet(Configure).RunOneAsync("run", "t1", CancellationToken);
                    await scenario["t1"].InsertAsync("A 9!");
                }

                hasLooked |= command.CommandText.StartsWith("SELECT", StringComparison.Ordinal)
                    && command.CommandText.Contains("floworxpurge_runs", StringComparison.Ordinal)
                    && command.Parameters.Count == 1;
            },
        };
        scenario.Hooks = _ => [hook];

        PurgeReport second = await scenario.Fleet(Configure).RunOneAsync("run", "t1", CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 4), (first!.Verdict, first.RowsDeleted));
        Assert.Equal(first.ToJson(), second.ToJson());
        Assert.Equal("2 9", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task The_options_of_a_target_are_its_own()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 2);
        PurgeFleet fleet = new(Engine.Purger(FleetScenario.Marked), scenario.Names, scenario.CreateContext)
        {
            Configure = (target, options) => options.RequiredDatabase =
                target == "t1" ? scenario.DatabaseOf(target) : "another",
        };

        FleetReport report = await fleet.RunAsync("run", cancellationToken: CancellationToken);

        Assert.Equal([PurgeVerdict.Complete, PurgeVerdict.Refused], report.Targets.Select(target => target.Verdict!.Value));
        Assert.Equal((PurgeVerdict.Refused, 3), (report.Verdict, report.ExitCode));
        Assert.Equal("2, 1 2 3", await scenario.KeysAsync("A"));
    }

    private sealed class Immediate(Action<FleetTargetReport> report) : IProgress<FleetTargetReport>
    {
        private readonly Lock _lock = new();

        public void Report(FleetTargetReport value)
        {
            lock (_lock)
            {
                report(value);
            }
        }
    }
}

public sealed class SqliteFleetConformance() : FleetConformance(Engine.Sqlite);

public sealed class PostgreSqlFleetConformance() : FleetConformance(Engine.PostgreSql);

public sealed class MariaDbFleetConformance() : FleetConformance(Engine.MariaDb);
