using System.Collections.Concurrent;
using System.Net.Http.Json;
using FloworxPurge;
using FloworxPurge.CommandLine;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Samples;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Readme;

public sealed class AfterTheCommit
{
    [Fact]
    public async Task Targets_are_emptied_and_checks_are_measured()
    {
        await using ShopContext db = await ShopContext.CreateAsync();
        await using LoopbackHttpServer app = LoopbackHttpServer.Start(request => request.Method == "POST"
            ? LoopbackResponse.Json(201, new { success = true })
            : LoopbackResponse.Json(200, new { status = "healthy" }));
        string uploads = Directory.CreateDirectory("files").FullName;
        await File.WriteAllTextAsync(Path.Combine(uploads, "test.pdf"), "a test");
        await File.WriteAllTextAsync(Path.Combine(uploads, "test.txt"), "another");
        var cache = new ConcurrentDictionary<string, string>([new("client 1", "a test")], StringComparer.Ordinal);
        Uri host = app.Address;

        #region readme-checks
        var purger = new Purger(options => options
            .Exclude<Country>()
            .AddFolder(uploads, "**/*.pdf")
            .AddTarget("cache", async (_, _) => cache.Clear(), async (_, _) => cache.Count, isRequired: false)
            .AddRowCountCheck("no orders", "Orders")
            .AddRowCountCheck<Client>("no clients")
            .AddSqlCheck("countries are kept", "SELECT COUNT(*) FROM Countries", 3)
            .AddCheck("health", new HttpEndpointCheck(new Uri(host, "health")) { ExpectedJson = { ["status"] = "healthy" } })
            .AddCheck("a new user can register", new HttpEndpointCheck(new Uri(host, "api/auth/register"))
            {
                Method = HttpMethod.Post,
                Body = () => JsonContent.Create(new { email = $"test-{Guid.NewGuid():N}@example.com" }),
                ExpectedStatus = 201,
                ExpectedJson = { ["success"] = true },
            }));
        #endregion

        PurgeReport report = await purger.ExecuteAsync(db, await purger.PlanAsync(db));
        Assert.All(report.Checks, check => Assert.Equal(Outcome.Passed, check.Outcome));
        Assert.Equal((2, 5), (report.Targets.Count, report.Checks.Count));
        Assert.Equal(["test.txt"], Directory.GetFiles(uploads).Select(Path.GetFileName));
        Assert.Empty(cache);
    }

    [Fact]
    public async Task Health_checks_of_the_application_accept_a_purge_and_the_other_way_round()
    {
        await using ShopContext db = await ShopContext.CreateAsync();
        await using LoopbackHttpServer app = LoopbackHttpServer.Start(_ => LoopbackResponse.Json(200, new { status = "ok" }));
        Uri host = app.Address;
        var services = new ServiceCollection();
        services.AddLogging().AddSingleton(db);

        #region readme-health
        services.AddHealthChecks()
            .AddCheck<CacheHealthCheck>("cache")
            .AddPurgeCheck<ShopContext>("registration page", new HttpEndpointCheck(new Uri(host, "register")), tags: ["ready"]);

        services.AddFloworxPurge(options => options.Exclude<Country>().AddHealthCheck("search index", new SearchHealthCheck(), isRequired: false))
            .AddHealthChecks(predicate: check => check.Tags.Count == 0);
        #endregion

        await using ServiceProvider provider = services.BuildServiceProvider();
        IPurger purger = provider.GetRequiredService<IPurger>();
        PurgeReport report = await purger.ExecuteAsync(db, await purger.PlanAsync(db));
        Assert.Equal(
            [("search index", Outcome.Failed), ("health checks", Outcome.Passed)],
            report.Checks.Select(check => (check.Name, check.Outcome)));
        HealthReport health = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(HealthStatus.Healthy, health.Status);
    }

    [Fact]
    public void Keys_of_Redis_are_a_target()
    {
        using ConnectionMultiplexer multiplexer = ConnectionMultiplexer.Connect("127.0.0.1:1,abortConnect=false,connectTimeout=100");
        string? password = null;

        #region readme-redis
        var purger = new Purger(options => options
            .AddTarget(new RedisPurgeTarget(new() { Configuration = "127.0.0.1:6379", EntireDatabase = "127.0.0.1:6379/0" }))
            .AddTarget(new RedisPurgeTarget(new() { Multiplexer = multiplexer, KeyPattern = "session:*" }))
            .AddTarget(
                new RedisPurgeTarget(new()
                {
                    Configuration = $"cache.internal:6380,ssl=true,user=purger,password={password}",
                    Database = 2,
                    KeyPattern = "report:*",
                }),
                isRequired: false));
        #endregion

        Assert.NotNull(purger);
    }

    private sealed class CacheHealthCheck : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
            => Task.FromResult(HealthCheckResult.Healthy());
    }

    private sealed class SearchHealthCheck : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
            => Task.FromResult(HealthCheckResult.Degraded("not indexed yet"));
    }
}
