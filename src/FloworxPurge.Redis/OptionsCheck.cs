using StackExchange.Redis;

namespace FloworxPurge.Redis;

/// <summary>Checks the options and collects every problem.</summary>
internal static class OptionsCheck
{
    private const int MaximumBatchSize = 10_000;

    /// <summary>Checks how the server is reached.</summary>
    /// <returns>The configuration of the own connection, or null where the host hands one over or there is none that is valid.</returns>
    public static ConfigurationOptions? Connection(RedisPurgeOptions options, List<string> problems)
    {
        object?[] sources = [options.Configuration, options.ConfigurationOptions, options.Multiplexer];
        int given = sources.Count(source => source is not null);
        if (given != 1)
        {
            const string names = $"{nameof(RedisPurgeOptions.Configuration)}, {nameof(RedisPurgeOptions.ConfigurationOptions)} "
                + $"and {nameof(RedisPurgeOptions.Multiplexer)}";
            problems.Add(given == 0 ? $"none of {names} is set; give one of them" : $"more than one of {names} is set; give one of them");
            return null;
        }

        ConfigurationOptions? configuration = options.Configuration is { } text
            ? Parse(text, problems)
            : options.ConfigurationOptions?.Clone();
        if (configuration is null)
        {
            return null;
        }

        string name = options.Configuration is null
            ? nameof(RedisPurgeOptions.ConfigurationOptions)
            : nameof(RedisPurgeOptions.Configuration);
        int before = problems.Count;
        if (configuration.EndPoints.Count == 0)
        {
            problems.Add($"{name} has no endpoint; give host:port");
        }
        else if (!configuration.EndPoints.All(EndPointName.IsValid))
        {
            problems.Add($"{name} has an endpoint that is no name or address; give host:port, without scheme, user and password");
        }

        if (string.IsNullOrEmpty(configuration.ServiceName))
        {
            configuration.SetDefaultPorts();
        }

        return problems.Count == before ? configuration : null;
    }

    /// <summary>Checks the keys, the consent, the times and the batch.</summary>
    public static void Values(RedisPurgeOptions options, ConfigurationOptions? configuration, List<string> problems)
    {
        if (options.Database < 0)
        {
            problems.Add(Text.Invariant($"{nameof(options.Database)} is {options.Database}; give 0 or more"));
        }

        CheckSelection(options, configuration, problems);
        CheckTime(options.ConnectTimeout, nameof(options.ConnectTimeout), problems);
        CheckTime(options.Timeout, nameof(options.Timeout), problems);
        CheckTime(options.RunTimeout, nameof(options.RunTimeout), problems);
        if (options.BatchSize is < 1 or > MaximumBatchSize)
        {
            problems.Add(Text.Invariant($"{nameof(options.BatchSize)} is {options.BatchSize}; give 1 to {MaximumBatchSize}"));
        }
    }

    // The client's own messages repeat what they do not understand, which may be a part of the password.
    private static ConfigurationOptions? Parse(string text, List<string> problems)
    {
        const string name = nameof(RedisPurgeOptions.Configuration);
        bool hasOption = false;
        int endpoints = 0;
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            bool isOption = part.Contains('=', StringComparison.Ordinal);
            if (hasOption && !isOption)
            {
                problems.Add($"{name} has an endpoint after an option; "
                    + $"give endpoints first, and a password with a comma by {nameof(RedisPurgeOptions.ConfigurationOptions)}");
                return null;
            }

            hasOption |= isOption;
            endpoints += isOption ? 0 : 1;
        }

        try
        {
            ConfigurationOptions configuration = ConfigurationOptions.Parse(text);
            if (configuration.EndPoints.Count == endpoints)
            {
                return configuration;
            }

            // The client leaves out what it does not understand, without a word.
            problems.Add($"{name} has an endpoint that is no host:port, or one twice; give each once, without scheme, user and password");
            return null;
        }
        catch (ArgumentOutOfRangeException e)
        {
            // The parameter is one of the client's own keywords.
            problems.Add($"{name} has no valid value for \"{e.ParamName}\"");
            return null;
        }
        catch (ArgumentException)
        {
            problems.Add($"{name} is no configuration string of StackExchange.Redis; "
                + "give \"host:port\" and options such as \"ssl=true\", separated by commas");
            return null;
        }
    }

    private static void CheckSelection(RedisPurgeOptions options, ConfigurationOptions? configuration, List<string> problems)
    {
        if (options.KeyPattern is not null && options.EntireDatabase is not null)
        {
            problems.Add($"{nameof(options.KeyPattern)} and {nameof(options.EntireDatabase)} are both set; give one of them");
        }

        if (options.KeyPattern is not null)
        {
            if (GlobPattern.Problem(options.KeyPattern) is { } problem)
            {
                problems.Add($"{nameof(options.KeyPattern)} {problem}");
            }
        }
        else if (options.EntireDatabase is null)
        {
            string name = OnlyName(options, configuration) is { } only ? $"\"{only}\"" : "the name host:port/number";
            problems.Add($"neither {nameof(options.KeyPattern)} nor {nameof(options.EntireDatabase)} is set; "
                + $"give the pattern of the keys to delete, or {name} as {nameof(options.EntireDatabase)} to delete every key");
        }
        else
        {
            CheckConsent(options, configuration, problems);
        }
    }

    // Which primaries there are shows only once they are connected. What can be compared before is compared before anything is purged.
    private static void CheckConsent(RedisPurgeOptions options, ConfigurationOptions? configuration, List<string> problems)
    {
        string[] names = Consent.Names(options.EntireDatabase!);
        if (names.Any(name => name.Contains('@', StringComparison.Ordinal) || name.Contains("://", StringComparison.Ordinal)))
        {
            // Not repeated: there may be a password in it.
            problems.Add($"{nameof(options.EntireDatabase)} has a URL in it; give host:port/number of each primary, separated by commas");
            return;
        }

        string? only = OnlyName(options, configuration);
        bool isOther = only is not null && names.Length <= 1 && !names.Contains(only, StringComparer.OrdinalIgnoreCase);
        if (isOther)
        {
            problems.Add($"{nameof(options.EntireDatabase)} is \"{options.EntireDatabase}\", but the options lead to \"{only}\"; "
                + "nothing is emptied that is not named exactly");
        }
        else if (names.Length == 0 || (configuration is not null && !AreOf(Database(options, configuration), names)))
        {
            string number = configuration is null
                ? ""
                : Text.Invariant($", but the options lead to database {Database(options, configuration)}");
            problems.Add($"{nameof(options.EntireDatabase)} is \"{options.EntireDatabase}\"{number}; "
                + "give host:port/number of each primary, separated by commas");
        }
    }

    /// <summary>Returns the name of the only database that the options can lead to, or null.</summary>
    private static string? OnlyName(RedisPurgeOptions options, ConfigurationOptions? configuration)
    {
        bool isOne = configuration is { EndPoints.Count: 1, ResolveDns: false } && string.IsNullOrEmpty(configuration.ServiceName);
        return isOne && Database(options, configuration!) is >= 0 and var database
            ? RedisSettings.DatabaseName(EndPointName.Of(configuration!.EndPoints[0]), database)
            : null;
    }

    private static int Database(RedisPurgeOptions options, ConfigurationOptions configuration)
        => options.Database ?? configuration.DefaultDatabase ?? 0;

    private static bool AreOf(int database, string[] names)
    {
        string suffix = RedisSettings.DatabaseName("", database);
        return names.All(name => name.EndsWith(suffix, StringComparison.Ordinal));
    }

    private static void CheckTime(TimeSpan value, string name, List<string> problems)
    {
        if (value.TotalMilliseconds is < 1 or > int.MaxValue)
        {
            problems.Add(Text.Invariant($"{name} is {value}; give one millisecond to {int.MaxValue} milliseconds"));
        }
    }
}
