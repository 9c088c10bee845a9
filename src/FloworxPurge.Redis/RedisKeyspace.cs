using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using FloworxPurge.Redis.Protocol;

namespace FloworxPurge.Redis;

/// <summary>The commands that are needed, each with a reply of exactly the form it should have.</summary>
internal sealed class RedisKeyspace(RespConnection connection, RedisPurgeOptions options, ScanLimits limits)
{
    private const string Older = "DEL";

    private readonly ServerErrors _errors = new(options);
    private string _removal = "UNLINK";

    /// <summary>Whether a removal was sent whose reply has not come: what became of those keys is not known.</summary>
    public bool IsRemovalOpen { get; private set; }

    /// <summary>Logs in and chooses the database.</summary>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        bool hasUser = !string.IsNullOrEmpty(options.User);
        if (hasUser || !string.IsNullOrEmpty(options.Password))
        {
            ReadOnlyMemory<byte> password = Utf8(options.Password ?? "");
            RespReply reply = await connection.SendAsync("AUTH", hasUser ? [Utf8(options.User!), password] : [password], cancellationToken).ConfigureAwait(false);
            if (reply.Kind == RespKind.Error)
            {
                throw _errors.ExplainLogin(reply);
            }

            RequireOk("AUTH", reply);
        }

        // A new connection is in database 0, and SELECT may not be allowed.
        if (options.Database != 0)
        {
            RequireOk("SELECT", await AskAsync("SELECT", [Number(options.Database)], cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>The number of keys in the database.</summary>
    public async Task<long> SizeAsync(CancellationToken cancellationToken)
    {
        RespReply reply = await AskAsync("DBSIZE", [], cancellationToken).ConfigureAwait(false);
        return reply is { Kind: RespKind.Integer, Number: >= 0 } ? reply.Number : throw Malformed("DBSIZE", "a number of keys was expected");
    }

    /// <summary>The keys, all of them or those of the pattern, reply by reply. A key may come twice.</summary>
    /// <param name="size">The number of keys in the database, which bounds the calls.</param>
    /// <param name="cancellationToken">Stops between and within replies.</param>
    /// <exception cref="RedisException">The iteration failed, or would not end.</exception>
    public async IAsyncEnumerable<IReadOnlyList<ReadOnlyMemory<byte>>> ScanAsync(long size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<ReadOnlyMemory<byte>> selection = [.. options.KeyPattern is { } pattern ? [Utf8("MATCH"), Utf8(pattern)] : Array.Empty<ReadOnlyMemory<byte>>(), Utf8("COUNT"), Number(options.BatchSize)];
        long maximum = limits.CallsFor(size, options.BatchSize);
        ulong cursor = 0;
        for (long calls = 0; calls < maximum; calls++)
        {
            RespReply reply = await AskAsync("SCAN", [Number(cursor), .. selection], cancellationToken).ConfigureAwait(false);
            (ulong next, IReadOnlyList<ReadOnlyMemory<byte>> keys) = Page(reply);
            yield return keys;
            if (next == 0)
            {
                yield break;
            }

            if (next == cursor)
            {
                throw new RedisException("SCAN makes no progress: the server gives the cursor back that it was sent");
            }

            cursor = next;
        }

        throw new RedisException(string.Create(CultureInfo.InvariantCulture, $"SCAN did not come to its end within {maximum} calls, with {size} keys in the database at first; stop what writes keys, or give a larger {nameof(RedisPurgeOptions.BatchSize)}"));
    }

    /// <summary>Removes keys.</summary>
    /// <returns>How many of them were there.</returns>
    public async Task<long> RemoveAsync(IReadOnlyList<ReadOnlyMemory<byte>> keys, CancellationToken cancellationToken)
    {
        RespReply reply = await SendRemovalAsync(keys, cancellationToken).ConfigureAwait(false);
        if (ServerErrors.IsUnknownCommand(reply) && !string.Equals(_removal, Older, StringComparison.Ordinal))
        {
            // Redis before version 4.
            _removal = Older;
            reply = await SendRemovalAsync(keys, cancellationToken).ConfigureAwait(false);
        }

        ThrowIfError(_removal, reply);
        return reply.Kind == RespKind.Integer && reply.Number >= 0 && reply.Number <= keys.Count
            ? reply.Number
            : throw Malformed(_removal, string.Create(CultureInfo.InvariantCulture, $"a number of keys from 0 to {keys.Count} was expected"));
    }

    private async Task<RespReply> SendRemovalAsync(IReadOnlyList<ReadOnlyMemory<byte>> keys, CancellationToken cancellationToken)
    {
        IsRemovalOpen = true;
        RespReply reply = await connection.SendAsync(_removal, keys, cancellationToken).ConfigureAwait(false);
        IsRemovalOpen = false;
        return reply;
    }

    private async Task<RespReply> AskAsync(string command, IReadOnlyList<ReadOnlyMemory<byte>> arguments, CancellationToken cancellationToken)
    {
        RespReply reply = await connection.SendAsync(command, arguments, cancellationToken).ConfigureAwait(false);
        ThrowIfError(command, reply);
        return reply;
    }

    private void ThrowIfError(string command, RespReply reply)
    {
        if (reply.Kind == RespKind.Error)
        {
            throw _errors.Explain(command, reply);
        }
    }

    private static (ulong Cursor, IReadOnlyList<ReadOnlyMemory<byte>> Keys) Page(RespReply reply)
    {
        if (reply is not { Kind: RespKind.Array, Items: [{ Kind: RespKind.Bulk } cursor, { Kind: RespKind.Array } keys] })
        {
            throw Malformed("SCAN", "a cursor and an array of keys were expected");
        }

        if (cursor.Bytes.Length > 20 || !ulong.TryParse(cursor.Bytes.Span, NumberStyles.None, CultureInfo.InvariantCulture, out ulong next))
        {
            throw Malformed("SCAN", "the cursor is not a number");
        }

        return keys.Items.All(key => key.Kind == RespKind.Bulk)
            ? (next, [.. keys.Items.Select(key => key.Bytes)])
            : throw Malformed("SCAN", "there is something among the keys that is not a key");
    }

    private static void RequireOk(string command, RespReply reply)
    {
        if (reply.Kind != RespKind.Status || !reply.Bytes.Span.SequenceEqual("OK"u8))
        {
            throw Malformed(command, "OK was expected");
        }
    }

    private static RedisException Malformed(string command, string what) => new($"malformed reply to {command}: {what}");

    private static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static ReadOnlyMemory<byte> Number(IFormattable number) => Utf8(number.ToString(format: null, CultureInfo.InvariantCulture));
}
