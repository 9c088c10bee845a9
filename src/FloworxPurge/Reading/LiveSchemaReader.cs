using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Reading;

/// <summary>
/// Reads what the live database says: from the engine's catalog where the dialect knows it, since the catalog decides,
/// else through the provider's own database model factory.
/// </summary>
internal static class LiveSchemaReader
{
    private const string DividedPartition = "divided partition";

    private const int KeyColumnsWithPartitions = 16;

    /// <summary>Reads the live schema. Writes nothing.</summary>
    /// <exception cref="PurgeException">The dialect has no catalog queries, and the provider no database model factory.</exception>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    public static async Task<DatabaseSchema> ReadAsync(DatabaseSession session, CancellationToken cancellationToken)
        => OwnTables.Without(session.Dialect.Catalog is { } catalog
            ? await ReadCatalogAsync(session, catalog, cancellationToken).ConfigureAwait(false)
            : ScaffoldedSchemaReader.Read(session));

    [RequiresUnreferencedCode(TrimWarnings.Model)]
    private static async Task<DatabaseSchema> ReadCatalogAsync(
        DatabaseSession session,
        CatalogQueries catalog,
        CancellationToken cancellationToken)
    {
        var (identity, foreignKeysAreOff) = (await session.QueryAsync(
                catalog.Identity,
                reader => (ReadIdentity(session, reader), !Flag(reader, 6)),
                cancellationToken)
            .ConfigureAwait(false)).Single();

        List<string> schemas = catalog.Schemas is null
            ? []
            : await session.QueryAsync(catalog.Schemas, reader => reader.GetString(0), cancellationToken).ConfigureAwait(false);

        ILookup<TableName, Column> columns = (
            await session.QueryAsync(catalog.Columns, ReadColumn, cancellationToken).ConfigureAwait(false))
            .ToLookup(row => row.Table, row => row.Column);

        List<(TableSchema Table, TableName? Parent)> read = await session.QueryAsync(
            catalog.Tables,
            reader => (ReadTable(reader, columns), reader.FieldCount > 15 && Text(reader, 15) is not null ? Name(reader, 14) : null),
            cancellationToken).ConfigureAwait(false);
        List<TableSchema> tables = WithWholes(read);

        List<KeyColumn> keyColumns = await session.QueryAsync(catalog.ForeignKeys, ReadKeyColumn, cancellationToken).ConfigureAwait(false);
        var nullable = columns
            .SelectMany(table => table.Where(column => column.IsNullable).Select(column => (Table: table.Key, column.Name)))
            .ToHashSet();

        List<(ForeignKey Key, bool CanBeChecked)> foreignKeys = [.. keyColumns
            .GroupBy(column => column.Identity, StringComparer.Ordinal)
            .Select(group => (Key: ToForeignKey([.. group], nullable), CanBeChecked: group.All(column => column.CanBeChecked)))
            .OrderBy(pair => pair.Key.Shape, StringComparer.Ordinal)];

        List<IdentityCounter> identities = await session.QueryAsync(
            catalog.Identities,
            reader => new IdentityCounter(Name(reader, 0), reader.GetString(2), Text(reader, 4) is null ? null : Name(reader, 3))
            {
                MayRestart = reader.FieldCount <= 5 || Flag(reader, 5),
            },
            cancellationToken).ConfigureAwait(false);

        List<RowHistory> histories = catalog.Histories is null
            ? []
            : await session.QueryAsync(
                catalog.Histories,
                reader => new RowHistory(Name(reader, 0), reader.IsDBNull(3) ? null : Name(reader, 2), Text(reader, 4), Flag(reader, 5)),
                cancellationToken).ConfigureAwait(false);

        List<SchemaObject> objects = await ReadObjectsAsync(session, cancellationToken).ConfigureAwait(false);

        List<SchemaFact> facts = catalog.Facts is null
            ? []
            : await session.QueryAsync(catalog.Facts, ReadFact, cancellationToken).ConfigureAwait(false);

        return new DatabaseSchema(
            identity,
            WithFacts(session.Dialect, tables, facts),
            [.. foreignKeys.Select(pair => pair.Key)],
            [.. WithoutShared(identities, facts)
                .OrderBy(counter => counter.Table)
                .ThenBy(counter => counter.Column, StringComparer.Ordinal)],
            objects)
        {
            SchemaNames = schemas.ToHashSet(session.Dialect.Identifiers),
            ForeignKeysAreOff = foreignKeysAreOff,
            UncheckableForeignKeys = [.. foreignKeys.Where(pair => !pair.CanBeChecked).Select(pair => pair.Key)],
            Histories = [.. histories.OrderBy(history => history.Table)],
            Facts = [.. facts
                .Where(fact => fact.Kind is not SchemaFact.FullTextIndex
                    && !(session.IsMadeReadOnly && fact is { Kind: SchemaFact.ReadOnly, Detail: SchemaFact.OfSession }))],
        };
    }

    // A sequence that another table names only in a text is known by a fact alone.
    private static IEnumerable<IdentityCounter> WithoutShared(List<IdentityCounter> identities, List<SchemaFact> facts)
    {
        HashSet<(TableName, string)> shared = [.. facts
            .Where(fact => fact.Kind is SchemaFact.SharedSequence)
            .Select(fact => (fact.Table, fact.Name))];
        return identities.Where(counter => counter.Sequence is null || !shared.Contains((counter.Table, counter.Sequence.Name)));
    }

    private static IReadOnlyList<TableSchema> WithFacts(PurgeDialect dialect, List<TableSchema> tables, List<SchemaFact> facts)
    {
        ILookup<TableName, TableName> shownBy = facts.Where(fact => fact.Kind is SchemaFact.Inherits).ToLookup(
            fact => fact.Table,
            fact => new TableName(fact.Detail, fact.Name));

        ILookup<TableName, SchemaFact> closed = facts.Where(fact => fact.Kind is SchemaFact.ClosedSchema).ToLookup(fact => fact.Table);

        HashSet<TableName> hiddenDependents = [.. facts.Where(fact => fact.Kind is SchemaFact.HiddenDependents).Select(fact => fact.Table)];

        Dictionary<TableName, FullTextIndex> indexes = FullTextIndexes(dialect, tables, facts);

        return [.. tables
            .Select(table => table with
            {
                FullText = indexes.GetValueOrDefault(table.Name),
                ShownBy = [.. shownBy[table.Name]],
                MayHaveHiddenDependents = hiddenDependents.Contains(table.Name),
                MayUseSchema = !closed.Contains(table.Name),
                WouldBeVisible = closed[table.Name].Any(fact => fact.Detail is not null),
            })
            .OrderBy(table => table.Name)];
    }

    /// <summary>Reads which database the session is connected to, and nothing else.</summary>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    public static async Task<DatabaseIdentity> ReadIdentityAsync(DatabaseSession session, CancellationToken cancellationToken)
        => session.Dialect.Catalog is { } catalog
            ? (
                await session.QueryAsync(catalog.Identity, reader => ReadIdentity(session, reader), cancellationToken)
                    .ConfigureAwait(false))
                    .Single()
            : ScaffoldedSchemaReader.ReadIdentity(session);

    /// <summary>Reads constraints, indexes and triggers alone, for comparing before and after.</summary>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    public static async Task<List<SchemaObject>> ReadObjectsAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        if (session.Dialect.Catalog is not { } catalog)
        {
            return [.. ScaffoldedSchemaReader.Read(session).Objects];
        }

        List<SchemaObject> objects = await session.QueryAsync(
            catalog.Objects,
            reader => new SchemaObject(
                reader.GetString(0),
                Name(reader, 1),
                reader.GetString(3),
                Text(reader, 4) ?? string.Empty,
                Flag(reader, 5) && session.Dialect.FiresOnDelete(Text(reader, 4) ?? string.Empty),
                FiresPerStatement: Convert.ToInt64(reader.GetValue(5), CultureInfo.InvariantCulture) == 2),
            cancellationToken).ConfigureAwait(false);
        return [.. objects.OrderBy(o => o.Kind, StringComparer.Ordinal).ThenBy(o => o.Table).ThenBy(o => o.Name, StringComparer.Ordinal)];
    }

    private static DatabaseIdentity ReadIdentity(DatabaseSession session, DbDataReader reader)
        => new()
        {
            Provider = session.Context.Database.ProviderName!,
            Engine = session.Dialect.Engine ?? session.Context.Database.ProviderName!,
            ServerVersion = reader.GetString(0),
            Server = Text(reader, 1) ?? session.Connection.DataSource,
            Database = Text(reader, 2)
                ?? throw new PurgeException(
                    $"The connection to \"{session.Connection.DataSource}\" is open to no database. Name one in the connection string."),
            DatabaseId = Text(reader, 3) ?? (Text(reader, 1) is { } server ? session.Dialect.StorageId(server) : null),
            Role = Text(reader, 4),
            DefaultSchema = Text(reader, 5),
        };

    private static TableSchema ReadTable(DbDataReader reader, ILookup<TableName, Column> columns)
    {
        TableName name = Name(reader, 0);
        TableKind kind = reader.GetString(2) switch
        {
            "partitioned" => TableKind.PartitionedTable,
            "partition" or DividedPartition => TableKind.Partition,
            "inheritance parent" => TableKind.InheritanceParent,
            "foreign" => TableKind.ForeignTable,
            "virtual" => TableKind.VirtualTable,
            "shadow" => TableKind.ShadowTable,
            "view" => TableKind.View,
            "history" => TableKind.History,
            "ledger" => TableKind.Ledger,
            "memory-optimized" => TableKind.MemoryOptimized,
            "graph" => TableKind.Graph,
            _ => TableKind.Table,
        };
        return new TableSchema(name, kind, [.. columns[name]])
        {
            PartOf = Text(reader, 4) is null ? null : Name(reader, 3),
            IsDivided = reader.GetString(2) is DividedPartition,
            IsVisible = Flag(reader, 5),
            IsExtensionOwned = Flag(reader, 6),
            EstimatedRows = reader.IsDBNull(7) ? null : Convert.ToInt64(reader.GetValue(7), CultureInfo.InvariantCulture),
            MayTruncate = Flag(reader, 8),
            CanDelete = Flag(reader, 9),
            CanSelect = Flag(reader, 10),
            HidesRows = Flag(reader, 11),
            ObjectId = Text(reader, 12),
            CreatedAt = reader.FieldCount > 13 ? Text(reader, 13) : null,
        };
    }

    // Of a partition within a partition its parent is read, too.
    private static List<TableSchema> WithWholes(List<(TableSchema Table, TableName? Parent)> read)
    {
        var parents = read.Where(pair => pair.Parent is not null).ToDictionary(pair => pair.Table.Name, pair => pair.Parent!);
        return [.. read.Select(pair => pair.Parent is null ? pair.Table
            : pair.Table with { Wholes = [.. Up(pair.Table.Name), pair.Table.PartOf!] })];

        IEnumerable<TableName> Up(TableName table)
        {
            for (TableName? parent = parents.GetValueOrDefault(table); parent is not null; parent = parents.GetValueOrDefault(parent))
            {
                yield return parent;
            }
        }
    }

    // An index whose content is a view, or a table that no longer exists, is treated as a table of its own.
    private static Dictionary<TableName, FullTextIndex> FullTextIndexes(
        PurgeDialect dialect,
        List<TableSchema> tables,
        List<SchemaFact> facts)
    {
        Dictionary<TableName, FullTextIndex> indexes = [];
        foreach (SchemaFact fact in facts.Where(fact => fact.Kind is SchemaFact.FullTextIndex))
        {
            if (dialect.FullTextIndexOf(fact.Detail ?? string.Empty) is { } index
                && tables.Find(
                    table => table.Kind is TableKind.Table
                        && dialect.Identifiers.Equals(table.Name.Name, index.Content.Name))
                    is { } content)
            {
                indexes[fact.Table] = index with { Content = content.Name };
            }
        }

        return indexes;
    }

    private static (TableName Table, Column Column) ReadColumn(DbDataReader reader)
        => (
            Name(reader, 0),
            new Column(
                reader.GetString(2),
                Text(reader, 3) ?? string.Empty,
                Flag(reader, 4),
                IsSystem: Flag(reader, 5),
                IsVirtual: reader.FieldCount > 6 && Flag(reader, 6),
                BaseType: reader.FieldCount > 7 ? Text(reader, 7) : null));

    private static SchemaFact ReadFact(DbDataReader reader)
        => new(reader.GetString(0), Name(reader, 1), reader.GetString(3), Text(reader, 4));

    private static KeyColumn ReadKeyColumn(DbDataReader reader)
        => new(
            reader.GetString(0),
            Text(reader, 1),
            Name(reader, 2),
            reader.GetString(4),
            Name(reader, 5),
            Text(reader, 7),
            ToAction(reader.GetString(8)),
            Flag(reader, 9),
            Text(reader, 10),
            Flag(reader, 11),
            Part(reader, 12),
            Part(reader, 14));

    private static TableName? Part(DbDataReader reader, int column)
        => reader.FieldCount >= KeyColumnsWithPartitions && !reader.IsDBNull(column) ? Name(reader, column) : null;

    private static ForeignKey ToForeignKey(IReadOnlyList<KeyColumn> columns, HashSet<(TableName, string)> nullable)
    {
        KeyColumn first = columns[0];
        return new ForeignKey
        {
            Name = first.Name,
            Dependent = first.Dependent,
            DependentColumns = [.. columns.Select(column => column.From)],
            Principal = first.Principal,
            PrincipalColumns = [.. columns.Select(column => column.To ?? "?")],
            OnDelete = first.OnDelete,
            NullableColumns = [.. columns.Select(column => column.From).Where(column => nullable.Contains((first.Dependent, column)))],
            IsEnforced = true,
            IsTrusted = first.State is not ("untrusted" or "off"),
            IsOff = first.State is "off",
            MayBeTurnedOff = first.MayBeTurnedOff,
            DependentPart = first.DependentPart,
            PrincipalPart = first.PrincipalPart,
        };
    }

    private static ReferentialAction ToAction(string text) => text switch
    {
        "CASCADE" => ReferentialAction.Cascade,
        "SET NULL" => ReferentialAction.SetNull,
        "SET DEFAULT" => ReferentialAction.SetDefault,
        "RESTRICT" => ReferentialAction.Restrict,
        _ => ReferentialAction.NoAction,
    };

    internal static TableName Name(DbDataReader reader, int column) => new(Text(reader, column), reader.GetString(column + 1));

    private static string? Text(DbDataReader reader, int column)
        => reader.IsDBNull(column) ? null : Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture);

    private static bool Flag(DbDataReader reader, int column)
        => !reader.IsDBNull(column) && Convert.ToInt64(reader.GetValue(column), CultureInfo.InvariantCulture) != 0;

    private sealed record KeyColumn(
        string Identity,
        string? Name,
        TableName Dependent,
        string From,
        TableName Principal,
        string? To,
        ReferentialAction OnDelete,
        bool CanBeChecked,
        string? State,
        bool MayBeTurnedOff,
        TableName? DependentPart,
        TableName? PrincipalPart);
}
