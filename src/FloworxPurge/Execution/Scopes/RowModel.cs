using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

/// <summary>An entity type, and the context whose model has it.</summary>
internal sealed record RowEntity(DbContext Context, IEntityType Type);

/// <summary>A live table of an entity type, with the columns of its primary key in the order of the key's properties.</summary>
/// <param name="Type">The entity type whose rows are meant: in a hierarchy with a table for each concrete type one of these.</param>
/// <param name="Live">The live table.</param>
/// <param name="KeyColumns">The live columns.</param>
internal sealed record RowTable(IEntityType Type, TableSchema Live, IReadOnlyList<string> KeyColumns);

/// <summary>The models of the contexts, under the names of the live database.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class RowModel(
    IReadOnlyList<DbContext> contexts,
    ComparedSchema schema,
    IReadOnlyList<TableDisposition> dispositions,
    PurgeDialect dialect)
{
    private readonly ModelNames _names = new(schema.Live, dialect);
    private readonly bool _hasSchemas = dialect.HasSchemas || dialect.DatabasesAreSchemas;
    private readonly Dictionary<TableName, TableDisposition> _dispositions = dispositions.ToDictionary(disposition => disposition.Name);
    private readonly Dictionary<TableName, TableSchema> _live = schema.Live.Tables.ToDictionary(table => table.Name);

    public IReadOnlyList<DbContext> Contexts => contexts;

    public ComparedSchema Schema => schema;

    public StringComparer Columns => dialect.ColumnIdentifiers;

    public StringComparer Identifiers => dialect.Identifiers;

    public IEnumerable<RowEntity> Entities
        => contexts.SelectMany(context => context.Model.GetEntityTypes().Select(type => new RowEntity(context, type)));

    /// <summary>Determines whether each concrete type of a hierarchy has a table of its own.</summary>
    public static bool IsTablePerConcreteType(IReadOnlyEntityType type)
        => string.Equals(type.GetRootType().GetMappingStrategy(), RelationalAnnotationNames.TpcMappingStrategy, StringComparison.Ordinal)
            && type.GetRootType().GetDirectlyDerivedTypes().Any();

    /// <summary>The mapping of an entity type to the one table that holds its key first: of a split entity the main table.</summary>
    public static ITableMapping? MainMapping(IEntityType type)
        => type.GetTableMappings().FirstOrDefault(mapping => mapping.IsSplitEntityTypePrincipal != false);

    /// <summary>The live table of a table of a model.</summary>
    public TableSchema? Live(ITable table) => _names.Find(new TableName(_hasSchemas ? table.Schema : null, table.Name));

    /// <summary>A live table by its name.</summary>
    public TableSchema? Live(TableName name) => _live.GetValueOrDefault(name);

    /// <summary>The name of a table of a model, as the live database has it if it is there.</summary>
    public TableName NameOf(ITable table) => Live(table)?.Name ?? new TableName(_hasSchemas ? table.Schema : null, table.Name);

    /// <summary>The live column of a column of a model.</summary>
    public Column? Column(TableSchema table, string name)
        => table.Columns.FirstOrDefault(column => Columns.Equals(column.Name, dialect.Stored(name)));

    /// <summary>The names of live columns; null where one is missing.</summary>
    public IReadOnlyList<string>? ColumnNames(TableSchema table, IEnumerable<string> names)
    {
        List<string?> found = [.. names.Select(name => Column(table, name)?.Name)];
        return found.Contains(null) ? null : [.. found.OfType<string>()];
    }

    /// <summary>The disposition of a table; a partition has that of the whole table.</summary>
    public TableDisposition? Disposition(TableName table)
        => _dispositions.GetValueOrDefault(table)
            ?? _live.GetValueOrDefault(table)?.Wholes.Select(_dispositions.GetValueOrDefault).FirstOrDefault(whole => whole is not null);

    /// <summary>
    /// The tables of the model that hold the keys of an entity type's rows: one, or one for each concrete type where each has a table.
    /// </summary>
    public static IReadOnlyList<(IEntityType Type, ITableMapping Mapping)> MainTables(IEntityType type)
        => [.. (IsTablePerConcreteType(type)
                ? type.GetDerivedTypesInclusive()
                    .Where(concrete => !concrete.IsAbstract())
                    .Select(concrete => (concrete, MainMapping(concrete)))
                : [(type, MainMapping(type.GetRootType()))])
            .Where(pair => pair.Item2 is not null)
            .Select(pair => (pair.Item1, pair.Item2!))];

    /// <summary>The live table of a mapping with the columns of the primary key; null where the table or a column is missing.</summary>
    public RowTable? Find(IEntityType type, ITableMapping mapping)
        => Live(mapping.Table) is { } live && ColumnNames(live, KeyColumnsOf(type, mapping.Table)) is { } columns
            ? new RowTable(type, live, columns)
            : null;

    private static IEnumerable<string> KeyColumnsOf(IEntityType type, ITable table)
        => type.FindPrimaryKey()!.Properties.Select(property => table.FindColumn(property)!.Name);
}
