namespace FloworxPurge.Tests.Concurrency;

/// <summary>A statement that another session runs at one moment of a purge.</summary>
/// <param name="Name">What it does, in words; the key under which a case is found again.</param>
/// <param name="Commands">
/// The commands, each of them committed by itself. <c>{role}</c> stands for the login of the purge, <c>{database}</c> for the database,
/// <c>{session}</c> for the session of the purge.
/// </param>
public sealed record GapStatement(string Name, params string[] Commands)
{
    /// <summary>Commands that prepare the rows before the plan is made.</summary>
    public string SetupRows { get; init; } = string.Empty;

    /// <summary>Commands that prepare the tables before the plan is made, once the rows are there.</summary>
    public string Setup { get; init; } = string.Empty;

    /// <summary>Whether table <c>p</c> is partitioned.</summary>
    public bool IsPartitioned { get; init; }

    /// <summary>The guard of the purge, for a statement that adds many rows.</summary>
    public long? MaxRows { get; init; }

    /// <summary>
    /// Whether the purge has to be complete at whichever moment the statement runs, since it touches nothing that the purge deletes, reads
    /// or could change. A product that refuses whenever something happens would keep every other promise.
    /// </summary>
    public bool IsHarmless { get; init; }

    /// <summary>A query whose answer the statement changes, where the text of all objects and rows does not show it.</summary>
    public string? Proof { get; init; }

    /// <summary>Why the statement changes nothing that a query could show, such as the end of a session; null for all others.</summary>
    public string? ChangesNothing { get; init; }

    /// <summary>Whether it changes rows and nothing else, so that other rows are all that the next case needs.</summary>
    public bool ChangesRowsOnly { get; init; }

    /// <summary>
    /// The rows that the statement moves by itself, and the purged table that they are rows of from then on, or null for a kept one.
    /// A purge afterwards deletes what another session has put into its tables, and leaves what was taken out.
    /// </summary>
    public IReadOnlyDictionary<long, string?> Moved { get; init; } = new Dictionary<long, string?>();

    /// <summary>The server's version from which it can be run; null for every version.</summary>
    public int? MinimumVersion { get; init; }

    /// <summary>Whether the connection of the purge may be lost.</summary>
    public bool EndsSession { get; init; }

    /// <summary>
    /// Whether the tables are as they were after the statement was tried and failed: some commands begin outside of a transaction.
    /// </summary>
    public bool IsUndoneByFailure => !Array.Exists(Commands, command => command.Contains("CONCURRENTLY", StringComparison.Ordinal));

    public override string ToString() => Name;
}
