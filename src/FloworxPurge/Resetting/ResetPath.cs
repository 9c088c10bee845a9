using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Schema;

namespace FloworxPurge.Resetting;

/// <summary>What a reset has done.</summary>
internal enum ResetState
{
    /// <summary>Nothing was written since the last reset, so nothing was done.</summary>
    Unchanged,

    /// <summary>The tables are empty.</summary>
    Emptied,

    /// <summary>The tables hold the captured rows, and nothing else.</summary>
    Restored,

    /// <summary>The schema is not the one of the plan; nothing was done.</summary>
    SchemaChanged,
}

/// <summary>A way to empty the tables of one plan over one connection. Not for two callers at once.</summary>
internal abstract class ResetPath : IAsyncDisposable
{
    /// <summary>The engine's own reset where the dialect has one for this plan, or else ordered statements.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="session">The connection's session.</param>
    /// <param name="options">The options.</param>
    /// <param name="captured">The rows to put back, or <see langword="null"/>.</param>
    /// <param name="ownsConnection">Whether the connection is the resetter's own, so that its settings may be changed.</param>
    /// <param name="cancellationToken">Stops the preparation.</param>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    [RequiresDynamicCode(TrimWarnings.Model)]
    public static async Task<ResetPath> ChooseAsync(
        ResetPlan plan,
        DatabaseSession session,
        ResetSettings options,
        CapturedRows? captured,
        bool ownsConnection,
        CancellationToken cancellationToken)
    {
        ResetPath? path = plan.Tables.Count == 0 ? null
            : await EngineResetPath.CreateAsync(plan, session, options, captured, ownsConnection, cancellationToken)
                .ConfigureAwait(false);
        return path ?? new OrderedResetPath(plan, session, options);
    }

    /// <summary>Gets whether a reset puts captured rows back by itself.</summary>
    public virtual bool PutsRowsBack => false;

    /// <summary>Empties what is not empty.</summary>
    /// <exception cref="PurgeException">Kept rows reference the tables, or triggers insert rows again; nothing was changed.</exception>
    /// <exception cref="DbException">The engine refused a statement; nothing was changed.</exception>
    public abstract Task<(ResetState State, LeakReport Report)> ResetAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}
