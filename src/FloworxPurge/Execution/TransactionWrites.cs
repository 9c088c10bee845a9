using FloworxPurge.Connections;
using FloworxPurge.Engines;

namespace FloworxPurge.Execution;

/// <summary>What this transaction wrote to one table, as the server counts it.</summary>
/// <param name="ObjectId">The engine's own number of the table.</param>
/// <param name="Table">The table.</param>
/// <param name="Inserted">Rows that were inserted.</param>
/// <param name="Updated">Rows that were updated.</param>
/// <param name="Deleted">Rows that were deleted.</param>
internal sealed record TableWrites(string ObjectId, TableName Table, long Inserted, long Updated, long Deleted)
{
    public bool IsNothing => Inserted <= 0 && Updated <= 0 && Deleted <= 0;

    public TableWrites Plus(TableWrites? other)
        => other is null
            ? this
            : this with { Inserted = Inserted + other.Inserted, Updated = Updated + other.Updated, Deleted = Deleted + other.Deleted };

    public TableWrites Minus(TableWrites? other)
        => other is null
            ? this
            : this with { Inserted = Inserted - other.Inserted, Updated = Updated - other.Updated, Deleted = Deleted - other.Deleted };
}

/// <summary>Which tables this transaction wrote to since a moment, by the server's own count of its writes.</summary>
internal sealed class TransactionWrites
{
    private readonly DatabaseSession _session;
    private readonly WriteStatistics _statistics;

    // What was written before, and what was undone since: the server counts both.
    private readonly Dictionary<string, TableWrites> _others;
    private Dictionary<string, TableWrites> _mark = [];

    private TransactionWrites(DatabaseSession session, WriteStatistics statistics, Dictionary<string, TableWrites> before)
    {
        _session = session;
        _statistics = statistics;
        _others = before;
    }

    /// <summary>
    /// Begins to watch, or returns <see langword="null"/> when the server does not count, or when something may keep it from counting.
    /// </summary>
    public static async Task<TransactionWrites?> BeginAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        if (session.Dialect.WriteStatistics is not { } statistics
            || (await session.QueryNumbersAsync(statistics.MayBeTrusted, cancellationToken).ConfigureAwait(false))[0] == 0)
        {
            return null;
        }

        return new TransactionWrites(session, statistics, await ReadAsync(session, statistics, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Determines whether the server has counted up to now.</summary>
    public async Task<bool> IsCountingAsync(CancellationToken cancellationToken)
        => (await _session.QueryNumbersAsync(_statistics.IsCounting, cancellationToken).ConfigureAwait(false))[0] != 0;

    /// <summary>Records what was written up to a savepoint.</summary>
    public async Task MarkAsync(CancellationToken cancellationToken)
        => _mark = await ReadAsync(_session, _statistics, cancellationToken).ConfigureAwait(false);

    /// <summary>Leaves out what was written since <see cref="MarkAsync"/>, which a rollback to the savepoint has undone.</summary>
    public async Task ForgetAsync(CancellationToken cancellationToken)
    {
        foreach ((string id, TableWrites writes) in await ReadAsync(_session, _statistics, cancellationToken).ConfigureAwait(false))
        {
            _others[id] = writes.Minus(_mark.GetValueOrDefault(id)).Plus(_others.GetValueOrDefault(id));
        }
    }

    /// <summary>What was written since <see cref="BeginAsync"/> and was not undone by a rollback to a savepoint of ours.</summary>
    public async Task<IReadOnlyList<TableWrites>> ReadAsync(CancellationToken cancellationToken)
        => [.. (await ReadAsync(_session, _statistics, cancellationToken).ConfigureAwait(false)).Values
            .Select(writes => writes.Minus(_others.GetValueOrDefault(writes.ObjectId)))
            .Where(writes => !writes.IsNothing)];

    /// <summary>
    /// Counts the rows of a table that this transaction inserted or updated and that are still there; the server's count has also those
    /// that a savepoint, such as that of an EXCEPTION block, has undone. <see langword="null"/> when rows that the caller wrote before may
    /// be among them.
    /// </summary>
    /// <param name="writes">What was written to the table.</param>
    /// <param name="isJoined">
    /// Whether the transaction is the caller's; otherwise what was counted before is of earlier transactions of this session.
    /// </param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async Task<long?> CountWrittenAsync(TableWrites writes, bool isJoined, CancellationToken cancellationToken)
    {
        if (isJoined && _others.ContainsKey(writes.ObjectId))
        {
            return null;
        }

        string query = _statistics.CountWritten(_session.Dialect.TableOnly(_session.Sql, writes.Table), null);
        return (await _session.QueryNumbersAsync(query, cancellationToken).ConfigureAwait(false))[0];
    }

    private static async Task<Dictionary<string, TableWrites>> ReadAsync(
        DatabaseSession session,
        WriteStatistics statistics,
        CancellationToken cancellationToken)
        => (await session.QueryAsync(
            statistics.Writes,
            reader => new TableWrites(
                reader.GetString(0),
                new TableName(reader.GetString(1), reader.GetString(2)),
                reader.GetInt64(3),
                reader.GetInt64(4),
                reader.GetInt64(5)),
            cancellationToken).ConfigureAwait(false)).ToDictionary(writes => writes.ObjectId, StringComparer.Ordinal);
}
