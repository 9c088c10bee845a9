namespace FloworxPurge.Redis;

/// <summary>The reason why the target is not done, as it appears in the report.</summary>
internal sealed class RedisFailure(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Gets whether no server could be reached at all.</summary>
    public bool IsUnreachable { get; init; }

    /// <summary>Gets whether the command may have been executed although no valid reply arrived.</summary>
    public bool IsOpen { get; init; }
}
