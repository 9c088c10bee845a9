namespace FloworxPurge.Engines;

/// <summary>The queries of an engine that counts what the current transaction writes to each table.</summary>
internal sealed record WriteStatistics
{
    /// <summary>Gets a query for 1 when the server counts and nothing is known that could keep it from that, and 0 otherwise.</summary>
    public required string MayBeTrusted { get; init; }

    /// <summary>Gets a query for 1 when the server counts now.</summary>
    public required string IsCounting { get; init; }

    /// <summary>
    /// One row a table that the transaction wrote to: its number, schema, name, rows inserted, updated, deleted. System tables of user data
    /// are among them.
    /// </summary>
    public required string Writes { get; init; }

    /// <summary>Gets the numbers of the tables that hold large objects.</summary>
    public required IReadOnlyList<string> LargeObjects { get; init; }

    /// <summary>
    /// Counts the rows that this transaction inserted or updated, and that are still there as it left them. Receives the source of a SELECT
    /// and the filter of a <see cref="RowSet"/>.
    /// </summary>
    public required Func<string, string?, string> CountWritten { get; init; }

    /// <summary>
    /// One row a table: its number, schema, name, the number of its file, and whether this transaction holds the lock under which a file is
    /// replaced (1 or 0).
    /// </summary>
    public required string Files { get; init; }

    /// <summary>
    /// One row a sequence that the role may read: its number, schema, name, increment, whether this transaction has used it (1 or 0),
    /// schema and name of the table that owns it.
    /// </summary>
    public required string Sequences { get; init; }

    /// <summary>
    /// One row a sequence, by their delimited names: its position in the list (from 0), its last value, and whether that was used.
    /// </summary>
    public required Func<IReadOnlyList<string>, string> SequenceStates { get; init; }
}
