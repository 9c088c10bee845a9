using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>The disposition of a table: purged, unless there is a reason to keep or to skip it.</summary>
internal sealed record TableDisposition(TableName Name, IReadOnlyList<string> EntityTypes, TableSchema? Live)
{
    public PlanReason? Keep { get; init; }

    public PlanTable? Skip { get; init; }

    /// <summary>
    /// Gets whether it may be purged although no option includes it: it is kept for no other reason, and would not be skipped.
    /// </summary>
    public bool MayBeIncluded { get; init; }

    /// <summary>Gets why it was to be kept, when it is purged only because it would block another table.</summary>
    public PlanReason? IncludedInsteadOf { get; init; }

    /// <summary>Gets the entity types of which it holds a fragment.</summary>
    public IReadOnlyList<ModelPart> Parts { get; init; } = [];

    public bool IsIncludedAsDependent => IncludedInsteadOf is not null;

    public bool IsPurged => Keep is null && Skip is null;
}

/// <summary>Gives every table of the model and of the live database exactly one disposition.</summary>
internal static class TableDispositions
{
    /// <summary>Assigns dispositions by filters and drift alone. The collateral analysis changes them by the rows.</summary>
    public static IReadOnlyList<TableDisposition> Assign(ComparedSchema schema, TableFilter filter, DriftTolerance tolerance)
    {
        var dispositions = new List<TableDisposition>();
        HashSet<TableName> tied = Tied(schema, filter);
        foreach (ComparedTable table in schema.Tables)
        {
            var disposition = new TableDisposition(table.Name, table.Model.EntityTypes, table.Live) { Parts = table.Model.Parts };
            FilterDecision decision = tied.Contains(table.Name) ? FilterDecision.Excluded : filter.Decide(table.Name, table.Model);
            PlanReason? keep = KeepFor(decision, table, schema);
            bool mayBeIncluded = keep == PlanReason.NotIncluded
                && KeepFor(FilterDecision.Purge, table, schema) is null
                && SkipFor(table, tolerance) is null;
            dispositions.Add(
                keep is null
                    ? disposition with { Skip = SkipFor(table, tolerance) }
                    : disposition with { Keep = keep, MayBeIncluded = mayBeIncluded });
        }

        var known = dispositions.Select(disposition => disposition.Name).ToHashSet();
        var purged = dispositions.Where(disposition => disposition.IsPurged).Select(disposition => disposition.Name).ToHashSet();
        foreach (TableSchema table in schema.Live.Tables.Where(table => IsTable(table.Kind) && !known.Contains(table.Name)))
        {
            // The rows of a partition are its table's: it shares the table's disposition, unless it is excluded by name or its rows live on
            // another server.
            bool isExcludedPartition = table.PartOf is not null && filter.Decide(table.Name, model: null) == FilterDecision.Excluded;
            if (table.Wholes.Any(purged.Contains) && !isExcludedPartition && table.Kind != TableKind.ForeignTable)
            {
                continue;
            }

            bool isHistory = schema.IsMigrationsHistory(table.Name);
            bool isAskedFor = isHistory && filter.Decide(table.Name, model: null) == FilterDecision.AskedFor;
            dispositions.Add(new TableDisposition(table.Name, [], table)
            {
                Keep = isAskedFor ? null
                    : isHistory ? PlanReason.MigrationsHistory
                    : table.IsExtensionOwned ? PlanReason.ExtensionOwned
                    : isExcludedPartition ? PlanReason.Excluded
                    : table.Kind == TableKind.PartitionedTable && filter.Decide(table.Name, model: null) == FilterDecision.Excluded
                        ? PlanReason.Excluded
                    : table is { Kind: TableKind.ForeignTable, PartOf: not null } ? PlanReason.ForeignTable
                    : PlanReason.Unmapped,
                MayBeIncluded = !isHistory
                    && !table.IsExtensionOwned
                    && !schema.Undeletable.Contains(table.Name)
                    && table is { PartOf: null, CanDelete: true, CanSelect: true, MayHaveHiddenDependents: false }
                    && table.Kind is not (TableKind.ForeignTable
                        or TableKind.VirtualTable
                        or TableKind.Ledger
                        or TableKind.MemoryOptimized
                        or TableKind.Graph)
                    && filter.Decide(table.Name, model: null) != FilterDecision.Excluded,
            });
        }

        return [.. dispositions.OrderBy(disposition => disposition.Name)];
    }

    // EF loads an entity with what it owns and with what it is joined to: where excludes keep all that rows belong to, the rows stay too.
    private static HashSet<TableName> Tied(ComparedSchema schema, TableFilter filter)
    {
        HashSet<TableName> tied = [];
        while (schema.Tables.Where(
            table => !tied.Contains(table.Name)
                    && table.Model.Ties.Any(tie => tie.Ends.All(end => filter.Excludes(end, tied))))
                .ToList() is { Count: > 0 } more)
        {
            tied.UnionWith(more.Select(table => table.Name));
        }

        return tied;
    }

    private static PlanReason? KeepFor(FilterDecision decision, ComparedTable table, ComparedSchema schema) => decision switch
    {
        FilterDecision.Excluded => PlanReason.Excluded,
        FilterDecision.NotIncluded => PlanReason.NotIncluded,
        FilterDecision.Purge when schema.IsMigrationsHistory(table.Name) => PlanReason.MigrationsHistory,
        FilterDecision.Purge when table.Model.IsExcludedFromMigrations => PlanReason.ExcludedFromMigrations,
        FilterDecision.Purge when table.Live?.IsExtensionOwned == true => PlanReason.ExtensionOwned,
        FilterDecision.Purge when table.Live?.Kind == TableKind.ForeignTable => PlanReason.ForeignTable,
        _ => null,
    };

    private static bool IsTable(TableKind kind) => kind is not (TableKind.View or TableKind.ShadowTable or TableKind.History);

    private static PlanTable? SkipFor(ComparedTable table, DriftTolerance tolerance)
    {
        List<(SchemaDrift Drift, PlanReason Reason)> grounds = [.. table.Drifts
            .Select(drift => (drift, Reason: ReasonFor(drift.Kind, tolerance)))
            .Where(pair => pair.Reason is not null)
            .Select(pair => (pair.drift, pair.Reason!.Value))];
        if (grounds.Count == 0)
        {
            return table.Live is { CanDelete: true, CanSelect: true, MayHaveHiddenDependents: false }
                ? null
                : SkipForMissingPrivilege(table);
        }

        // A column that is not in the model may be the missing one under another name.
        bool isColumnMissing = grounds.Any(ground => ground.Drift.Kind == DriftKind.ColumnMissing);
        string found = string.Join("; ", table.Drifts
            .Where(drift => grounds.Any(ground => ground.Drift == drift) || (isColumnMissing && drift.Kind == DriftKind.ExtraColumn))
            .Select(drift => drift.Text));
        string explanation = grounds[0].Drift.Kind <= DriftKind.UnsupportedTable ? $"{found}."
            : grounds[0].Drift.Kind <= DriftKind.PrincipalKeyMissing ? $"{table.Name.ToQuotedString()} cannot be emptied: {found}. Create "
                + $"the table or the unique index that is missing there, or drop that foreign key."
            : $"{table.Name.ToQuotedString()} differs from the model: {found}. Bring model and database together (a migration), or delete "
                + $"its rows by hand.";
        return PlanTable.Skipped(
            table.Name,
            table.Model.EntityTypes,
            grounds[0].Reason,
            char.ToUpperInvariant(explanation[0]) + explanation[1..],
            []);
    }

    private static PlanTable SkipForMissingPrivilege(ComparedTable table)
    {
        string rights = string.Join(
            " and ",
            new[] { table.Live!.CanDelete ? null : "DELETE", table.Live.CanSelect ? null : "SELECT" }.OfType<string>());
        string explanation = !table.Live.MayUseSchema
            ? $"This role has no USAGE right on schema \"{table.Name.Schema}\", so it can do nothing with {table.Name.ToQuotedString()}. Grant "
                + "it, or purge as the table's owner."
            : rights.Length > 0
            ? $"This role has no {rights} right on {table.Name.ToQuotedString()}. Grant it, or purge as the table's owner."
            : $"{table.Name.ToQuotedString()} is referenced by foreign keys, and this role may not see all of them: deleting its rows "
                + $"could delete or change rows of tables that are kept. Grant a right on the whole database (VIEW DEFINITION on SQL "
                + $"Server, SELECT on MySQL and MariaDB), or purge as its owner.";
        return PlanTable.Skipped(table.Name, table.Model.EntityTypes, PlanReason.PrivilegeMissing, explanation, []);
    }

    private static PlanReason? ReasonFor(DriftKind kind, DriftTolerance tolerance) => kind switch
    {
        DriftKind.SchemaMissing => PlanReason.SchemaMissing,
        DriftKind.TableMissing => PlanReason.TableMissing,
        DriftKind.NotATable => PlanReason.NotATable,
        DriftKind.UnsupportedTable => PlanReason.UnsupportedTable,
        DriftKind.PrincipalMissing => PlanReason.PrincipalMissing,
        DriftKind.PrincipalKeyMissing => PlanReason.PrincipalKeyMissing,
        _ when tolerance == DriftTolerance.Lenient => null,
        DriftKind.ColumnMissing => PlanReason.ColumnMissing,
        DriftKind.KeyTypeDiffers => PlanReason.KeyTypeDiffers,
        DriftKind.ForeignKeyTypeDiffers => PlanReason.ForeignKeyTypeDiffers,
        _ => tolerance == DriftTolerance.Strict ? PlanReason.OtherDrift : null,
    };
}
