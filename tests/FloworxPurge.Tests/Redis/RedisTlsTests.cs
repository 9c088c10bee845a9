using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Redis;

/// <summary>Connections by TLS.</summary>
public sealed class RedisTlsTests
{
    private const string Host = "cache.test";

    [Fact]
    public async Task Keys_go_over_TLS_with_a_certificate_that_the_caller_trusts()
    {
        using X509Certificate2 certificate = RedisCertificate.Create(Host);
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart { Certificate = certificate, Password = "password" });
        await using RedisClient client = await server.ConnectAsync();
        await client.FillAsync("a", 1000);
        RedisPurgeOptions options = server.Entire(0);
        (options.UseTls, options.Password, options.TlsHostName) = (true, "password", Host);
        SslPolicyErrors? seen = null;
        options.CertificateValidation = (_, shown, _, errors) =>
        {
            seen = errors;
            return certificate.Equals(shown);
        };

        Assert.Equal(TargetResult.Done(1000, 1000, 0), await options.PurgeAsync());
        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors, seen);

        options.TlsHostName = "elsewhere.test";
        await options.PurgeAsync();
        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch, seen);

        options.TlsHostName = null;
        await options.PurgeAsync();
        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors, seen);
    }

    [Fact]
    public async Task A_certificate_that_nobody_trusts_is_refused()
    {
        using X509Certificate2 certificate = RedisCertificate.Create(Host);
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart { Certificate = certificate });
        RedisPurgeOptions options = server.Entire(0);
        options.UseTls = true;

        TargetResult result = await options.PurgeAsync();

        AssertFailed($"no TLS connection to 127.0.0.1:{server.Port}: ", result);
        AssertFailed("The certificate has to be made for \"127.0.0.1\" by an authority that this system trusts; see TlsHostName and CertificateValidation", result);
    }

    [Fact]
    public async Task A_server_that_asks_for_a_certificate_gets_the_one_of_the_options()
    {
        using X509Certificate2 certificate = RedisCertificate.Create(Host);
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart { Certificate = certificate, AsksForCertificate = true });
        RedisPurgeOptions options = server.Entire(0);
        options.UseTls = true;
        options.CertificateValidation = (_, shown, _, _) => certificate.Equals(shown);

        AssertFailed("ClientCertificate", await options.PurgeAsync());
        options.ClientCertificate = certificate;
        Assert.Equal(TargetResult.Done(0, 0, 0), await options.PurgeAsync());
    }

    [Fact]
    public async Task A_server_that_speaks_TLS_is_told_from_one_that_does_not()
    {
        using X509Certificate2 certificate = RedisCertificate.Create(Host);
        await using RedisProcess secured = await RedisServer.StartAsync(new RedisStart { Certificate = certificate });
        (RedisProcess plain, int database) = await RedisServer.GetAsync();
        RedisPurgeOptions options = plain.Entire(database);
        options.UseTls = true;
        options.ConnectTimeout = TimeSpan.FromSeconds(1);

        AssertFailed("is it Redis that listens there, and are UseTls and ClientCertificate as it wants them?", await secured.Entire(0).PurgeAsync());
        AssertFailed("oes the server speak TLS on this port?", await options.PurgeAsync());
    }

    [Fact]
    public async Task A_handshake_that_does_not_end_ends_with_the_time_out()
    {
        await using FakeRedis peer = FakeRedis.Raw((_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        RedisPurgeOptions options = peer.Options();
        options.UseTls = true;
        options.ConnectTimeout = TimeSpan.FromMilliseconds(300);

        AssertFailed($"no TLS handshake with 127.0.0.1:{peer.Port} within 0.3 s (ConnectTimeout); does the server speak TLS on this port?", await options.PurgeAsync());
    }

    private static void AssertFailed(string words, TargetResult result)
    {
        Assert.Equal(TargetOutcome.Failed, result.Outcome);
        Assert.Contains(words, result.Reason, StringComparison.Ordinal);
    }
}
