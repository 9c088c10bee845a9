using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Extensibility;

/// <summary>Targets and checks run one after the other; none stops another, and none can make a committed purge throw.</summary>
public sealed class ExtensionRunnerTests
{
    private readonly List<string> _ran = [];

    [Fact]
    public async Task They_run_in_the_order_of_the_calls_and_a_failure_stops_no_other()
    {
        IReadOnlyList<TargetReport> reports = await RunAsync(
            Target("b", () => throw new InvalidOperationException("broken")),
            Target("a", () => TargetReport.Failed("half done")),
            Target("c", () => TargetReport.Done(2, 2, 0)));

        Assert.Equal(["b", "a", "c"], _ran);
        Assert.Equal(
            [("b", Outcome.Failed, "InvalidOperationException: broken"), ("a", Outcome.Failed, "half done"), ("c", Outcome.Passed, null)],
            reports.Select(report => (report.Name, report.Outcome, report.Reason)));
    }

    [Theory]
    [InlineData(true, Outcome.Failed)]
    [InlineData(false, Outcome.Skipped)]
    public async Task What_cannot_be_reached_is_a_failure_when_required_and_a_skip_when_optional(bool isRequired, Outcome outcome)
    {
        TargetReport report = Assert.Single(
            await RunAsync(Target("cache", () => TargetReport.Unreachable("connection refused"), isRequired)));

        Assert.Equal((isRequired, outcome, "not reachable: connection refused"), (report.IsRequired, report.Outcome, report.Reason));
    }

    [Fact]
    public async Task A_result_that_is_null_is_a_failure()
    {
        TargetReport target = Assert.Single(await RunAsync(Target("cache", () => null!)));
        CheckReport check = Assert.Single(await RunAsync([Check("health", () => null!)]));

        Assert.Equal((Outcome.Failed, "it returned no result"), (target.Outcome, target.Reason));
        Assert.Equal((Outcome.NotRun, "it returned no result"), (check.Outcome, check.Actual));
    }

    [Fact]
    public async Task Checks_run_in_order_and_an_exception_is_not_run()
    {
        IReadOnlyList<CheckReport> reports = await RunAsync(
        [
            Check("b", () => throw new InvalidOperationException("broken")),
            Check("a", () => CheckReport.Compare("0", "1"), isRequired: false),
            Check("c", () => CheckReport.Compare("0", "0")),
        ]);

        Assert.Equal(["b", "a", "c"], _ran);
        Assert.Equal(
            [
                ("b", true, Outcome.NotRun, "InvalidOperationException: broken"),
                ("a", false, Outcome.Failed, "1"),
                ("c", true, Outcome.Passed, "0")],
            reports.Select(report => (report.Name, report.IsRequired, report.Outcome, report.Actual)));
    }

    [Fact]
    public async Task Cancelling_in_the_middle_leaves_the_rest_undone_and_says_so()
    {
        using var source = new CancellationTokenSource();
        ExtensionRunner runner = Runner();
        IReadOnlyList<TargetReport> targets = await runner.RunAsync(
            [
                Target("a", () => TargetReport.Done(1, 1, 0)),
                Target("b", () =>
                {
                    source.Cancel();
                    throw new OperationCanceledException(source.Token);
                }),
                Target("c", () => TargetReport.Done(1, 1, 0)),
            ],
            source.Token);
        IReadOnlyList<CheckReport> checks = await runner.RunAsync([Check("d", () => CheckReport.Compare("0", "0"))], source.Token);

        Assert.Equal(["a", "b"], _ran);
        Assert.Equal([Outcome.Passed, Outcome.Failed, Outcome.Failed], targets.Select(target => target.Outcome));
        Assert.All(
            targets.Skip(1).Select(target => target.Reason).Append(checks[0].Actual),
            reason => Assert.Equal("the caller asked to stop before it was done", reason));
        Assert.Equal(Outcome.NotRun, checks[0].Outcome);
    }

    [Fact]
    public async Task A_time_out_of_its_own_is_no_cancellation()
    {
        TargetReport report = Assert.Single(await RunAsync(Target("cache", () => throw new TaskCanceledException("timed out"))));

        Assert.Equal((Outcome.Failed, "TaskCanceledException: timed out"), (report.Outcome, report.Reason));
    }

    [Fact]
    public async Task A_dry_run_leaves_alone_what_cannot_count()
    {
        var runner = new ExtensionRunner(After.DryRun(), After.Trace);
        IReadOnlyList<TargetReport> reports = await runner.RunAsync(
            [Target("a", () => TargetReport.Done(1, 1, 0), canCount: false), Target("b", () => TargetReport.Counted(4))],
            CancellationToken.None);

        Assert.Equal(["b"], _ran);
        Assert.Equal([(Outcome.Skipped, null), (Outcome.Passed, (long?)4)], reports.Select(report => (report.Outcome, report.ItemsBefore)));
    }

    [Fact]
    public async Task Durations_are_by_the_clock_of_the_purge()
    {
        var clock = new SteppingClock();
        IReadOnlyList<CheckReport> reports = await new ExtensionRunner(After.By(clock), After.Trace).RunAsync(
            [Check("a", () => CheckReport.Compare("0", "0"))],
            CancellationToken.None);

        Assert.Equal(TimeSpan.FromSeconds(1), reports[0].Duration);
    }

    [Fact]
    public void What_is_not_begun_is_listed_with_the_reason()
    {
        TargetReport target = Assert.Single(ExtensionRunner.NotBegun([Target("cache", () => TargetReport.Counted(1))], "rolled back"));
        CheckReport check = Assert.Single(ExtensionRunner.NotBegun([Check("health", () => CheckReport.Compare("0", "0"))], "rolled back"));

        Assert.Equal((Outcome.Skipped, "rolled back"), (target.Outcome, target.Reason));
        Assert.Equal((Outcome.NotRun, "rolled back"), (check.Outcome, check.Actual));
        Assert.Empty(_ran);
    }

    private static ExtensionRunner Runner() => new(After.Purge(), After.Trace);

    private static Task<IReadOnlyList<TargetReport>> RunAsync(params TargetRegistration[] targets)
        => Runner().RunAsync(targets, CancellationToken.None);

    private static Task<IReadOnlyList<CheckReport>> RunAsync(CheckRegistration[] checks)
        => Runner().RunAsync(checks, CancellationToken.None);

    private TargetRegistration Target(
        string name,
        Func<TargetReport> result,
        bool isRequired = true,
        bool canCount = true)
        => new(name, new Scripted(name, canCount, () => Ran(name, result)), isRequired);

    private CheckRegistration Check(string name, Func<CheckReport> result, bool isRequired = true)
        => new(name, new DelegateCheck((_, _) => Task.FromResult(Ran(name, result))), isRequired);

    private T Ran<T>(string name, Func<T> result)
    {
        _ran.Add(name);
        return result();
    }

    private sealed class Scripted(string name, bool canCount, Func<TargetReport> result) : IPurgeTarget
    {
        public string Name => name;

        public bool SupportsDryRun => canCount;

        public Task<TargetReport> PurgeAsync(ExtensionContext context, CancellationToken cancellationToken = default)
            => Task.FromResult(result());
    }

    /// <summary>Each look at it is a second later.</summary>
    private sealed class SteppingClock : TimeProvider
    {
        private long _looks;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => ++_looks;
    }
}
