namespace FloworxPurge.Redis.Protocol;

/// <summary>The most that a peer may send as one reply. What is more is an error, so no peer decides how much memory is used.</summary>
/// <param name="Line">Bytes of a line: an error, a status, a number or a length.</param>
/// <param name="Bulk">Bytes of one string, such as a key.</param>
/// <param name="Items">Values in one reply, those of nested arrays included.</param>
/// <param name="Depth">Arrays within arrays.</param>
/// <param name="Reply">Bytes of one reply.</param>
internal sealed record RespLimits(int Line, int Bulk, int Items, int Depth, long Reply)
{
    /// <summary>Room for what SCAN gives for the largest batch with long keys; the longest key is one of 16 MiB.</summary>
    public static readonly RespLimits Default = new(Line: 64 * 1024, Bulk: 16 * 1024 * 1024, Items: 100_000, Depth: 4, Reply: 64 * 1024 * 1024);
}
