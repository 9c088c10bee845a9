using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;
using StackExchange.Redis;

namespace FloworxPurge.Tests.Redis;

/// <summary>Connections by TLS.</summary>
public sealed class RedisTlsTests
{
    private const string Host = "cache.test";

    [Fact]
    public async Task Keys_are_deleted_over_TLS_with_a_certificate_that_the_caller_trusts()
    {
        using X509Certificate2 certificate = RedisCertificate.Create(Host);
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart { Certificate = certificate, Password = "password" });
        await using RedisClient client = await server.ConnectAsync();
        await client.FillAsync("a", 1000);
        SslPolicyErrors? seen = null;
        RedisPurgeOptions options = Trusting(server, (_, shown, _, errors) =>
        {
            seen = errors;
            return certificate.Equals(shown);
        });
        (options.ConfigurationOptions!.SslHost, options.ConfigurationOptions.Password) = (Host, "password");

        Assert.Equal(TargetReport.Done(1000, 1000, 0), await options.PurgeAsync());
        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors, seen);

        options.ConfigurationOptions.SslHost = "elsewhere.test";
        await options.PurgeAsync();
        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch, seen);
    }

    [Fact]
    public async Task A_certificate_that_nobody_trusts_is_refused()
    {
        using X509Certificate2 certificate = RedisCertificate.Create(Host);
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart { Certificate = certificate });

        TargetReport result = await server.Entire(0, ",ssl=true").PurgeAsync();

        RedisContext.AssertFailed($"no TLS connection to {server.Endpoint}: ", result);
        RedisContext.AssertFailed(
            "The certificate has to be made for \"127.0.0.1\" by an authority that this system trusts; see sslHost and "
                + "CertificateValidation",
            result);
    }

    [Fact]
    public async Task A_server_that_asks_for_a_certificate_gets_the_one_of_the_configuration()
    {
        using X509Certificate2 certificate = RedisCertificate.Create(Host);
        await using RedisProcess server = await RedisServer.StartAsync(
            new RedisStart { Certificate = certificate, AsksForCertificate = true });
        RedisPurgeOptions options = Trusting(server, (_, shown, _, _) => certificate.Equals(shown));

        RedisContext.AssertFailed("client certificate", await options.PurgeAsync());
        options.ConfigurationOptions!.CertificateSelection += (_, _, _, _, _) => certificate;
        Assert.Equal(TargetReport.Done(0, 0, 0), await options.PurgeAsync());
    }

    [Fact]
    public async Task A_server_that_uses_TLS_is_distinguished_from_one_that_does_not()
    {
        using X509Certificate2 certificate = RedisCertificate.Create(Host);
        await using RedisProcess secured = await RedisServer.StartAsync(new RedisStart { Certificate = certificate });
        (RedisProcess plain, int database) = await RedisServer.GetAsync();
        RedisPurgeOptions options = plain.Entire(database, ",ssl=true");
        options.ConnectTimeout = TimeSpan.FromSeconds(1);

        RedisContext.AssertFailed(
            "is it Redis that listens there, and are ssl and the client certificate as it expects them?",
            await secured.Entire(0).PurgeAsync());
        RedisContext.AssertFailed(
            "there is no reply as of Redis within 1 s (ConnectTimeout); is it Redis that listens there, and are ssl",
            await options.PurgeAsync());
    }

    [Fact]
    public async Task A_handshake_that_does_not_end_ends_with_the_time_out()
    {
        await using FakeRedis peer = FakeRedis.Raw((_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        RedisPurgeOptions options = peer.Options();
        options.Configuration += ",ssl=true";
        options.ConnectTimeout = TimeSpan.FromSeconds(1);

        RedisContext.AssertFailed(
            $"127.0.0.1:{peer.Port} was reached, but there is no reply as of Redis within 1 s (ConnectTimeout); is it Redis that listens "
                + $"there, and are ssl",
            await options.PurgeAsync());
    }

    private static RedisPurgeOptions Trusting(RedisProcess server, RemoteCertificateValidationCallback validation)
    {
        RedisPurgeOptions options = server.Entire(0);
        options.ConfigurationOptions = ConfigurationOptions.Parse(options.Configuration + ",ssl=true");
        options.ConfigurationOptions.CertificateValidation += validation;
        options.Configuration = null;
        return options;
    }
}
