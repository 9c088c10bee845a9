using System.Data.Common;

namespace FloworxPurge.Execution;

/// <summary>What a reset has done.</summary>
internal enum ResetState
{
    /// <summary>Nothing was written since the last reset, so nothing was done.</summary>
    Unchanged,

    /// <summary>The tables are empty.</summary>
    Emptied,

    /// <summary>The schema is not the one of the plan; nothing was done.</summary>
    SchemaChanged,
}

/// <summary>A way to empty the tables of one plan over one connection. Not for two callers at once.</summary>
internal abstract class ResetPath : IAsyncDisposable
{
    /// <summary>Empties what is not empty.</summary>
    /// <exception cref="PurgeException">Kept rows are in the way, or triggers put rows back; nothing was changed.</exception>
    /// <exception cref="DbException">The engine refuses; nothing was changed.</exception>
    public abstract Task<(ResetState State, LeakReport Report)> ResetAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}
