using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Planning;

/// <summary>The plan as it would be made now, and the facts under it.</summary>
/// <param name="Plan">The plan made of the facts as they are inside the transaction.</param>
/// <param name="Schema">The facts.</param>
internal sealed record FreshFacts(PurgePlan Plan, ComparedSchema Schema)
{
    private readonly Dictionary<TableName, TableSchema> _tables = Schema.Live.Tables.ToDictionary(table => table.Name);

    private readonly HashSet<TableName> _purged = [.. Plan.Tables.Select(table => table.Table)];

    private readonly HashSet<TableName> _allowsInserts = [.. Plan.Kept.Where(kept => kept.AllowsInserts).Select(kept => kept.Table)];

    // Asked for again and again, also once for each object of the schema.
    private List<SchemaObject>? _triggers;

    /// <summary>Gets the tables that other transactions of the same run purge, which are neither purged nor kept here.</summary>
    public IReadOnlySet<TableName> Elsewhere { get; init; } = new HashSet<TableName>();

    /// <summary>The facts of one transaction of a run that purges whole tables in several.</summary>
    public FreshFacts InTransaction(int number)
    {
        PurgePlan plan = PlanTransactions.Of(Plan, number);
        HashSet<TableName> here = [.. plan.Tables.Select(table => table.Table)];
        return new FreshFacts(plan, Schema) { Elsewhere = _purged.Where(table => !here.Contains(table)).ToHashSet() };
    }

    /// <summary>Gets what is selected, where not whole tables are purged; otherwise null.</summary>
    public RowSelection? Selection { get; init; }

    /// <summary>Gets the tables of which rows stay and lose a reference.</summary>
    public IReadOnlySet<TableName> Detached { get; } = Plan.Steps
        .Where(step => step.Kind == PlanStepKind.Detach)
        .SelectMany(step => step.Tables)
        .ToHashSet();

    public TableSchema Table(TableName name) => _tables[name];

    /// <summary>The table of the plan whose rows a table's are: itself, or of a partition the nearest one. Otherwise the table.</summary>
    public TableName PlannedOf(TableName table)
        => _purged.Contains(table) || !_tables.TryGetValue(table, out TableSchema? known) ? table
            : known.Wholes.FirstOrDefault(_purged.Contains) ?? table;

    /// <summary>A table without the columns that rows which stay lose.</summary>
    public TableSchema WithoutDetached(TableSchema table)
    {
        if (!Detached.Contains(table.Name))
        {
            return table;
        }

        HashSet<string> lost = [.. Selection!.References
            .Where(reference => reference.Action == ReferenceAction.Detach && reference.Key.Dependent == table.Name)
            .SelectMany(reference => reference.Key.NullableColumns)];
        return table with { Columns = [.. table.Columns.Where(column => !lost.Contains(column.Name))] };
    }

    /// <summary>
    /// Determines whether rows of a table lose a reference and a trigger of the table fires, which may change more of the same rows: a count
    /// of changed rows would not show it.
    /// </summary>
    public bool MayChangeMoreOf(TableName table)
        => Detached.Contains(table)
            && Triggers().Any(trigger => trigger.Table == table
                || Schema.Live.Tables.Any(part => part.Name == trigger.Table && part.Wholes.Contains(table)));

    /// <summary>Determines whether triggers that the purge fires may add rows to a kept table.</summary>
    public bool AllowsInserts(TableName name) => _allowsInserts.Contains(name);

    /// <summary>Gets whether the purge could change any table: a trigger fires, or whether one does is not known.</summary>
    public bool MayChangeAnyTable => FiresTriggers || HidesTriggers;

    /// <summary>Gets whether the purge fires a trigger, or the engine's triggers are not known at all.</summary>
    public bool FiresTriggers => Triggers().Count > 0 || !Schema.Live.ReportsTriggers;

    private bool HidesTriggers => Schema.Live.Facts.Any(fact => fact.Kind is SchemaFact.HiddenTriggers && _purged.Contains(fact.Table));

    /// <summary>The kept and skipped tables that the purge could touch: through foreign keys, or anywhere when a trigger fires.</summary>
    public IReadOnlyList<TableSchema> ReachableKept() => KeptTables(MayChangeAnyTable);

    /// <summary>
    /// The kept and skipped tables that the purge could touch up to and including the commit, at which deferred triggers work.
    /// </summary>
    public IReadOnlyList<TableSchema> ReachableKeptAtCommit() => KeptTables(MayChangeAnyTable || MayWorkAtCommit);

    /// <summary>The full-text indexes of purged tables that a trigger which the purge fires writes to.</summary>
    public IReadOnlyList<TableSchema> FullTextIndexes()
        => [.. Schema.Live.Tables
            .Where(table =>
                table.FullText is { } index && _purged.Contains(index.Content)
                    && Triggers().Any(
                        trigger => trigger.FiresOnDelete
                            && trigger.Table == index.Content
                            && trigger.Names(table.Name)))];

    /// <summary>The foreign keys of kept and skipped tables to purged ones.</summary>
    public IReadOnlyList<ForeignKey> KeysFromKept()
        => Selection is not null
            ? []
            : [.. Schema.ForeignKeys.Where(key => _purged.Contains(key.Principal)
                && !_purged.Contains(key.Dependent)
                && !Elsewhere.Contains(key.Dependent))];

    /// <summary>
    /// The foreign keys through which the engine deletes rows of a purged table together with those of another, or of the same.
    /// </summary>
    public IReadOnlyList<ForeignKey> CascadesInto(TableName table)
        => [.. Schema.ForeignKeys
            .Where(key =>
                key is { IsEnforced: true, IsOff: false, OnDelete: ReferentialAction.Cascade }
                    && key.Dependent == table
                    && _purged.Contains(key.Principal))];

    /// <summary>
    /// The triggers and rules that the purge fires: those on delete; those of tables that the plan, or a foreign key's action, updates; and
    /// event triggers when the plan has DDL.
    /// </summary>
    public IReadOnlyList<SchemaObject> Triggers() => _triggers ??= FindTriggers();

    /// <summary>Gets whether a trigger of the database may do its work when the transaction commits, after every verification.</summary>
    public bool MayWorkAtCommit
        => Schema.Live.Facts.Any(fact => fact.Kind is SchemaFact.DeferrableTrigger) || !Schema.Live.ReportsTriggers;

    private List<SchemaObject> FindTriggers()
    {
        HashSet<TableName> updated =
        [
            .. Plan.Steps.Where(step => step.Kind is PlanStepKind.SetNull or PlanStepKind.Detach).SelectMany(step => step.Tables),
            .. Schema.ForeignKeys
                .Where(key =>
                    key.OnDelete is ReferentialAction.SetNull or ReferentialAction.SetDefault
                        && _purged.Contains(key.Dependent)
                        && _purged.Contains(key.Principal))
                .Select(key => key.Dependent),
        ];
        bool isDdl = Selection is not null || Plan.Steps.Any(step =>
            step.Kind is PlanStepKind.ResetIdentity
                or PlanStepKind.RefreshView
                or PlanStepKind.DisableConstraints
                or PlanStepKind.EnableConstraints
                or PlanStepKind.PurgeHistory);
        IEnumerable<SchemaObject> events = Schema.Live.Facts
            .Where(fact => isDdl && fact.Kind is SchemaFact.EventTrigger)
            .Select(fact => new SchemaObject(fact.Kind, fact.Table, fact.Name, State: string.Empty));
        return [.. events, .. Schema.Live.TriggersOf(_purged, updated)];
    }

    private IReadOnlyList<TableSchema> KeptTables(bool mayChangeAny)
    {
        HashSet<TableName> reached = [.. _purged];
        ILookup<TableName, ForeignKey> byPrincipal = Schema.Live.ForeignKeys.ToLookup(key => key.Principal);
        var queue = new Queue<TableName>(_purged);
        while (queue.TryDequeue(out TableName? table))
        {
            foreach (ForeignKey key in byPrincipal[table].Where(key => reached.Add(key.Dependent)))
            {
                queue.Enqueue(key.Dependent);
            }
        }

        // A root loses the rows of a partition that the model knows by itself and purges; a full-text index shows rows of a purged table as
        // its own.
        HashSet<TableName> roots = [.. Schema.Live.Tables
            .Where(table => table.PartOf is not null && _purged.Contains(table.Name))
            .SelectMany(table => table.Wholes)];
        return [.. Schema.Live.Tables
            .Where(table => (table.Kind is TableKind.Table or TableKind.PartitionedTable or TableKind.InheritanceParent
                    || (mayChangeAny && table.Kind is TableKind.VirtualTable or TableKind.ForeignTable))
            && !_purged.Contains(table.Name)
            && !Elsewhere.Contains(table.Name)
            && !roots.Contains(table.Name)
            && !(table.FullText is { } index && _purged.Contains(index.Content))
            && (mayChangeAny || reached.Contains(table.Name)))];
    }
}
