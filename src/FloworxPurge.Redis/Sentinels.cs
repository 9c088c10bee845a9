using System.Net;
using StackExchange.Redis;

namespace FloworxPurge.Redis;

/// <summary>Asks the sentinels of the configuration for the primary of its service.</summary>
internal static class Sentinels
{
    /// <summary>Returns the primary that every sentinel names that answers.</summary>
    /// <exception cref="RedisFailure">No sentinel can be reached or knows the service, or they name different primaries.</exception>
    public static async Task<EndPoint> FindPrimaryAsync(
        RedisSettings settings,
        ConfigurationOptions configuration,
        CancellationToken limit,
        CancellationToken cancellationToken)
    {
        ConfigurationOptions own = configuration.Clone();
        own.User = own.SentinelUser;
        own.Password = own.SentinelPassword;
        string place = $"sentinel {string.Join(", ", own.EndPoints.Select(EndPointName.OfSentinel))}";
        ConnectionMultiplexer multiplexer = await RedisConnection.ConnectAsync(
            settings, own, ConnectionMultiplexer.SentinelConnectAsync, place, limit, cancellationToken).ConfigureAwait(false);
        try
        {
            string service = configuration.ServiceName!;
            HashSet<EndPoint> named = [];
            foreach (IServer sentinel in multiplexer.GetServers().Where(server => server.IsConnected))
            {
                EndPoint? primary = await AskAsync(settings, sentinel, service, limit, cancellationToken).ConfigureAwait(false);
                if (primary is not null)
                {
                    named.Add(primary);
                }
            }

            return named.Count switch
            {
                0 => throw new RedisFailure($"{place} knows no service \"{service}\"; check serviceName"),
                1 => named.Single(),
                _ => throw new RedisFailure(
                    $"the sentinels name different primaries of \"{service}\": "
                        + $"{string.Join(", ", named.Select(EndPointName.Of).Order(StringComparer.Ordinal))}; "
                        + "try again when the failover is done"),
            };
        }
        finally
        {
            await multiplexer.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
            await multiplexer.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<EndPoint?> AskAsync(
        RedisSettings settings,
        IServer sentinel,
        string service,
        CancellationToken limit,
        CancellationToken cancellationToken)
    {
        string name = EndPointName.OfSentinel(sentinel.EndPoint);
        const string command = "SENTINEL GET-MASTER-ADDR-BY-NAME";
        try
        {
            return await sentinel.SentinelGetMasterAddressByNameAsync(service).WaitAsync(limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new RedisFailure($"no reply to {command} from {name} in time ({nameof(RedisPurgeOptions.ConnectTimeout)})", e);
        }
        catch (RedisServerException e)
        {
            throw settings.Errors.Explain(name, command, e);
        }
        catch (RedisCommandException e)
        {
            throw settings.Errors.Explain(name, command, e);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            throw new RedisFailure($"the connection to {name} was lost during {command}", e);
        }
    }
}
