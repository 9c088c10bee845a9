using System.Collections.Concurrent;
using System.Net.Http.Json;
using FloworxPurge.Extensibility;

namespace FloworxPurge.Tests.Extensibility;

/// <summary>The lines of the README about checks and targets, as they stand there.</summary>
public sealed class ReadmeSnippet
{
    [Fact]
    public void Checks_and_targets_are_added_as_the_readme_says()
    {
        var host = new Uri("https://app.example.com");
        var cache = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);

        var purger = new Purger(options => options
            .AddTarget(new FolderTarget("/srv/app/uploads", "**/*.pdf"))
            .AddTarget(new DelegateTarget("cache", async (_, _) => cache.Clear(), async (_, _) => cache.Count), PurgeSeverity.Optional)
            .AddCheck("no users", new RowCountCheck("auth.users"))
            .AddCheck("no clients", RowCountCheck.For<Client>())
            .AddCheck("plans are kept", new ScalarSqlCheck("SELECT COUNT(*) FROM plans", 3))
            .AddCheck("health", new HttpEndpointCheck(new Uri(host, "health")) { ExpectedJson = { ["status"] = "healthy" } })
            .AddCheck("a new user can register", new HttpEndpointCheck(new Uri(host, "api/auth/register"))
            {
                Method = HttpMethod.Post,
                Body = () => JsonContent.Create(new { email = $"test-{Guid.NewGuid():N}@example.com" }),
                ExpectedStatus = 201,
                ExpectedJson = { ["success"] = true },
            }));

        Assert.NotNull(purger);
    }

    private sealed class Client;
}
