using FloworxPurge.Extensibility;
using FloworxPurge.Redis;

namespace FloworxPurge.Tests.Redis;

/// <summary>The lines of the README about Redis, as they stand there.</summary>
public sealed class ReadmeSnippet
{
    [Fact]
    public void A_database_and_the_keys_of_a_pattern_are_added_as_the_readme_says()
    {
        string? password = null;

        var purger = new Purger(options => options
            .AddTarget(new RedisPurgeTarget(new() { EntireDatabase = "127.0.0.1:6379/0" }))
            .AddTarget(
                new RedisPurgeTarget(new()
                {
                    Host = "cache.internal",
                    Port = 6380,
                    UseTls = true,
                    User = "purger",
                    Password = password,
                    Database = 2,
                    KeyPattern = "session:*",
                }),
                PurgeSeverity.Optional));

        Assert.NotNull(purger);
    }
}
