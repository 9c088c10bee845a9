using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Properties;

/// <summary>Makes a case's database, purges it, and checks what has to hold for every purge.</summary>
public sealed class PurgeProperties
{
    private readonly TestDatabase _database;
    private readonly GeneratedCase _case;
    private readonly CaseEngine _engine;
    private CaseOracle _oracle;
    private readonly CaseSql _sql;
    private readonly Action<ModelBuilder> _buildModel;
    private readonly Purger _purger;

    private PurgeProperties(TestDatabase database, GeneratedCase it)
    {
        _database = database;
        _case = it;
        _engine = database.Pick(CaseEngine.Sqlite, CaseEngine.PostgreSql, CaseEngine.MariaDb, sqlServer: CaseEngine.Sqlite);
        _oracle = new CaseOracle(it, _engine, new HashSet<int>());
        _sql = new CaseSql(it, _engine);
        _buildModel = new CaseModel(it).Build;
        _purger = new Purger(Configure);
    }

    /// <summary>Checks a case in an empty database.</summary>
    public static async Task CheckAsync(TestDatabase database, GeneratedCase it)
    {
        var properties = new PurgeProperties(database, it);
        await properties.CreateAsync();
        await properties.CheckAsync();
    }

    private async Task CreateAsync()
    {
        // A batch without any statement is an error of its own.
        await _database.ExecuteAsync(_sql.Tables() + "SELECT 1");
        await _database.ExecuteUncheckedAsync(_sql.Rows() + "SELECT 1");
        await _database.ExecuteAsync(_sql.Triggers() + "SELECT 1");
    }

    private async Task CheckAsync()
    {
        CaseState before = await CaseState.ReadAsync(_database, _case);
        bool mustFail = _case.OnBlocked == OnBlocked.Fail && _oracle.IsBlocked;
        PurgePlan plan;
        try
        {
            plan = await PlanAsync();
        }
        catch (PurgeException e)
        {
            bool mayFail = mustFail
                || (_case.OnBlocked == OnBlocked.Fail && Enumerable.Range(0, _case.Tables.Count).Any(_oracle.MayBeUnbreakable));
            Must(mayFail, "a plan is made unless a table is blocked and that is to fail", e.Message);
            await MustBeAsync(before, "planning that fails changes nothing");
            return;
        }

        Must(!mustFail, "a blocked table fails the planning where that is wanted", plan.ToString());
        await CheckPlanAsync(plan, before);
        (PurgeReport report, CaseState after) = await RunTwiceAsync(plan, before);
        if (report is { Verdict: PurgeVerdict.Partial, Error: { } error }
            && error.Contains("follows the deletion", StringComparison.Ordinal))
        {
            // MariaDB restarts counters once the deletion is committed, and that command was the one that failed.
            Must(_engine == CaseEngine.MariaDb && _case.ResetsIdentity, "nothing follows the commit but the restart of counters", error);
            return;
        }

        new ReportChecks(_case, _oracle, _sql, before, after).Check(report);
        if (report.Verdict is PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips)
        {
            await CheckSecondRunAsync(after);
        }
    }

    private async Task CheckPlanAsync(PurgePlan plan, CaseState before)
    {
        PurgePlan again = await PlanAsync();
        Must(
            plan.Fingerprint == again.Fingerprint && plan.ToString() == again.ToString() && plan.ToSqlScript() == again.ToSqlScript(),
            "planning twice gives the same plan",
            plan.ToString(),
            again.ToString());
        Must(PurgeReport.FromPlan(plan).Verdict == PurgeVerdict.Planned, "the report of a plan says Planned");
        await MustBeAsync(before, "planning changes nothing");

        int[] unbreakable = [.. plan.Skips
            .Where(skip => skip.Reason == PlanReason.CycleCannotBeBroken)
            .Select(skip => Array.FindIndex([.. _case.Tables], table => table.Name == skip.Table.Name))];
        Must(unbreakable.All(_oracle.MayBeUnbreakable), "only a cycle that cannot be broken is skipped as one", plan.ToString());

        // A dependent that forms such a cycle is left out again, and then it is kept as it was.
        IEnumerable<int> leftOut = Enumerable.Range(0, _case.Tables.Count).Where(table => _case.OnBlocked == OnBlocked.IncludeDependents && !_case.Tables[table].IsMapped
            && _oracle.MayBeUnbreakable(table) && plan.Kept.Any(kept => kept.Table.Name == _case.Tables[table].Name));
        _oracle = new CaseOracle(_case, _engine, unbreakable.Concat(leftOut).ToHashSet());
        string wanted = string.Join(", ", _oracle.Purged.Select(table => _case.Tables[table].Name).Order(StringComparer.Ordinal));
        string planned = string.Join(", ", plan.Tables.Select(table => table.Table.Name).Order(StringComparer.Ordinal));
        Must(
            wanted == planned,
            "exactly the tables that can be purged are planned",
            $"expected {wanted}",
            $"found {planned}",
            plan.ToString());
    }

    /// <summary>The first run fails at a command, or ends before it comes to it; in the first case a second one follows.</summary>
    private async Task<(PurgeReport Report, CaseState After)> RunTwiceAsync(PurgePlan plan, CaseState before)
    {
        bool hasFired = false;
        var hook = new CommandHook
        {
            Before = (_, number) =>
            {
                hasFired |= number == _case.FailingCommand;
                return number == _case.FailingCommand ? throw new InvalidOperationException("made to fail") : ValueTask.CompletedTask;
            },
        };
        PurgeReport? report = null;
        try
        {
            report = await RunAsync(plan, hook);
        }
        catch (PurgeException e) when (hook.Texts.Count <= 1)
        {
            // The database could not be reached, so there is no run to report about.
            Must(hasFired, "a database that is there is reached", e.Message);
        }

        CaseState after = await CaseState.ReadAsync(_database, _case);
        if (!hasFired)
        {
            return (report!, after);
        }

        if (report?.Transaction == TransactionOutcome.Committed)
        {
            // The command was one of the look after the commit, or of the count of what is left in skipped tables.
            Must(
                report.Verdict is PurgeVerdict.Partial || (report.LookedAgainAt is not null && report.Skips.Count > 0),
                "a run whose result could not be looked at again is not clean",
                report.Summary);
            if (report.Verdict == PurgeVerdict.NothingMatched)
            {
                // Nothing was deleted, so that there is nothing to look at again.
                return (report, after);
            }

            await using var context = new ScenarioContext(_database, _buildModel);
            return (await ReportOfAsync(() => _purger.VerifyAsync(context, report)), after);
        }

        Must(report?.Verdict is PurgeVerdict.Failed or null, "a run in which a command fails says Failed", report?.Summary ?? "");
        Must(after.Text == before.Text, "a run in which a command fails changes nothing", hook.Texts[^1], before.Text, after.Text);
        report = await RunAsync(plan);
        return (report, await CaseState.ReadAsync(_database, _case));
    }

    private async Task CheckSecondRunAsync(CaseState after)
    {
        PurgeReport report = await RunAsync(await PlanAsync());
        Must(
            report.Verdict is PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips && report.RowsDeleted == 0,
            "a second run has nothing to do",
            report.Summary);
        await MustBeAsync(after, "a second run changes nothing");
    }

    private async Task MustBeAsync(CaseState expected, string property)
    {
        string found = (await CaseState.ReadAsync(_database, _case)).Text;
        Must(found == expected.Text, property, expected.Text, found);
    }

    private async Task<PurgePlan> PlanAsync()
    {
        await using var context = new ScenarioContext(_database, _buildModel);
        return await _purger.PlanAsync(context);
    }

    private async Task<PurgeReport> RunAsync(PurgePlan plan, CommandHook? hook = null)
    {
        await using var context = new ScenarioContext(_database, _buildModel, options =>
        {
            if (hook is not null)
            {
                options.AddInterceptors(hook);
            }
        });
        return await ReportOfAsync(() => _purger.ExecuteAsync(context, plan));
    }

    private static async Task<PurgeReport> ReportOfAsync(Func<Task<PurgeReport>> work)
    {
        try
        {
            return await work();
        }
        catch (PurgeException e) when (e.Report is { } report)
        {
            return report;
        }
    }

    private void Configure(PurgeOptions options)
    {
        options.BestEffort = _case.BestEffort;
        options.OnBlocked = _case.OnBlocked;
        options.Truncate = _case.Truncate;
        options.DriftTolerance = _case.Tolerance;
        options.LockTables = _case.LocksTables;
        options.TimeProvider = new StoppedClock();
        if (_case.ResetsIdentity)
        {
            options.ResetIdentity = true;
        }

        foreach (CaseTable table in _case.Tables.Where(table => table.IsExcluded))
        {
            options.Exclude(table.Name);
        }
    }

    internal static void Must(bool isSo, string property, params string[] details)
        => Assert.True(isSo, $"Property: {property}.\n{string.Join("\n--\n", details)}");

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
    }
}
