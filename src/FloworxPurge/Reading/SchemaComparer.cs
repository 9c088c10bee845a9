using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Reading;

/// <summary>Compares the model with the live database. The live schema decides what exists; the model decides what is purged.</summary>
internal sealed class SchemaComparer(PurgeDialect dialect, StoreTypeComparer types)
{
    private readonly StringComparer _identifiers = dialect.Identifiers;
    private readonly StringComparer _columns = dialect.ColumnIdentifiers;

    /// <summary>Finds the live table of each table of the model, and every difference.</summary>
    public ComparedSchema Compare(ModelSchema models, DatabaseSchema live)
    {
        var names = new ModelNames(live, dialect);
        ModelSchema model = names.Resolve(models);
        var found = model.Tables.ToDictionary(table => table.Name, table => names.Find(table.Name));

        List<ForeignKey> modelKeys = Resolve(model.ForeignKeys, found);
        var mapped = found.Values.OfType<TableSchema>().Select(table => table.Name).ToHashSet();
        var partitions = new PartitionKeys(live, mapped);
        List<ForeignKey> liveKeys = partitions.Live();
        var liveShapes = liveKeys.SelectMany(partitions.ToDependents).Select(key => key.Shape).ToHashSet(_identifiers);
        var modelShapes = modelKeys.ToLookup(key => key.Shape, _identifiers);
        List<ForeignKey> missing = [.. modelKeys.Where(key => !liveShapes.Contains(key.Shape))];

        List<ForeignKey> extra = [.. liveKeys
            .Where(key => mapped.Contains(key.Dependent) && mapped.Contains(key.Principal) && !modelShapes.Contains(key.Shape))];

        List<(TableName Table, SchemaDrift Drift)> undeletable = live.ForeignKeysAreOff ? [] : Undeletable(live);
        ILookup<TableName, SchemaDrift> keyDrifts = missing
            .Select(key => (key.Dependent, new SchemaDrift(DriftKind.ForeignKeyMissing, $"foreign key {key} exists only in the model")))
            .Concat(
                extra.Select(key => (key.Dependent, new SchemaDrift(DriftKind.ForeignKeyExtra, $"foreign key {key} exists only in the "
                    + $"database"))))
            .Concat(undeletable)
            .ToLookup(pair => pair.Item1, pair => pair.Item2);

        ILookup<TableName, string> keyColumns = model.ForeignKeys.SelectMany(
            key => key.DependentColumns.Select(column => (key.Dependent, column))).ToLookup(pair => pair.Dependent, pair => pair.column);
        var tables = model.Tables
            .Select(table => CompareTable(table, found[table.Name], keyColumns[table.Name], live, keyDrifts))
            .OrderBy(table => table.Name)
            .ToList();

        // A constraint without a name of its own borrows the model's, for people to read.
        IEnumerable<ForeignKey> named = liveKeys.Select(
            key => key.Name is null && modelShapes[key.Shape].FirstOrDefault() is { } known ? key with { Name = known.Name } : key);
        return new ComparedSchema(live, tables, [.. named, .. missing.SelectMany(partitions.ToPrincipals)], model.MigrationsHistories)
        {
            Sequences = [.. model.Sequences.Select(names.LiveSequence)],
            Undeletable = undeletable.Select(pair => pair.Table).ToHashSet(),
        };
    }

    /// <summary>
    /// The tables that the engine deletes nothing from. SQLite lets a foreign key reference no table, or columns that are no key, and then
    /// refuses every statement that would check it, rows or no rows.
    /// </summary>
    private List<(TableName Table, SchemaDrift Drift)> Undeletable(DatabaseSchema live)
    {
        var found = new List<(TableName Table, SchemaDrift Drift)>();
        var causes = new Dictionary<TableName, (DriftKind Kind, string Text)>();
        var queue = new Queue<TableName>();
        void Add(TableName table, DriftKind kind, string cause, string? through = null)
        {
            found.Add(
                (table,
                    new SchemaDrift(
                        kind,
                        $"{through}{cause}{(through is null ? ", so the engine refuses to delete rows" : string.Empty)}")));
            if (causes.TryAdd(table, (kind, cause)))
            {
                queue.Enqueue(table);
            }
        }

        var principals = live.Tables.Where(table => table.Kind != TableKind.View).Select(table => table.Name).ToHashSet();
        foreach (ForeignKey key in live.UncheckableForeignKeys)
        {
            DriftKind kind = principals.Contains(key.Principal) ? DriftKind.PrincipalKeyMissing : DriftKind.PrincipalMissing;
            string cause = kind == DriftKind.PrincipalMissing
                ? $"foreign key {key} references a table that does not exist"
                : $"foreign key {key} references columns that are neither the primary key nor unique";
            Add(key.Dependent, kind, cause);
            if (kind == DriftKind.PrincipalKeyMissing && !key.IsSelfReference)
            {
                Add(key.Principal, kind, cause);
            }
        }

        ILookup<TableName, ForeignKey> keys = live.ForeignKeys.ToLookup(key => key.Dependent);
        while (queue.TryDequeue(out TableName? table))
        {
            foreach (ForeignKey key in keys[table]
                .Where(key => !causes.ContainsKey(key.Principal) && IsRefused(key, live.UncheckableForeignKeys)))
            {
                Add(
                    key.Principal,
                    causes[table].Kind,
                    causes[table].Text,
                    $"foreign key {key} makes the engine change rows, which it refuses to do, since ");
            }
        }

        return found;
    }

    /// <summary>
    /// Determines whether the engine refuses the action of a key whose dependent it deletes nothing from: a delete always, an update where
    /// an uncheckable key is involved.
    /// </summary>
    private bool IsRefused(ForeignKey key, IReadOnlyList<ForeignKey> uncheckable) => key.OnDelete switch
    {
        ReferentialAction.Cascade => true,
        ReferentialAction.SetNull or ReferentialAction.SetDefault => uncheckable.Any(other => other.Principal == key.Dependent
            || (other.Dependent == key.Dependent && other.DependentColumns.Intersect(key.DependentColumns, _columns).Any())),
        _ => false,
    };

    /// <summary>The model's keys between tables and columns that exist, under their live names.</summary>
    private List<ForeignKey> Resolve(IReadOnlyList<ForeignKey> keys, Dictionary<TableName, TableSchema?> found)
    {
        var resolved = new List<ForeignKey>();
        foreach (ForeignKey key in keys)
        {
            if (found.GetValueOrDefault(key.Dependent) is { } dependent
                && found.GetValueOrDefault(key.Principal) is { } principal
                && LiveColumns(dependent, key.DependentColumns) is { } from
                && LiveColumns(principal, key.PrincipalColumns) is { } to)
            {
                resolved.Add(key with
                {
                    Dependent = dependent.Name,
                    DependentColumns = [.. from.Select(column => column.Name)],
                    Principal = principal.Name,
                    PrincipalColumns = [.. to.Select(column => column.Name)],
                    NullableColumns = [.. from.Where(column => column.IsNullable).Select(column => column.Name)],
                });
            }
        }

        return resolved;
    }

    private List<Column>? LiveColumns(TableSchema table, IReadOnlyList<string> names)
    {
        var columns = names.Select(name => table.Columns.FirstOrDefault(column => _columns.Equals(column.Name, name)))
            .OfType<Column>()
            .ToList();
        return columns.Count == names.Count ? columns : null;
    }

    private ComparedTable CompareTable(
        ModelTable model,
        TableSchema? live,
        IEnumerable<string> keyColumns,
        DatabaseSchema database,
        ILookup<TableName, SchemaDrift> keyDrifts)
    {
        if (live is null)
        {
            TableName name = model.Name;
            bool schemaMissing = name.Schema is not null && database.SchemaNames.Count > 0 && !database.SchemaNames.Contains(name.Schema);
            return new ComparedTable(
                name,
                model,
                Live: null,
                [name.Schema is not null
                    && dialect.DatabasesAreSchemas
                    && !_identifiers.Equals(name.Schema, database.Identity.Database)
                ? new SchemaDrift(
                    DriftKind.TableMissing,
                    $"table {name.ToQuotedString()} is mapped to another database than the connection's \"{database.Identity.Database}\", "
                        + $"which alone is purged")
                : schemaMissing
                ? new SchemaDrift(DriftKind.SchemaMissing, $"schema \"{name.Schema}\" does not exist in the database")
                : new SchemaDrift(DriftKind.TableMissing, $"table {name.ToQuotedString()} does not exist in the database")]);
        }

        if (live.Kind is TableKind.Ledger or TableKind.MemoryOptimized or TableKind.Graph)
        {
            string why = live.Kind switch
            {
                TableKind.Ledger => "a ledger table, which keeps every row that was ever deleted as evidence, so that it cannot be purged",
                TableKind.MemoryOptimized => "a memory-optimized table, which takes no part in an ordinary transaction: nothing could be "
                    + "rolled back or verified",
                _ => "a graph table, whose edges are no foreign keys: the tables that reference its rows are not known",
            };
            return new ComparedTable(
                live.Name,
                model,
                live,
                [new SchemaDrift(DriftKind.UnsupportedTable, $"{live.Name.ToQuotedString()} is {why}")]);
        }

        if (live.Kind is TableKind.View or TableKind.ShadowTable or TableKind.History)
        {
            string what = live.Kind switch
            {
                TableKind.View => "a view",
                TableKind.History => "the history of another table",
                _ => "storage of a virtual table",
            };
            return new ComparedTable(
                live.Name,
                model,
                live,
                [new SchemaDrift(DriftKind.NotATable, $"{live.Name.ToQuotedString()} is {what} in the database, and a table in the "
                    + $"model")]);
        }

        var drifts = CompareColumns(model, live, keyColumns).Concat(keyDrifts[live.Name]).OrderBy(drift => drift.Kind).ToList();
        return new ComparedTable(live.Name, model, live, drifts);
    }

    private IEnumerable<SchemaDrift> CompareColumns(ModelTable model, TableSchema live, IEnumerable<string> keyColumns)
    {
        Dictionary<string, Column> liveColumns = live.Columns.DistinctBy(column => column.Name, _columns).ToDictionary(
            column => column.Name,
            _columns);
        var foreignKeyColumns = keyColumns.ToHashSet(_columns);
        foreach (Column expected in model.Columns)
        {
            if (!liveColumns.TryGetValue(expected.Name, out Column? found))
            {
                yield return new SchemaDrift(DriftKind.ColumnMissing, $"column \"{expected.Name}\" ({expected.StoreType}) is missing");
                continue;
            }

            StoreTypeMatch match = types.Compare(expected.StoreType, found.StoreType);
            if (match == StoreTypeMatch.Different
                && found.BaseType is { } baseType
                && types.Compare(expected.StoreType, baseType) != StoreTypeMatch.Different)
            {
                yield return new SchemaDrift(
                    DriftKind.FacetsDiffer,
                    $"column \"{expected.Name}\": expected {expected.StoreType}, found domain {found.StoreType} over {baseType}, whose "
                        + "constraints the model does not know");
            }
            else if (match != StoreTypeMatch.Same)
            {
                DriftKind kind = match == StoreTypeMatch.OtherFacets ? DriftKind.FacetsDiffer
                    : expected.IsKey ? DriftKind.KeyTypeDiffers
                    : foreignKeyColumns.Contains(expected.Name) ? DriftKind.ForeignKeyTypeDiffers
                    : DriftKind.TypeDiffers;
                string role = kind switch
                {
                    DriftKind.KeyTypeDiffers => "key column",
                    DriftKind.ForeignKeyTypeDiffers => "foreign key column",
                    _ => "column",
                };
                yield return new SchemaDrift(kind, $"{role} \"{expected.Name}\": expected {expected.StoreType}, found {found.StoreType}");
            }
            else if (!found.IsSystem && !expected.IsComputed && expected.IsNullable != found.IsNullable)
            {
                yield return new SchemaDrift(
                    DriftKind.NullabilityDiffers,
                    $"column \"{expected.Name}\" {(found.IsNullable ? "accepts" : "does not accept")} NULL, and "
                        + $"{(expected.IsNullable ? "does" : "does not")} in the model");
            }
        }

        var modelColumns = model.Columns.Select(column => column.Name).ToHashSet(_columns);
        foreach (Column column in live.Columns.Where(column => !column.IsSystem && !modelColumns.Contains(column.Name)))
        {
            yield return new SchemaDrift(DriftKind.ExtraColumn, $"column \"{column.Name}\" ({column.StoreType}) is not in the model");
        }
    }
}
