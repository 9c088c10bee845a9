namespace FloworxPurge.Engines;

/// <summary>The queries over an engine's catalog that only a restore needs.</summary>
internal sealed record RestoreQueries
{
    /// <summary>
    /// Gets a query for columns: rows of schema, table, column, the engine computes it (1 or 0), and it has a value where an INSERT gives
    /// none (1 or 0).
    /// </summary>
    public required string Columns { get; init; }

    /// <summary>
    /// Gets a query for the unique keys over whole columns: rows of schema, table, name of the key and column, in the order of the key.
    /// </summary>
    public required string UniqueKeys { get; init; }

    /// <summary>
    /// Gets a query for the triggers and rules that fire in this session: rows of schema, table, name, and a text from which the dialect
    /// reads the statements that fire it.
    /// </summary>
    public required string Triggers { get; init; }

    /// <summary>
    /// Gets the same query for triggers that fire in any session, where a reset may put rows back in another kind of session than this one;
    /// otherwise null.
    /// </summary>
    public string? TriggersInAnySession { get; init; }

    /// <summary>
    /// Gets a query for rights: rows of schema, table, the role may insert (1 or 0), may update (1 or 0), and may lock the table (1 or
    /// 0); null where there are none.
    /// </summary>
    public string? Rights { get; init; }

    /// <summary>
    /// Gets a query for rights on sequences: rows of schema, name, and the names of the rights that the role lacks to read it and to move
    /// it, both empty where it lacks none; null where there are none.
    /// </summary>
    public string? SequenceRights { get; init; }
}
