using System.Globalization;
using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace FloworxPurge.Redis;

/// <summary>The commands that are sent to one primary, each with a reply of exactly the form that it should have.</summary>
internal sealed class RedisNode(IServer server, RedisSettings settings)
{
    // More than any memory holds, and few enough to be added up.
    private const long MaximumKeys = 1L << 48;

    /// <summary>Gets the name of the server.</summary>
    public string Name { get; } = EndPointName.Of(server.EndPoint);

    /// <summary>Returns the number of keys in the database.</summary>
    public async Task<long> SizeAsync(CancellationToken cancellationToken)
    {
        RedisResult reply = await AskAsync("DBSIZE", [], cancellationToken).ConfigureAwait(false);
        return reply.Resp2Type == ResultType.Integer && (long)reply is >= 0 and <= MaximumKeys and var size
            ? size
            : throw Malformed("DBSIZE", "a number of keys was expected");
    }

    /// <summary>Returns the keys, all of them or those of the pattern, reply by reply. A key may come twice.</summary>
    /// <param name="size">The number of keys in the database, which bounds the calls.</param>
    /// <param name="cancellationToken">Stops between and within replies.</param>
    /// <exception cref="RedisFailure">The iteration failed, or would not end.</exception>
    public async IAsyncEnumerable<IReadOnlyList<byte[]>> ScanAsync(long size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        object[] match = settings.Options.KeyPattern is { } pattern ? ["MATCH", pattern] : [];
        object[] selection = [.. match, "COUNT", settings.Options.BatchSize];
        long maximum = settings.Limits.CallsFor(size, settings.Options.BatchSize);
        ulong cursor = 0;
        for (long calls = 0; calls < maximum; calls++)
        {
            string position = cursor.ToString(CultureInfo.InvariantCulture);
            RedisResult reply = await AskAsync("SCAN", [position, .. selection], cancellationToken).ConfigureAwait(false);
            (ulong next, IReadOnlyList<byte[]> keys) = Page(reply);
            yield return keys;
            if (next == 0)
            {
                yield break;
            }

            if (next == cursor)
            {
                throw new RedisFailure($"SCAN makes no progress: {Name} returns the cursor that it was sent");
            }

            cursor = next;
        }

        throw new RedisFailure(
            Text.Invariant($"SCAN did not come to its end on {Name} within {maximum} calls, with {size} keys in the database at first; ")
                + $"stop what writes keys, or give a larger {nameof(RedisPurgeOptions.BatchSize)}");
    }

    /// <summary>Returns the user that the server takes the connection for; null where the server has no users.</summary>
    public async Task<string?> UserAsync(CancellationToken cancellationToken)
    {
        try
        {
            RedisResult reply = await SendAsync("ACL", ["WHOAMI"], cancellationToken).ConfigureAwait(false);
            return reply.Resp2Type is ResultType.BulkString or ResultType.SimpleString
                ? (string?)reply
                : throw Malformed("ACL WHOAMI", "a user was expected");
        }
        catch (RedisServerException e) when (ServerErrors.HasNoUsers(e))
        {
            return null;
        }
        catch (RedisServerException e)
        {
            throw settings.Errors.Explain(Name, "ACL WHOAMI", e);
        }
    }

    /// <summary>
    /// Selects the database, and checks that the server did: the client sends its own SELECT without reading the reply, and continues
    /// in the database that was selected before.
    /// </summary>
    /// <exception cref="RedisFailure">The server has no such database, or does not let the user select it.</exception>
    public async Task SelectAsync(CancellationToken cancellationToken)
    {
        // A connection begins in database 0, and SELECT may not be allowed.
        if (settings.Database == 0)
        {
            return;
        }

        if (server.DatabaseCount is > 0 and var count && settings.Database >= count)
        {
            throw new RedisFailure(
                Text.Invariant($"{Name} has the databases 0 to {count - 1} only; check {nameof(RedisPurgeOptions.Database)}"));
        }

        RedisResult reply = await AskAsync("SELECT", [settings.Database], cancellationToken).ConfigureAwait(false);
        if (!IsOk(reply))
        {
            throw Malformed("SELECT", "OK was expected");
        }
    }

    /// <summary>Logs in once more, since only the reply shows whether a password that the server does not require is correct.</summary>
    public async Task LogInAsync(string? user, string password, CancellationToken cancellationToken)
    {
        try
        {
            object[] login = user is null ? [password] : [user, password];
            RedisResult reply = await SendAsync("AUTH", login, cancellationToken).ConfigureAwait(false);
            if (!IsOk(reply))
            {
                throw Malformed("AUTH", "OK was expected");
            }
        }
        catch (RedisServerException e)
        {
            throw settings.Errors.ExplainLogin(Name, e);
        }
    }

    /// <summary>Removes keys.</summary>
    /// <returns>How many of them were there.</returns>
    /// <exception cref="RedisFailure">The server refused, or it is not known what became of the keys.</exception>
    public async Task<long> RemoveAsync(string command, IReadOnlyCollection<byte[]> keys, CancellationToken cancellationToken)
    {
        // The client of a host may keep the command until it is connected again, after the wait for it has ended.
        if (!server.IsConnected)
        {
            throw new RedisFailure($"the connection to {Name} was lost before {command}");
        }

        try
        {
            RedisResult reply = await SendAsync(command, [.. keys], cancellationToken).ConfigureAwait(false);
            return reply.Resp2Type == ResultType.Integer && (long)reply is >= 0 and var removed && removed <= keys.Count
                ? removed
                : throw Malformed(command, Text.Invariant($"a number of keys from 0 to {keys.Count} was expected"));
        }
        catch (RedisServerException e) when (!ServerErrors.IsUnknownCommand(e))
        {
            throw settings.Errors.Explain(Name, command, e);
        }
    }

    private async Task<RedisResult> AskAsync(string command, object[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(command, arguments, cancellationToken).ConfigureAwait(false);
        }
        catch (RedisServerException e)
        {
            throw settings.Errors.Explain(Name, command, e);
        }
    }

    /// <summary>Sends a command to this server and no other; an error of the server is the caller's to explain.</summary>
    private async Task<RedisResult> SendAsync(string command, object[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await server.ExecuteAsync(settings.Database, command, arguments, CommandFlags.NoRedirect)
                .WaitAsync(settings.Options.Timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            string limit = e is RedisTimeoutException
                ? "in the time that the client allows"
                : Text.Within(settings.Options.Timeout, nameof(RedisPurgeOptions.Timeout));
            throw new RedisFailure($"no whole reply to {command} from {Name} {limit}", e) { IsOpen = true };
        }
        catch (RedisCommandException e)
        {
            throw settings.Errors.Explain(Name, command, e);
        }
        catch (RedisConnectionException e)
        {
            throw new RedisFailure($"{Reason(e)} during {command} on {Name}", e) { IsOpen = true };
        }
        catch (ObjectDisposedException e)
        {
            throw new RedisFailure($"the connection to {Name} was disposed during {command}", e) { IsOpen = true };
        }
    }

    private (ulong Cursor, IReadOnlyList<byte[]> Keys) Page(RedisResult reply)
    {
        if (reply.Resp2Type != ResultType.Array || reply.IsNull || reply.Length != 2
            || reply[0].Resp2Type != ResultType.BulkString || reply[1].Resp2Type != ResultType.Array || reply[1].IsNull)
        {
            throw Malformed("SCAN", "a cursor and an array of keys were expected");
        }

        if (!ulong.TryParse((string?)reply[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong next))
        {
            throw Malformed("SCAN", "the cursor is not a number");
        }

        var keys = new byte[reply[1].Length][];
        for (int i = 0; i < keys.Length; i++)
        {
            RedisResult key = reply[1][i];
            keys[i] = key.Resp2Type == ResultType.BulkString && (byte[]?)key is { } bytes
                ? bytes
                : throw Malformed("SCAN", "there is something among the keys that is not a key");
        }

        return (next, keys);
    }

    private static string Reason(RedisConnectionException exception)
    {
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is ReplyLimit.ExceededException)
            {
                return Text.Invariant($"the reply is longer than {ReplyLimit.Bytes} bytes ")
                    + $"(if these are keys, give a smaller {nameof(RedisPurgeOptions.BatchSize)})";
            }
        }

        return exception.FailureType == ConnectionFailureType.ProtocolFailure
            ? "the reply was not as Redis has it"
            : "the connection was lost";
    }

    private static bool IsOk(RedisResult reply)
        => reply.Resp2Type == ResultType.SimpleString && string.Equals((string?)reply, "OK", StringComparison.Ordinal);

    private RedisFailure Malformed(string command, string what)
        => new($"malformed reply to {command} from {Name}: {what}") { IsOpen = true };
}
