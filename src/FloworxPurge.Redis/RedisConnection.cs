using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using StackExchange.Redis;

namespace FloworxPurge.Redis;

/// <summary>The connection of one run: its own, which is closed at the end, or the host's, which is left as it is.</summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private readonly ConnectionMultiplexer? _own;

    private RedisConnection(IConnectionMultiplexer multiplexer, ConnectionMultiplexer? own)
    {
        Multiplexer = multiplexer;
        _own = own;
    }

    /// <summary>Gets the client.</summary>
    public IConnectionMultiplexer Multiplexer { get; }

    /// <summary>Gets whether the connection is closed with the run.</summary>
    public bool IsOwn => _own is not null;

    /// <summary>Connects, or takes the connection of the host.</summary>
    /// <exception cref="RedisFailure">No server can be reached, or none accepts the login.</exception>
    public static async Task<RedisConnection> OpenAsync(RedisSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Configuration is null)
        {
            return await TakeAsync(settings, cancellationToken).ConfigureAwait(false);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(settings.Options.ConnectTimeout);
        ConfigurationOptions configuration = Copy(settings);
        string place = settings.Place;
        if (!string.IsNullOrEmpty(configuration.ServiceName))
        {
            EndPoint primary = await Sentinels.FindPrimaryAsync(settings, configuration, limit.Token, cancellationToken)
                .ConfigureAwait(false);
            configuration.EndPoints.Clear();
            configuration.EndPoints.Add(primary);
            configuration.ServiceName = null;
            place = EndPointName.Of(primary);
        }

        ConnectionMultiplexer own = await ConnectAsync(
            settings, configuration, ConnectionMultiplexer.ConnectAsync, place, limit.Token, cancellationToken).ConfigureAwait(false);
        return new RedisConnection(own, own);
    }

    /// <summary>Connects within the time that is left.</summary>
    /// <exception cref="RedisFailure">No server can be reached, or none accepts the login.</exception>
    public static async Task<ConnectionMultiplexer> ConnectAsync(
        RedisSettings settings,
        ConfigurationOptions configuration,
        Func<ConfigurationOptions, TextWriter?, Task<ConnectionMultiplexer>> connect,
        string place,
        CancellationToken limit,
        CancellationToken cancellationToken)
    {
        var log = new ConnectionLog(settings.Configuration!.LoggerFactory);
        configuration.LoggerFactory = log;
        long start = Stopwatch.GetTimestamp();
        Task<ConnectionMultiplexer> connecting = connect(configuration, null);
        try
        {
            return await connecting.WaitAsync(limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = CloseWhenConnectedAsync(connecting);
            cancellationToken.ThrowIfCancellationRequested();
            throw new ConnectFailure(settings, configuration, log, place).Explain(thrown: null, isTimeout: true);
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException
            or SocketException or IOException or AuthenticationException)
        {
            bool isTimeout = Stopwatch.GetElapsedTime(start).TotalMilliseconds >= configuration.ConnectTimeout * 0.9;
            if (!isTimeout)
            {
                await log.WaitForReasonAsync(cancellationToken).ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            throw new ConnectFailure(settings, configuration, log, place).Explain(e, isTimeout);
        }
    }

    /// <summary>Closes the own connection, even if commands are still running on it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_own is not null)
        {
            await _own.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
            await _own.DisposeAsync().ConfigureAwait(false);
        }
    }

    // The server list of a host's connection may be a minute old: it reads roles and nodes again.
    private static async Task<RedisConnection> TakeAsync(RedisSettings settings, CancellationToken cancellationToken)
    {
        IConnectionMultiplexer multiplexer = settings.Options.Multiplexer!;
        try
        {
            await multiplexer.ConfigureAsync().WaitAsync(settings.Options.ConnectTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            string limit = Text.Within(settings.Options.ConnectTimeout, nameof(RedisPurgeOptions.ConnectTimeout));
            throw new RedisFailure($"no answer from {settings.Place} {limit}", e) { IsUnreachable = !multiplexer.IsConnected };
        }
        catch (RedisException e)
        {
            throw new RedisFailure($"no connection to {settings.Place}", e) { IsUnreachable = !multiplexer.IsConnected };
        }
        catch (ObjectDisposedException e)
        {
            throw new RedisFailure("the connection that the host handed over is disposed", e);
        }

        return new RedisConnection(multiplexer, own: null);
    }

    private static ConfigurationOptions Copy(RedisSettings settings)
    {
        ConfigurationOptions configuration = settings.Configuration!.Clone();

        // One attempt, and nothing that is sent later: a command that has to wait for a connection fails.
        configuration.AbortOnConnectFail = true;
        configuration.ConnectRetry = 1;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;

        // The client waits that long for a server that is down, and has to return in time to report that others are available.
        configuration.ConnectTimeout = Math.Max(1, (int)(settings.Options.ConnectTimeout.TotalMilliseconds * 3 / 4));
        configuration.SyncTimeout = configuration.AsyncTimeout = (int)settings.Options.Timeout.TotalMilliseconds;

        // No key is read, no channel listened to and no command sent that the purge does not need.
        configuration.TieBreaker = "";
        configuration.ConfigurationChannel = "";
        configuration.SetClientLibrary = false;
        configuration.IncludeDetailInExceptions = false;
        configuration.Tunnel ??= new ReplyLimit();
        return configuration;
    }

    // The client does not stop connecting when the wait for it ends.
    private static async Task CloseWhenConnectedAsync(Task<ConnectionMultiplexer> connecting)
    {
        try
        {
            ConnectionMultiplexer late = await connecting.ConfigureAwait(false);
            await late.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException
            or SocketException or IOException or AuthenticationException)
        {
            // Looked at, so that it is not reported as unobserved: the run has its own explanation.
        }
    }
}
