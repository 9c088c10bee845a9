namespace FloworxPurge.Resetting;

/// <summary>The options of a resetter as this stage reads them.</summary>
/// <param name="LockTimeout">The longest wait for a lock.</param>
/// <param name="ResetIdentity">Whether identity counters restart.</param>
/// <param name="ThrowOnSkips">Whether a table that the plan skips is an error.</param>
/// <param name="AllowedDatabases">The patterns of databases that may be reset although their name is not that of a test database.</param>
internal sealed record ResetSettings(
    TimeSpan LockTimeout,
    bool ResetIdentity,
    bool ThrowOnSkips,
    IReadOnlyList<string> AllowedDatabases);
