using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Extensibility;

/// <summary>What a check or a target is told about the purge that it follows.</summary>
/// <param name="Contexts">The contexts whose database was purged, at least one. No transaction of the purge is open on them any more.</param>
/// <param name="Database">The database, as read from the open connection.</param>
/// <param name="IsDryRun">Whether nothing may be changed: a target then only counts.</param>
/// <param name="TimeProvider">The clock of the purge.</param>
public sealed record ExtensionContext(IReadOnlyList<DbContext> Contexts, DatabaseIdentity Database, bool IsDryRun, TimeProvider TimeProvider);
