using System.Net;
using StackExchange.Redis;

namespace FloworxPurge.Redis;

/// <summary>Options that were checked, and what follows from them.</summary>
internal sealed class RedisSettings
{
    private const string Parts = ",";

    private RedisSettings(RedisPurgeOptions options, ConfigurationOptions? configuration, ScanLimits limits)
    {
        Options = options;
        Configuration = configuration;
        Limits = limits;
        ConfigurationOptions? stated = configuration ?? Parse(options.Multiplexer!);
        (User, Secrets) = Credentials(stated);
        IsNamedBySentinel = !string.IsNullOrEmpty(stated?.ServiceName);
        Errors = new ServerErrors(this);
    }

    /// <summary>Gets the copied options.</summary>
    public RedisPurgeOptions Options { get; }

    /// <summary>Gets the configuration of the own connection, or null where the host hands one over.</summary>
    public ConfigurationOptions? Configuration { get; }

    /// <summary>Gets the limits of an iteration over the keys.</summary>
    public ScanLimits Limits { get; }

    /// <summary>Gets the user that the configuration states, <c>default</c> where it states a password alone, or null.</summary>
    public string? User { get; }

    /// <summary>Gets what no message may contain.</summary>
    public IReadOnlyList<string> Secrets { get; }

    /// <summary>Gets whether a sentinel names the primary, so that another server of the client need not answer.</summary>
    public bool IsNamedBySentinel { get; }

    /// <summary>Gets the explanations of errors.</summary>
    public ServerErrors Errors { get; }

    /// <summary>Gets the number of the database.</summary>
    public int Database
        => Options.Database ?? Configuration?.DefaultDatabase ?? Math.Max(0, Options.Multiplexer?.GetDatabase().Database ?? 0);

    /// <summary>Gets the configured endpoints, to name the place.</summary>
    public string Place
    {
        get
        {
            if (Configuration is null)
            {
                return string.Join(Parts, Options.Multiplexer!.GetEndPoints(configuredOnly: true).Select(EndPointName.Of));
            }

            return string.IsNullOrEmpty(Configuration.ServiceName)
                ? string.Join(Parts, Configuration.EndPoints.Select(EndPointName.Of))
                : $"{Configuration.ServiceName} by sentinel {string.Join(Parts, Configuration.EndPoints.Select(EndPointName.OfSentinel))}";
        }
    }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Options are not valid; the message names every problem.</exception>
    public static RedisSettings Create(RedisPurgeOptions options, ScanLimits limits, string parameterName)
    {
        RedisPurgeOptions copy = options.Snapshot();
        List<string> problems = [];
        ConfigurationOptions? configuration = OptionsCheck.Connection(copy, problems);
        OptionsCheck.Values(copy, configuration, problems);
        return problems.Count == 0
            ? new RedisSettings(copy, configuration, limits)
            : throw new ArgumentException($"The Redis purge options are not valid: {string.Join("; ", problems)}.", parameterName);
    }

    /// <summary>Returns the name of a database, as <see cref="RedisPurgeOptions.EntireDatabase"/> has to give it.</summary>
    public static string DatabaseName(string endpoint, int database) => Text.Invariant($"{endpoint}/{database}");

    /// <summary>Returns the name of the database on a server.</summary>
    public string DatabaseName(EndPoint endPoint) => DatabaseName(EndPointName.Of(endPoint), Database);

    private static (string? User, IReadOnlyList<string> Secrets) Credentials(ConfigurationOptions? configuration)
    {
        if (configuration is null)
        {
            return (null, []);
        }

        string? user = string.IsNullOrWhiteSpace(configuration.User) ? null : configuration.User;
        string?[] given = [configuration.Password, configuration.SentinelPassword];
        string[] secrets = [.. given.OfType<string>().Where(secret => !string.IsNullOrWhiteSpace(secret))];
        return (user ?? (string.IsNullOrWhiteSpace(configuration.Password) ? null : "default"), secrets);
    }

    // The interface has no other way to the user that the host stated. A password with a comma is cut there, so that its beginning is
    // what is looked for.
    private static ConfigurationOptions? Parse(IConnectionMultiplexer multiplexer)
    {
        try
        {
            return ConfigurationOptions.Parse(multiplexer.Configuration, ignoreUnknown: true);
        }
        catch (ArgumentException)
        {
            // A proxy of the host's or a double in a test describes itself as it likes; nothing is stated then.
            return null;
        }
    }
}
