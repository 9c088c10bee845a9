using StackExchange.Redis;

namespace FloworxPurge.Redis;

/// <summary>
/// Options of a <see cref="RedisPurgeTarget"/>. One of <see cref="Configuration"/>, <see cref="ConfigurationOptions"/> and
/// <see cref="Multiplexer"/> has to be set,
/// and one of <see cref="KeyPattern"/> and <see cref="EntireDatabase"/>.
/// </summary>
public sealed class RedisPurgeOptions
{
    /// <summary>
    /// Gets or sets the configuration string of StackExchange.Redis, such as <c>cache.internal:6380,ssl=true,user=purger,password=...</c>.
    /// Endpoints come first. The default value is <see langword="null"/>.
    /// </summary>
    /// <remarks>A password that contains a comma has to be given by <see cref="ConfigurationOptions"/>.</remarks>
    public string? Configuration { get; set; }

    /// <summary>
    /// Gets or sets the configuration of StackExchange.Redis. The target copies it and opens a connection of its own, with the time-outs of
    /// these options. The default value is <see langword="null"/>.
    /// </summary>
    public ConfigurationOptions? ConfigurationOptions { get; set; }

    /// <summary>
    /// Gets or sets the connection of the host. The target uses it as it is, and neither changes its settings nor disposes it. The default
    /// value is <see langword="null"/>.
    /// </summary>
    public IConnectionMultiplexer? Multiplexer { get; set; }

    /// <summary>
    /// Gets or sets the number of the database, 0 or more. The default value is <see langword="null"/>, the default database of the
    /// configuration, or 0.
    /// </summary>
    public int? Database { get; set; }

    /// <summary>
    /// Gets or sets the keys to delete, as a glob of the server: <c>*</c> stands for any bytes, <c>?</c> for one byte, <c>[ab]</c>,
    /// <c>[a-z]</c> and <c>[^a]</c> for one of a set, and <c>\</c> takes the next character as it is. It is compared with the whole key,
    /// case included. The default value is <see langword="null"/>, see <see cref="EntireDatabase"/>.
    /// </summary>
    /// <remarks>
    /// A pattern of wildcards alone, such as <c>*</c> or <c>[a-z]*</c>, is refused: at least one character outside brackets has to stand
    /// for itself.
    /// </remarks>
    public string? KeyPattern { get; set; }

    /// <summary>
    /// Gets or sets the database that may be emptied, by its name: <c>host:port/number</c>, such as <c>127.0.0.1:6379/0</c>
    /// (<c>[::1]:6379/0</c> for an IPv6 address). Of a cluster, the names of all primaries, separated by commas; behind a sentinel, the
    /// primary that the sentinel names. The default value is <see langword="null"/>, none.
    /// </summary>
    /// <remarks>
    /// The names have to be those of the primaries that are reached, all of them and no other; otherwise nothing is deleted. A failed or
    /// dry run reports the names.
    /// </remarks>
    public string? EntireDatabase { get; set; }

    /// <summary>
    /// Gets or sets how many keys are requested and deleted at a time, 1 to 10,000; a server may return some more. The default value is
    /// 500.
    /// </summary>
    public int BatchSize { get; set; } = 500;

    /// <summary>
    /// Gets or sets how long connecting may take, to all servers and with the TLS handshake, in whole milliseconds from 1. Behind a
    /// sentinel, the connections to the sentinels and to the primary have this time together. The default value is 5 seconds.
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets how long a server may take for one reply, to its last byte, in whole milliseconds from 1. The default value is 10
    /// seconds.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets how long the whole run may take, in whole milliseconds from 1. What was deleted until then stays deleted. The default
    /// value is 1 hour.
    /// </summary>
    public TimeSpan RunTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Returns a copy that later changes to this object do not affect.</summary>
    internal RedisPurgeOptions Snapshot() => (RedisPurgeOptions)MemberwiseClone();
}
