using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace FloworxPurge.Extensibility;

/// <summary>Describes requests and responses in messages without credentials.</summary>
internal static class HttpMessages
{
    /// <summary>The address without user info, fragment and the values of the query.</summary>
    public static string Address(Uri uri)
    {
        string query = string.Join(
            '&',
            uri.Query.TrimStart('?')
                .Split('&', StringSplitOptions.RemoveEmptyEntries)
                .Select(pair => pair.Contains('=', StringComparison.Ordinal) ? pair.Split('=')[0] + "=..." : "..."));
        return uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
            + (query.Length == 0 ? string.Empty : "?" + query);
    }

    /// <summary>Returns a status with its standard name; the server's own reason phrase is ignored.</summary>
    public static string Status(int status)
    {
        using var usual = new HttpResponseMessage((HttpStatusCode)status);
        return string.Create(CultureInfo.InvariantCulture, $"{status} {usual.ReasonPhrase}").TrimEnd();
    }

    /// <summary>Why there is no answer.</summary>
    public static string NoAnswer(HttpRequestException exception)
    {
        Exception cause = exception.GetBaseException();
        return "no answer: " + (exception.HttpRequestError, cause) switch
        {
            (HttpRequestError.NameResolutionError, _) => "the name of the host is not known",
            (_, SocketException socket) => Words(socket.SocketErrorCode),
            (HttpRequestError.SecureConnectionError, AuthenticationException) => "no secure connection: "
                + ScalarValue.Shorten(cause.Message),
            (HttpRequestError.SecureConnectionError, _) => "no secure connection",
            (HttpRequestError.ResponseEnded, _) => "the connection was closed before the answer was complete",
            (HttpRequestError.ProxyTunnelError, _) => "the proxy opened no tunnel",
            (HttpRequestError.ConfigurationLimitExceeded, _) => "the headers of the answer are too long",
            (HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError, _) => "the response is not HTTP",
            (HttpRequestError.Unknown, _) => ScalarValue.Shorten(cause.Message),
            (var other, _) => other.ToString(),
        };
    }

    private static string Words(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.ConnectionReset => "connection reset",
        SocketError.TimedOut => "the connection timed out",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the name of the host is not known",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "the host cannot be reached",
        _ => error.ToString(),
    };
}
