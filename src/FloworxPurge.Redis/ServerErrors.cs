using StackExchange.Redis;

namespace FloworxPurge.Redis;

/// <summary>Explains errors of a server and of the client: what it means here, and what to do.</summary>
internal sealed class ServerErrors(RedisSettings settings)
{
    /// <summary>The meaning of a server that has just been started.</summary>
    public const string Loading = "the server is still loading its data; try again when it is done";

    private const string Resharding = "the cluster is moving slots between its nodes; purge again when that is done";

    /// <summary>The rights that the client and the target need.</summary>
    private const string Rights
        = "it needs SCAN, DBSIZE, UNLINK (or DEL), ACL WHOAMI, and of the client's own commands ECHO; SELECT for another database than 0; "
            + "CLUSTER NODES in a cluster; and every key that is to be deleted";

    private readonly ServerText _text = new(settings.Secrets);

    /// <summary>Determines whether the server does not know the command that it was sent.</summary>
    public static bool IsUnknownCommand(RedisServerException error) => Begins(error.Message, "ERR unknown command");

    /// <summary>
    /// Determines whether a server that was asked for the user has none: Redis before version 6, and Garnet with a password alone.
    /// </summary>
    public static bool HasNoUsers(RedisServerException error)
        => IsUnknownCommand(error) || Begins(error.Message, "ERR ACL Authenticator is disabled");

    /// <summary>Returns a text of the server as it may be shown.</summary>
    public string Show(string text) => _text.Of(text);

    /// <summary>Explains why a command failed on a server.</summary>
    public RedisFailure Explain(string endpoint, string command, RedisServerException error)
        => new($"{Meaning(error)} ({endpoint} replied to {command}: {_text.Of(error.Message)})", error);

    /// <summary>Explains why the client sent nothing.</summary>
    public RedisFailure Explain(string endpoint, string command, RedisCommandException error)
        => new($"the client does not send {command} to {endpoint}: {_text.Of(error.Message)}", error);

    /// <summary>
    /// Explains why a login failed. The server's own text is never repeated, since it may contain the password in any form.
    /// </summary>
    public RedisFailure ExplainLogin(string endpoint, RedisServerException error)
        => new($"{LoginMeaning(error)} ({endpoint})", error);

    private string LoginMeaning(RedisServerException error)
    {
        string message = Message(error);
        return Code(message) switch
        {
            "WRONGPASS" => Refused(),
            "NOAUTH" when settings.User is not null => Refused(),
            "DENIED" or "LOADING" or "MASTERDOWN" or "NOPERM" or "NOAUTH" or "BUSY" => Meaning(error),
            _ when Begins(message, "ERR invalid password") => Refused(),
            _ when Begins(message, "ERR max number of clients") => Meaning(error),
            _ when Begins(message, "ERR unknown command") && message.Contains("'ECHO'", StringComparison.OrdinalIgnoreCase)
                => "the server does not know ECHO; if it is a sentinel, give serviceName",
            _ when Begins(message, "ERR unknown command") => "the server does not know AUTH",
            _ when Begins(message, "ERR wrong number of arguments")
                => "the server takes a password without a user (Redis before version 6); give no user",
            _ when Begins(message, "ERR AUTH <password> called without") || Begins(message, "ERR Client sent AUTH")
                => "the user \"default\" of the server has no password; give none",
            _ => "the server refused AUTH",
        };
    }

    private string Refused()
        => settings.User is null or "default"
            ? "the server does not accept the password; check it, and whether the server expects a user"
            : $"the server does not accept the password of the user \"{settings.User}\"; check both";

    private static string Meaning(RedisServerException error)
    {
        string message = Message(error);
        return Code(message) switch
        {
            "NOAUTH" => "the server expects a password; give it, and the user if it is another one than \"default\"",
            "NOPERM" => $"the user lacks a right; {Rights}",
            "READONLY" => "the server is a read-only replica; give the primary",
            "LOADING" => Loading,
            "MOVED" or "ASK" or "CROSSSLOT" or "TRYAGAIN" => Resharding,
            "CLUSTERDOWN" => "the cluster is down; see its nodes",
            "MASTERDOWN" => "the server is a replica without its primary; give the primary",
            "MISCONF" => "the server takes no writes since it cannot save its data; see its log",
            "NOREPLICAS" => "the server takes no writes since it has too few replicas",
            "BUSY" => "the server is busy with a script; try again when it is done",
            "DENIED" => "the server is in protected mode and takes connections from its own machine only; "
                + "give it a password or another address to listen on",
            _ when error.Kind is RedisErrorKind.Moved or RedisErrorKind.Ask or RedisErrorKind.UnknownRedirectTarget => Resharding,
            _ when Begins(message, "ERR DB index")
                || Begins(message, "ERR invalid DB index")
                || Begins(message, "ERR SELECT is not allowed")
                => $"the server has no database of the number given; check {nameof(RedisPurgeOptions.Database)}",
            _ when Begins(message, "ERR max number of clients") => "the server takes no more connections",
            _ => "the server refused",
        };
    }

    // While it connects, the client puts the type of the reply before it.
    private static string Message(RedisServerException error)
    {
        const string type = "SimpleError: ";
        return Begins(error.Message, type) ? error.Message[type.Length..] : error.Message;
    }

    private static string Code(string message)
    {
        int end = message.IndexOf(' ', StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }

    private static bool Begins(string message, string text) => message.StartsWith(text, StringComparison.Ordinal);
}
