namespace FloworxPurge.Archiving;

/// <summary>Stores rows of one chunk where the archive is.</summary>
internal interface IRowStore
{
    /// <summary>Gets whether one statement deletes rows and returns them, so that it can store them.</summary>
    bool StoresDeleted { get; }

    /// <summary>Stores rows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="from">What follows FROM: a source whose alias is <paramref name="alias"/>, and a condition.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="locks">Whether the rows are locked against changes.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>The number of rows.</returns>
    Task<long> StoreAsync(ArchivedTable table, string from, string alias, bool locks, CancellationToken cancellationToken);

    /// <summary>Deletes rows and stores them, by one statement.</summary>
    /// <returns>The number of rows.</returns>
    Task<long> StoreDeletedAsync(ArchivedTable table, string delete, CancellationToken cancellationToken);
}
