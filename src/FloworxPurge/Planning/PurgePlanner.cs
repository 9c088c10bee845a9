using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Planning;

/// <summary>Turns dispositions and foreign keys into an ordered plan. Pure: the same facts give the same plan, byte for byte.</summary>
internal static class PurgePlanner
{
    private const int ScriptCountBatch = 50;

    /// <summary>Finds the components that this engine cannot break; their tables have to be skipped before planning.</summary>
    public static IReadOnlyList<TableDisposition> SkipUnbreakableCycles(
        IReadOnlyList<TableDisposition> dispositions,
        ComparedSchema schema,
        PurgeDialect dialect,
        ISqlGenerationHelper sql)
    {
        Dictionary<TableName, PlanTable> skips = [];
        var entityTypes = dispositions.ToDictionary(disposition => disposition.Name, disposition => disposition.EntityTypes);
        foreach ((_, BrokenCycle cycle) in
            BreakAll(dispositions, schema, dialect, sql)
                .Where(pair => pair.Cycle.Means == CycleMeans.Impossible))
        {
            string keys = string.Join("; ", cycle.ForeignKeys);
            List<SchemaObject> rules = [.. DeleteRules(schema).Where(rule => cycle.Order.Contains(rule.Table))];
            string ruled = rules.Count == 0
                ? string.Empty
                : $", and rules on delete keep it from one statement for all "
                    + $"({string.Join(", ", rules.Select(rule => $"\"{rule.Name}\" on {rule.Table}"))})";
            foreach (TableName table in cycle.Order)
            {
                skips[table] = PlanTable.Skipped(
                    table,
                    entityTypes[table],
                    PlanReason.CycleCannotBeBroken,
                    $"{table.ToQuotedString()} is part of a cycle of foreign keys that cannot be broken in {dialect.Name}, since none of "
                        + $"them accepts NULL where it would help{ruled}: {keys}. Delete its rows by hand, or "
                        + $"{(rules.Count == 0 ? string.Empty : "drop the rules, or ")}make one of the columns nullable.",
                    cycle.ForeignKeys);
            }
        }

        return skips.Count == 0
            ? dispositions
            : [.. dispositions
                .Select(disposition =>
                    skips.TryGetValue(disposition.Name, out PlanTable? skip)
                        ? disposition with { Skip = skip }
                        : disposition)];
    }

    /// <summary>Makes the plan.</summary>
    public static PurgePlan Plan(PlanRequest request)
    {
        List<(Component Component, BrokenCycle Cycle)> parts = BreakAll(request.Dispositions, request.Schema, request.Dialect, request.Sql);
        var purged = request.Dispositions.Where(disposition => disposition.IsPurged).ToDictionary(disposition => disposition.Name);
        HashSet<TableName> truncatable = Truncatable(request, purged);

        var steps = new PlanStepWriter(request, purged, truncatable);
        IReadOnlyList<PlanStep> written = steps.Write(parts);
        IReadOnlyList<PlanCycle> cycles = Cycles(parts, truncatable, request.Dialect);
        IReadOnlyList<PlanUnit> units = request is { Chunks: not null, Selection: null }
            ? PlanTransactions.Write(request, purged, truncatable, parts, cycles)
            : PlanUnits.Of(
                written,
                cycles,
                request.BestEffort,
                request.Dialect.ResetsIdentityAfterCommit,
                request.Selection is not null);
        Dictionary<TableName, PlanTable> shown = ShownByPurged(request.Dispositions, purged);
        HashSet<TableName> concerned = [.. request.Dispositions
            .Where(disposition => disposition.Keep is null)
            .Select(disposition => disposition.Name)];
        return new PurgePlan
        {
            FormatVersion = PurgePlan.CurrentFormatVersion,
            CreatedAt = request.CreatedAt,
            Database = request.Schema.Live.Identity,
            Dialect = request.Dialect.Name,
            BestEffort = request.BestEffort,
            Truncates = truncatable.Count > 0,
            StructureHash = PlanFingerprint.OfStructure(request.Schema.Live),
            Tables = [.. parts.SelectMany(part => part.Cycle.Order.Select(table => new PlanTable
            {
                Table = table,
                Disposition = Disposition.Purge,
                EntityTypes = purged[table].EntityTypes,
                Level = part.Component.Level,
                ObjectId = purged[table].Live!.ObjectId,
                RowSet = purged[table].Live!.Filter?.Selected,
            }))],
            Skips = [.. request.Dispositions.Select(disposition => disposition.Skip ?? shown.GetValueOrDefault(disposition.Name))
                .OfType<PlanTable>()],
            Kept = [.. request.Dispositions
                .Where(disposition => disposition.Keep is not null && !shown.ContainsKey(disposition.Name))
                .Select(disposition =>
                    PlanTable.Kept(disposition.Name, disposition.Keep!.Value) with
                    {
                        AllowsInserts = request.AllowedInserts.Contains(disposition.Name),
                    })],
            Cycles = cycles,
            Scope = request.Selection?.Report(),
            Chunks = request.Chunks is { } chunks ? new PlanChunks { Roots = chunks.Roots, MaxRows = chunks.MaxRows } : null,
            Archive = request.Archive,
            ForeignKeys = [.. request.Schema.ForeignKeys
                .Where(key => concerned.Contains(key.Dependent) && concerned.Contains(key.Principal))],
            Units = units,
            ScriptBegin = request.Dialect.ScriptBegin,
            ScriptEnd = request.Dialect.ScriptEnd,
            ScriptSeparator = request.Dialect.ScriptSeparator,
            ScriptCounts = [.. parts
                .SelectMany(part => part.Cycle.Order)
                .Chunk(ScriptCountBatch)
                .Select(batch => CountForScript(request, [.. batch.Select(table => purged[table].Live!.Rows with { Table = table })]))],
            Unverifiable = Unverifiable.Find(request.Schema.Live, purged),
            Notes = PlanNotes.Collect(request, purged, steps),
        };
    }

    private static HashSet<TableName> Truncatable(PlanRequest request, Dictionary<TableName, TableDisposition> purged)
    {
        HashSet<TableName> truncatable = TruncationSet.Find(purged, request.Schema.ForeignKeys);
        return truncatable.Count > 0
            && request.Dialect.Truncate(request.Sql, [.. truncatable.Order()]) is not null
            && (request.Truncate ?? TruncationSet.IsWorthIt(
                [.. truncatable.Select(table => purged[table].Live!)],
                request.Schema.Live.Facts))
            ? truncatable
            : [];
    }

    private static IReadOnlyList<PlanCycle> Cycles(
        List<(Component Component, BrokenCycle Cycle)> parts,
        HashSet<TableName> truncatable,
        PurgeDialect dialect)
        => [.. parts.Where(part => part.Cycle.ForeignKeys.Count > 0).Select(part => new PlanCycle
            {
                Tables = part.Component.Tables,
                ForeignKeys = part.Cycle.ForeignKeys,
                BrokenBy = Describe(part.Cycle, truncatable, dialect),
            })];

    private static string CountForScript(PlanRequest request, IReadOnlyList<RowSet> sets)
        => PurgePlan.WithValues(request.Dialect.Count(request.Sql, sets), RowSet.ParametersOf(sets));

    // An application reads the rows of inheritance children through their parent, so a purge that leaves them is not complete.
    private static Dictionary<TableName, PlanTable> ShownByPurged(
        IReadOnlyList<TableDisposition> dispositions,
        Dictionary<TableName, TableDisposition> purged)
        => dispositions
            .Where(disposition => disposition is { Keep: PlanReason.Unmapped, Live.PartOf: null })
            .Select(disposition => (disposition.Name, Parent: disposition.Live!.ShownBy.Where(purged.ContainsKey).Order().FirstOrDefault()))
            .Where(pair => pair.Parent is not null)
            .ToDictionary(
                pair => pair.Name,
                pair => PlanTable.Skipped(
                    pair.Name,
                    [],
                    PlanReason.Unmapped,
                    $"{pair.Name.ToQuotedString()} inherits from {pair.Parent!.ToQuotedString()}, which is purged, and is not in the "
                        + $"model. Its rows stay, and are read through {pair.Parent!.ToQuotedString()} as well. Map it, delete its rows "
                        + $"by hand, or detach it (ALTER TABLE ... NO INHERIT ...).",
                    []));

    // PostgreSQL takes no table with such a rule into a statement for several tables.
    private static IEnumerable<SchemaObject> DeleteRules(ComparedSchema schema)
        => schema.Live.Objects.Where(o => o.Kind is "rule" && o.FiresOnDelete);

    private static List<(Component Component, BrokenCycle Cycle)> BreakAll(
        IReadOnlyList<TableDisposition> dispositions,
        ComparedSchema schema,
        PurgeDialect dialect,
        ISqlGenerationHelper sql)
    {
        IReadOnlyList<ForeignKey> foreignKeys = schema.ForeignKeys;
        HashSet<TableName> ruled = [.. DeleteRules(schema).Select(rule => rule.Table)];
        IReadOnlyList<Component> components = DependencyGraph.Order(
            dispositions.Where(disposition => disposition.IsPurged).Select(disposition => disposition.Name),
            foreignKeys);
        var componentOf = components.SelectMany(
            (component, i) => component.Tables.Select(table => (table, i))).ToDictionary(pair => pair.table, pair => pair.i);
        ILookup<int, ForeignKey> keys = foreignKeys
            .Where(key =>
                componentOf.TryGetValue(key.Dependent, out int dependent)
                    && componentOf.TryGetValue(key.Principal, out int principal)
                    && dependent == principal)
            .ToLookup(key => componentOf[key.Dependent]);
        return [.. components
            .Select((component, i) =>
                (component,
                    CycleBreaker.Break(component, [.. keys[i]], dialect, sql, !component.Tables.Any(ruled.Contains))))];
    }

    private static string Describe(BrokenCycle cycle, HashSet<TableName> truncated, PurgeDialect dialect)
        => cycle.Order.All(truncated.Contains) ? "nothing needed: the tables are truncated in one statement"
            : cycle.Means switch
            {
                CycleMeans.Order when cycle.Order.Count == 1
                    && cycle.ForeignKeys.Any(
                        key => key is { IsEnforced: true, IsOff: false } && dialect.ChecksAtStatementEnd(key.OnDelete) is null)
                    => "left to the engine, of which it is not known whether it checks the foreign key when the statement ends or row by "
                        + "row",
                CycleMeans.Order when cycle.Order.Count == 1
                    && cycle.ForeignKeys.All(key => key.IsOff) => "nothing needed: the foreign key is turned off",
                CycleMeans.Order when cycle.Order.Count == 1 => "nothing needed: the engine checks the foreign key when the statement ends",
                CycleMeans.Order => "nothing needed: the database does not enforce all of its foreign keys",
                CycleMeans.Together => "all of its tables are deleted in one statement",
                CycleMeans.TurnedOff => "foreign keys are turned off while its tables are emptied, and turned on again in the state that "
                    + "they had",
                CycleMeans.Deferred when cycle.SetToNull.Count == 0 => "foreign key checks are postponed to the end of the transaction",
                CycleMeans.Deferred => $"foreign key checks are postponed to the end of the transaction, and set to NULL first: "
                    + $"{string.Join("; ", cycle.SetToNull)}",
                _ => $"set to NULL first: {string.Join("; ", cycle.SetToNull)}",
            };
}
