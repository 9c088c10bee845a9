using System.Globalization;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Execution;

/// <summary>Any engine, and any connection: one probe for what is dirty, then the plan's statements for it, in the plan's order and in one transaction.</summary>
internal sealed class OrderedResetPath(ResetPlan plan, DatabaseSession session, ResetOptions options) : ResetPath
{
    // A trigger may fill what was empty; one that does so every time will not stop.
    private const int MostPasses = 4;

    private readonly Dictionary<TableName, int> _positions = plan.Tables.Select((table, i) => (table.Name, i)).ToDictionary(pair => pair.Name, pair => pair.i);

    public override async Task<(ResetState State, LeakReport Report)> ResetAsync(CancellationToken cancellationToken)
    {
        IExecutionStrategy strategy = session.Context.Database.CreateExecutionStrategy();
        return await strategy.ExecuteAsync(RunAsync, cancellationToken).ConfigureAwait(false);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<(ResetState State, LeakReport Report)> RunAsync(CancellationToken cancellationToken)
    {
        IDbContextTransaction transaction = await session.Context.Database.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            if (session.Dialect.SetLockTimeout(((long)options.LockTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)) is { } limit)
            {
                await session.ExecuteAsync(limit.Sql, limit.Parameters, cancellationToken).ConfigureAwait(false);
            }

            if (!string.Equals(await ResetPlan.ReadStructureMarkAsync(session, cancellationToken).ConfigureAwait(false), plan.StructureMark, StringComparison.Ordinal))
            {
                return (ResetState.SchemaChanged, LeakReport.Clean);
            }

            await ThrowIfKeptRowsAreInTheWayAsync(cancellationToken).ConfigureAwait(false);
            if (plan.Triggers.Count > 0 && session.Dialect.DeferConstraints is { } defer)
            {
                // A trigger may point from a table that was emptied already to one whose turn is still to come.
                await session.ExecuteAsync(defer, [], cancellationToken).ConfigureAwait(false);
            }

            var leaked = new Dictionary<TableName, long>();
            Dictionary<TableName, long> dirty = await ProbeAsync(cancellationToken).ConfigureAwait(false);
            for (int pass = 0; dirty.Count > 0; pass++)
            {
                if (pass == MostPasses)
                {
                    throw plan.RefilledBy(dirty.Keys.OrderBy(table => _positions[table]));
                }

                foreach ((TableName table, long rows) in dirty)
                {
                    leaked[table] = leaked.GetValueOrDefault(table) + rows;
                }

                await DeleteAsync(dirty, cancellationToken).ConfigureAwait(false);
                dirty = plan.Triggers.Count > 0 ? await ProbeAsync(cancellationToken).ConfigureAwait(false) : [];
            }

            foreach (PlanStep step in plan.Facts.Plan.Steps.Where(step => options.ResetsIdentity && step.Kind == PlanStepKind.ResetIdentity))
            {
                await session.ExecuteAsync(step.Sql, step.Parameters, cancellationToken).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return (ResetState.Emptied, leaked.Count == 0 ? LeakReport.Clean : new LeakReport([.. leaked.OrderBy(pair => _positions[pair.Key]).Select(pair => new LeakedTable(pair.Key, pair.Value))], []));
        }
    }

    private async Task ThrowIfKeptRowsAreInTheWayAsync(CancellationToken cancellationToken)
    {
        var blocking = new List<ForeignKey>();
        foreach (ForeignKey key in plan.KeptKeys)
        {
            if (await session.CountReferencingAsync(key, plan.Facts.Table(key.Dependent), cancellationToken).ConfigureAwait(false) > 0)
            {
                blocking.Add(key);
            }
        }

        if (blocking.Count > 0)
        {
            throw ResetPlan.BlockedBy(blocking);
        }
    }

    private async Task<Dictionary<TableName, long>> ProbeAsync(CancellationToken cancellationToken)
        => (await session.CountAsync(plan.Tables, cancellationToken).ConfigureAwait(false)).Where(pair => pair.Value > 0).ToDictionary();

    private async Task DeleteAsync(Dictionary<TableName, long> dirty, CancellationToken cancellationToken)
    {
        foreach (PlanStep step in plan.Facts.Plan.Steps.Where(step => step.Kind is not PlanStepKind.ResetIdentity && step.Tables.Any(dirty.ContainsKey)))
        {
            await session.ExecuteAsync(step.Sql, step.Parameters, cancellationToken).ConfigureAwait(false);
        }
    }
}
