namespace FloworxPurge.Connections;

/// <content>Reads of what is committed now.</content>
internal sealed partial class DatabaseSession
{
    /// <summary>Reads one row of numbers as they are committed now, also where the transaction has a snapshot.</summary>
    public Task<IReadOnlyList<long>> QueryNumbersNowAsync(string sql, CancellationToken cancellationToken)
        => NumbersAsync(Dialect.ReadCurrent(sql), [], cancellationToken);
}
