using System.Data.Common;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Faults;

/// <summary>
/// Whatever a driver or a listener throws at a command, the caller gets a PurgeException that says what was being done, to which database,
/// and why.
/// </summary>
public abstract class FailureConformance(Engine engine) : ConformanceGroup(engine)
{
    /// <summary>What drivers throw beside their own kind.</summary>
    private static readonly Func<Exception>[] Others =
    [
        () => new TimeoutException("broken on purpose"), () => new InvalidOperationException("broken on purpose"), () => new IOException("broken on purpose"), () => new OperationCanceledException("broken on purpose"),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_plan(bool others)
        => BreakEachAsync(others, (scenario, _) => scenario.Purger().PlanAsync(scenario.Context, CancellationToken), "nothing was planned");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_plan_in_the_callers_transaction(bool others) => BreakEachAsync(
        others,
        async (scenario, arm) =>
        {
            arm(false);
            await using IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken);
            arm(true);
            await scenario.Purger().PlanAsync(scenario.Context, CancellationToken);
            arm(false);
        },
        "nothing was planned");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_resetter_that_is_made(bool others) => BreakEachAsync(
        others,
        async (scenario, _) =>
        {
            await using DatabaseResetter resetter = await Engine.ResetterAsync(scenario.Context, options => options.Exclude("k"));
        },
        "no resetter was made");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reset_over_a_context(bool others)
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        await using DatabaseResetter resetter = await Engine.ResetterAsync(scenario.Context, options => options.Exclude("k"));
        await BreakEachAsync(scenario, others, (_, _) => resetter.ResetAsync(scenario.Context, CancellationToken), "could not be reset");
    }

    /// <summary>Listeners of the context are not those of the resetter's connection; its log is.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reset_over_the_resetters_own_connection(bool others)
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        using var log = new FaultLog();
        await using var context = new ScenarioContext(scenario.Database, FaultScenario.BuildModel, log.ListenTo);
        for (int number = 1, broken = 1; broken > 0; number++)
        {
            broken = 0;
            await scenario.FillAsync();
            await using DatabaseResetter resetter = await Engine.ResetterAsync(context, options => options.Exclude("k"));

            // The second attempt begins from nothing, and meets the same.
            int at = 0;
            log.Act = () =>
            {
                if (++at >= number)
                {
                    broken++;
                    throw Next(others, number);
                }
            };
            Exception? exception = await Record.ExceptionAsync(() => resetter.ResetAsync(CancellationToken));
            log.Act = null;
            AssertDescribed(exception, broken > 0, scenario, "could not be reset", $"command {number}");
            Assert.True(broken > 0 || number > 1, "There was no command.");
            await resetter.ResetAsync(CancellationToken);
            Assert.Equal(0, await scenario.CountAsync("a"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_look_after_the_callers_commit(bool others)
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        PurgeReport report;
        await using (IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            report = await scenario.Purger().ExecuteAsync(
                scenario.Context,
                await scenario.Purger().PlanAsync(scenario.Context, CancellationToken),
                cancellationToken: CancellationToken);
            await transaction.CommitAsync(CancellationToken);
        }

        await BreakEachAsync(
            scenario,
            others,
            (_, _) => scenario.Purger().VerifyAsync(scenario.Context, report, CancellationToken),
            consequence: null);
    }

    [Fact]
    public async Task A_purge_that_meets_no_error_of_a_server()
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        PurgePlan plan = await scenario.Purger().PlanAsync(scenario.Context, CancellationToken);
        await BreakEachAsync(
            scenario,
            others: true,
            (_, _) => scenario.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken),
            consequence: null);
    }

    [Fact]
    public async Task A_cancellation_that_the_driver_reports_as_an_error_of_the_server_is_a_cancellation()
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        using var source = new CancellationTokenSource();
        scenario.Hook.Arm(async (number, _) =>
        {
            if (number == 2)
            {
                await source.CancelAsync();
                throw new FaultException();
            }
        });

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => scenario.Purger().PlanAsync(scenario.Context, source.Token));

        Assert.Equal(source.Token, exception.CancellationToken);
    }

    private async Task BreakEachAsync(bool others, Func<FaultScenario, Action<bool>, Task> act, string consequence)
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        await BreakEachAsync(scenario, others, act, consequence);
    }

    private static async Task BreakEachAsync(
        FaultScenario scenario,
        bool others,
        Func<FaultScenario, Action<bool>, Task> act,
        string? consequence)
    {
        bool isBroken = true;
        for (int number = 1; isBroken; number++)
        {
            isBroken = false;
            string point = string.Empty;
            void Arm(bool isOn)
            {
                if (!isOn)
                {
                    scenario.Hook.Disarm();
                    return;
                }

                scenario.Hook.Arm((at, name) =>
                {
                    if (at < number || isBroken)
                    {
                        return Task.CompletedTask;
                    }

                    (isBroken, point) = (true, name);
                    throw Next(others, number);
                });
            }

            Arm(true);
            Exception? exception = await Record.ExceptionAsync(() => act(scenario, Arm));
            scenario.Hook.Disarm();
            AssertDescribed(exception, isBroken, scenario, consequence, point);
            Assert.True(isBroken || number > 1, "There was no command.");
            await scenario.Context.Database.CloseConnectionAsync();
        }

        // A failed attempt leaves nothing behind that affects the next.
        await scenario.FillAsync();
        await scenario.Purger().PlanAsync(scenario.Context, CancellationToken);
    }

    private static Exception Next(bool others, int number) => others ? Others[number % Others.Length]() : new FaultException();

    private static void AssertDescribed(Exception? exception, bool isBroken, FaultScenario scenario, string? consequence, string point)
    {
        if (exception is null)
        {
            // What is sent once more by itself, or only gives something back, may have been done.
            Assert.True(!isBroken || consequence is null or "could not be reset", $"A failure was swallowed at: {point}");
            return;
        }

        PurgeException described = Assert.IsType<PurgeException>(exception);
        Assert.DoesNotContain("Grant", described.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(" role ", described.Message, StringComparison.Ordinal);
        if (described.Report is null)
        {
            Assert.Contains("broken on purpose", described.Message, StringComparison.Ordinal);
            Assert.NotNull(described.InnerException);
            DbConnection connection = scenario.Context.Database.GetDbConnection();
            Assert.True(
                described.Message.Contains(connection.Database, StringComparison.Ordinal)
                    || described.Message.Contains(Path.GetFileName(connection.DataSource), StringComparison.Ordinal),
                described.Message);
        }
    }

    /// <summary>Throws where EF says that it is about to send a command.</summary>
    private sealed class FaultLog : ILoggerFactory, ILogger
    {
        public Action? Act { get; set; }

        public void ListenTo(DbContextOptionsBuilder options) => options.UseLoggerFactory(this).EnableServiceProviderCaching(false);

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == Microsoft.EntityFrameworkCore.Diagnostics.RelationalEventId.CommandExecuting.Id)
            {
                Act?.Invoke();
            }
        }
    }
}

public sealed class SqliteFailureConformance() : FailureConformance(Engine.Sqlite);

public sealed class PostgreSqlFailureConformance() : FailureConformance(Engine.PostgreSql);

public sealed class AnsiFailureConformance() : FailureConformance(Engine.Ansi);

public sealed class MariaDbFailureConformance() : FailureConformance(Engine.MariaDb);
