namespace FloworxPurge.Reporting;

/// <summary>How a run was divided into transactions (<see cref="PurgeOptions.InChunks"/>), over all sessions that worked on it.</summary>
public sealed record ChunkReport
{
    /// <summary>Gets the id of the run in the table <c>floworxpurge_runs</c> of the database.</summary>
    public required string RunId { get; init; }

    /// <summary>Gets when its first session began; UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Gets the number of sessions that worked on it: more than 1 when it was stopped and continued.</summary>
    public required int Sessions { get; init; }

    /// <summary>Gets the number of committed transactions.</summary>
    public required long Transactions { get; init; }

    /// <summary>Gets the time of the longest of them, from its beginning to its last statement.</summary>
    public required TimeSpan Longest { get; init; }

    /// <summary>Gets the most rows that one of them deleted.</summary>
    public required long MostRows { get; init; }

    /// <summary>Gets the transactions that deleted more rows than the limit, each with its number and its rows.</summary>
    public IReadOnlyList<string> AboveLimit { get; init; } = [];

    /// <summary>
    /// Gets the number of rows that the queries named at the end and that were not deleted, since they did not belong to the run.
    /// </summary>
    public long Late { get; init; }

    /// <summary>Gets whether the run has ended. Otherwise the same call continues it.</summary>
    public bool HasEnded { get; init; }
}
