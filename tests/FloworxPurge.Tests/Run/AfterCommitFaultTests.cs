using System.Text.Json;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Reporting;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Run;

/// <summary>
/// Once the data is gone nothing may take the report away: not a listener, not a check of somebody else's, not one of several files.
/// </summary>
[Collection(nameof(OneAtATime))]
public sealed class AfterCommitFaultTests : IAsyncLifetime
{
    private readonly SqliteTestDatabase _database = SqliteTestDatabase.Create();
    private readonly GraphScenario _graph = GraphScenario.Parse("a->b");
    private readonly string _folder = Directory.CreateTempSubdirectory("floworxpurge-after-").FullName;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _graph.CreateAsync(_database, cancellationToken: CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(PurgePhase.EmptyingTargets)]
    [InlineData(PurgePhase.Checking)]
    public async Task A_listener_that_throws_after_the_commit_stops_neither_what_follows_nor_the_report(PurgePhase phase)
    {
        int ran = 0;
        PurgeReport report = await RunAsync(
            options => options
                .AddTarget(new DelegateTarget("cache", (_, _) => Task.FromResult(ran++)))
                .AddCheck(
                    "health",
                    new DelegateCheck((_, _) => Task.FromResult(CheckReport.Compare("0", (ran++ * 0).ToString(System.Globalization.CultureInfo.InvariantCulture)))))
                .SaveReport(In("report.json")),
            progress: new Throwing(phase));

        Assert.Equal((PurgeVerdict.Complete, 2), (report.Verdict, ran));
        Assert.Contains(report.Notes, note => note.Grade == LogLevel.Warning && note.Text.Contains("deaf", StringComparison.Ordinal));
        Assert.True(File.Exists(In("report.json")));
    }

    [Theory]
    [InlineData("FloworxPurge")]
    [InlineData("TransactionDisposed")]
    [InlineData("ConnectionClosing")]
    [InlineData("ConnectionClosed")]
    public async Task A_log_that_throws_after_the_commit_stops_neither_what_follows_nor_the_report(string of)
    {
        var log = new FullDisk();
        await using ScenarioContext context = _graph.CreateContext(
            _database,
            options => options.UseLoggerFactory(log).EnableServiceProviderCaching(false));
        var purger = new Purger(options => options
            .AddTarget(new DelegateTarget("cache", (_, _) => Task.CompletedTask))
            .AddCheck("health", new DelegateCheck((_, _) => Task.FromResult(CheckReport.Compare("0", "0"))))
            .SaveReport(In("report.json")));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        log.Events = of switch
        {
            "TransactionDisposed" => [RelationalEventId.TransactionDisposed.Id],
            "ConnectionClosing" => [RelationalEventId.ConnectionClosing.Id],
            "ConnectionClosed" => [RelationalEventId.ConnectionClosed.Id],
            _ => [1015, 1016, 1020],
        };

        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        log.Events = [];
        Assert.Equal((PurgeVerdict.Complete, TransactionOutcome.Committed, 6), (report.Verdict, report.Transaction, report.RowsDeleted));
        Assert.Contains(
            report.Notes,
            note => note.Grade == LogLevel.Warning && note.Text.Contains("No space left on device", StringComparison.Ordinal));
        Assert.True(File.Exists(In("report.json")));
    }

    [Fact]
    public async Task A_check_without_words_is_reported_and_saved()
    {
        PurgeReport report = await RunAsync(options => options
            .AddCheck("mute", new DelegateCheck((_, _) => Task.FromResult(new CheckReport
            {
                Outcome = Outcome.Failed,
                Expected = null!,
                Actual = null!,
            })), isRequired: false)
            .AddCheck("odd", new DelegateCheck((_, _) => Task.FromResult(new CheckReport
            {
                Outcome = (Outcome)9,
                Expected = "a",
                Actual = "b",
            })), isRequired: false)
            .AddTarget(new Odd(new TargetReport { Outcome = (Outcome)9 }), isRequired: false)
            .AddTarget(new Odd(new TargetReport { Outcome = Outcome.Failed, Reason = " " }), isRequired: false)
            .SaveReport(In("report.json"))
            .SaveReport(In("report.html")));

        Assert.Equal([Outcome.Failed, Outcome.NotRun], report.Checks.Select(check => check.Outcome));
        Assert.Equal([Outcome.Failed, Outcome.Failed], report.Targets.Select(target => target.Outcome));
        Assert.All(report.Targets, target => Assert.False(string.IsNullOrWhiteSpace(target.Reason)));
        Assert.Equal(report.Hash, PurgeReport.FromJson(await File.ReadAllTextAsync(In("report.json"), CancellationToken)).Hash);
    }

    [Fact]
    public async Task A_check_that_returns_a_very_long_text_does_not_prevent_the_report()
    {
        string book = new('x', 12_000_000);

        PurgeException exception = await FailAsync(options => options
            .AddCheck("log", new DelegateCheck((_, _) => Task.FromResult(CheckReport.Compare("", book))))
            .AddCheck("dump", new DelegateCheck((_, _) => throw new InvalidOperationException(book)))
            .SaveReport(In("report.html")));

        Assert.True(exception.Message.Length < 20_000, exception.Message[..200]);
        Assert.True(File.Exists(In("report.html")));
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_takes_no_other_with_it()
    {
        PurgeException exception = await FailAsync(options => options
            .SaveReport(In("report.html"))
            .SaveReport(In("own.txt"), new Broken())
            .SaveReport(In("report.json")));

        Assert.Equal(PurgeVerdict.Complete, exception.Report!.Verdict);
        Assert.Contains("own.txt", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["report.html", "report.json"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        PurgeReport saved = PurgeReport.FromJson(await File.ReadAllTextAsync(In("report.json"), CancellationToken));
        Assert.Equal([In("report.html"), In("report.json")], saved.Files);
        Assert.Equal(exception.Report!.ToJson(), saved.ToJson());
    }

    [Fact]
    public async Task A_name_too_long_for_the_file_system_is_known_before_anything_is_deleted()
    {
        PurgeException exception = await FailAsync(options => options.SaveReport(In(new string('r', 260) + ".html")));

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Contains("rrr.html", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
        Assert.Equal(3, await _database.CountAsync("a", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_report_that_is_read_only_is_known_before_anything_is_deleted_and_stays()
    {
        await File.WriteAllTextAsync(In("report.html"), "evidence", CancellationToken);
        File.SetAttributes(In("report.html"), FileAttributes.ReadOnly);

        PurgeException exception = await FailAsync(options => options.SaveReport(In("report.html")));

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Contains("read-only", exception.Message, StringComparison.Ordinal);
        Assert.Equal("evidence", await File.ReadAllTextAsync(In("report.html"), CancellationToken));
    }

    [Fact]
    public async Task Details_that_change_after_the_purger_was_made_do_not_reach_its_report()
    {
        List<string> steps = ["first"];
        var document = JsonDocument.Parse("""{"ticket": 1}""");
        var purger = new Purger(options =>
        {
            options.Details = new ReportDetails { NextSteps = steps, Custom = document.RootElement };
            options.SaveReport(In("report.json"));
        });
        steps.Add(null!);
        document.Dispose();
        await using ScenarioContext context = _graph.CreateContext(_database);

        PurgeReport report = await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken);

        Assert.Equal(["first"], report.Details.NextSteps);
        Assert.Equal(1, report.Details.Custom!.Value.GetProperty("ticket").GetInt32());
    }

    [Fact]
    public async Task A_relative_path_counts_from_the_folder_that_was_current_when_it_was_given()
    {
        string before = Environment.CurrentDirectory;
        Directory.CreateDirectory(In("elsewhere"));
        try
        {
            Environment.CurrentDirectory = _folder;
            await RunAsync(options => options
                .SaveReport("report.json")
                .AddTarget(new DelegateTarget("cache", (_, _) => Task.FromResult(Environment.CurrentDirectory = In("elsewhere")))));
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }

        Assert.True(File.Exists(In("report.json")));
        Assert.Empty(Directory.GetFileSystemEntries(In("elsewhere")));
    }

    [Fact]
    public async Task A_run_whose_database_cannot_be_reached_has_a_report_too()
    {
        await File.WriteAllTextAsync(In("report.json"), "the report before", CancellationToken);
        var purger = new Purger(options => options.SaveReport(In("report.json")).AddCheck("health", new ScalarSqlCheck("SELECT 1", 1)));
        PurgePlan plan;
        await using (ScenarioContext reachable = _graph.CreateContext(_database))
        {
            plan = await purger.PlanAsync(reachable, CancellationToken);
        }

        await using var context = new ScenarioContext(
            database: null,
            _graph.BuildModel,
            options => options.UseSqlite($"Data Source={In("gone.db")}"));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.NothingWritten), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains("gone.db", exception.Message, StringComparison.Ordinal);
        Assert.Equal(PurgeVerdict.Failed, PurgeReport.FromJson(await File.ReadAllTextAsync(In("report.json"), CancellationToken)).Verdict);
    }

    [Fact]
    public async Task What_follows_nothing_deleted_is_not_said_to_follow_the_loss_of_data()
    {
        await RunAsync(_ => { });

        PurgeException exception = await FailAsync(options => options.AddCheck("health", new ScalarSqlCheck("SELECT 1", 2)));

        Assert.Equal((PurgeVerdict.Partial, 0), (exception.Report!.Verdict, exception.Report!.RowsDeleted));
        Assert.DoesNotContain("data is gone", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, await _database.CountAsync("a", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Whether_it_was_committed_is_not_said_where_it_is_not_known()
    {
        PurgeOptions options = new PurgeOptions().AddCheck("health", new ScalarSqlCheck("SELECT 1", 1)).AddTarget(new Indecisive());
        PurgeReport report = SampleReports.Bare(PurgeVerdict.Failed) with { Transaction = TransactionOutcome.Unknown };

        report = await new FollowUp(
            [],
            options.Targets,
            options.Checks,
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance,
            new Listeners(),
            new PurgeTrace(new AnsiDialect())).CompleteAsync(report, progress: null, CancellationToken);

        Assert.All(
            [report.Checks[0].Actual, report.Targets[0].Reason],
            reason => Assert.Equal("it is not known whether the purge was committed", reason));
    }

    [Fact]
    public async Task The_place_of_a_device_is_not_taken()
    {
        PurgeException exception = await FailAsync(options => options.SaveReport("/dev/floworxpurge.html"));

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.False(File.Exists("/dev/floworxpurge.html"));
    }

    [Fact]
    public async Task A_refusal_is_found_at_the_guard_that_gave_it()
    {
        await using ScenarioContext context = _graph.CreateContext(_database);
        var purger = new Purger(options => options.Include("a").Include("b"));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        var other = new Purger(options => options.Include("a").Include("c"));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => other.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Single(exception.Report!.Guards, guard => guard.Outcome == Outcome.Failed);
    }

    [Fact]
    public async Task A_target_that_cannot_say_whether_it_counts_stops_no_dry_run()
    {
        await using ScenarioContext context = _graph.CreateContext(_database);
        var purger = new Purger(options => options.AddTarget(new Indecisive()));

        PurgeReport report = await purger.DryRunAsync([context], await purger.PlanAsync(context, CancellationToken), CancellationToken);

        Assert.Equal((Outcome.Failed, "InvalidOperationException: no idea"), (report.Targets[0].Outcome, report.Targets[0].Reason));
    }

    [Fact]
    public async Task A_dry_run_that_is_cancelled_has_no_report_whatever_the_options()
    {
        await using ScenarioContext context = _graph.CreateContext(_database);
        var purger = new Purger(options => options.AddTarget(new Odd(TargetReport.Counted(1))));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => purger.DryRunAsync([context], plan, new CancellationToken(canceled: true)));
    }

    private async Task<PurgeReport> RunAsync(Action<PurgeOptions> configure, IProgress<PurgeProgress>? progress = null)
    {
        await using ScenarioContext context = _graph.CreateContext(_database);
        var purger = new Purger(configure);
        return await purger.ExecuteAsync([context], await purger.PlanAsync(context, CancellationToken), progress, CancellationToken);
    }

    private Task<PurgeException> FailAsync(Action<PurgeOptions> configure) => Assert.ThrowsAsync<PurgeException>(() => RunAsync(configure));

    private string In(string file) => Path.Combine(_folder, file);

    private sealed class Throwing(PurgePhase phase) : IProgress<PurgeProgress>
    {
        public void Report(PurgeProgress value)
        {
            if (value.Phase == phase)
            {
                throw new InvalidOperationException("deaf");
            }
        }
    }

    private sealed class Odd(TargetReport result) : IPurgeTarget
    {
        public string Name => "odd";

        public bool SupportsDryRun => true;

        public Task<TargetReport> PurgeAsync(ExtensionContext context, CancellationToken cancellationToken = default)
            => Task.FromResult(result);
    }

    private sealed class Indecisive : IPurgeTarget
    {
        public string Name => "indecisive";

        public bool SupportsDryRun => throw new InvalidOperationException("no idea");

        public Task<TargetReport> PurgeAsync(ExtensionContext context, CancellationToken cancellationToken = default)
            => throw new NotSupportedException();
    }

    private sealed class Broken : PurgeReportTemplate
    {
        public override Task RenderAsync(PurgeReport report, TextWriter output, CancellationToken cancellationToken = default)
            => throw new InvalidOperationException("out of ink");
    }

    private sealed class FullDisk : ILoggerFactory, ILogger
    {
        public int[] Events { get; set; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (Events.Contains(eventId.Id))
            {
                throw new AggregateException(new IOException("No space left on device"));
            }
        }
    }
}
