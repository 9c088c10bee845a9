using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Planning;

/// <summary>
/// What a selection of rows consists of, without a connection: the tables that references lead to, in which order they are filled, and the
/// tables of keys that hold what was selected.
/// </summary>
internal sealed class RowSelection
{
    private readonly Dictionary<TableName, TableSchema> _live;
    private readonly Dictionary<RowReference, KeyTable> _conditions = [];
    private readonly HashSet<(TableName Table, string Key)> _withoutIndex;
    private readonly PurgeDialect _dialect;
    private int _number;

    public RowSelection(RowScope scope, DatabaseSchema live, PurgeDialect dialect, ISqlGenerationHelper sql)
    {
        Scope = scope;
        _dialect = dialect;
        _withoutIndex = live.Facts
            .Where(fact => fact.Kind is SchemaFact.KeyWithoutIndex)
            .Select(fact => (fact.Table, fact.Name))
            .ToHashSet();
        _live = live.Tables.ToDictionary(table => table.Name);
        List<TableName> roots = [.. scope.Queries.Where(query => !query.Keeps).Select(query => query.Table).Distinct().Order()];
        HashSet<TableName> reached = Reach(roots);
        HashSet<TableName> followed = [.. reached];
        HashSet<TableName> orphans = AddOrphans(reached);
        References = [.. scope.References.Where(reference => followed.Contains(reference.Key.Principal)
            || (IsOfEntity(reference) && reached.Contains(reference.Key.Principal)))];
        Orphaning = [.. scope.References.Where(reference => orphans.Contains(reference.Key.Principal) && !IsOfEntity(reference))];
        Components = [.. DependencyGraph
            .Order(reached, References.Where(reference => reference.Action == ReferenceAction.Follow).Select(reference => reference.Key))
            .OrderByDescending(component => component.Level)
            .ThenBy(component => component.Tables[0])
            .Select(component => component.Tables)];
        Tables = [.. reached.Order()];
        Unindexed = [.. live.ForeignKeys.Where(key => reached.Contains(key.Principal)
            && (IsLargeWithoutIndex(key)
                || _live[key.Dependent].UnindexedKeys.Any(columns =>
                    columns.ToHashSet(StringComparer.Ordinal).SetEquals(key.DependentColumns))))];
        AddKeys([.. roots, .. orphans], dialect, New);
        AddStages(roots, New);
        Sql = new RowSelectionSql(this, dialect, sql);
        KeyTable New(string kind, TableName table, IReadOnlyList<string> columns, bool isUnique)
            => new(dialect, sql, kind, NextNumber(kind), _live[table], columns, isUnique);
    }

    public RowScope Scope { get; }

    /// <summary>Gets the tables of which rows may be deleted.</summary>
    public IReadOnlyList<TableName> Tables { get; }

    /// <summary>Gets these tables in the order in which they are filled: principals first, cycles together.</summary>
    public IReadOnlyList<IReadOnlyList<TableName>> Components { get; }

    /// <summary>Gets the foreign keys to these tables that have no index, so that each deleted row scans the table that has them.</summary>
    public IReadOnlyList<ForeignKey> Unindexed { get; }

    /// <summary>Gets the references to rows of these tables.</summary>
    public IReadOnlyList<RowReference> References { get; }

    /// <summary>Gets the references that the plan names, in the order in which it names them.</summary>
    public IEnumerable<RowReference> Reported => References.Where(reference => !reference.IsTie);

    /// <summary>Gets the references to rows that are deleted when no remaining row has one to them.</summary>
    public IReadOnlyList<RowReference> Orphaning { get; }

    /// <summary>
    /// Gets the keys of the selected rows. A table that nothing references has none: its rows are named by those that they reference.
    /// </summary>
    public Dictionary<TableName, KeyTable> Keys { get; } = [];

    /// <summary>Gets the keys of the rows that the queries name, as long as nothing blocks them.</summary>
    public Dictionary<TableName, KeyTable> Roots { get; } = [];

    /// <summary>Gets the keys of rows that are kept.</summary>
    public Dictionary<TableName, KeyTable> Kept { get; } = [];

    /// <summary>Gets where the result of a query is stored first.</summary>
    public Dictionary<TableName, KeyTable> Stages { get; } = [];

    /// <summary>Gets the keys of the rows that have a reference which not all rows have.</summary>
    public IReadOnlyDictionary<RowReference, KeyTable> Conditions => _conditions;

    /// <summary>Gets the references to orphans between whose rows there may be cycles, so that each keeps the others.</summary>
    public IReadOnlyList<RowReference> OrphanCycles
        => [.. DependencyGraph.Order(Scope.Orphans, Orphaning.Select(reference => reference.Key))
            .SelectMany(component => Orphaning.Where(reference => component.Tables.Contains(reference.Key.Dependent)
                && component.Tables.Contains(reference.Key.Principal)))];

    /// <summary>Gets the statements.</summary>
    public RowSelectionSql Sql { get; }

    /// <summary>Gets every table of keys, in the order of their creation.</summary>
    public IEnumerable<KeyTable> All => [.. Keys.Values, .. Kept.Values, .. Roots.Values, .. Stages.Values, .. _conditions.Values];

    public TableSchema Live(TableName table) => _live[table];

    /// <summary>The references between tables of one component that are followed: through them, its rows are found in rounds.</summary>
    public IReadOnlyList<RowReference> Inside(IReadOnlyList<TableName> component)
        => [.. References.Where(reference => reference.Action == ReferenceAction.Follow
            && component.Contains(reference.Key.Dependent) && component.Contains(reference.Key.Principal))];

    /// <summary>The references through which rows of a table are found.</summary>
    public IReadOnlyList<RowReference> WaysTo(TableName table)
        => [.. References.Where(reference => reference.Action == ReferenceAction.Follow && reference.Key.Dependent == table)];

    /// <summary>The references through which rows of a table are found from the tables before.</summary>
    public IReadOnlyList<RowReference> Into(TableName table, IReadOnlyList<TableName> component)
        => [.. WaysTo(table).Where(reference => !component.Contains(reference.Key.Principal))];

    /// <summary>The references between the rows of kept tables and those that they keep.</summary>
    public IReadOnlyList<RowReference> Keeping()
        => [.. Scope.References.Where(reference => Kept.ContainsKey(reference.Key.Dependent) && Kept.ContainsKey(reference.Key.Principal))];

    /// <summary>Determines whether the referenced columns are the primary key, so that the principal itself need not be read.</summary>
    public bool IsPrimaryKey(ForeignKey key)
        => _live[key.Principal].PrimaryKey is { } primary
            && primary.Count == key.PrincipalColumns.Count
            && key.PrincipalColumns.All(column => primary.Contains(column, StringComparer.Ordinal));

    /// <summary>Determines whether the columns of a query's result name one row each.</summary>
    public bool NamesSingleRows(RowQuery query)
        => _live[query.Table].PrimaryKey is { Count: > 0 } primary
            && primary.All(column => query.KeyColumns.Contains(column, StringComparer.Ordinal));

    /// <summary>Determines whether a foreign key of a large table is known to have no index.</summary>
    public bool HasNoIndex(ForeignKey key) => key.Name is null || IsLargeWithoutIndex(key);

    /// <summary>Determines whether the catalog says that a foreign key between large tables has no index.</summary>
    public bool IsLargeWithoutIndex(ForeignKey key) => key.Name is { } name && _withoutIndex.Contains((key.Dependent, name));

    /// <summary>
    /// The collation by which a column of a foreign key is compared, where that of its dependent is another; otherwise null.
    /// </summary>
    public TableName? Collation(ForeignKey key, int index)
    {
        string column = key.DependentColumns[index];
        TableName? collation = _live[key.Principal].Collations.GetValueOrDefault(key.PrincipalColumns[index]) ?? _dialect.DefaultCollation;
        TableName? own = _live[key.Dependent].Collations.GetValueOrDefault(column) ?? _dialect.DefaultCollation;
        string? type = _live[key.Dependent].Columns
            .FirstOrDefault(known => string.Equals(known.Name, column, StringComparison.Ordinal))
            ?.StoreType;
        return collation != own || _dialect.AlwaysCollates(type ?? string.Empty) ? collation : null;
    }

    // A temporary table would hide a table of the same name.
    private int NextNumber(string kind)
    {
        do
        {
            _number++;
        }
        while (_live.Keys.Any(table => string.Equals(table.Name, KeyTable.NameOf(kind, _number), StringComparison.OrdinalIgnoreCase)));

        return _number;
    }

    /// <summary>What the plan says of the selection before anything is counted.</summary>
    public PlanScope Report() => new()
    {
        Queries = [.. Scope.Queries.Select(query => new ScopeQuery
        {
            Text = query.Text,
            Keeps = query.Keeps,
            EntityType = query.EntityType,
            Table = query.Table,
            Sql = query.Command.Sql,
            ParametersHash = query.Command.ParametersHash,
        })],
        References = [.. Reported.Select(reference => new ScopeReference
        {
            ForeignKey = reference.Key,
            Action = reference.Action,
            Reason = reference.Reason,
        })],
        Blocked = [],
        Orphans = [.. Scope.Orphans.Order()],
    };

    // Rows are named by their keys where a reference leads on from them, or where it has to be known which of them are selected.
    private void AddKeys(
        HashSet<TableName> named,
        PurgeDialect dialect,
        Func<string, TableName, IReadOnlyList<string>, bool, KeyTable> create)
    {
        ILookup<TableName, RowReference> into = References.ToLookup(reference => reference.Key.Dependent);
        HashSet<TableName> kept = KeptReach();
        List<string> problems = [];
        foreach (TableName table in Tables)
        {
            bool isKeyed = named.Contains(table)
                || kept.Contains(table)
                || References.Any(reference => reference.Key.Principal == table)
                || into[table].Count() > 1
                || into[table].Any(reference => reference.Action != ReferenceAction.Follow
                    || reference.Condition is not null
                    || reference.IsTie
                    || !IsInOneStep(reference, dialect));
            if (isKeyed && _live[table].PrimaryKey.Count == 0)
            {
                problems.Add(
                    $"{table.ToQuotedString()} has no primary key, so that single rows cannot be selected. Add one, or exclude the table.");
            }
            else if (isKeyed)
            {
                Keys[table] = create("keys", table, _live[table].PrimaryKey, true);
            }
        }

        foreach (TableName table in kept.Order())
        {
            if (_live[table].PrimaryKey.Count == 0)
            {
                problems.Add($"{table.ToQuotedString()} has no primary key, so that its kept rows cannot be selected. Add one.");
                continue;
            }

            Kept[table] = create("kept", table, _live[table].PrimaryKey, true);
        }

        problems.AddRange(HiddenOperators());
        problems.AddRange(ReadsInheritors(Scope).Select(query =>
            $"{query.Text} reads {query.Table.ToQuotedString()}, from which other tables inherit: the query also returns their rows, "
                + "which may have the same keys. Detach these tables (ALTER TABLE ... NO INHERIT ...), or delete the rows by hand."));
        if (problems.Count > 0)
        {
            throw new PurgeException(string.Join(Environment.NewLine, problems));
        }
    }

    private void AddStages(List<TableName> roots, Func<string, TableName, IReadOnlyList<string>, bool, KeyTable> create)
    {
        foreach (TableName table in roots)
        {
            Roots[table] = create("roots", table, _live[table].PrimaryKey, true);
        }

        foreach (RowQuery query in Scope.Queries)
        {
            if (!Stages.ContainsKey(query.Table))
            {
                Stages[query.Table] = create("found", query.Table, query.KeyColumns, false);
            }
        }

        foreach (RowReference reference in Scope.References.Where(reference => reference.Condition is not null))
        {
            _conditions[reference] = create("condition", reference.Key.Dependent, reference.Condition!.KeyColumns, false);
        }
    }

    // Too many rows that are kept are no fault.
    private IEnumerable<RowQuery> ReadsInheritors(RowScope scope)
        => scope.Queries
            .Where(query => !query.Keeps)
            .Concat(scope.References.Select(reference => reference.Condition).OfType<RowQuery>())
            .Where(query => _live[query.Table].Kind == TableKind.InheritanceParent);

    // Another operator than that of the foreign key would find other rows than the engine does.
    private IEnumerable<string> HiddenOperators()
        => References.Concat(Orphaning)
            .Concat(Scope.References.Where(reference => Kept.ContainsKey(reference.Key.Dependent)))
            .Select(reference => reference.Key)
            .Where(key => key is { IsEnforced: true, Name: not null })
            .Distinct()
            .SelectMany(key => _live[key.Dependent].HiddenOperators
                .Where(hidden => string.Equals(hidden.Key, key.Name, StringComparison.Ordinal))
                .Select(hidden => $"Foreign key \"{key.Name}\" of {key.Dependent.ToQuotedString()} is compared by an operator of schema "
                    + $"\"{hidden.Schema}\", which the search path of the session hides or does not contain, so that other rows would be "
                    + $"found than the engine finds. Put \"{hidden.Schema}\" on the search path (Search Path in the connection string), "
                    + $"before schemas that have an operator of the same name."));

    private bool IsInOneStep(RowReference reference, PurgeDialect dialect)
        => dialect.ComparesRows || reference.Key.DependentColumns.Count == 1 || IsPrimaryKey(reference.Key);

    private static bool IsOfEntity(RowReference reference) => reference.IsTie || reference.IsOwnership;

    private static HashSet<TableName> Closure(IEnumerable<TableName> from, Func<TableName, IEnumerable<TableName>> next)
    {
        HashSet<TableName> reached = [.. from];
        var queue = new Queue<TableName>(reached);
        while (queue.TryDequeue(out TableName? table))
        {
            foreach (TableName other in next(table).Where(reached.Add))
            {
                queue.Enqueue(other);
            }
        }

        return reached;
    }

    private HashSet<TableName> Reach(IEnumerable<TableName> from)
        => Closure(from, table => Scope.References
            .Where(reference => reference.Key.Principal == table && reference.Action == ReferenceAction.Follow)
            .Select(reference => reference.Key.Dependent));

    /// <summary>
    /// Adds the tables of orphans that rows of reached tables reference, upwards, and the other tables of their entities.
    /// </summary>
    /// <returns>The tables of orphans.</returns>
    private HashSet<TableName> AddOrphans(HashSet<TableName> reached)
    {
        HashSet<TableName> orphans = [];
        for (int before = -1; before < reached.Count + orphans.Count;)
        {
            before = reached.Count + orphans.Count;
            orphans.UnionWith(Scope.References
                .Where(reference => reached.Contains(reference.Key.Dependent) && Scope.Orphans.Contains(reference.Key.Principal))
                .Select(reference => reference.Key.Principal));
            reached.UnionWith(orphans);
            reached.UnionWith([.. Scope.References
                .Where(reference => IsOfEntity(reference) && reached.Contains(reference.Key.Principal))
                .Select(reference => reference.Key.Dependent)]);
        }

        return orphans;
    }

    // A row that is kept keeps everything that it references.
    private HashSet<TableName> KeptReach()
        => Closure(
            Scope.Queries.Where(query => query.Keeps).Select(query => query.Table),
            table => Scope.References
                .Where(reference => reference.Key.Dependent == table)
                .Select(reference => reference.Key.Principal));
}
