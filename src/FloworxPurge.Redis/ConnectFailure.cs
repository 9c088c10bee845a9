using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using StackExchange.Redis;

namespace FloworxPurge.Redis;

/// <summary>Explains why there is no connection, from what the client logged.</summary>
internal sealed class ConnectFailure(RedisSettings settings, ConfigurationOptions configuration, ConnectionLog log, string place)
{
    private const string Hint = "is it Redis that listens there, and are ssl and the client certificate as it expects them?";

    private string Limit => Text.Within(settings.Options.ConnectTimeout, nameof(RedisPurgeOptions.ConnectTimeout));

    /// <summary>Returns the reason: of TLS, of the login, of the network, or that the server is none.</summary>
    /// <param name="thrown">What the client threw; null when it did not return in time.</param>
    /// <param name="isTimeout">Whether the time-out passed.</param>
    public RedisFailure Explain(Exception? thrown, bool isTimeout)
    {
        if (log.Find<AuthenticationException>(thrown) is { } tls)
        {
            return new RedisFailure(
                $"no TLS connection to {place}: {settings.Errors.Show(tls.Message)} "
                    + $"The certificate has to be made for \"{HostName()}\" by an authority that this system trusts; "
                    + "see sslHost and CertificateValidation of StackExchange.Redis",
                tls);
        }

        if (log.Find<RedisServerException>(thrown) is { } error)
        {
            return settings.Errors.ExplainLogin(place, error);
        }

        if (log.Find<RedisConnectionException>(thrown, e => e.FailureType == ConnectionFailureType.Loading) is { } loading)
        {
            return new RedisFailure($"{ServerErrors.Loading} ({place})", loading);
        }

        if (!log.IsConnected)
        {
            return log.Find<SocketException>(thrown) is { } socket
                ? new RedisFailure(Explain(socket), socket) { IsUnreachable = true }
                : new RedisFailure($"no connection to {place}{(isTimeout ? $" {Limit}" : "")}", thrown) { IsUnreachable = true };
        }

        // The handshake of TLS ends in an error of the stream if the server does not use it; after a time-out, the client makes
        // one itself.
        if (configuration.Ssl && !isTimeout && log.Find<IOException>(thrown) is { } stream)
        {
            return new RedisFailure(
                $"no TLS connection to {place}: {settings.Errors.Show(stream.Message)} "
                    + "Does the server use TLS on this port, and does it ask for a client certificate?",
                stream);
        }

        return new RedisFailure(
            isTimeout
                ? $"{place} was reached, but there is no reply as of Redis {Limit}; {Hint}"
                : $"{place} was reached, but closed the connection or replied otherwise than Redis does; {Hint}",
            thrown);
    }

    private string HostName()
        => !string.IsNullOrWhiteSpace(configuration.SslHost) ? configuration.SslHost : configuration.EndPoints[0] switch
        {
            DnsEndPoint name => name.Host,
            IPEndPoint address => address.Address.ToString(),
            EndPoint other => EndPointName.Of(other),
        };

    private string Explain(SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => $"connection refused by {place}; is the server running, and does it listen on this address?",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery
            => $"no address is known for {place}",
        SocketError.TimedOut => $"no connection to {place}: nothing answers there",
        _ => $"no connection to {place}: {exception.Message}",
    };
}
