namespace FloworxPurge.Redis;

/// <summary>Why the target is not done, in words for the report.</summary>
internal sealed class RedisException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Whether the server could not be reached at all.</summary>
    public bool IsUnreachable { get; init; }
}
