namespace FloworxPurge.CommandLine.Arguments;

/// <summary>The command line, read and found to make sense.</summary>
internal sealed record CommandArguments
{
    public CommandVerb Verb { get; init; }

    public bool DryRun { get; init; }

    /// <summary>Gets the file that the plan is written to.</summary>
    public string? Out { get; init; }

    /// <summary>Gets the plan file that the plan is compared with.</summary>
    public string? Compare { get; init; }

    /// <summary>Gets the plan file to run.</summary>
    public string? PlanFile { get; init; }

    /// <summary>Gets whether the SQL script is asked for: into <see cref="SqlFile"/>, or on the output.</summary>
    public bool Sql { get; init; }

    public string? SqlFile { get; init; }

    /// <summary>Gets the names of registered rows; none for whole tables.</summary>
    public IReadOnlyList<string> Rows { get; init; } = [];

    /// <summary>Gets the values of the parameters of <see cref="Rows"/>, by their names.</summary>
    public IReadOnlyDictionary<string, string> RowsParameters { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets whether values of parameters are shown; otherwise their SHA-256 is.</summary>
    public bool ShowParameters { get; init; }

    public bool ListRows { get; init; }

    public IReadOnlyList<string> Include { get; init; } = [];

    public IReadOnlyList<string> Exclude { get; init; } = [];

    public IReadOnlyList<string> AllowInserts { get; init; } = [];

    /// <summary>Gets whether only tables of entity types may be deleted from; then <see cref="Entities"/> may name some of them.</summary>
    public bool OnlyEntities { get; init; }

    public IReadOnlyList<string> Entities { get; init; } = [];

    public bool ResetIdentity { get; init; }

    public bool BestEffort { get; init; }

    public bool AllowUnverified { get; init; }

    public long? MaxRows { get; init; }

    public long? InChunks { get; init; }

    public TimeSpan? Pause { get; init; }

    public bool AbandonUnfinished { get; init; }

    public IReadOnlyList<string> Reports { get; init; } = [];

    public string? Certificate { get; init; }

    public string? Template { get; init; }

    public string? Reason { get; init; }

    public bool Json { get; init; }

    public bool Quiet { get; init; }

    public bool Verbose { get; init; }

    public bool NoColor { get; init; }

    public TimeSpan? Timeout { get; init; }

    public string? Confirm { get; init; }

    public string? Approve { get; init; }

    public bool Force { get; init; }

    public string? Backup { get; init; }

    /// <summary>Gets the folder that the rows are written to before they are deleted.</summary>
    public string? Archive { get; init; }

    /// <summary>Gets the schema into whose tables the rows are inserted before they are deleted.</summary>
    public string? ArchiveSchema { get; init; }

    public bool NoBackup { get; init; }

    public bool Strict { get; init; }

    public bool IsSqlOnOutput => Sql && SqlFile is null;
}
