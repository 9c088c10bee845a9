namespace FloworxPurge.Planning;

/// <summary>How a run is divided into transactions.</summary>
/// <param name="Roots">The most selected rows of a transaction; of a whole table, the most rows.</param>
/// <param name="MaxRows">The most rows of a transaction, dependents included.</param>
internal sealed record ChunkSettings(int Roots, int MaxRows)
{
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromMinutes(10);

    /// <summary>Gets the pause after each transaction.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>Gets the most rows a second on average; null for any number.</summary>
    public int? RowsPerSecond { get; init; }

    /// <summary>Gets how long the condition is waited for.</summary>
    public TimeSpan Patience { get; init; } = DefaultPatience;
}
