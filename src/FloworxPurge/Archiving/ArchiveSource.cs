using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>Decides when which rows of one chunk are stored, and by which statement.</summary>
internal sealed class ArchiveSource
{
    private readonly DatabaseSession _session;
    private readonly FreshFacts _facts;
    private readonly PurgeRun _run;
    private readonly IRowStore _store;
    private readonly IReadOnlyList<ArchivedTable> _tables;
    private readonly HashSet<TableName> _deletedByStore;
    private readonly HashSet<string> _stored = new(StringComparer.Ordinal);

    public ArchiveSource(
        DatabaseSession session,
        FreshFacts facts,
        PurgeRun run,
        IRowStore store,
        IReadOnlyList<ArchivedTable> tables)
    {
        (_session, _facts, _run, _store, _tables) = (session, facts, run, store, tables);
        _deletedByStore = store.StoresDeleted ? FindDeletedByStore(facts) : [];
    }

    private PurgeDialect Dialect => _session.Dialect;

    /// <summary>
    /// Stores the rows of every table whose own DELETE does not store them. It is done before the first row is changed, so that they are
    /// stored as they were.
    /// </summary>
    public async Task StoreAsync(CancellationToken cancellationToken)
    {
        foreach (ArchivedTable table in _tables.Where(table => table.Reference is null && !_deletedByStore.Contains(table.Table.Table)))
        {
            TableSchema live = _facts.Table(table.Table.Table);

            // A row without a key of its own in a table of keys is not locked yet, and one of a whole table is.
            bool locks = _facts.Selection is { } selection && !selection.Keys.ContainsKey(live.Name);
            _run.Archived![live.Name] = await StoreAsync(
                table,
                $"{Dialect.Source(_session.Sql, live.Rows)} AS t{PurgeDialect.Where(live.Rows)}",
                "t",
                locks,
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stores the rows of a step that is run now.</summary>
    /// <returns>The number of deleted rows, where that has deleted them; otherwise null.</returns>
    public async Task<long?> TryRunAsync(PlanStep step, CancellationToken cancellationToken)
    {
        if (step.Kind == PlanStepKind.Detach)
        {
            await StoreDetachedAsync(step, cancellationToken).ConfigureAwait(false);
        }

        if (step is not { Kind: PlanStepKind.Delete, Tables: [var name], Parameters.Count: 0 } || !_deletedByStore.Contains(name))
        {
            return null;
        }

        ArchivedTable table = _tables.Single(table => table.Reference is null && table.Table.Table == name);
        _stored.Add(table.Table.File);
        long rows = await _store.StoreDeletedAsync(table, step.Sql, cancellationToken).ConfigureAwait(false);
        _run.Archived![name] = rows;
        return rows;
    }

    // Once: a step that is run again after a trigger has worked finds none of these rows, or the counts differ.
    private async Task StoreDetachedAsync(PlanStep step, CancellationToken cancellationToken)
    {
        RowSelection selection = _facts.Selection!;
        ArchivedTable table = _tables.First(table => table.Reference is { } reference
            && string.Equals(selection.Sql.Detach(reference), step.Sql, StringComparison.Ordinal));
        if (_stored.Contains(table.Table.File))
        {
            return;
        }

        TableName name = table.Table.Table;
        long rows = await StoreAsync(
            table,
            selection.Sql.FromStaying(table.Reference!),
            "c",
            locks: true,
            cancellationToken).ConfigureAwait(false);
        _run.ArchivedDetached[name] = _run.ArchivedDetached.GetValueOrDefault(name) + rows;
    }

    // A table that one DELETE empties, and in which nothing else changes a row of it before. A trigger could change one, and would see the
    // settings of the session for COPY.
    private static HashSet<TableName> FindDeletedByStore(FreshFacts facts)
    {
        if (facts.MayChangeAnyTable)
        {
            return [];
        }

        HashSet<TableName> cyclic = [.. facts.Plan.Cycles.Where(cycle => cycle.Tables.Count > 1).SelectMany(cycle => cycle.Tables)];
        return [.. facts.Plan.Steps
            .Where(step => step.Kind is not PlanStepKind.Lock)
            .SelectMany(step => step.Tables.Select(table => (Table: table, Step: step)))
            .GroupBy(pair => pair.Table, pair => pair.Step)
            .Where(steps => !cyclic.Contains(steps.Key)
                && steps.Where(step => step.Kind is not (PlanStepKind.ResetIdentity or PlanStepKind.RefreshView)).ToList()
                    is [{ Kind: PlanStepKind.Delete, Parameters.Count: 0, Tables.Count: 1 }]
                && facts.Table(steps.Key).Kind is TableKind.Table or TableKind.PartitionedTable)
            .Select(steps => steps.Key)];
    }

    private Task<long> StoreAsync(ArchivedTable table, string from, string alias, bool locks, CancellationToken cancellationToken)
    {
        _stored.Add(table.Table.File);
        return _store.StoreAsync(table, from, alias, locks, cancellationToken);
    }
}
