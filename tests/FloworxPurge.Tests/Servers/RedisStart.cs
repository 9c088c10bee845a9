using System.Security.Cryptography.X509Certificates;

namespace FloworxPurge.Tests.Servers;

/// <summary>How a throw-away Redis server is started.</summary>
internal sealed record RedisStart
{
    /// <summary>The password of the user <c>default</c>.</summary>
    public string? Password { get; init; }

    /// <summary>The certificate, with its key, of a server that accepts TLS only.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Whether a client has to show the same certificate.</summary>
    public bool AsksForCertificate { get; init; }

    /// <summary>
    /// The service and the address that a sentinel watches, such as <c>cache 127.0.0.1 6379</c>; null for a server that is no sentinel.
    /// </summary>
    public string? Watches { get; init; }

    /// <summary>Further settings: <c>--name</c> and values.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];
}
