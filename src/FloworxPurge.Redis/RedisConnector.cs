using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using FloworxPurge.Redis.Protocol;

namespace FloworxPurge.Redis;

/// <summary>Connects to the server of the options, by TLS where they say so.</summary>
internal static class RedisConnector
{
    /// <summary>Opens a connection on which nothing has been sent yet.</summary>
    /// <exception cref="RedisException">The server cannot be reached, or there is no trusted TLS connection to it.</exception>
    public static async Task<RespConnection> ConnectAsync(RedisPurgeOptions options, RespLimits limits, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.ConnectTimeout);
        Stream stream = await OpenAsync(options, limit.Token, cancellationToken).ConfigureAwait(false);
        if (options.UseTls)
        {
            stream = await SecureAsync(stream, options, limit.Token, cancellationToken).ConfigureAwait(false);
        }

        return new RespConnection(stream, options.Timeout, limits);
    }

    private static async Task<Stream> OpenAsync(RedisPurgeOptions options, CancellationToken limit, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(options.Host, options.Port, limit).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new RedisException($"no connection to {options.Endpoint} within {Seconds(options)}", e) { IsUnreachable = true };
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new RedisException(Explain(e, options), e) { IsUnreachable = true };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> SecureAsync(Stream stream, RedisPurgeOptions options, CancellationToken limit, CancellationToken cancellationToken)
    {
        var secured = new SslStream(stream, leaveInnerStreamOpen: false);
        var settings = new SslClientAuthenticationOptions
        {
            TargetHost = options.TlsHostName ?? options.Host,
            RemoteCertificateValidationCallback = options.CertificateValidation,

            // As a context it is shown whatever authorities the server lists.
            ClientCertificateContext = options.ClientCertificate is { } certificate ? SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true) : null,
        };
        try
        {
            await secured.AuthenticateAsClientAsync(settings, limit).ConfigureAwait(false);
            return secured;
        }
        catch (Exception e)
        {
            await secured.DisposeAsync().ConfigureAwait(false);
            throw e switch
            {
                OperationCanceledException when !cancellationToken.IsCancellationRequested
                    => new RedisException($"no TLS handshake with {options.Endpoint} within {Seconds(options)}; does the server speak TLS on this port?", e),
                AuthenticationException
                    => new RedisException($"no TLS connection to {options.Endpoint}: {e.Message} The certificate has to be made for \"{settings.TargetHost}\" by an authority that this system trusts; see {nameof(RedisPurgeOptions.TlsHostName)} and {nameof(RedisPurgeOptions.CertificateValidation)}", e),
                IOException
                    => new RedisException($"no TLS connection to {options.Endpoint}: {e.Message} Does the server speak TLS on this port?", e),
                _ => e,
            };
        }
    }

    private static string Explain(SocketException exception, RedisPurgeOptions options) => exception.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => $"connection refused by {options.Endpoint}; is the server running, and does it listen on this address?",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery => $"no address is known for the host \"{options.Host}\"",
        SocketError.TimedOut => $"no connection to {options.Endpoint}: nothing answers there",
        _ => $"no connection to {options.Endpoint}: {exception.Message}",
    };

    private static string Seconds(RedisPurgeOptions options)
        => string.Create(CultureInfo.InvariantCulture, $"{options.ConnectTimeout.TotalSeconds:0.###} s ({nameof(RedisPurgeOptions.ConnectTimeout)})");
}
