using System.Globalization;
using System.Text;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Redis.Protocol;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Redis;

/// <summary>A peer that does not keep to the protocol, or never comes to an end, gets nowhere: the target fails in time, in plain words and in little memory.</summary>
public sealed class RespHostilePeerTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(8);

    /// <summary>Command, reply to it, words of the reason.</summary>
    public static TheoryData<string, string, string> Malformed => new()
    {
        { "DBSIZE", "HTTP/1.1 400 Bad Request\r\n\r\n", "malformed reply to DBSIZE: the byte 0x48 begins no value" },
        { "DBSIZE", "\u0015\u0003\u0001\u0000\u0002\u0002\u0046", "the byte 0x15 begins no value; is it Redis that listens there, and are UseTls" },
        { "DBSIZE", "_\r\n", "the byte 0x5F begins no value" },
        { "DBSIZE", "#t\r\n", "the byte 0x23 begins no value" },
        { "DBSIZE", ">1\r\n:1\r\n", "the byte 0x3E begins no value" },
        { "DBSIZE", "\r\n", "the byte 0x0D begins no value" },
        { "DBSIZE", ":5\n", "a line does not end in CR LF" },
        { "DBSIZE", ":5\r:", "a line does not end in CR LF" },
        { "DBSIZE", ":\r\n", "not a whole number of 64 bits" },
        { "DBSIZE", ":5x\r\n", "not a whole number of 64 bits" },
        { "DBSIZE", ": 5\r\n", "not a whole number of 64 bits" },
        { "DBSIZE", ":+5\r\n", "not a whole number of 64 bits" },
        { "DBSIZE", ":1e3\r\n", "not a whole number of 64 bits" },
        { "DBSIZE", ":9223372036854775808\r\n", "not a whole number of 64 bits" },
        { "DBSIZE", ":000000000000000000000000000001\r\n", "not a whole number of 64 bits" },
        { "DBSIZE", ":-1\r\n", "malformed reply to DBSIZE: a number of keys was expected" },
        { "DBSIZE", "+2\r\n", "a number of keys was expected" },
        { "DBSIZE", "$1\r\n2\r\n", "a number of keys was expected" },
        { "DBSIZE", "$-1\r\n", "a number of keys was expected" },
        { "DBSIZE", "*-1\r\n", "a number of keys was expected" },
        { "DBSIZE", "$-2\r\n", "the length -2 is negative" },
        { "DBSIZE", "*-9223372036854775808\r\n", "the length -9223372036854775808 is negative" },
        { "DBSIZE", "$4294967297\r\n", "a string of 4294967297 bytes is over the limit of 16777216" },
        { "DBSIZE", "*2147483648\r\n", "an array of 2147483648 values is over the limit of 100000" },
        { "DBSIZE", "$3\r\nabcd\r\n", "a string of 3 bytes does not end in CR LF" },
        { "DBSIZE", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "arrays are nested deeper than 4 levels" },
        { "DBSIZE", "*3\r\n*50000\r\n", "closed the connection before the end of its reply to DBSIZE" },
        { "DBSIZE", "*2\r\n*100000\r\n", "the reply has more than 100000 values" },
        { "DBSIZE", ":2\r\n:3\r\n", "the server sent more than one reply before SCAN" },
        { "DBSIZE", ":2", "the server closed the connection before the end of its reply to DBSIZE" },
        { "DBSIZE", "$10\r\nabc", "closed the connection before the end of its reply to DBSIZE" },
        { "DBSIZE", "", "closed the connection before the end of its reply to DBSIZE" },
        { "SCAN", "*0\r\n", "malformed reply to SCAN: a cursor and an array of keys were expected" },
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
        { "UNLINK", ":3\r\n", "malformed reply to UNLINK: a number of keys from 0 to 2 was expected" },
        { "UNLINK", ":-1\r\n", "a number of keys from 0 to 2 was expected" },
        { "UNLINK", "+OK\r\n", "a number of keys from 0 to 2 was expected" },
        { "UNLINK", "*0\r\n", "a number of keys from 0 to 2 was expected" },
        { "UNLINK", "garbage", "malformed reply to UNLINK: the byte 0x67 begins no value; 0 keys were removed before that, and whether the batch under way was is not known" },
        { "SELECT", "+QUEUED\r\n", "malformed reply to SELECT: OK was expected" },
        { "AUTH", ":1\r\n", "malformed reply to AUTH: OK was expected" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_reply_is_a_failure_that_says_what_is_wrong(string command, string reply, string words)
    {
        await using FakeRedis peer = FakeRedis.Until(command, reply);
        RedisPurgeOptions options = peer.Options();
        options.Password = command is "AUTH" ? "password" : null;
        options.Database = command is "SELECT" ? 1 : 0;
        options.EntireDatabase = options.DatabaseName;

        TargetResult result = await InTimeAsync(options);

        Assert.Equal(TargetOutcome.Failed, result.Outcome);
        Assert.Contains(words, result.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task A_reply_in_pieces_is_the_same_reply(int size)
    {
        await using FakeRedis peer = FakeRedis.Pieces(size);

        Assert.Equal("2 keys are left, written while the others were removed; stop what writes to 127.0.0.1:" + peer.Port.ToString(CultureInfo.InvariantCulture) + "/0 and purge again; 2 keys came meanwhile", (await InTimeAsync(peer.Options())).Reason);
    }

    [Theory]
    [InlineData("DBSIZE")]
    [InlineData("SCAN")]
    [InlineData("UNLINK")]
    public async Task A_reply_that_never_comes_ends_with_the_time_out(string command)
    {
        await using FakeRedis peer = FakeRedis.But(command, "");

        TargetResult result = await InTimeAsync(peer.Options(TimeSpan.FromMilliseconds(300)));

        Assert.Equal(TargetOutcome.Failed, result.Outcome);
        Assert.StartsWith($"no whole reply to {command} within 0.3 s (Timeout)", result.Reason, StringComparison.Ordinal);
        Assert.Equal(command is "SCAN" ? 0L : null, result.ItemsRemoved);
    }

    [Fact]
    public async Task A_reply_that_comes_byte_by_byte_does_not_put_the_time_out_off()
    {
        await using FakeRedis peer = FakeRedis.Raw(async (stream, cancellationToken) =>
        {
            while (true)
            {
                await stream.WriteAsync("+"u8.ToArray(), cancellationToken);
                await Task.Delay(100, cancellationToken);
            }
        });

        TargetResult result = await InTimeAsync(peer.Options(TimeSpan.FromMilliseconds(500)));

        Assert.Equal((TargetOutcome.Failed, "no whole reply to DBSIZE within 0.5 s (Timeout)"), (result.Outcome, result.Reason));
    }

    [Fact]
    public async Task A_peer_that_reads_nothing_ends_with_the_time_out()
    {
        string key = new('k', 1_000_000);
        string page = "*2\r\n$1\r\n0\r\n*20\r\n" + string.Concat(Enumerable.Repeat($"$1000000\r\n{key}\r\n", 20));
        await using FakeRedis peer = FakeRedis.Raw(async (stream, cancellationToken) =>
        {
            await stream.ReadExactlyAsync(new byte["*1\r\n$6\r\nDBSIZE\r\n".Length], cancellationToken);
            await stream.WriteAsync(":20\r\n"u8.ToArray(), cancellationToken);
            await stream.ReadExactlyAsync(new byte["*4\r\n$4\r\nSCAN\r\n$1\r\n0\r\n$5\r\nCOUNT\r\n$3\r\n500\r\n".Length], cancellationToken);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(page), cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        });

        TargetResult result = await InTimeAsync(peer.Options(TimeSpan.FromSeconds(1)));

        Assert.Equal((TargetOutcome.Failed, 20L, null), (result.Outcome, result.ItemsBefore, result.ItemsRemoved));
        Assert.StartsWith("no whole reply to UNLINK within 1 s", result.Reason, StringComparison.Ordinal);
    }

    /// <summary>Bytes that are sent over and over, and words of the reason.</summary>
    public static TheoryData<string, string, string> Endless => new()
    {
        { "", "x", "begins no value" },
        { "-", "error", "a line is longer than 65536 bytes" },
        { ":", "1", "a line is longer than 65536 bytes" },
        { "$16777216\r\n", "aaaaaaaa", "does not end in CR LF" },
        { "*100000\r\n", "$-1\r\n", "a number of keys was expected" },
        { "*100000\r\n", "$1000\r\n" + "0123456789" + "\r\n", "does not end in CR LF" },
        { "*100000\r\n", "*100000\r\n", "the reply has more than 100000 values" },
        { "", "*1\r\n", "nested deeper" },
        { "*100000\r\n", "$0\r\n\r\n", "a number of keys was expected" },
        { "*100000\r\n", "$1000\r\nPAGE\r\n", "the reply is longer than 67108864 bytes; if these are long keys, give a smaller BatchSize" },
    };

    [Theory]
    [MemberData(nameof(Endless))]
    public async Task A_reply_without_end_comes_to_an_end(string start, string more, string words)
    {
        byte[] piece = Piece(more);
        await using FakeRedis peer = FakeRedis.Raw(async (stream, cancellationToken) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(start), cancellationToken);
            while (true)
            {
                await stream.WriteAsync(piece, cancellationToken);
            }
        });

        TargetResult result = await InTimeAsync(peer.Options());

        Assert.Equal(TargetOutcome.Failed, result.Outcome);
        Assert.Contains(words, result.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Endless))]
    public void A_reply_without_end_takes_little_memory(string start, string more, string words)
    {
        using var stream = new RepeatingStream(Encoding.ASCII.GetBytes(start), Piece(more));
        var reader = new RespReader(stream, RespLimits.Default);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Task<RespReply> reply = reader.ReadAsync(CancellationToken.None);

        // The stream never waits, so all of it has happened on this thread.
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(reply.IsCompleted, words);
        Assert.InRange(allocated, 0, 2 * RespLimits.Default.Reply);
        Assert.InRange(stream.Position, 0, RespLimits.Default.Reply + (2 * RespLimits.Default.Line));
    }

    [Fact]
    public async Task A_cursor_that_does_not_move_is_told()
    {
        await using FakeRedis peer = FakeRedis.But("SCAN", "*2\r\n$1\r\n7\r\n*0\r\n");

        Assert.Equal("SCAN makes no progress: the server gives the cursor back that it was sent", (await InTimeAsync(peer.Options())).Reason);
    }

    [Fact]
    public async Task A_cursor_that_never_returns_to_zero_ends_however_many_keys_the_peer_claims_to_have()
    {
        int cursor = 0;
        await using FakeRedis peer = FakeRedis.Replying(words => words[0] switch
        {
            "DBSIZE" => ":3\r\n",
            "SCAN" => Page(Interlocked.Increment(ref cursor)),
            _ => FakeRedis.Behave(words),
        });
        var limits = new ScanLimits(Calls: 1000, Counted: 1000);

        TargetResult result = await InTimeAsync(peer.Options(), limits);

        Assert.Equal(new TargetResult(TargetOutcome.Failed, 3, 1000, null, "SCAN did not come to its end within 1000 calls, with 3 keys in the database at first; stop what writes keys, or give a larger BatchSize; 1000 keys were removed before that"), result);
        Assert.Equal(10_000_000, limits.CallsFor(long.MaxValue, batchSize: 1));
        Assert.Equal(100_000, ScanLimits.Default.CallsFor(0, batchSize: 10_000));

        static string Page(int cursor)
        {
            string number = cursor.ToString(CultureInfo.InvariantCulture);
            return $"*2\r\n${number.Length}\r\n{number}\r\n*1\r\n$1\r\na\r\n";
        }
    }

    [Fact]
    public async Task Counting_ends_at_its_limit_however_many_keys_the_peer_makes_up()
    {
        int made = 0;
        await using FakeRedis peer = FakeRedis.Replying(words => words[0] == "SCAN"
            ? string.Create(CultureInfo.InvariantCulture, $"*2\r\n$10\r\n{1_000_000_000 + Interlocked.Increment(ref made)}\r\n*1\r\n$10\r\n{1_000_000_000 + made}\r\n")
            : FakeRedis.Behave(words));
        RedisPurgeOptions options = peer.Options();
        (options.KeyPattern, options.EntireDatabase) = ("1*", null);

        TargetResult result = await new RedisPurgeTarget(options, RespLimits.Default, new ScanLimits(Calls: 1000, Counted: 10)).PurgeAsync(RedisContext.DryRun).WaitAsync(Soon);

        Assert.Equal(TargetResult.Done(null, 0, null, "DBSIZE is 2; more than 10 keys match, too many to count each once"), result);
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

        Assert.Equal(TargetResult.Done(2, 2, 0, "DBSIZE was 2 before and is 2 after"), await InTimeAsync(options));
    }

    [Fact]
    public async Task Keys_that_expire_are_told_from_keys_that_were_removed()
    {
        int sizes = 0;
        await using FakeRedis peer = FakeRedis.Replying(words => words[0] == "DBSIZE" ? sizes++ == 0 ? ":3\r\n" : ":0\r\n" : FakeRedis.Behave(words));

        Assert.Equal(TargetResult.Done(3, 2, 0, "1 key went without this purge: expired, or removed by others"), await InTimeAsync(peer.Options()));
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

        Assert.Equal(TargetResult.Done(7, 7, 0), await InTimeAsync(options));
        Assert.Equal([3, 3, 1], batches);
    }

    [Fact]
    public async Task Random_bytes_never_hang_or_crash_it()
    {
        int seed = Environment.GetEnvironmentVariable("FLOWORXPURGE_SEED") is { Length: > 0 } named ? int.Parse(named, CultureInfo.InvariantCulture) : Random.Shared.Next();
        var random = new Random(seed);
        for (int round = 0; round < 300; round++)
        {
            string reply = Garbage(random);
            string command = random.GetItems(["DBSIZE", "SCAN", "UNLINK"], 1)[0];
            await using FakeRedis peer = FakeRedis.Until(command, reply);
            TargetResult result = await InTimeAsync(peer.Options(TimeSpan.FromSeconds(5)));

            Assert.True(
                result.Outcome == TargetOutcome.Failed && result.Reason is { Length: > 10 and < 600 } reason && reason.All(c => c is >= ' ' and < '\x7F'),
                $"With FLOWORXPURGE_SEED={seed}, round {round}, the reply {Convert.ToHexString(Encoding.Latin1.GetBytes(reply))} to {command} gave {result}");
        }
    }

    private static byte[] Piece(string text)
        => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(text.Replace("PAGE", new string('k', 1000), StringComparison.Ordinal), 200)));

    // Half noise, half replies that are nearly right.
    private static string Garbage(Random random)
    {
        string[] parts = ["*2\r\n", "$1\r\n", "0\r\n", ":2\r\n", "-ERR \0no\xFF\r\n", "*-1\r\n", "$-1\r\n", "\r", "\n", "*", "$", ":", "99999999", "+OK\r\n", "$5\r\nhello\r\n"];
        return string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(2) == 0
            ? random.GetItems(parts, 1)[0]
            : new string([.. Enumerable.Range(0, random.Next(20)).Select(_ => (char)random.Next(256))])));
    }

    private static Task<TargetResult> InTimeAsync(RedisPurgeOptions options, ScanLimits? limits = null)
        => new RedisPurgeTarget(options, RespLimits.Default, limits ?? ScanLimits.Default).PurgeAsync(RedisContext.Committed, TestContext.Current.CancellationToken).WaitAsync(Soon);

    /// <summary>Some bytes, and then others over and over, as many at a time as are asked for.</summary>
    private sealed class RepeatingStream(byte[] start, byte[] piece) : Stream
    {
        private int _given;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _given;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            ReadOnlySpan<byte> rest = _given < start.Length ? start.AsSpan(_given) : piece.AsSpan((_given - start.Length) % piece.Length);
            int count = Math.Min(rest.Length, buffer.Length);
            rest[..count].CopyTo(buffer);
            _given += count;
            return count;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
