namespace FloworxPurge.Archiving;

/// <summary>The options of a restore as it reads them.</summary>
internal sealed record RestoreSettings
{
    public required IReadOnlyList<string> Triggers { get; init; }

    public required Func<Stream, Stream>? Unwrap { get; init; }

    public required string? RequiredDatabase { get; init; }

    public required IReadOnlyList<string> AllowedDatabases { get; init; }

    public required bool AllowOtherDatabase { get; init; }

    public required TimeSpan? LockTimeout { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    /// <summary>The options that loosen what is refused by default.</summary>
    public IReadOnlyList<string> Overrides =>
    [
        .. Triggers.Select(trigger => $"AllowTrigger(\"{trigger}\"): it fires for the restored rows"),
        .. AllowOtherDatabase ? (string[])["AllowOtherDatabase = true: the archive may be of another database"] : [],
    ];
}
