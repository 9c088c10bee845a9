namespace FloworxPurge.Redis;

/// <summary>Where an iteration over the keys is given up.</summary>
/// <param name="Calls">
/// Calls of SCAN on top of those that the number of keys explains; a table that has become sparse takes some with empty replies.
/// </param>
/// <param name="Counted">Distinct keys of a pattern that are counted.</param>
internal sealed record ScanLimits(int Calls, int Counted)
{
    public static readonly ScanLimits Default = new(Calls: 100_000, Counted: 10_000_000);

    // A server that claims any number of keys does not get any number of calls.
    private const long MaximumCalls = 10_000_000;

    /// <summary>The calls that an iteration over so many keys may take.</summary>
    public long CallsFor(long keys, int batchSize) => Math.Min(MaximumCalls, Calls + (Math.Min(keys, long.MaxValue / 8) / batchSize * 4));
}
