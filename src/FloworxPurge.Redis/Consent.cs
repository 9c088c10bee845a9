using System.Net;

namespace FloworxPurge.Redis;

/// <summary>Compares the databases that may be emptied with those that are reached.</summary>
internal static class Consent
{
    /// <summary>Returns the names in <see cref="RedisPurgeOptions.EntireDatabase"/>.</summary>
    public static string[] Names(string entireDatabase)
        => entireDatabase.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Checks that every primary is named and no other.</summary>
    /// <exception cref="RedisFailure">The names are others.</exception>
    public static void Require(RedisSettings settings, IEnumerable<EndPoint> primaries)
    {
        if (settings.Options.EntireDatabase is not { } consent)
        {
            return;
        }

        string[] reached = [.. primaries.Select(settings.DatabaseName).Order(StringComparer.Ordinal)];
        if (!reached.ToHashSet(StringComparer.OrdinalIgnoreCase).SetEquals(Names(consent)))
        {
            throw new RedisFailure(
                $"{nameof(RedisPurgeOptions.EntireDatabase)} is \"{consent}\", but the primaries that are reached are "
                    + $"\"{string.Join(", ", reached)}\"; nothing is emptied that is not named exactly");
        }
    }
}
