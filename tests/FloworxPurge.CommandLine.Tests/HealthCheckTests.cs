using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>Health checks of an application accept a purge, and checks of a purge are health checks of an application.</summary>
public sealed class HealthCheckTests
{
    [Fact]
    public async Task Healthy_checks_of_the_application_accept_the_purge()
    {
        CheckReport check = Assert.Single((await PurgeAsync(
            PurgeExitCode.Complete,
            health => health.AddCheck("queue", () => HealthCheckResult.Healthy()).AddCheck("disk", () => HealthCheckResult.Healthy()))).Checks);

        Assert.Equal(
            ("health checks", Outcome.Passed, "Healthy", "Healthy: disk, queue"),
            (check.Name, check.Outcome, check.Expected, check.Actual));
    }

    [Theory]
    [InlineData(HealthStatus.Degraded, "Degraded: queue is Degraded (5 messages wait)")]
    [InlineData(HealthStatus.Unhealthy, "Unhealthy: queue is Unhealthy (5 messages wait)")]
    public async Task A_check_of_the_application_that_is_not_healthy_makes_the_purge_partial(HealthStatus status, string actual)
    {
        PurgeReport report = await PurgeAsync(
            PurgeExitCode.Partial,
            health => health
                .AddCheck("queue", () => new HealthCheckResult(status, "5 messages wait."))
                .AddCheck("disk", () => HealthCheckResult.Healthy()));

        Assert.Equal((PurgeVerdict.Partial, Outcome.Failed, actual), (report.Verdict, report.Checks[0].Outcome, report.Checks[0].Actual));
        Assert.Contains($"check \"health checks\" failed: expected Healthy, and it is {actual}", report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_health_check_accepts_nothing()
    {
        PurgeReport report = await PurgeAsync(PurgeExitCode.Partial, _ => { });

        Assert.Equal((Outcome.NotRun, "no health check is registered"), (report.Checks[0].Outcome, report.Checks[0].Actual));
    }

    [Fact]
    public async Task A_predicate_selects_health_checks()
    {
        Action<IHealthChecksBuilder> health = builder => builder
            .AddCheck("queue", () => HealthCheckResult.Unhealthy(), ["slow"])
            .AddCheck("disk", () => HealthCheckResult.Healthy(), ["ready"]);

        Assert.Equal("Healthy: disk", (await PurgeAsync(PurgeExitCode.Complete, health, check => check.Tags.Contains("ready"))).Checks[0].Actual);
        Assert.Equal(
            "no registered health check is selected by the predicate",
            (await PurgeAsync(PurgeExitCode.Partial, health, check => check.Tags.Contains("redy"))).Checks[0].Actual);
    }

    [Fact]
    public async Task Services_without_health_checks_are_noticed_before_anything_is_deleted()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Services = services => services.AddFloworxPurge().AddHealthChecks();

        Assert.Contains(
            "Call services.AddHealthChecks().",
            await host.RefusedAsync(PurgeExitCode.Failed, "--force"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_health_check_that_is_not_registered_accepts_the_purge()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Services = services => services.AddFloworxPurge(options => options
            .AddHealthCheck("cache", new Own(HealthStatus.Healthy, "no keys"))
            .AddHealthCheck("search index", new Own(HealthStatus.Unhealthy, null), isRequired: false));

        CommandResult result = await host.RunAsync("--force", "--json");

        Assert.Equal(
            [
                ("cache", Outcome.Passed, "Healthy (no keys, cache)", true),
                ("search index", Outcome.Failed, "Unhealthy (search index)", false)],
            PurgeReport.FromJson(result.Output).Checks.Select(check => (check.Name, check.Outcome, check.Actual, check.IsRequired)));
        Assert.Equal(PurgeExitCode.Complete, result.Code);
    }

    [Theory]
    [InlineData(9, false, HealthStatus.Healthy, "9")]
    [InlineData(8, false, HealthStatus.Degraded, "Failed: expected 8, and it is 9")]
    [InlineData(9, true, HealthStatus.Healthy, "9")]
    public async Task A_check_of_a_purge_is_a_health_check(long expected, bool hasFactory, HealthStatus status, string description)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        const string Rows = "SELECT (SELECT COUNT(*) FROM child) + (SELECT COUNT(*) FROM parent) + (SELECT COUNT(*) FROM other)";
        host.Services = services =>
        {
            services.AddLogging().AddHealthChecks().AddPurgeCheck<ScenarioContext>(
                "rows",
                new Sql(Rows, expected),
                HealthStatus.Degraded,
                ["ready"],
                TimeSpan.FromMinutes(1));
            if (hasFactory)
            {
                ServiceDescriptor context = services.Single(service => service.ServiceType == typeof(ScenarioContext));
                services.Remove(context);
                services.AddSingleton<IDbContextFactory<ScenarioContext>>(
                    provider => new Factory(() => (ScenarioContext)context.ImplementationFactory!(provider)));
            }
        };
        await using ServiceProvider services = host.CreateServices();

        HealthReport report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync(CancellationToken.None);

        HealthReportEntry entry = report.Entries["rows"];
        Assert.Equal((status, description), (entry.Status, entry.Description));
        Assert.Equal(["ready"], entry.Tags);
    }

    [Fact]
    public async Task A_database_that_cannot_be_reached_is_unhealthy()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Elsewhere = options => options.UseSqlite("Data Source=/no/such/folder/test.db;Pooling=False");
        host.Services = services => services.AddLogging().AddHealthChecks().AddPurgeCheck<ScenarioContext>("rows", new Sql("SELECT 1", 1));
        await using ServiceProvider services = host.CreateServices();

        HealthReport report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync(CancellationToken.None);

        Assert.Equal(HealthStatus.Unhealthy, report.Entries["rows"].Status);
    }

    [Fact]
    public void What_is_missing_is_refused_by_name()
    {
        var own = new Own(HealthStatus.Healthy, null);
        IHealthChecksBuilder health = new ServiceCollection().AddHealthChecks();

        Assert.Equal(
            ["builder", "name", "options", "name", "check", "builder", "name", "check"],
            new Func<object>[]
            {
                () => PurgeHealthChecks.AddHealthChecks(null!),
                () => new ServiceCollection().AddFloworxPurge().AddHealthChecks(" "),
                () => PurgeHealthChecks.AddHealthCheck(null!, "x", own),
                () => new PurgeOptions().AddHealthCheck("", own),
                () => new PurgeOptions().AddHealthCheck("x", null!),
                () => PurgeHealthChecks.AddPurgeCheck<ScenarioContext>(null!, "x", new Sql("", 1)),
                () => health.AddPurgeCheck<ScenarioContext>("", new Sql("", 1)),
                () => health.AddPurgeCheck<ScenarioContext>("x", null!),
            }.Select(call => Assert.ThrowsAny<ArgumentException>(call).ParamName));
    }

    private static async Task<PurgeReport> PurgeAsync(
        PurgeExitCode code,
        Action<IHealthChecksBuilder> add,
        Func<HealthCheckRegistration, bool>? predicate = null)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Services = services =>
        {
            add(services.AddLogging().AddHealthChecks());
            services.AddFloworxPurge().AddHealthChecks(predicate: predicate);
        };

        CommandResult result = await host.RunAsync("--force", "--json");

        Assert.True(result.Code == code, result.All);
        Assert.Equal(0, await host.RowsAsync());
        return PurgeReport.FromJson(result.Output);
    }

    private sealed class Own(HealthStatus status, string? description) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
            => Task.FromResult(new HealthCheckResult(
                status,
                description is null ? context.Registration.Name : $"{description}, {context.Registration.Name}"));
    }

    private sealed class Sql(string query, long expected) : IPurgeCheck
    {
        public async Task<CheckReport> RunAsync(ExtensionContext context, CancellationToken cancellationToken = default)
        {
            string sql = $"{query} AS \"Value\"";
            long actual = await context.Contexts[0].Database.SqlQueryRaw<long>(sql).SingleAsync(cancellationToken);
            Assert.Equal("main", context.Database.Database);
            return CheckReport.Compare($"{expected}", $"{actual}");
        }
    }

    private sealed class Factory(Func<ScenarioContext> create) : IDbContextFactory<ScenarioContext>
    {
        public ScenarioContext CreateDbContext() => create();
    }
}
