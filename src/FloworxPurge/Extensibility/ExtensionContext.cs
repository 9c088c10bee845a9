using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Extensibility;

/// <summary>The purge that a check or a target follows.</summary>
public sealed record ExtensionContext
{
    /// <summary>Gets the contexts whose database was purged, at least one. No transaction of the purge is open on them any more.</summary>
    public required IReadOnlyList<DbContext> Contexts { get; init; }

    /// <summary>Gets the database, as read from the open connection.</summary>
    public required DatabaseIdentity Database { get; init; }

    /// <summary>Gets whether nothing may be changed: a target then only counts.</summary>
    public required bool IsDryRun { get; init; }

    /// <summary>Gets the clock of the purge.</summary>
    public required TimeProvider TimeProvider { get; init; }
}
