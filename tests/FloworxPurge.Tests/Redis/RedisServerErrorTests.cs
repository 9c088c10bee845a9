using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Redis;

/// <summary>An error of a server is explained, with the endpoint, and never contains a password.</summary>
public sealed class RedisServerErrorTests
{
    /// <summary>What a server says, and words of the reason.</summary>
    public static TheoryData<string, string, string> Errors => new()
    {
        { "DBSIZE", "LOADING Redis is loading the dataset in memory", "the server is still loading its data; try again when it is done (ENDPOINT replied to DBSIZE: LOADING Redis is loading the dataset in memory)" },
        { "ECHO", "LOADING Redis is loading the dataset in memory", "the server is still loading its data; try again when it is done (ENDPOINT)" },
        { "ECHO", "DENIED Redis is running in protected mode because", "the server is in protected mode" },
        { "DBSIZE", "ERR max number of clients reached", "the server takes no more connections" },
        { "DBSIZE", "MASTERDOWN Link with MASTER is down", "the server is a replica without its primary" },
        { "SCAN", "BUSY Redis is busy running a script.", "the server is busy with a script" },
        { "UNLINK", "READONLY You can't write against a read only replica.", "the server is a read-only replica; give the primary" },
        { "UNLINK", "CROSSSLOT Keys in request don't hash to the same slot", "the cluster is moving slots between its nodes; purge again when that is done" },
        { "UNLINK", "MOVED 3999 127.0.0.1:6381", "the cluster is moving slots between its nodes" },
        { "UNLINK", "CLUSTERDOWN The cluster is down", "the cluster is down" },
        { "UNLINK", "MISCONF Redis is configured to save RDB snapshots", "the server takes no writes since it cannot save its data" },
        { "UNLINK", "NOREPLICAS Not enough good replicas to write.", "the server takes no writes since it has too few replicas" },
        { "SCAN", "ERR something\u0007 else", "the server refused (ENDPOINT replied to SCAN: ERR something\\x07 else)" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task An_error_of_the_server_says_what_to_do_and_where(string command, string error, string words)
    {
        await using FakeRedis peer = FakeRedis.But(command, $"-{error}\r\n");

        RedisContext.AssertFailed(
            words.Replace("ENDPOINT", $"127.0.0.1:{peer.Port}", StringComparison.Ordinal),
            await peer.Options().PurgeAsync());
    }

    [Fact]
    public async Task A_long_text_of_a_server_is_cut()
    {
        await using FakeRedis peer = FakeRedis.But("DBSIZE", $"-ERR {new string('x', 50_000)}\r\n");

        TargetReport result = await peer.Options().PurgeAsync();

        Assert.Equal($"the server refused (127.0.0.1:{peer.Port} replied to DBSIZE: ERR {new string('x', 196)}...)", result.Reason);
    }

    /// <summary>What a server that repeats what it was sent says about the password, and to which command.</summary>
    public static TheoryData<string, string> Leaks => new()
    {
        { "AUTH", "-ERR unknown command 'AUTH', with args beginning with: 'SECRET'\r\n" },
        { "AUTH", "-SECRET\r\n" },
        { "AUTH", "-WRONGPASS SECRET\r\n" },
        { "AUTH", "+SECRET\r\n" },
        { "AUTH", ":SECRET\r\n" },
        { "AUTH", "SECRET" },
        { "HELLO", "-SECRET\r\n" },
        { "ECHO", "-ERR SECRET\r\n" },
        { "ECHO", "-NOPERM SECRET\r\n" },
        { "ECHO", "$12\r\nSECRET\r\n" },
        { "ACL", "$12\r\nSECRET\r\n" },
        { "ACL", "-SECRET\r\n" },
        { "DBSIZE", "-ERR you sent SECRET before\r\n" },
        { "DBSIZE", "-SECRET\r\n" },
        { "DBSIZE", ":SECRET\r\n" },
        { "DBSIZE", "$SECRET\r\n" },
        { "SCAN", "*2\r\n$12\r\nSECRET\r\n*0\r\n" },
        { "SCAN", "-ERR SECRET and secret\r\n" },
        { "UNLINK", "-NOPERM SECRET\r\n" },
    };

    [Theory]
    [MemberData(nameof(Leaks))]
    public async Task A_password_that_the_server_repeats_is_not_in_the_report(string command, string reply)
    {
        const string password = "Tr0ub4dor&3!";
        await using FakeRedis peer = FakeRedis.Until(
            command,
            reply.Replace("SECRET", password, StringComparison.Ordinal).Replace("secret", password.ToUpperInvariant(), StringComparison.Ordinal));
        RedisPurgeOptions options = peer.Options(TimeSpan.FromSeconds(2));
        options.ConnectTimeout = TimeSpan.FromSeconds(2);
        options.Configuration += $",password={password}";
        var target = new RedisPurgeTarget(options);

        TargetReport result = await target.PurgeAsync(RedisContext.Committed, TestContext.Current.CancellationToken);

        Assert.Equal(Outcome.Failed, result.Outcome);
        Assert.All([result.ToString(), target.Name], text => Assert.DoesNotContain(password, text, StringComparison.OrdinalIgnoreCase));
    }
}
