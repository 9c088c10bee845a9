using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Redis;

/// <summary>What a purge passes to a target, without a purge, and what the tests of the target share.</summary>
internal static class RedisContext
{
    private static readonly DatabaseIdentity Nowhere = new()
    {
        Provider = "Provider",
        Engine = "Engine",
        ServerVersion = "1",
        Server = "server",
        Database = "database",
    };

    /// <summary>A committed purge.</summary>
    public static readonly ExtensionContext Committed = new()
    {
        Contexts = [],
        Database = Nowhere,
        IsDryRun = false,
        TimeProvider = TimeProvider.System,
    };

    /// <summary>A dry run.</summary>
    public static readonly ExtensionContext DryRun = Committed with { IsDryRun = true };

    /// <summary>Options for keys of a pattern.</summary>
    public static RedisPurgeOptions Pattern(this RedisProcess server, int database, string pattern, string configuration = "")
        => new() { Configuration = server.Endpoint + configuration, Database = database, KeyPattern = pattern };

    /// <summary>Options for all keys of a database.</summary>
    public static RedisPurgeOptions Entire(this RedisProcess server, int database, string configuration = "")
        => new() { Configuration = server.Endpoint + configuration, Database = database, EntireDatabase = $"{server.Endpoint}/{database}" };

    /// <summary>Runs the target.</summary>
    public static Task<TargetReport> PurgeAsync(this RedisPurgeOptions options)
        => new RedisPurgeTarget(options).PurgeAsync(Committed, TestContext.Current.CancellationToken);

    /// <summary>Counts without deleting.</summary>
    public static Task<TargetReport> DryRunAsync(this RedisPurgeOptions options)
        => new RedisPurgeTarget(options).PurgeAsync(DryRun, TestContext.Current.CancellationToken);

    /// <summary>Fails the test unless the target failed with these words.</summary>
    public static void AssertFailed(string words, TargetReport result)
    {
        Assert.Equal(Outcome.Failed, result.Outcome);
        Assert.Contains(words, result.Reason, StringComparison.Ordinal);
    }
}
