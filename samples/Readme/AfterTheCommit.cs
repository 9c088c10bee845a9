using System.Collections.Concurrent;
using System.Net.Http.Json;
using FloworxPurge;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Samples;
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
}
