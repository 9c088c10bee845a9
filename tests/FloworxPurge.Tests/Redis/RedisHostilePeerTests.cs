using System.Globalization;
using System.Text;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Redis;

/// <summary>
/// A peer that does not keep to the protocol, or never comes to an end: the target fails in time, in plain words, and passes no number on
/// that cannot be.
/// </summary>
public sealed class RedisHostilePeerTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(8);

    /// <summary>Command, reply to it, words of the reason.</summary>
    public static TheoryData<string, string, string> Malformed => new()
    {
        { "ECHO", "HTTP/1.1 400 Bad Request\r\n\r\n", "is it Redis that listens there, and are ssl" },
        { "ECHO", "\u0015\u0003\u0001\u0000\u0002\u0002\u0046", "is it Redis that listens there, and are ssl" },
        { "ECHO", "$3\r\nabc\r\n", "is it Redis that listens there" },
        { "ECHO", "", "is it Redis that listens there" },
        { "HELLO", "garbage", "is it Redis that listens there" },
        { "ACL", ":1\r\n", "malformed reply to ACL WHOAMI from ENDPOINT: a user was expected" },
        { "ACL", "*0\r\n", "a user was expected" },
        { "ACL", "$5\r\nother\r\n", "ENDPOINT took the connection for the user \"other\" and not for \"default\"" },
        { "AUTH", ":1\r\n", "is it Redis that listens there" },
        { "AUTH", "+QUEUED\r\n", "is it Redis that listens there" },
        { "DBSIZE", ":-1\r\n", "malformed reply to DBSIZE from ENDPOINT: a number of keys was expected" },
        { "DBSIZE", ":9223372036854775807\r\n", "a number of keys was expected" },
        { "DBSIZE", "+2\r\n", "a number of keys was expected" },
        { "DBSIZE", "$1\r\n2\r\n", "a number of keys was expected" },
        { "DBSIZE", "$-1\r\n", "a number of keys was expected" },
        { "DBSIZE", "*-1\r\n", "a number of keys was expected" },
        { "DBSIZE", ":5x\r\n", "DBSIZE" },
        { "DBSIZE", ":9223372036854775808\r\n", "DBSIZE" },
        { "DBSIZE", "HTTP/1.1 400 Bad Request\r\n\r\n", "DBSIZE" },
        { "DBSIZE", ":2", "DBSIZE" },
        { "DBSIZE", "$10\r\nabc", "DBSIZE" },
        { "DBSIZE", "", "the connection was lost during DBSIZE on ENDPOINT" },
        { "SCAN", "*0\r\n", "malformed reply to SCAN from ENDPOINT: a cursor and an array of keys were expected" },
        { "SCAN", ":0\r\n", "a cursor and an array of keys were expected" },
        { "SCAN", "*2\r\n:0\r\n*0\r\n", "a cursor and an array of keys were expected" },
        { "SCAN", "*2\r\n$1\r\n0\r\n*-1\r\n", "a cursor and an array of keys were expected" },
        { "SCAN", "*3\r\n$1\r\n0\r\n*0\r\n*0\r\n", "a cursor and an array of keys were expected" },
        { "SCAN", "*2\r\n$3\r\nend\r\n*0\r\n", "the cursor is not a number" },
        { "SCAN", "*2\r\n$0\r\n\r\n*0\r\n", "the cursor is not a number" },
        { "SCAN", "*2\r\n$2\r\n-1\r\n*0\r\n", "the cursor is not a number" },
        { "SCAN", "*2\r\n$20\r\n99999999999999999999\r\n*0\r\n", "the cursor is not a number" },
        { "SCAN", "*2\r\n$1\r\n0\r\n*1\r\n$-1\r\n", "there is something among the keys that is not a key" },
        { "SCAN", "*2\r\n$1\r\n0\r\n*1\r\n:5\r\n", "there is something among the keys that is not a key" },
        { "SCAN", "*2\r\n$1\r\n0\r\n*1\r\n*1\r\n$1\r\na\r\n", "there is something among the keys that is not a key" },
        { "UNLINK", ":3\r\n", "malformed reply to UNLINK from ENDPOINT: a number of keys from 0 to 2 was expected; 0 keys were removed before that, and whether the batch under way was is not known" },
        { "UNLINK", ":1000000000\r\n", "a number of keys from 0 to 2 was expected" },
        { "UNLINK", ":-5\r\n", "a number of keys from 0 to 2 was expected" },
        { "UNLINK", "+OK\r\n", "a number of keys from 0 to 2 was expected" },
        { "UNLINK", "*0\r\n", "a number of keys from 0 to 2 was expected" },
        { "UNLINK", "garbage", "; 0 keys were removed before that, and whether the batch under way was is not known" },
        { "UNLINK", "", "the connection was lost during UNLINK on ENDPOINT; 0 keys were removed before that, and whether the batch under way was is not known" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_reply_is_a_failure_that_says_what_is_wrong(string command, string reply, string words)
    {
        await using FakeRedis peer = FakeRedis.Until(command, reply);
        RedisPurgeOptions options = peer.Options(TimeSpan.FromSeconds(2));
        options.ConnectTimeout = TimeSpan.FromSeconds(2);
        options.Configuration += command is "AUTH" or "ACL" ? ",password=password" : "";

        TargetReport result = await InTimeAsync(options);

        Assert.Equal(Outcome.Failed, result.Outcome);
        Assert.Contains(
            words.Replace("ENDPOINT", $"127.0.0.1:{peer.Port}", StringComparison.Ordinal),
            result.Reason,
            StringComparison.Ordinal);
        Assert.Equal(command is "UNLINK" ? null : command is "SCAN" ? 0L : null, result.ItemsRemoved);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task A_reply_in_pieces_is_the_same_reply(int size)
    {
        await using FakeRedis peer = FakeRedis.Pieces(size);

        Assert.Equal(
            "2 keys are left, written while the others were removed; stop what writes to 127.0.0.1:"
                + peer.Port.ToString(CultureInfo.InvariantCulture)
                + "/0 and purge again; 2 keys came meanwhile",
            (await InTimeAsync(peer.Options())).Reason);
    }

    [Theory]
    [InlineData("DBSIZE")]
    [InlineData("SCAN")]
    [InlineData("UNLINK")]
    public async Task A_reply_that_never_comes_ends_with_the_time_out(string command)
    {
        await using FakeRedis peer = FakeRedis.But(command, "");

        TargetReport result = await InTimeAsync(peer.Options(TimeSpan.FromMilliseconds(300)));

        Assert.Equal(Outcome.Failed, result.Outcome);
        Assert.StartsWith(
            $"no whole reply to {command} from 127.0.0.1:{peer.Port} within 0.3 s (Timeout)",
            result.Reason,
            StringComparison.Ordinal);
        Assert.Equal(command is "SCAN" ? 0L : null, result.ItemsRemoved);
    }

    [Fact]
    public async Task A_reply_that_comes_byte_by_byte_does_not_extend_the_time_out()
    {
        await using FakeRedis peer = FakeRedis.Endless("DBSIZE", "+", "x"u8.ToArray(), TimeSpan.FromMilliseconds(100));

        TargetReport result = await InTimeAsync(peer.Options(TimeSpan.FromMilliseconds(500)));

        Assert.Equal(
            (Outcome.Failed, $"no whole reply to DBSIZE from 127.0.0.1:{peer.Port} within 0.5 s (Timeout)"),
            (result.Outcome, result.Reason));
    }

    /// <summary>
    /// Bytes that are sent over and over. What the client makes of them is its own; that it comes to an end is the target's.
    /// </summary>
    public static TheoryData<string, string> EndlessReplies => new()
    {
        { "", "x" },
        { "-", "error" },
        { ":", "1" },
        { "$16777216\r\n", "aaaaaaaa" },
        { "*100000\r\n", "$-1\r\n" },
        { "*100000\r\n", "*100000\r\n" },
        { "", "*1\r\n" },
        { "", ":1\r\n" },
    };

    [Theory]
    [MemberData(nameof(EndlessReplies))]
    public async Task A_reply_without_end_comes_to_an_end(string start, string more)
    {
        await using FakeRedis peer = FakeRedis.Endless(
            "DBSIZE",
            start,
            Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(more, 200))),
            TimeSpan.FromMilliseconds(1));

        TargetReport result = await InTimeAsync(peer.Options(TimeSpan.FromSeconds(1)));

        Assert.Equal((Outcome.Failed, null), (result.Outcome, result.ItemsAfter));
    }

    [Theory]
    [InlineData("$2000000000\r\n")]
    [InlineData("*2000000000\r\n$1000000000\r\n")]
    [InlineData("+")]
    public async Task A_reply_without_end_takes_little_memory(string start)
    {
        long sent = 0;
        byte[] more = Encoding.ASCII.GetBytes(new string('x', 1_000_000));
        await using FakeRedis peer = FakeRedis.Endless("DBSIZE", start, more, TimeSpan.Zero, () => sent += more.Length);

        TargetReport result = await InTimeAsync(peer.Options());

        RedisContext.AssertFailed(
            $"the reply is longer than 67108864 bytes (if these are keys, give a smaller BatchSize) during DBSIZE on 127.0.0.1:{peer.Port}",
            result);
        Assert.InRange(sent, 0, 100_000_000);
    }

    [Fact]
    public async Task A_cursor_that_does_not_move_is_reported()
    {
        await using FakeRedis peer = FakeRedis.But("SCAN", "*2\r\n$1\r\n7\r\n*0\r\n");

        Assert.Equal(
            $"SCAN makes no progress: 127.0.0.1:{peer.Port} returns the cursor that it was sent",
            (await InTimeAsync(peer.Options())).Reason);
    }

    [Fact]
    public async Task A_cursor_that_never_returns_to_zero_ends_however_many_keys_the_peer_claims_to_have()
    {
        int cursor = 0;
        await using FakeRedis peer = FakeRedis.Replying(words => words[0] switch
        {
            "DBSIZE" => ":3\r\n",
            "SCAN" => FakeRedis.Page(Interlocked.Increment(ref cursor), "a"),
            _ => FakeRedis.Behave(words),
        });
        var limits = new ScanLimits(Calls: 1000, Counted: 1000);

        TargetReport result = await InTimeAsync(peer.Options(), limits);

        Assert.Equal(new TargetReport
        {
            Outcome = Outcome.Failed,
            ItemsBefore = 3,
            ItemsRemoved = 1000,
            Reason = $"SCAN did not come to its end on 127.0.0.1:{peer.Port} within 1000 calls, with 3 keys in the database at first; "
                + $"stop what writes keys, or give a larger BatchSize; 1000 keys were removed before that",
        }, result);
        Assert.Equal(10_000_000, limits.CallsFor(long.MaxValue, batchSize: 1));
        Assert.Equal(100_000, ScanLimits.Default.CallsFor(0, batchSize: 10_000));
    }

    [Fact]
    public async Task Counting_ends_at_its_limit_however_many_keys_the_peer_makes_up()
    {
        int made = 0;
        await using FakeRedis peer = FakeRedis.Replying(words => words[0] == "SCAN"
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"*2\r\n$10\r\n{1_000_000_000 + Interlocked.Increment(ref made)}\r\n*1\r\n$10\r\n{1_000_000_000 + made}\r\n")
            : FakeRedis.Behave(words));
        RedisPurgeOptions options = peer.Options();
        (options.KeyPattern, options.EntireDatabase) = ("1*", null);

        TargetReport result = await new RedisPurgeTarget(options, new ScanLimits(Calls: 1000, Counted: 10))
            .PurgeAsync(RedisContext.DryRun)
            .WaitAsync(Soon);

        Assert.Equal(TargetReport.Done(null, 0, null, "DBSIZE is 2; more than 10 keys match, too many to count each once"), result);
    }

    [Fact]
    public async Task A_key_that_SCAN_gives_twice_is_counted_once()
    {
        bool isRemoved = false;
        await using FakeRedis peer = FakeRedis.Replying(words =>
        {
            isRemoved |= words[0] == "UNLINK";
            return words[0] switch
            {
                "UNLINK" => ":2\r\n",
                "SCAN" when isRemoved => "*2\r\n$1\r\n0\r\n*0\r\n",
                "SCAN" => "*2\r\n$1\r\n0\r\n*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\na\r\n",
                _ => FakeRedis.Behave(words),
            };
        });
        RedisPurgeOptions options = peer.Options();
        (options.KeyPattern, options.EntireDatabase) = ("a*", null);

        Assert.Equal(TargetReport.Done(2, 2, 0, "DBSIZE was 2 before and is 2 after"), await InTimeAsync(options));
    }

    [Fact]
    public async Task Keys_that_expire_are_distinguished_from_keys_that_were_removed()
    {
        int sizes = 0;
        await using FakeRedis peer = FakeRedis.Replying(
            words => words[0] == "DBSIZE" ? sizes++ == 0 ? ":3\r\n" : ":0\r\n" : FakeRedis.Behave(words));

        Assert.Equal(
            TargetReport.Done(3, 2, 0, "1 key disappeared without this purge: expired, or removed by others"),
            await InTimeAsync(peer.Options()));
    }

    [Fact]
    public async Task More_keys_than_asked_for_are_removed_in_batches()
    {
        List<int> batches = [];
        bool isRemoved = false;
        await using FakeRedis peer = FakeRedis.Replying(words =>
        {
            if (words[0] == "UNLINK")
            {
                batches.Add(words.Length - 1);
                isRemoved = batches.Sum() == 7;
            }

            return words[0] switch
            {
                "DBSIZE" => isRemoved ? ":0\r\n" : ":7\r\n",
                "SCAN" => "*2\r\n$1\r\n0\r\n*7\r\n" + string.Concat(Enumerable.Repeat("$1\r\na\r\n", 7)),
                _ => FakeRedis.Behave(words),
            };
        });
        RedisPurgeOptions options = peer.Options();
        options.BatchSize = 3;

        Assert.Equal(TargetReport.Done(7, 7, 0), await InTimeAsync(options));
        Assert.Equal([3, 3, 1], batches);
    }

    [Fact]
    public async Task Random_bytes_never_hang_or_crash_it()
    {
        int seed = Environment.GetEnvironmentVariable("FLOWORXPURGE_SEED") is { Length: > 0 } named
            ? int.Parse(named, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        var random = new Random(seed);
        for (int round = 0; round < 100; round++)
        {
            string reply = Garbage(random);
            string command = random.GetItems(["DBSIZE", "SCAN", "UNLINK"], 1)[0];
            await using FakeRedis peer = FakeRedis.Until(command, reply);
            TargetReport result = await InTimeAsync(peer.Options(TimeSpan.FromMilliseconds(500)));

            Assert.True(
                result.Outcome == Outcome.Failed
                    && result.Reason is { Length: > 10 and < 600 } reason
                    && reason.All(c => c is >= ' ' and < '\x7F'),
                $"With FLOWORXPURGE_SEED={seed}, round {round}, the reply {Convert.ToHexString(Encoding.Latin1.GetBytes(reply))} to "
                    + $"{command} gave {result}");
        }
    }

    // Half noise, half replies that are nearly right.
    private static string Garbage(Random random)
    {
        string[] parts = [
            "*2\r\n",
            "$1\r\n",
            "0\r\n",
            ":2\r\n",
            "-ERR \0no\xFF\r\n",
            "*-1\r\n",
            "$-1\r\n",
            "\r",
            "\n",
            "*",
            "$",
            ":",
            "99999999",
            "+OK\r\n",
            "$5\r\nhello\r\n"];
        return string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(2) == 0
            ? random.GetItems(parts, 1)[0]
            : new string([.. Enumerable.Range(0, random.Next(20)).Select(_ => (char)random.Next(256))])));
    }

    private static Task<TargetReport> InTimeAsync(RedisPurgeOptions options, ScanLimits? limits = null)
        => new RedisPurgeTarget(options, limits ?? ScanLimits.Default)
            .PurgeAsync(RedisContext.Committed, TestContext.Current.CancellationToken)
            .WaitAsync(Soon);
}
