using System.Text;
using FloworxPurge.Redis.Protocol;

namespace FloworxPurge.Redis;

/// <summary>Says what an error of the server means here, and what to do.</summary>
internal sealed class ServerErrors(RedisPurgeOptions options)
{
    private readonly ServerText _text = new(options.Password);

    /// <summary>Whether the server does not know the command that it was sent.</summary>
    public static bool IsUnknownCommand(RespReply reply) => reply.Kind == RespKind.Error && Begins(reply, "ERR unknown command");

    /// <summary>Why a command failed.</summary>
    public RedisException Explain(string command, RespReply error)
        => new($"{Meaning(error)} (the server's reply to {command}: {_text.Of(error.Bytes.Span)})");

    /// <summary>Why a login failed. The server's own words are never repeated: they may hold the password in any form.</summary>
    public RedisException ExplainLogin(RespReply error)
        => new(Code(error) switch
        {
            "WRONGPASS" => Refused(),
            "DENIED" or "LOADING" or "MASTERDOWN" or "NOPERM" => Meaning(error),
            _ when Begins(error, "ERR invalid password") => Refused(),
            _ when Begins(error, "ERR max number of clients") => Meaning(error),
            _ when IsUnknownCommand(error) => "the server does not know AUTH",
            _ when Begins(error, "ERR wrong number of arguments") => $"the server takes a password without a user (Redis before version 6); leave {nameof(RedisPurgeOptions.User)} null",
            _ when Begins(error, "ERR AUTH <password> called without") || Begins(error, "ERR Client sent AUTH") => $"the server's default user has no password; leave {nameof(RedisPurgeOptions.Password)} null",
            _ => "the server refused AUTH",
        });

    private string Refused()
        => string.IsNullOrEmpty(options.User)
            ? $"the server does not accept the password; check {nameof(RedisPurgeOptions.Password)}, and whether it asks for a {nameof(RedisPurgeOptions.User)}"
            : $"the server does not accept the password of the user \"{options.User}\"; check {nameof(RedisPurgeOptions.User)} and {nameof(RedisPurgeOptions.Password)}";

    private static string Meaning(RespReply error) => Code(error) switch
    {
        "NOAUTH" => $"the server asks for a password; set {nameof(RedisPurgeOptions.Password)}, and {nameof(RedisPurgeOptions.User)} for another user than \"default\"",
        "NOPERM" => "the user lacks a right; it needs SCAN, DBSIZE and UNLINK, SELECT for another database than 0, and every key that is to be removed",
        "READONLY" => "the server is a read-only replica; give the primary",
        "LOADING" => "the server is still loading its data; try again when it is done",
        "MOVED" or "ASK" or "CROSSSLOT" or "CLUSTERDOWN" or "TRYAGAIN"
            => $"the server is a node of a cluster; add one target for each primary, with {nameof(RedisPurgeOptions.BatchSize)} 1",
        "MASTERDOWN" => "the server is a replica without its primary; give the primary",
        "MISCONF" => "the server takes no writes since it cannot save its data; see its log",
        "NOREPLICAS" => "the server takes no writes since it has too few replicas",
        "BUSY" => "the server is busy with a script; try again when it is done",
        "DENIED" => "the server is in protected mode and takes connections from its own machine only; give it a password or another address to listen on",
        _ when Begins(error, "ERR DB index") || Begins(error, "ERR invalid DB index") || Begins(error, "ERR SELECT is not allowed")
            => $"the server has no database of the number given; check {nameof(RedisPurgeOptions.Database)}",
        _ when Begins(error, "ERR max number of clients") => "the server takes no more connections",
        _ => "the server refused",
    };

    private static string Code(RespReply error)
    {
        ReadOnlySpan<byte> bytes = error.Bytes.Span;
        int end = bytes.IndexOf((byte)' ');
        return Encoding.ASCII.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static bool Begins(RespReply error, string text) => error.Bytes.Span.StartsWith(Encoding.ASCII.GetBytes(text));
}
