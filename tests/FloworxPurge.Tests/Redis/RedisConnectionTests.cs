using System.Net;
using System.Net.Sockets;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Redis;

/// <summary>How a server is reached, who logs in, and what is said when that fails.</summary>
public sealed class RedisConnectionTests
{
    private const string Secret = "pa55 wörd \"x\"";

    [Fact]
    public async Task A_password_logs_in_and_a_wrong_or_missing_one_is_told()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart { Password = "pa55word" });
        await using RedisClient client = await server.ConnectAsync();
        await client.FillAsync("a", 3);
        RedisPurgeOptions options = server.Entire(0);

        AssertFailed("the server asks for a password; set Password", await options.PurgeAsync());
        options.Password = "pa55wor";
        AssertFailed("the server does not accept the password; check Password, and whether it asks for a User", await options.PurgeAsync());
        options.User = "nobody";
        AssertFailed("the server does not accept the password of the user \"nobody\"; check User and Password", await options.PurgeAsync());
        Assert.Equal(3, await client.SizeAsync());
        (options.User, options.Password) = (null, "pa55word");
        Assert.Equal(TargetResult.Done(3, 3, 0), await options.PurgeAsync());
        (options.User, options.Password) = ("default", "pa55word");
        Assert.Equal(TargetResult.Done(0, 0, 0), await options.PurgeAsync());
    }

    [Fact]
    public async Task A_user_of_the_access_control_list_needs_three_commands_and_the_keys()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await client.SendAsync("ACL", "SETUSER", "app", "on", ">" + Secret, "~session:*", "+scan", "+dbsize", "+unlink");
        await client.SendAsync("ACL", "SETUSER", "reader", "on", ">" + Secret, "~*", "+scan", "+dbsize");
        await client.SendAsync("ACL", "SETUSER", "guest", "on", "nopass", "~*", "+@all");
        await client.FillAsync("session:", 3);
        await client.FillAsync("other:", 3);
        RedisPurgeOptions options = server.Pattern(0, "session:*");
        (options.User, options.Password) = ("app", Secret);

        Assert.Equal(TargetResult.Done(3, 3, 0, "DBSIZE was 6 before and is 3 after"), await options.PurgeAsync());
        options.KeyPattern = "other:*";
        AssertFailed("the user lacks a right; it needs SCAN, DBSIZE and UNLINK", await options.PurgeAsync());
        options.User = "reader";
        AssertFailed("the user lacks a right", await options.PurgeAsync());
        options.Database = 1;
        AssertFailed("the user lacks a right; it needs SCAN, DBSIZE and UNLINK, SELECT for another database than 0", await options.PurgeAsync());
        Assert.Equal(3, await client.SizeAsync());
        (options.User, options.Password, options.Database) = ("guest", null, 0);
        Assert.Equal(TargetResult.Done(3, 3, 0, "DBSIZE was 3 before and is 0 after"), await options.PurgeAsync());
    }

    [Fact]
    public async Task A_password_that_nobody_asks_for_is_told()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();
        RedisPurgeOptions options = server.Entire(database);
        options.Password = Secret;

        AssertFailed("the server's default user has no password; leave Password null", await options.PurgeAsync());
    }

    [Fact]
    public async Task A_database_that_the_server_does_not_have_is_told()
    {
        (RedisProcess server, _) = await RedisServer.GetAsync();

        AssertFailed("the server has no database of the number given; check Database (the server's reply to SELECT: ERR DB index is out of range)", await server.Entire(1000).PurgeAsync());
    }

    [Fact]
    public async Task A_replica_is_told_and_keeps_its_keys()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await client.FillAsync("a", 3);
        await client.SendAsync("REPLICAOF", "127.0.0.1", "1");

        TargetResult result = await server.Entire(0).PurgeAsync();

        AssertFailed("the server is a read-only replica; give the primary", result);
        Assert.Equal((3L, 0L), (result.ItemsBefore, result.ItemsRemoved));
        Assert.Equal(3, await client.SizeAsync());
    }

    [Fact]
    public async Task A_server_that_does_not_answer_in_time_is_a_failure()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await client.SendAsync("CLIENT", "PAUSE", "3000", "ALL");
        RedisPurgeOptions options = server.Entire(0);
        options.Timeout = TimeSpan.FromMilliseconds(200);

        AssertFailed("no whole reply to DBSIZE within 0.2 s (Timeout)", await options.PurgeAsync());
    }

    [Fact]
    public async Task A_caller_who_stops_waiting_is_heard_at_once()
    {
        await using FakeRedis peer = FakeRedis.But("SCAN", "");
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new RedisPurgeTarget(peer.Options()).PurgeAsync(RedisContext.Committed, stop.Token).WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task A_port_on_which_nobody_listens_is_unreachable()
    {
        int port = ServerShell.FreePort();
        var options = new RedisPurgeOptions { Port = port, KeyPattern = "a*", Password = Secret };

        Assert.Equal(TargetResult.Unreachable($"connection refused by 127.0.0.1:{port}; is the server running, and does it listen on this address?"), await options.PurgeAsync());
    }

    [Fact]
    public async Task A_host_that_nobody_knows_is_unreachable()
    {
        var options = new RedisPurgeOptions { Host = "cache.invalid", KeyPattern = "a*", ConnectTimeout = TimeSpan.FromSeconds(30) };

        Assert.Equal(TargetResult.Unreachable("no address is known for the host \"cache.invalid\""), await options.PurgeAsync());
    }

    [Fact]
    public async Task A_connection_that_never_comes_about_is_unreachable()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems refuse a connection when the queue is full.");
        using var full = new Socket(SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        List<Socket> waiting = [];
        for (int i = 0; i < 8; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            waiting.Add(socket);
            _ = socket.ConnectAsync(full.LocalEndPoint!).ContinueWith(task => _ = task.Exception, TaskScheduler.Default);
        }

        await Task.Delay(100, TestContext.Current.CancellationToken);
        int port = ((IPEndPoint)full.LocalEndPoint!).Port;

        TargetResult result = await new RedisPurgeOptions { Port = port, KeyPattern = "a*", ConnectTimeout = TimeSpan.FromMilliseconds(300) }.PurgeAsync();
        waiting.ForEach(socket => socket.Dispose());

        Assert.Equal(TargetResult.Unreachable($"no connection to 127.0.0.1:{port} within 0.3 s (ConnectTimeout)"), result);
    }

    /// <summary>What a server says, and words of the reason.</summary>
    public static TheoryData<string, string, string> Errors => new()
    {
        { "DBSIZE", "LOADING Redis is loading the dataset in memory", "the server is still loading its data; try again when it is done (the server's reply to DBSIZE: LOADING Redis is loading the dataset in memory)" },
        { "DBSIZE", "DENIED Redis is running in protected mode because", "the server is in protected mode" },
        { "DBSIZE", "ERR max number of clients reached", "the server takes no more connections" },
        { "DBSIZE", "MASTERDOWN Link with MASTER is down", "the server is a replica without its primary" },
        { "SCAN", "BUSY Redis is busy running a script.", "the server is busy with a script" },
        { "UNLINK", "CROSSSLOT Keys in request don't hash to the same slot", "the server is a node of a cluster; add one target for each primary, with BatchSize 1" },
        { "UNLINK", "MOVED 3999 127.0.0.1:6381", "the server is a node of a cluster" },
        { "UNLINK", "MISCONF Redis is configured to save RDB snapshots", "the server takes no writes since it cannot save its data" },
        { "UNLINK", "NOREPLICAS Not enough good replicas to write.", "the server takes no writes since it has too few replicas" },
        { "SCAN", "ERR something\u0007 else", "the server refused (the server's reply to SCAN: ERR something\\x07 else)" },
        { "SCAN", "", "the server refused (the server's reply to SCAN: )" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task An_error_of_the_server_says_what_to_do(string command, string error, string words)
    {
        await using FakeRedis peer = FakeRedis.But(command, $"-{error}\r\n");

        AssertFailed(words, await peer.Options().PurgeAsync());
    }

    [Fact]
    public async Task Long_words_of_a_server_are_cut()
    {
        await using FakeRedis peer = FakeRedis.But("DBSIZE", $"-ERR {new string('x', 50_000)}\r\n");

        TargetResult result = await peer.Options().PurgeAsync();

        Assert.Equal($"the server refused (the server's reply to DBSIZE: ERR {new string('x', 196)}...)", result.Reason);
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
        await using FakeRedis peer = FakeRedis.Until(command, reply.Replace("SECRET", password, StringComparison.Ordinal).Replace("secret", password.ToUpperInvariant(), StringComparison.Ordinal));
        RedisPurgeOptions options = peer.Options();
        (options.User, options.Password) = ("app", password);
        var target = new RedisPurgeTarget(options);

        TargetResult result = await target.PurgeAsync(RedisContext.Committed, TestContext.Current.CancellationToken);

        Assert.Equal(TargetOutcome.Failed, result.Outcome);
        Assert.All([result.ToString(), target.Name], text => Assert.DoesNotContain(password, text, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_real_server_that_repeats_the_password_does_not_bring_it_into_the_report()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart { Settings = ["--rename-command", "AUTH", ""] });
        RedisPurgeOptions options = server.Entire(0);
        options.Password = "Tr0ub4dor&3";

        Assert.Equal(TargetResult.Failed("the server does not know AUTH"), await options.PurgeAsync());
    }

    private static void AssertFailed(string words, TargetResult result)
    {
        Assert.Equal(TargetOutcome.Failed, result.Outcome);
        Assert.Contains(words, result.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, result.ToString(), StringComparison.Ordinal);
    }
}
