namespace FloworxPurge.Extensibility;

/// <summary>
/// What one call of <see cref="EngineReset.ResetAsync"/> did. A result without any value means that nothing was written since the last
/// reset.
/// </summary>
public sealed record EngineResetResult
{
    /// <summary>
    /// Gets the number of rows that were deleted from each table, in the order of the tables; <see langword="null"/> (the default) when
    /// nothing was changed.
    /// </summary>
    public IReadOnlyList<long>? Rows { get; init; }

    /// <summary>
    /// Gets whether another session has written to the tables in a transaction that is still open. The default is <see langword="false"/>.
    /// </summary>
    public bool HasOpenWriters { get; init; }

    /// <summary>
    /// Gets whether the schema is not the one that the reset was created for, so that nothing was changed. The default is
    /// <see langword="false"/>.
    /// </summary>
    public bool HasSchemaChanged { get; init; }

    /// <summary>
    /// Gets the positions of tables that still held rows after the last delete, so that everything was rolled back. The default is none.
    /// </summary>
    public IReadOnlyList<int> RefilledTables { get; init; } = [];

    /// <summary>
    /// Gets the positions of <see cref="EngineResetRequest.KeptKeys"/> whose rows reference the tables, so that nothing was changed. The
    /// default is none.
    /// </summary>
    public IReadOnlyList<int> BlockingKeys { get; init; } = [];

    /// <summary>
    /// Gets the engine's error behind <see cref="RefilledTables"/> or <see cref="BlockingKeys"/>, or <see langword="null"/> (the default).
    /// </summary>
    public Exception? Error { get; init; }
}
