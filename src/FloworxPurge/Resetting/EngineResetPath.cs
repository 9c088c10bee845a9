using System.Data.Common;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Resetting;

/// <summary>The reset of an engine's own: gives the dialect the facts of the plan, and describes what it did.</summary>
internal sealed class EngineResetPath : ResetPath
{
    private readonly ResetPlan _plan;
    private readonly DatabaseSession _session;
    private readonly ResetSettings _options;
    private readonly EngineResetContext _context;

    // Null after a conflict, until the next reset.
    private Func<CancellationToken, Task<IReadOnlyList<long>?>>? _reset;

    private EngineResetPath(
        ResetPlan plan,
        DatabaseSession session,
        ResetSettings options,
        EngineResetContext context,
        Func<CancellationToken, Task<IReadOnlyList<long>?>> reset)
    {
        _plan = plan;
        _session = session;
        _options = options;
        _context = context;
        _reset = reset;
    }

    /// <summary>Creates the reset, or returns <see langword="null"/> when the dialect has none for this plan.</summary>
    public static async Task<EngineResetPath?> CreateAsync(
        ResetPlan plan,
        DatabaseSession session,
        ResetSettings options,
        CapturedRows? captured,
        bool ownsConnection,
        CancellationToken cancellationToken)
    {
        EngineResetContext context = ContextOf(plan, session, options, captured, ownsConnection);
        return await session.Dialect.CreateResetAsync(context, cancellationToken).ConfigureAwait(false) is { } reset
            ? new EngineResetPath(plan, session, options, context, reset)
            : null;
    }

    public override bool PutsRowsBack => _context.PutsRowsBack;

    public override async Task<(ResetState State, LeakReport Report)> ResetAsync(CancellationToken cancellationToken)
    {
        if (_reset is null && !await PrepareAsync(cancellationToken).ConfigureAwait(false))
        {
            return (ResetState.SchemaChanged, _plan.Clean);
        }

        if (_reset is null)
        {
            return await ResetInOrderAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await _reset(cancellationToken).ConfigureAwait(false) is { } rows
                ? (_context.PutsRowsBack ? ResetState.Restored : ResetState.Emptied,
                    await ReportAsync(rows, _context.HasOpenWriters, cancellationToken).ConfigureAwait(false))
                : (ResetState.Unchanged, _plan.Clean);
        }
        catch (EngineResetContext.SchemaChangedException)
        {
            return (ResetState.SchemaChanged, _plan.Clean);
        }
        catch (EngineResetContext.SessionLostException)
        {
            await DisposeAsync().ConfigureAwait(false);
            return await ResetInOrderAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (OrderedResetPath.IsConflict(e) && _session.IsOpen && !cancellationToken.IsCancellationRequested)
        {
            // Rows of another session arrived between two deletes. Ordered statements try again, and then lock the tables. They rely on
            // the checks of foreign keys, which the engine's own reset may have turned off.
            await DisposeAsync().ConfigureAwait(false);
            return await ResetInOrderAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_context.Cleanup is { } cleanup)
        {
            (_reset, _context.Cleanup) = (null, null);
            await cleanup().ConfigureAwait(false);
        }
    }

    private Task<(ResetState State, LeakReport Report)> ResetInOrderAsync(CancellationToken cancellationToken)
        => new OrderedResetPath(_plan, _session, _options).ResetAsync(cancellationToken);

    /// <summary>Creates the engine's own reset again, where it still can be created.</summary>
    /// <returns>Whether the plan still fits the schema.</returns>
    private async Task<bool> PrepareAsync(CancellationToken cancellationToken)
    {
        string? mark = await ResetPlan.ReadStructureMarkAsync(_session, cancellationToken).ConfigureAwait(false);
        if (!string.Equals(mark, _plan.StructureMark, StringComparison.Ordinal))
        {
            return false;
        }

        _reset = await _session.Dialect.CreateResetAsync(_context, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static EngineResetContext ContextOf(
        ResetPlan plan,
        DatabaseSession session,
        ResetSettings options,
        CapturedRows? captured,
        bool ownsConnection)
    {
        Dictionary<TableName, int> positions = plan.Tables.Select((table, i) => (table.Name, i)).ToDictionary(
            pair => pair.Name,
            pair => pair.i);
        IReadOnlyList<CapturedSource> sources = captured?.Sources(session, positions) ?? [];
        HashSet<int> restored = [.. sources.Select(source => source.Position)];
        IReadOnlyList<(ForeignKey Key, string Sql)> missing = captured?.MissingPrincipals(session) ?? [];
        IReadOnlyList<PlanStep> steps = [.. plan.Facts.Plan.Steps
            .Where(step => step.Kind is not (PlanStepKind.Lock or PlanStepKind.ResetIdentity))];
        return new EngineResetContext(
            (tables, error) => plan.RefilledBy(tables.Select(position => plan.Tables[position].Name), error),
            keys => ResetPlan.BlockedBy(keys.Select(position => plan.KeptKeys[position])))
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
                    .Where(counter => counter.Sequence is not null)
                    .SelectMany(counter => counter.Users.Prepend(counter.Table).Distinct().Select(table => (counter.Sequence!, table)))
                    .Where(pair => positions.ContainsKey(pair.table))
                    .Select(pair => (pair.Item1, positions[pair.table]))]
                : [],
            Captured = sources,
            CapturedKeys = [.. plan.Facts.Schema.Live.ForeignKeys
                .Where(key => positions.ContainsKey(key.Principal) && positions.ContainsKey(key.Dependent))
                .Select(key => (positions[key.Principal], positions[key.Dependent]))
                .Where(key => restored.Contains(key.Item1) && restored.Contains(key.Item2))],
            CapturedCascades = [.. plan.Facts.Schema.Live.ForeignKeys
                .Where(key => key is { IsEnforced: true, OnDelete: ReferentialAction.Cascade }
                    && positions.ContainsKey(key.Principal)
                    && positions.TryGetValue(key.Dependent, out int dependent)
                    && restored.Contains(dependent))
                .Select(key => (positions[key.Dependent], key.DependentColumns))],
            CapturedPrincipals = [.. plan.KeptKeys.Select(
                key => positions.TryGetValue(key.Principal, out int position) && restored.Contains(position) ? position : -1)],
            MissingPrincipals = [.. missing.Select(pair => pair.Sql)],
            PrincipalMissing = i => CapturedRows.PrincipalMissing(missing[i].Key),
            CopiesChanged = i => CapturedRows.NotPutBack([plan.Tables[sources[i].Position].Name]),
        };
    }

    private async Task<LeakReport> ReportAsync(IReadOnlyList<long> rows, bool hasOpenWriters, CancellationToken cancellationToken)
    {
        List<TableReport> tables = [.. rows
            .Select((count, i) => (Count: count, Position: i))
            .Where(found => found.Count > 0)
            .Select(found => new TableReport { Table = _plan.Tables[found.Position].Name, RowsBefore = found.Count })];
        return _plan.Clean with
        {
            Tables = tables,
            OpenTransactions = hasOpenWriters ? await _plan.FindWritersAsync(_session, cancellationToken).ConfigureAwait(false) : [],
        };
    }
}
