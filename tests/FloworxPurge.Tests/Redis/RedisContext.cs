using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Redis;

/// <summary>What a purge tells a target, without a purge.</summary>
internal static class RedisContext
{
    private static readonly DatabaseIdentity Nowhere = new("Provider", "Engine", "1", "server", "database", DatabaseId: null, Role: null, DefaultSchema: null);

    /// <summary>A committed purge.</summary>
    public static readonly ExtensionContext Committed = new([], Nowhere, IsDryRun: false, TimeProvider.System);

    /// <summary>A dry run.</summary>
    public static readonly ExtensionContext DryRun = Committed with { IsDryRun = true };

    /// <summary>Options for keys of a pattern.</summary>
    public static RedisPurgeOptions Pattern(this RedisProcess server, int database, string pattern)
        => new() { Port = server.Port, Database = database, KeyPattern = pattern };

    /// <summary>Options for all keys of a database.</summary>
    public static RedisPurgeOptions Entire(this RedisProcess server, int database)
        => new() { Port = server.Port, Database = database, EntireDatabase = $"127.0.0.1:{server.Port}/{database}" };

    /// <summary>Runs the target.</summary>
    public static Task<TargetResult> PurgeAsync(this RedisPurgeOptions options)
        => new RedisPurgeTarget(options).PurgeAsync(Committed, TestContext.Current.CancellationToken);
}
