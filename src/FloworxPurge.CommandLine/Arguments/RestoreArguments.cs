namespace FloworxPurge.CommandLine.Arguments;

/// <summary>The command line of a restore, read and found to make sense.</summary>
internal sealed record RestoreArguments
{
    /// <summary>Gets the folder of the archive; null where it is in a schema.</summary>
    public string? Directory { get; init; }

    /// <summary>Gets the schema that the archive is in; null where it is in a folder.</summary>
    public string? Schema { get; init; }

    /// <summary>Gets the id of the run that wrote the archive in the schema; null for the only one that is not restored.</summary>
    public string? RunId { get; init; }

    /// <summary>Gets the triggers that may fire for restored rows.</summary>
    public IReadOnlyList<string> Triggers { get; init; } = [];

    /// <summary>Gets whether the archive may be of a database that this one is a copy of.</summary>
    public bool AllowOtherDatabase { get; init; }

    /// <summary>Gets what it shares with a purge: consent, reports, output.</summary>
    public required CommandArguments Common { get; init; }
}
