using System.Data.Common;
using FloworxPurge.Connections;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;

namespace FloworxPurge.Resetting;

/// <summary>The reset of an engine's own: gives the dialect the facts of the plan, and describes what it did.</summary>
internal sealed class EngineResetPath : ResetPath
{
    private readonly ResetPlan _plan;
    private readonly DatabaseSession _session;
    private readonly EngineReset _reset;

    private EngineResetPath(ResetPlan plan, DatabaseSession session, EngineReset reset)
    {
        _plan = plan;
        _session = session;
        _reset = reset;
    }

    /// <summary>Creates the reset, or returns <see langword="null"/> when the dialect has none for this plan.</summary>
    public static async Task<EngineResetPath?> CreateAsync(
        ResetPlan plan,
        DatabaseSession session,
        ResetSettings options,
        bool ownsConnection,
        CancellationToken cancellationToken)
        => await session.Dialect.CreateResetAsync(
            Request(plan, session, options, ownsConnection),
            cancellationToken).ConfigureAwait(false) is { } reset
            ? new EngineResetPath(plan, session, reset)
            : null;

    public override async Task<(ResetState State, LeakReport Report)> ResetAsync(CancellationToken cancellationToken)
    {
        EngineResetResult result = await _reset.ResetAsync(cancellationToken).ConfigureAwait(false);
        if (result.RefilledTables.Count > 0)
        {
            throw _plan.RefilledBy(result.RefilledTables.Select(position => _plan.Tables[position].Name), result.Error);
        }

        if (result.BlockingKeys.Count > 0)
        {
            throw ResetPlan.BlockedBy(result.BlockingKeys.Select(position => _plan.KeptKeys[position]));
        }

        return result.HasSchemaChanged ? (ResetState.SchemaChanged, LeakReport.Clean)
            : result.Rows is not { } rows ? (ResetState.Unchanged, LeakReport.Clean)
            : (ResetState.Emptied, await ReportAsync(rows, result.HasOpenWriters, cancellationToken).ConfigureAwait(false));
    }

    public override ValueTask DisposeAsync() => _reset.DisposeAsync();

    private static EngineResetRequest Request(ResetPlan plan, DatabaseSession session, ResetSettings options, bool ownsConnection)
    {
        Dictionary<TableName, int> positions = plan.Tables.Select((table, i) => (table.Name, i)).ToDictionary(
            pair => pair.Name,
            pair => pair.i);
        IReadOnlyList<PlanStep> steps = [.. plan.Facts.Plan.Steps
            .Where(step => step.Kind is not (PlanStepKind.Lock or PlanStepKind.ResetIdentity))];
        return new EngineResetRequest
        {
            Connection = session.Connection,
            OwnsConnection = ownsConnection,
            Execute = (statement, token) => session.ExecuteAsync(statement.Sql, statement.Parameters, token),
            Query = (statement, read, token) => session.QueryEachAsync(statement.Sql, statement.Parameters, read, token),
            Sql = session.Sql,
            Server = plan.Facts.Plan.Database.Server,
            StructureMark = plan.StructureMark,
            LockTimeout = options.LockTimeout,
            Tables = [.. plan.Tables.Select(table => table.AllRows)],
            Statements = [.. steps.Select(step => (
                new SqlStatement { Sql = step.Sql, Parameters = step.Parameters },
                (IReadOnlyList<int>)[.. step.Tables.Select(table => positions[table])],
                step.Kind is PlanStepKind.Delete or PlanStepKind.DeleteTogether))],
            TablesInCycles = [.. plan.Facts.Plan.Cycles
                .SelectMany(cycle => cycle.Tables)
                .Where(positions.ContainsKey)
                .Select(table => positions[table])],
            WatchedTables = plan.Facts.Schema.Live.WithPartitions(positions.Keys),
            SkipsTables = plan.Facts.Plan.Skips.Count > 0,
            KeptKeys = [.. plan.KeptKeys.Select(key => (plan.Facts.Table(key.Dependent).AllRows, key.DependentColumns))],
            LockOfKeptTables = plan.LockOfExposed(session),
            Triggers = [.. plan.Triggers.Select(trigger => (trigger.Kind, trigger.State))],
            ResetIdentity = options.ResetIdentity,
            Sequences = options.ResetIdentity
                ? [.. plan.Facts.Schema.Live.Identities
                    .Where(counter => counter.Sequence is not null && positions.ContainsKey(counter.Table))
                    .Select(counter => (counter.Sequence!, positions[counter.Table]))]
                : [],
        };
    }

    private async Task<LeakReport> ReportAsync(IReadOnlyList<long> rows, bool hasOpenWriters, CancellationToken cancellationToken)
    {
        List<TableReport> tables = [.. rows
            .Select((count, i) => new TableReport { Table = _plan.Tables[i].Name, RowsBefore = count })
            .Where(table => table.RowsBefore > 0)];
        return new LeakReport
        {
            Tables = tables,
            OpenTransactions = hasOpenWriters ? await _plan.FindWritersAsync(_session, cancellationToken).ConfigureAwait(false) : [],
        };
    }
}
