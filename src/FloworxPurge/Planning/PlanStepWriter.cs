using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Planning;

/// <summary>Writes the statements of a plan, in order.</summary>
internal sealed class PlanStepWriter(PlanRequest request, Dictionary<TableName, TableDisposition> purged, HashSet<TableName> truncated)
{
    private const string AfterCommit = ", once the purge is committed, since the statement commits by itself";

    private readonly PurgeDialect _dialect = request.Dialect;
    private readonly List<PlanStep> _steps = [];
    private readonly List<IdentityCounter> _identitiesLeft = [];
    private readonly IReadOnlySet<TableName> _cascading = RowCascades.Find(request, purged.Keys);

    /// <summary>Gets the number of steps that transactions before this one have.</summary>
    public int First { get; init; }

    /// <summary>Gets the tables that other transactions of the same run purge.</summary>
    public IReadOnlySet<TableName> Elsewhere { get; init; } = new HashSet<TableName>();

    /// <summary>Gets the tables that later transactions of the same run purge.</summary>
    public IReadOnlySet<TableName> Later { get; init; } = new HashSet<TableName>();

    /// <summary>Gets the counters that were to be reset and that the dialect cannot reset.</summary>
    public IReadOnlyList<IdentityCounter> IdentitiesLeft => _identitiesLeft;

    /// <summary>Gets the tables that are truncated.</summary>
    public IReadOnlySet<TableName> Truncated => truncated;

    /// <summary>Gets the tables in which foreign keys are set to NULL.</summary>
    public IReadOnlySet<TableName> Updated
        => _steps.Where(step => step.Kind == PlanStepKind.SetNull).SelectMany(step => step.Tables).ToHashSet();

    public IReadOnlyList<PlanStep> Write(List<(Component Component, BrokenCycle Cycle)> parts)
    {
        Lock();
        Truncate();
        Detach();
        List<(Component Component, BrokenCycle Cycle)> rest = [.. parts
            .Select(part => (part.Component, part.Cycle with { Order = [.. part.Cycle.Order.Where(table => !truncated.Contains(table))] }))
            .Where(part => part.Item2.Order.Count > 0)];
        if (rest.Any(part => part.Cycle.Means == CycleMeans.Deferred))
        {
            Add(
                0,
                PlanStepKind.DeferConstraints,
                [.. rest.Where(part => part.Cycle.Means == CycleMeans.Deferred).SelectMany(part => part.Cycle.Order)],
                _dialect.DeferConstraints!,
                "postpones foreign key checks to the end of the transaction, since the tables form cycles");
            _steps[^1] = _steps[^1] with
            {
                Inverse = _dialect.UndoDeferConstraints is { } undo ? SqlStatement.Of(undo) : null,
                StateSql = _dialect.UndoDeferConstraints is null ? null : _dialect.DeferConstraintsState,
            };
        }

        foreach ((Component component, BrokenCycle cycle) in rest)
        {
            Delete(component.Level, cycle);
        }

        if (request.PurgeHistory)
        {
            PurgeHistories();
        }

        if (request.ResetIdentity)
        {
            ResetIdentities();
        }

        if (request.RefreshMaterializedViews)
        {
            RefreshViews();
        }

        return _steps;
    }

    private void Lock()
    {
        // A row that another session adds to a kept table just before the delete would be cascaded into, or rewritten.
        // Where rows are selected, they are locked themselves.
        IEnumerable<TableName> exposed = request.Selection is not null ? [] : request.Schema.ForeignKeys
            .Where(key =>
                key.IsEnforced && key.OnDelete is ReferentialAction.Cascade or ReferentialAction.SetNull or ReferentialAction.SetDefault)
            .Where(key => purged.ContainsKey(key.Principal)
                && !purged.ContainsKey(key.Dependent)
                && !Elsewhere.Contains(key.Dependent))
            .Select(key => key.Principal);
        TableName[] tables = [.. (request.LocksTables ? purged.Keys : truncated.Union(exposed)).Order()];
        if (tables.Length > 0 && _dialect.Lock(request.Sql, tables) is { } sql)
        {
            string reason = request.LocksTables ? "keeps other sessions from writing, so that the rows counted are the rows deleted"
                : "keeps other sessions from writing, since the tables are truncated, or an action of a kept table's foreign key would "
                    + "reach rows that arrive meanwhile";
            Add(0, PlanStepKind.Lock, tables, sql, reason);
        }
    }

    private void Detach()
    {
        foreach (RowReference reference in request.Selection?.References
            .Where(reference => reference.Action == ReferenceAction.Detach) ?? [])
        {
            Add(
                0,
                PlanStepKind.Detach,
                [reference.Key.Dependent],
                request.Selection!.Sql.Detach(reference),
                $"rows that stay lose their reference to rows that are deleted: {reference.Key}");
        }
    }

    private void RefreshViews()
    {
        ILookup<TableName, TableName> sources = request.Schema.Live.Facts.Where(fact => fact.Kind is SchemaFact.MaterializedView).ToLookup(
            fact => new TableName(fact.Detail, fact.Name),
            fact => fact.Table);
        HashSet<TableName> emptied = request.Schema.Live.WithPartitions(purged.Keys);
        HashSet<TableName> views = [.. sources.Where(view => view.Any(emptied.Contains)).Select(view => view.Key)];

        // A view shows all sources of its sources, so one that reads another has more of them.
        foreach (TableName view in views.OrderBy(view => sources[view].Count(views.Contains)).ThenBy(view => view))
        {
            if (_dialect.RefreshView(request.Sql, view) is { } sql)
            {
                Add(0, PlanStepKind.RefreshView, [], sql, "the materialized view shows rows of purged tables until it is refreshed");
            }
        }
    }

    private void Truncate()
    {
        if (truncated.Count == 0)
        {
            return;
        }

        TableName[] tables = [.. truncated.Order()];
        Add(
            0,
            PlanStepKind.Truncate,
            tables,
            _dialect.Truncate(request.Sql, tables)!,
            "large tables that no other table references; without CASCADE");
    }

    private void Delete(int level, BrokenCycle cycle)
    {
        foreach (IGrouping<TableName, ForeignKey> keys in cycle.SetToNull.GroupBy(key => key.Dependent).OrderBy(group => group.Key))
        {
            string[] columns = [.. keys
                .Select(key => key.NullableColumns[0])
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)];
            Add(
                level,
                PlanStepKind.SetNull,
                [keys.Key],
                _dialect.SetNull(request.Sql, Rows(keys.Key), columns),
                $"breaks a cycle of foreign keys: {string.Join("; ", keys)}",
                Rows(keys.Key).Parameters);
        }

        if (cycle.Means == CycleMeans.Together && cycle.ForeignKeys.Count > 0)
        {
            Add(
                level,
                PlanStepKind.DeleteTogether,
                cycle.Order,
                _dialect.DeleteTogether(request.Sql, [.. cycle.Order.Select(Rows)])!,
                "tables that form a cycle of foreign keys, deleted in one statement",
                RowSet.ParametersOf(cycle.Order.Select(Rows)));
            return;
        }

        // A session that does not check foreign keys has nothing to turn off, and keeps its setting.
        bool turnsOff = cycle.TurnedOff.Count > 0 && !request.Schema.Live.ForeignKeysAreOff;
        int off = _steps.Count + 1;
        if (turnsOff)
        {
            Add(
                level,
                PlanStepKind.DisableConstraints,
                cycle.Order,
                _dialect.DisableConstraints(request.Sql, cycle.TurnedOff)!,
                $"turns foreign keys off, since nothing else breaks the cycle: {string.Join("; ", cycle.TurnedOff)}");
        }

        foreach (TableName table in cycle.Order)
        {
            Delete(level, cycle, table);
        }

        if (turnsOff)
        {
            Add(
                level,
                PlanStepKind.EnableConstraints,
                cycle.Order,
                _dialect.EnableConstraints(request.Sql, cycle.TurnedOff)!,
                "turns the foreign keys on again, in the state that they had");
            _steps[^1] = _steps[^1] with { Undoes = First + off };
            if (!_dialect.RollbackEnablesConstraints)
            {
                _steps[off - 1] = _steps[off - 1] with { Inverse = SqlStatement.Of(_steps[^1].Sql), OutlivesTransaction = true };
            }
        }
    }

    private void Delete(int level, BrokenCycle cycle, TableName table)
    {
        if (_cascading.Contains(table))
        {
            return;
        }

        string reason = request.Selection is not null ? $"the selected rows{Cascade(table)}; the others stay"
            : cycle.Order.Count > 1 ? "part of a cycle of foreign keys"
            : level == 1 ? "no table of the plan depends on it"
            : "its dependents are empty by now";
        RowSet rows = Rows(table);
        if (_dialect.RowsPerStatement is not { } limit || _dialect.DeleteSome(request.Sql, rows, limit) is not { } some)
        {
            Add(level, PlanStepKind.Delete, [table], _dialect.Delete(request.Sql, rows), reason, rows.Parameters);
        }
        else if (NeedsAllAtOnce(cycle, table))
        {
            Add(
                level,
                PlanStepKind.Delete,
                [table],
                _dialect.Delete(request.Sql, rows),
                $"{reason}; in one statement, since its rows reference each other",
                rows.Parameters);
        }
        else
        {
            Add(
                level,
                PlanStepKind.DeleteInChunks,
                [table],
                some,
                string.Create(CultureInfo.InvariantCulture, $"{reason}; {limit} rows at a time"),
                rows.Parameters);
            _steps[^1] = _steps[^1] with { ScriptSql = _dialect.Delete(request.Sql, rows) };
        }
    }

    private string Cascade(TableName table)
        => RowCascades.Below(table, _cascading, request.Schema.ForeignKeys) is { Count: > 0 } below
            ? $", with what references them in {string.Join(", ", below.Select(other => other.ToQuotedString()))}, which the engine "
                + "deletes with them (ON DELETE CASCADE)"
            : string.Empty;

    // A row that is left could reference one that is deleted when the statement ends.
    private static bool NeedsAllAtOnce(BrokenCycle cycle, TableName table)
        => cycle.Means is not (CycleMeans.Deferred or CycleMeans.TurnedOff)
            && cycle.ForeignKeys.Any(key =>
                key is { IsSelfReference: true, IsEnforced: true, IsOff: false }
                    && key.Dependent == table
                    && !cycle.SetToNull.Contains(key));

    private void PurgeHistories()
    {
        foreach (RowHistory history in request.Schema.Live.Histories
            .Where(history => history.MayBePurged && purged.ContainsKey(history.Table)))
        {
            foreach (string sql in _dialect.PurgeHistory(request.Sql, history.Table, history.Store, history.Retention))
            {
                Add(0, PlanStepKind.PurgeHistory, [history.Table], sql, "deletes the rows that the table had, which its history keeps");
            }
        }
    }

    private void ResetIdentities()
    {
        // A partition may have a sequence of its own, which numbers rows that are inserted into it by its name.
        HashSet<TableName> emptied = request.Schema.Live.WithPartitions(purged.Keys);
        _identitiesLeft.AddRange(request.Schema.Live.Identities.Where(
            counter => counter.Users.Count == 0 && emptied.Contains(counter.Table) && !purged.ContainsKey(counter.Table)));
        foreach (IdentityCounter counter in request.Schema.Live.Identities.Where(IsDueHere))
        {
            if (counter.MayRestart
                && !KeepsNumbers(counter, request)
                && _dialect.ResetIdentity(request.Sql, counter.Table, counter.Column, counter.Sequence) is { } statement)
            {
                Add(
                    0,
                    PlanStepKind.ResetIdentity,
                    counter.Users.Count > 0 ? counter.Users : [counter.Table],
                    statement.Sql,
                    $"{Numbers(counter)} at their declared seed{(_dialect.ResetsIdentityAfterCommit ? AfterCommit : string.Empty)}",
                    statement.Parameters);
            }
            else
            {
                _identitiesLeft.Add(counter);
            }
        }
    }

    // One that numbers rows of several tables restarts once all of them are empty.
    private bool IsDueHere(IdentityCounter counter)
        => counter.Users.Count == 0 ? purged.ContainsKey(counter.Table)
            : counter.Users.Any(purged.ContainsKey) && !counter.Users.Any(Later.Contains);

    private static string Numbers(IdentityCounter counter)
        => counter.Users.Count > 0
            ? $"restarts sequence {counter.Sequence!.ToQuotedString()} of the model, which numbers rows of these tables alone,"
            : $"restarts the numbers of column \"{counter.Column}\"";

    /// <summary>
    /// Determines whether the rows that a table had stay within it, and their numbers with them: the engine would restart after the
    /// greatest.
    /// </summary>
    public static bool KeepsNumbers(IdentityCounter counter, PlanRequest request)
        => request.Schema.Live.Histories.Any(
            history => history.Table == counter.Table && history.Store is null && !(request.PurgeHistory && history.MayBePurged));

    private RowSet Rows(TableName table) => purged[table].Live!.Rows with { Table = table };

    private void Add(
        int level,
        PlanStepKind kind,
        IReadOnlyList<TableName> tables,
        string sql,
        string reason,
        IReadOnlyList<PlanParameter>? parameters = null)
        => _steps.Add(new PlanStep
        {
            Number = First + _steps.Count + 1,
            Level = level,
            Kind = kind,
            Tables = tables,
            Sql = sql,
            Parameters = parameters ?? [],
            Reason = reason,
            Rows = RowsOf(kind),
            RunsBeforeCounting = kind == PlanStepKind.Lock,
            OnlyPrepares = kind is PlanStepKind.Lock or PlanStepKind.DeferConstraints or PlanStepKind.DisableConstraints,
        });

    private static StepRows RowsOf(PlanStepKind kind) => kind switch
    {
        PlanStepKind.SetNull => StepRows.Changed,
        PlanStepKind.Detach => StepRows.Detached,
        PlanStepKind.Delete => StepRows.Deleted,
        PlanStepKind.DeleteInChunks => StepRows.DeletedUntilNone,
        PlanStepKind.DeleteTogether => StepRows.DeletedByTable,
        PlanStepKind.Truncate => StepRows.AllCounted,
        _ => StepRows.None,
    };
}
