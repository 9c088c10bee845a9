namespace FloworxPurge.Engines;

/// <summary>The statements for a query that the session remembers under a name.</summary>
/// <param name="Create">Prepares the query.</param>
/// <param name="Run">Runs it.</param>
/// <param name="Drop">Removes it.</param>
internal sealed record PreparedQuery(string Create, string Run, string Drop);
