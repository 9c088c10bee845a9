using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Extensibility;

/// <summary>Targets and checks of a real purge: they follow the commit, in that order, and the verdict says what they found.</summary>
public sealed class AfterCommitTests
{
    private readonly List<string> _ran = [];

    [Fact]
    public async Task Targets_come_first_then_checks_and_both_see_the_data_gone()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);

        PurgeReport report = await scenario.PurgeAsync(options => options
            .AddCheck("rows", new DelegateCheck(async (_, _) => Ran("rows", CheckReport.Compare("0", $"{await scenario.CountAllAsync()}"))))
            .AddTarget(new DelegateTarget("cache", async (_, _) => Ran("cache", await scenario.CountAllAsync())))
            .AddTarget(new DelegateTarget("queue", (_, _) => Task.FromResult(Ran("queue", 0)))));

        Assert.Equal(["cache", "queue", "rows"], _ran);
        Assert.Equal((PurgeVerdict.Complete, Outcome.Passed, "0"), (report.Verdict, report.Checks[0].Outcome, report.Checks[0].Actual));
        Assert.Equal(
            ["committed", "looked at again after the commit", "targets done", "checks done"],
            report.Timeline.Select(entry => entry.Text).TakeLast(4));
        Assert.EndsWith(" 1 of 1 check passed.", report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_required_check_that_fails_makes_it_partial_since_the_data_is_gone()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.AddCheck("health", Check("200", "503"))));

        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.Committed), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains(
            "The purge is committed, and not every target and check succeeded: check \"health\" failed: expected 200, and it is 503.",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Equal(0, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task An_optional_one_that_fails_leaves_it_complete()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);

        PurgeReport report = await scenario.PurgeAsync(options => options
            .AddCheck("mail", Check("true", "false"), isRequired: false)
            .AddTarget(new DelegateTarget("cache", (_, _) => throw new InvalidOperationException("gone")), isRequired: false));

        Assert.Equal(
            (PurgeVerdict.Complete, Outcome.Failed, Outcome.Failed),
            (report.Verdict, report.Checks[0].Outcome, report.Targets[0].Outcome));
    }

    [Fact]
    public async Task What_was_not_committed_is_followed_by_nothing()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        await scenario.Database.RaiseOnDeleteAsync("a", "no");

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(Both));

        Assert.Empty(_ran);
        AssertNotBegun(exception.Report!, "the purge was not committed");
        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
    }

    [Fact]
    public async Task In_the_caller_s_transaction_nothing_follows_and_the_report_says_so()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        await using var transaction = await scenario.Context.Database.BeginTransactionAsync();

        PurgeReport report = await scenario.PurgeAsync(Both);

        Assert.Empty(_ran);
        Assert.Equal(TransactionOutcome.LeftToCaller, report.Transaction);
        AssertNotBegun(report, "the commit is the caller's, and this follows a commit");
    }

    [Fact]
    public async Task Stopping_during_the_checks_keeps_the_commit_and_says_what_was_not_run()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        using var source = new CancellationTokenSource();
        var purger = new Purger(options => options
            .AddCheck("first", new DelegateCheck((_, token) =>
            {
                source.Cancel();
                token.ThrowIfCancellationRequested();
                return Task.FromResult(CheckReport.Compare("0", "0"));
            }))
            .AddCheck("second", Check("0", "0")));
        PurgePlan plan = await purger.PlanAsync(scenario.Context);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(scenario.Context, plan, cancellationToken: source.Token));

        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.Committed), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.All(
            exception.Report!.Checks,
            check => Assert.Equal((Outcome.NotRun, "the caller asked to stop before it was done"), (check.Outcome, check.Actual)));
        Assert.Equal(0, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task Each_is_logged_with_what_it_found()
    {
        using var log = new CapturedLog();
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, configure: (_, options) => log.ListenTo(options));

        await scenario.PurgeAsync(options => options
            .AddTarget(new DelegateTarget("cache", (_, _) => Task.CompletedTask))
            .AddTarget(new DelegateTarget("queue", (_, _) => throw new InvalidOperationException("gone")), isRequired: false)
            .AddCheck("health", Check("200", "200"))
            .AddCheck("mail", Check("true", "false"), isRequired: false));

        Assert.Equal(
            [
                (1015, LogLevel.Information),
                (1015, LogLevel.Error),
                (1016, LogLevel.Information),
                (1016, LogLevel.Error),
                (1020, LogLevel.Information)],
            log.Of("FloworxPurge").Where(entry => entry.Id > 1014).Select(entry => (entry.Id, entry.Level)));
    }

    [Fact]
    public async Task The_progress_reports_targets_and_checks()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        var progress = new ProgressLog();
        var purger = new Purger(Both);

        await purger.ExecuteAsync([scenario.Context], await purger.PlanAsync(scenario.Context), progress);

        Assert.Equal(
            [PurgePhase.Committing, PurgePhase.EmptyingTargets, PurgePhase.Checking],
            progress.Reports.Select(report => report.Phase).TakeLast(3));
    }

    [Fact]
    public async Task Services_make_checks_and_targets()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        await using ServiceProvider services = new ServiceCollection()
            .AddSingleton(_ran)
            .AddFloworxPurge(options => options.AddCheck("first", Check("1", "1")))
            .AddCheck("second", Check("2", "2"))
            .AddCheck<Injected>("third")
            .AddTarget<Injected>(isRequired: false)
            .AddTarget(new DelegateTarget("cache", (_, _) => Task.CompletedTask))
            .Services
            .BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        var purger = services.GetRequiredService<IPurger>();

        PurgeReport report = await purger.ExecuteAsync(scenario.Context, await purger.PlanAsync(scenario.Context));

        Assert.Equal(["first", "second", "third"], report.Checks.Select(check => check.Name));
        Assert.Equal(
            [("injected", false), ("cache", true)],
            report.Targets.Select(target => (target.Name, target.IsRequired)));
        Assert.Equal(["target", "check"], _ran);
    }

    private static DelegateCheck Check(string expected, string actual)
        => new((_, _) => Task.FromResult(CheckReport.Compare(expected, actual)));

    private void Both(PurgeOptions options) => options
        .AddTarget(new DelegateTarget("cache", (_, _) => Task.FromResult(Ran("cache", 0))))
        .AddCheck("health", new DelegateCheck((_, _) => Task.FromResult(Ran("health", CheckReport.Compare("0", "0")))));

    private static void AssertNotBegun(PurgeReport report, string reason)
    {
        Assert.Equal((Outcome.Skipped, reason), (report.Targets[0].Outcome, report.Targets[0].Reason));
        Assert.Equal((Outcome.NotRun, reason), (report.Checks[0].Outcome, report.Checks[0].Actual));
    }

    private T Ran<T>(string name, T result)
    {
        _ran.Add(name);
        return result;
    }

    private sealed class Injected(List<string> ran) : IPurgeCheck, IPurgeTarget
    {
        public string Name => "injected";

        public bool SupportsDryRun => false;

        public Task<CheckReport> RunAsync(ExtensionContext context, CancellationToken cancellationToken = default)
        {
            ran.Add("check");
            return Task.FromResult(CheckReport.Compare("0", "0"));
        }

        public Task<TargetReport> PurgeAsync(ExtensionContext context, CancellationToken cancellationToken = default)
        {
            ran.Add("target");
            return Task.FromResult(TargetReport.Done(1, 1, 0));
        }
    }
}
