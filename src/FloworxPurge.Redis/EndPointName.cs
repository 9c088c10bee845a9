using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace FloworxPurge.Redis;

/// <summary>The name of a server in options, messages and reports.</summary>
internal static class EndPointName
{
    private const int SentinelPort = 26379;

    /// <summary>Returns <c>host:port</c>, or the path of a socket file.</summary>
    public static string Of(EndPoint endPoint) => endPoint switch
    {
        DnsEndPoint name => string.Create(CultureInfo.InvariantCulture, $"{name.Host}:{name.Port}"),
        _ => endPoint.ToString() ?? "",
    };

    /// <summary>Returns the name of a sentinel, whose default port the client fills in only when it connects.</summary>
    public static string OfSentinel(EndPoint endPoint) => endPoint switch
    {
        DnsEndPoint { Port: 0 } name => Of(new DnsEndPoint(name.Host, SentinelPort)),
        IPEndPoint { Port: 0 } address => Of(new IPEndPoint(address.Address, SentinelPort)),
        _ => Of(endPoint),
    };

    /// <summary>
    /// Determines whether an endpoint is a host name, an address or a socket file, and not a URL or a part of a password.
    /// </summary>
    public static bool IsValid(EndPoint endPoint) => endPoint switch
    {
        DnsEndPoint name => name.Host.All(c => !char.IsWhiteSpace(c) && !char.IsControl(c) && c is not ('/' or '@' or '[' or ']' or ':')),
        IPEndPoint or UnixDomainSocketEndPoint => true,
        _ => false,
    };
}
