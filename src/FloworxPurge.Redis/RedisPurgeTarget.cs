using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;

namespace FloworxPurge.Redis;

/// <summary>
/// Deletes keys of Redis, Valkey, KeyDB or Garnet, by StackExchange.Redis: all keys of one database, or those of a pattern.
/// </summary>
/// <remarks>
/// It scans every primary once, by <c>SCAN</c>, and deletes the keys in batches by <c>UNLINK</c>, or by <c>DEL</c> where the server does
/// not know that; a replica is neither read nor written.
/// Keys that are written meanwhile may stay, and are reported as a failure. A whole database is counted by <c>DBSIZE</c>; the keys of a
/// pattern by <c>SCAN</c>, each once.
/// The user needs <c>SCAN</c>, <c>DBSIZE</c>, <c>UNLINK</c> and <c>ACL WHOAMI</c>, of the client's own commands <c>ECHO</c>,
/// <c>SELECT</c> for another database than 0,
/// and <c>CLUSTER NODES</c> in a cluster.
/// </remarks>
public sealed class RedisPurgeTarget : IPurgeTarget
{
    private readonly RedisSettings _settings;

    /// <summary>Initializes a new instance with a copy of the options. Connects to nothing yet.</summary>
    /// <param name="options">Which keys of which server. Later changes to them have no effect.</param>
    /// <exception cref="ArgumentNullException">The options are null.</exception>
    /// <exception cref="ArgumentException">
    /// Options are not valid, or would empty a whole database that they do not name; the message contains every problem.
    /// </exception>
    public RedisPurgeTarget(RedisPurgeOptions options)
        : this(options, ScanLimits.Default)
    {
    }

    internal RedisPurgeTarget(RedisPurgeOptions options, ScanLimits limits)
    {
        ArgumentNullException.ThrowIfNull(options);
        _settings = RedisSettings.Create(options, limits, nameof(options));
        string keys = options.KeyPattern is { } pattern ? $", keys {pattern}" : "";
        Name = Text.Invariant($"Redis {_settings.Place}, database {_settings.Database}{keys}");
    }

    /// <summary>
    /// Gets the endpoints and the database, and the pattern of the keys if there is one: <c>Redis cache.internal:6379, database 0, keys
    /// session:*</c>.
    /// </summary>
    public string Name { get; }

    /// <summary>Gets whether a dry run is supported, which it is: the keys are counted, and nothing is written.</summary>
    public bool SupportsDryRun => true;

    /// <summary>Counts the keys, deletes them and counts again; in a dry run only counts.</summary>
    /// <param name="context">The purge that was committed, or the dry run.</param>
    /// <param name="cancellationToken">Stops the work; what is deleted stays deleted.</param>
    /// <returns>
    /// What was counted and deleted, as measured. <see cref="Outcome.Unknown"/> when there is no connection;
    /// <see cref="Outcome.Failed"/>, with what was deleted until then,
    /// when a primary is missing or is not named, when a server refuses, does not reply in time, or replies what is not the protocol,
    /// and when keys are left at the end.
    /// </returns>
    /// <exception cref="ArgumentNullException">The context is null.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TargetReport> PurgeAsync(ExtensionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return await new RedisRun(_settings).RunAsync(context.IsDryRun, cancellationToken).ConfigureAwait(false);
    }
}
