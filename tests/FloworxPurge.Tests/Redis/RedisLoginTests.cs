using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;
using StackExchange.Redis;

namespace FloworxPurge.Tests.Redis;

/// <summary>Who logs in, what the user needs, and what is reported when the server takes somebody else.</summary>
public sealed class RedisLoginTests
{
    private const string Secret = "pa55 wörd, \"x\"";

    [Fact]
    public async Task A_password_logs_in_and_a_wrong_or_missing_one_is_reported()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart { Password = "pa55word" });
        await using RedisClient client = await server.ConnectAsync();
        await client.FillAsync("a", 3);

        RedisContext.AssertFailed("the server expects a password; give it", await server.Entire(0).PurgeAsync());
        RedisContext.AssertFailed(
            "the server does not accept the password; check it, and whether the server expects a user",
            await server.Entire(0, ",password=pa55wor").PurgeAsync());
        RedisContext.AssertFailed(
            "the server does not accept the password of the user \"nobody\"; check both",
            await server.Entire(0, ",user=nobody,password=pa55word").PurgeAsync());
        Assert.Equal(3, await client.SizeAsync());
        Assert.Equal(TargetReport.Done(3, 3, 0), await server.Entire(0, ",password=pa55word").PurgeAsync());
        Assert.Equal(TargetReport.Done(0, 0, 0), await server.Entire(0, ",user=default,password=pa55word").PurgeAsync());
    }

    [Fact]
    public async Task A_user_of_the_access_control_list_needs_five_commands_and_the_keys()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await client.SendAsync(
            "ACL",
            "SETUSER",
            "app",
            "on",
            ">" + Secret,
            "~session:*",
            "+scan",
            "+dbsize",
            "+unlink",
            "+acl|whoami",
            "+echo");
        await client.SendAsync("ACL", "SETUSER", "reader", "on", ">" + Secret, "~*", "+scan", "+dbsize", "+acl|whoami", "+echo");
        await client.FillAsync("session:", 3);
        await client.FillAsync("other:", 3);

        Assert.Equal(
            TargetReport.Done(3, 3, 0, "DBSIZE was 6 before and is 3 after"),
            await As(server.Pattern(0, "session:*"), "app").PurgeAsync());
        RedisContext.AssertFailed(
            "the user lacks a right; it needs SCAN, DBSIZE, UNLINK",
            await As(server.Pattern(0, "other:*"), "app").PurgeAsync());
        RedisContext.AssertFailed(
            $"{server.Endpoint} replied to UNLINK: NOPERM",
            await As(server.Pattern(0, "other:*"), "reader").PurgeAsync());
        RedisContext.AssertFailed("the user lacks a right", await As(server.Pattern(1, "other:*"), "reader").PurgeAsync());
        Assert.Equal(3, await client.SizeAsync());
    }

    [Theory]
    [InlineData("-scan")]
    [InlineData("-dbsize")]
    [InlineData("-unlink")]
    [InlineData("-acl|whoami")]
    [InlineData("-echo")]
    public async Task A_right_that_is_missing_is_reported_and_deletes_nothing(string missing)
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await client.SendAsync("ACL", "SETUSER", "app", "on", ">" + Secret, "~*", "+@all", missing);
        await client.FillAsync("a", 3);

        TargetReport result = await As(server.Entire(0), "app").PurgeAsync();

        RedisContext.AssertFailed("the user lacks a right; it needs SCAN, DBSIZE, UNLINK", result);
        Assert.DoesNotContain(Secret, result.ToString(), StringComparison.Ordinal);
        Assert.Equal(3, await client.SizeAsync());
    }

    // The client goes on as the user "default" where that one is open, and may have any right.
    [Fact]
    public async Task A_wrong_password_does_not_purge_as_the_open_default_user()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await client.SendAsync("ACL", "SETUSER", "app", "on", ">other", "~*", "+@all");
        await client.FillAsync("a", 3);

        TargetReport wrong = await As(server.Entire(0), "app").PurgeAsync();
        TargetReport unknown = await As(server.Entire(0), "nobody").DryRunAsync();

        RedisContext.AssertFailed($"{server.Endpoint} took the connection for the user \"default\" and not for \"app\"", wrong);
        RedisContext.AssertFailed("and not for \"nobody\"", unknown);
        Assert.Equal(3, await client.SizeAsync());
    }

    [Fact]
    public async Task The_connection_of_a_host_is_checked_for_its_user()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await client.SendAsync("ACL", "SETUSER", "app", "on", ">right", "~*", "+@all");
        await client.FillAsync("a", 3);
        await using ConnectionMultiplexer wrong = await ConnectionMultiplexer.ConnectAsync(server.Endpoint + ",user=app,password=wrong");
        await using ConnectionMultiplexer right = await ConnectionMultiplexer.ConnectAsync(server.Endpoint + ",user=app,password=right");

        RedisContext.AssertFailed(
            "took the connection for the user \"default\" and not for \"app\"",
            await new RedisPurgeOptions { Multiplexer = wrong, KeyPattern = "a*" }.PurgeAsync());
        Assert.Equal(3, await client.SizeAsync());
        Assert.Equal(
            TargetReport.Done(3, 3, 0, "DBSIZE was 3 before and is 0 after"),
            await new RedisPurgeOptions { Multiplexer = right, KeyPattern = "a*" }.PurgeAsync());
    }

    [Fact]
    public async Task A_user_without_a_password_logs_in()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient client = await server.ConnectAsync();
        await client.SendAsync("ACL", "SETUSER", "guest", "on", "nopass", "~*", "+@all");
        await client.FillAsync("a", 3);

        Assert.Equal(TargetReport.Done(3, 3, 0), await server.Entire(0, ",user=guest").PurgeAsync());
    }

    [Fact]
    public async Task A_password_that_nobody_asks_for_is_reported()
    {
        (RedisProcess server, int database) = await RedisServer.GetAsync();

        RedisContext.AssertFailed(
            $"the user \"default\" of the server has no password; give none ({server.Endpoint})",
            await server.Entire(database, ",password=x").PurgeAsync());
    }

    [Fact]
    public async Task A_server_before_version_6_has_a_password_and_no_users()
    {
        await using FakeRedis peer = FakeRedis.Replying(words => words[0] switch
        {
            "ACL" => "-ERR unknown command 'ACL'\r\n",
            "AUTH" when words.Length > 2 => "-ERR wrong number of arguments for 'auth' command\r\n",
            "AUTH" when words[1] != "right" => "-ERR invalid password\r\n",
            "DBSIZE" => ":0\r\n",
            "SCAN" => "*2\r\n$1\r\n0\r\n*0\r\n",
            _ => FakeRedis.Behave(words),
        });
        RedisPurgeOptions options = peer.Options();
        string endpoint = options.Configuration!;

        options.Configuration = endpoint + ",password=right";
        Assert.Equal(TargetReport.Done(0, 0, 0), await options.PurgeAsync());
        options.Configuration = endpoint + ",password=wrong";
        RedisContext.AssertFailed("the server does not accept the password", await options.PurgeAsync());
        options.Configuration = endpoint + ",user=app,password=right";
        RedisContext.AssertFailed(
            "the server takes a password without a user (Redis before version 6); give no user",
            await options.PurgeAsync());
    }

    [Fact]
    public async Task A_real_server_that_repeats_the_password_does_not_bring_it_into_the_report()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart { Settings = ["--rename-command", "AUTH", ""] });

        TargetReport result = await server.Entire(0, ",password=Tr0ub4dor&3").PurgeAsync();

        RedisContext.AssertFailed("the server does not know AUTH", result);
        Assert.DoesNotContain("Tr0ub4dor", result.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    private static RedisPurgeOptions As(RedisPurgeOptions options, string user)
    {
        options.ConfigurationOptions = ConfigurationOptions.Parse(options.Configuration!);
        options.Configuration = null;
        (options.ConfigurationOptions.User, options.ConfigurationOptions.Password) = (user, Secret);
        return options;
    }
}
