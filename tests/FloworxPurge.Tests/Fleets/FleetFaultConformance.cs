using System.Globalization;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Faults;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Fleets;

/// <summary>
/// Wherever a process ends, the same run deletes once, and what follows the commit is done. <c>FLOWORXPURGE_ROUNDS</c> set to 1000 or more
/// tries every statement, and not only each seventh and the last ones.
/// </summary>
public abstract class FleetFaultConformance(Engine engine) : ConformanceGroup(engine)
{
    private static readonly int Stride = KillSweep.Step(7);

    // Statements at the end of a run, which are all tried: the commit is among them.
    private const int Last = 9;

    private int _emptied;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_process_that_ends_at_any_statement_leaves_a_run_that_deletes_once(bool isDead, bool inChunks)
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        await scenario.Fleet().RunOneAsync("makes the table", "t1", CancellationToken);
        List<string> faults = [];
        int behindCommit = 0;
        int all = await CountAsync(scenario, inChunks);
        for (int at = 1 + (isDead ? 1 : 0) + (inChunks ? 2 : 0); at <= all; at += at < all - Last ? Stride : 1)
        {
            await scenario["t1"].ClearAsync();
            await scenario["t1"].InsertAsync(FleetScenario.Rows);
            string run = string.Create(CultureInfo.InvariantCulture, $"run {at}");
            _emptied = 0;

            string? text = await EndAtAsync(scenario, run, at, isDead, inChunks);

            bool isCommitted = await HasReceiptAsync(scenario, run);
            if (isCommitted)
            {
                // A run that deletes twice deletes this row.
                await scenario["t1"].InsertAsync("A 9!");
                behindCommit += text is null ? 0 : 1;
            }

            faults.AddRange((await FindFaultsAsync(scenario, run, inChunks, isCommitted)).Select(fault => $"{at}: {fault} [{text}]"));
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults.Take(40)));
        Assert.True(behindCommit > 0, "No process ended behind the commit.");
    }

    [Fact]
    public async Task A_commit_without_answer_is_known_by_its_receipt()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine, 1);
        await scenario.Fleet().RunOneAsync("makes the table", "t1", CancellationToken);
        await scenario["t1"].InsertAsync("A 1! 3!");
        var lost = new LostAnswer();
        scenario.Hooks = _ => [lost];

        PurgeReport report = await scenario.Fleet().RunOneAsync("run", "t1", CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, true, 2), (report.Verdict, report.IsCommitted, report.RowsDeleted));
        Assert.Equal("2", await scenario.KeysAsync("A"));
    }

    private async Task<int> CountAsync(FleetScenario scenario, bool inChunks)
    {
        var hook = new CommandHook();
        scenario.Hooks = _ => [hook];
        await scenario["t1"].ClearAsync();
        await scenario["t1"].InsertAsync(FleetScenario.Rows);
        await scenario.Fleet(options => Configure(options, inChunks)).RunOneAsync("counts", "t1", CancellationToken);
        scenario.Hooks = null;
        return hook.Texts.Count;
    }

    // Returns the statement that failed; null where the run has fewer.
    private async Task<string?> EndAtAsync(FleetScenario scenario, string run, int at, bool isDead, bool inChunks)
    {
        string? text = null;
        int number = 0;
        var hook = new CommandHook
        {
            Before = (command, _) =>
            {
                if (++number == at || (number > at && isDead))
                {
                    text ??= command.CommandText[..Math.Min(command.CommandText.Length, 100)];
                    throw new TimeoutException("ended");
                }

                return ValueTask.CompletedTask;
            },
        };
        scenario.Hooks = _ => [hook];
        try
        {
            await scenario.Fleet(options => Configure(options, inChunks)).RunOneAsync(run, "t1", CancellationToken);
        }
        catch (Exception e) when (e is PurgeException or TimeoutException)
        {
            Assert.NotNull(text);
        }

        scenario.Hooks = null;
        return text;
    }

    private async Task<List<string>> FindFaultsAsync(FleetScenario scenario, string run, bool inChunks, bool isCommitted)
    {
        List<string> faults = [];
        PurgeReport report = await RunAsync(scenario, run, inChunks);
        if (await scenario.KeysAsync("A") is var left && left != (isCommitted ? "2 9" : "2"))
        {
            faults.Add($"{left} left");
        }

        // What matches after the commit may have been added since, or not: the report cannot say.
        bool isExpected = report.Verdict == PurgeVerdict.Complete || (isCommitted && report.Verdict == PurgeVerdict.Partial);
        if (report.RowsDeleted != 4 || !isExpected)
        {
            faults.Add(report.Summary);
        }

        if (_emptied == 0 || report.Targets[0].Outcome != Outcome.Passed)
        {
            faults.Add("the target is not emptied");
        }

        if (report.ToJson() != (await RunAsync(scenario, run, inChunks)).ToJson())
        {
            faults.Add("the next call has another report");
        }

        return faults;
    }

    private async Task<PurgeReport> RunAsync(FleetScenario scenario, string run, bool inChunks)
    {
        try
        {
            return await scenario.Fleet(options => Configure(options, inChunks)).RunOneAsync(run, "t1", CancellationToken);
        }
        catch (PurgeException e) when (e.Report is { } report)
        {
            return report;
        }
    }

    private void Configure(PurgeOptions options, bool inChunks)
    {
        FleetScenario.Marked(options);
        options.AbandonUnfinished = inChunks;
        options.AddTarget("cache", (_, _) => Task.FromResult(++_emptied));
        if (inChunks)
        {
            options.InChunks(1);
        }
    }

    private static async Task<bool> HasReceiptAsync(FleetScenario scenario, string run)
        => await scenario["t1"].ValuesAsync(
            $"SELECT COUNT(*) FROM floworxpurge_runs WHERE run_id = '{RunJournal.IdOfReceipt(run, "t1")}'") == "1";
}

public sealed class SqliteFleetFaultConformance() : FleetFaultConformance(Engine.Sqlite);

public sealed class PostgreSqlFleetFaultConformance() : FleetFaultConformance(Engine.PostgreSql);

public sealed class MariaDbFleetFaultConformance() : FleetFaultConformance(Engine.MariaDb);
