namespace FloworxPurge.Schema;

/// <summary>An automatic counter that numbers a table's rows.</summary>
/// <param name="Table">The table whose rows it numbers.</param>
/// <param name="Column">The numbered column.</param>
/// <param name="Sequence">The sequence behind it, where the engine has one.</param>
internal sealed record IdentityCounter(TableName Table, string Column, TableName? Sequence)
{
    /// <summary>Gets whether the connection's role may restart it.</summary>
    public bool MayRestart { get; init; } = true;

    /// <summary>Gets the tables whose rows it numbers, where it is a sequence of the model that no table owns; otherwise none.</summary>
    public IReadOnlyList<TableName> Users { get; init; } = [];
}

/// <summary>The rows that a system-versioned table had.</summary>
/// <param name="Table">The table.</param>
/// <param name="Store">The table that holds them, or <see langword="null"/> when they stay within.</param>
/// <param name="Retention">How long they are kept, in the dialect's own words.</param>
/// <param name="MayBePurged">Whether the connection's role may delete them.</param>
internal sealed record RowHistory(TableName Table, TableName? Store, string? Retention, bool MayBePurged);

/// <summary>A constraint, an index or a trigger, with its state as one comparable text.</summary>
/// <param name="Kind"><c>constraint</c>, <c>index</c> or <c>trigger</c>.</param>
/// <param name="Table">The table it belongs to.</param>
/// <param name="Name">Its name.</param>
/// <param name="State">Definition and state (enabled, validated) as in the catalog.</param>
/// <param name="FiresOnDelete">Whether it is a trigger that a DELETE fires.</param>
/// <param name="FiresPerStatement">Whether it fires once for each statement, also for one that deletes no row.</param>
internal sealed record SchemaObject(
    string Kind,
    TableName Table,
    string Name,
    string State,
    bool FiresOnDelete = false,
    bool FiresPerStatement = false)
{
    /// <summary>Gets whether it calls PostgreSQL's <c>lo_manage</c>, which deletes the large objects of deleted rows.</summary>
    public bool UnlinksLargeObjects => State.Contains("lo_manage(", StringComparison.Ordinal);

    /// <summary>Determines whether its definition holds the name of a table.</summary>
    public bool Names(TableName table) => State.Contains(table.Name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A catalog entry that a plan should mention.</summary>
/// <param name="Kind">The kind of fact, by the words of the dialect's contract.</param>
/// <param name="Table">The table it is about.</param>
/// <param name="Name">The object's name.</param>
/// <param name="Detail">What the kind's contract says.</param>
internal sealed record SchemaFact(string Kind, TableName Table, string Name, string? Detail)
{
    public const string MaterializedView = "materialized view";

    public const string KeyWithoutIndex = "foreign key without index";

    public const string KeyNotEnforced = "foreign key not enforced";

    public const string FreeSequence = "free sequence";

    public const string SharedSequence = "shared sequence";

    public const string UnusedSequence = "unused sequence";

    public const string Sequence = "sequence";

    public const string SequenceUse = "sequence use";

    /// <summary>
    /// An object that may use a sequence, which the database does not show: a default that composes the name, a function, or a table with
    /// a trigger that calls one.
    /// </summary>
    public const string PossibleSequenceUse = "possible sequence use";

    public const string Inherits = "inherits";

    public const string ClosedSchema = "closed schema";

    public const string SameName = "same name";

    public const string DetachingPartition = "detaching partition";

    public const string EventTrigger = "event trigger";

    public const string DeferrableTrigger = "deferrable trigger";

    public const string FullTextIndex = "full-text index";

    public const string HiddenTable = "hidden table";

    public const string HiddenDependents = "hidden dependents";

    public const string HiddenCatalog = "hidden catalog";

    public const string IdentityKept = "identity kept";

    public const string HiddenTriggers = "hidden triggers";

    public const string NoTransaction = "no transaction";

    public const string NoRollback = "no rollback";

    public const string ReadOnly = "read only";

    public const string NoReplicaIdentity = "no replica identity";

    /// <summary>How many locks the server has room for: the name is the setting per transaction, the detail the number in all.</summary>
    public const string LockTable = "lock table";

    /// <summary>
    /// The detail of <see cref="ReadOnly"/> where the session or its transaction is read-only, and not the server or the file.
    /// </summary>
    public const string OfSession = "session";
}

/// <summary>What the live database says: the facts that decide.</summary>
internal sealed record DatabaseSchema(
    DatabaseIdentity Identity,
    IReadOnlyList<TableSchema> Tables,
    IReadOnlyList<ForeignKey> ForeignKeys,
    IReadOnlyList<IdentityCounter> Identities,
    IReadOnlyList<SchemaObject> Objects)
{
    /// <summary>Gets the schemas that exist, to distinguish a missing schema from a missing table.</summary>
    public required IReadOnlySet<string> SchemaNames { get; init; }

    /// <summary>Gets whether all triggers are known; if not, one of them may change any table.</summary>
    public bool ReportsTriggers { get; init; } = true;

    /// <summary>Gets whether the engine reports that foreign keys are not enforced on this connection.</summary>
    public bool ForeignKeysAreOff { get; init; }

    /// <summary>
    /// Gets the foreign keys that reference no table, or columns that are no key, so that the engine refuses what it would have to check
    /// them for.
    /// </summary>
    public IReadOnlyList<ForeignKey> UncheckableForeignKeys { get; init; } = [];

    /// <summary>Gets the tables that keep the rows they had.</summary>
    public IReadOnlyList<RowHistory> Histories { get; init; } = [];

    /// <summary>Gets other catalog entries that a plan should mention.</summary>
    public IReadOnlyList<SchemaFact> Facts { get; init; } = [];

    /// <summary>
    /// The sequences that a fact of kind <see cref="SchemaFact.FreeSequence"/> may be about: it has no schema, and two schemas may have one
    /// of its name each.
    /// </summary>
    public IEnumerable<TableName> SequencesOf(SchemaFact free)
        => Facts
            .Where(use => use.Kind is SchemaFact.SequenceUse
                && string.Equals(use.Table.Name, free.Name, StringComparison.Ordinal)
                && new TableName(use.Detail, use.Name) == free.Table)
            .Select(use => use.Table)
            .Distinct();

    /// <summary>The tables and their partitions: what is done to a table is done to its partitions.</summary>
    public HashSet<TableName> WithPartitions(IEnumerable<TableName> tables)
    {
        HashSet<TableName> whole = [.. tables];
        return [.. whole, .. Tables.Where(table => table.Wholes.Any(whole.Contains)).Select(table => table.Name)];
    }

    /// <summary>
    /// The triggers and rules that fire when tables are emptied, also those of partitions, which fire when rows are deleted through the
    /// whole table, and when others are updated.
    /// </summary>
    public IEnumerable<SchemaObject> TriggersOf(IEnumerable<TableName> emptied, IReadOnlySet<TableName> updated)
    {
        HashSet<TableName> deleted = WithPartitions(emptied);
        return Objects.Where(
            o => (o.FiresOnDelete && deleted.Contains(o.Table)) || (o.Kind is "trigger" or "rule" && updated.Contains(o.Table)));
    }
}
