using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis.Protocol;

namespace FloworxPurge.Redis;

/// <summary>Removes keys from a server that speaks as Redis does: Redis, Valkey, KeyDB. All keys of one database, or those of a pattern.</summary>
/// <remarks>
/// It goes over the keys once, by <c>SCAN</c>, and removes them in batches by <c>UNLINK</c>, or <c>DEL</c> where the server does not know that. Keys that are written meanwhile may stay,
/// and are reported as a failure. A whole database is counted by <c>DBSIZE</c>; the keys of a pattern by <c>SCAN</c>, each once.
/// The user needs the commands <c>SCAN</c>, <c>DBSIZE</c> and <c>UNLINK</c>, and <c>SELECT</c> for another database than 0. In a cluster, only the keys of the node that is given are seen.
/// </remarks>
public sealed class RedisPurgeTarget : IPurgeTarget
{
    private readonly RedisPurgeOptions _options;
    private readonly RespLimits _respLimits;
    private readonly ScanLimits _scanLimits;

    /// <summary>Takes a copy of the options. Connects to nothing yet.</summary>
    /// <param name="options">Which keys of which server. Changes to them later have no effect.</param>
    /// <exception cref="ArgumentNullException">The options are null.</exception>
    /// <exception cref="ArgumentException">Options are not valid, or would empty a whole database that they do not name; the message tells every problem.</exception>
    public RedisPurgeTarget(RedisPurgeOptions options)
        : this(options, RespLimits.Default, ScanLimits.Default)
    {
    }

    internal RedisPurgeTarget(RedisPurgeOptions options, RespLimits respLimits, ScanLimits scanLimits)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Snapshot();
        _options.Validate(nameof(options));
        _respLimits = respLimits;
        _scanLimits = scanLimits;
        Name = string.Create(CultureInfo.InvariantCulture, $"Redis {_options.Endpoint}, database {_options.Database}{(_options.KeyPattern is { } pattern ? $", keys {pattern}" : "")}");
    }

    /// <summary>Host, port and database, and the pattern of the keys if there is one: <c>Redis cache.internal:6379, database 0, keys session:*</c>.</summary>
    public string Name { get; }

    /// <summary>It does: the keys are counted, and nothing is written.</summary>
    public bool SupportsDryRun => true;

    /// <summary>Counts the keys, removes them and counts again; in a dry run only counts.</summary>
    /// <param name="context">The purge that was committed, or the dry run.</param>
    /// <param name="cancellationToken">Stops the work; what is removed stays removed.</param>
    /// <returns>
    /// What was counted and removed, as measured. <see cref="TargetOutcome.Unreachable"/> when there is no connection; <see cref="TargetOutcome.Failed"/>, with what was removed until then,
    /// when the server refuses, does not reply in time, or replies what is not the protocol, and when keys are left at the end.
    /// </returns>
    /// <exception cref="ArgumentNullException">The context is null.</exception>
    /// <exception cref="OperationCanceledException">The token asked to stop.</exception>
    public async Task<TargetResult> PurgeAsync(ExtensionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return await new RedisRun(_options, _respLimits, _scanLimits).RunAsync(context.IsDryRun, cancellationToken).ConfigureAwait(false);
    }
}
