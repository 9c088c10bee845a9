using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Reading;

/// <summary>Reads what the models of one or several contexts know about tables and foreign keys.</summary>
internal static class ModelSchemaReader
{
    /// <summary>Reads the models. A table that several of them know is there as often.</summary>
    public static ModelSchema Read(IReadOnlyList<DbContext> contexts, PurgeDialect dialect)
    {
        bool hasSchemas = dialect.HasSchemas || dialect.DatabasesAreSchemas;
        // The runtime model has lost what migrations need, such as IsExcludedFromMigrations; the relational model knows
        // split tables, join tables and hierarchies, which entityType.GetTableName() does not.
        List<IRelationalModel> models = [.. contexts.Select(context => context.GetService<IDesignTimeModel>().Model.GetRelationalModel())];
        var tables = models.SelectMany(model => model.Tables).ToList();
        ILookup<IEntityType, IReadOnlyList<Type>> joins = models
            .SelectMany(model => model.Model.GetEntityTypes())
            .SelectMany(type => type.GetDeclaredSkipNavigations())
            .Where(navigation => !navigation.IsShadowProperty() && navigation.JoinEntityType is not null)
            .ToLookup(
                navigation => navigation.JoinEntityType,
                navigation => (IReadOnlyList<Type>)[.. LoadedWith(navigation.DeclaringEntityType).Distinct()]);

        TableName NameOf(ITable table) => new(hasSchemas ? table.Schema : null, table.Name);

        return new ModelSchema(
            [.. models.SelectMany((model, context) => model.Tables.Select(table => Read(table, NameOf, hasSchemas, context, joins)))],
            [.. tables.SelectMany(table => table.ForeignKeyConstraints).Select(constraint => Read(constraint, NameOf))],
            [.. contexts.Select(context => MigrationsHistory(context, hasSchemas)).Distinct()])
        {
            Sequences = [.. models
                .SelectMany(model => model.Sequences)
                .Select(sequence => new TableName(hasSchemas ? sequence.Schema : null, sequence.Name))
                .Distinct()],
        };
    }

    private static ModelTable Read(
        ITable table,
        Func<ITable, TableName> nameOf,
        bool hasSchemas,
        int context,
        ILookup<IEntityType, IReadOnlyList<Type>> joins)
    {
        List<IEntityType> types = [.. table.EntityTypeMappings.Select(mapping => (IEntityType)mapping.TypeBase).Distinct()];
        return new ModelTable(
            nameOf(table),
            [.. types.Select(type => type.DisplayName()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            [.. types
                .SelectMany(type => type.GetAllBaseTypesInclusive().Select(baseType => baseType.ClrType).Concat(Owners(type)))
                .Distinct()],
            [.. table.Columns.Select(column => new Column(
                column.Name,
                column.StoreType,
                column.IsNullable,
                IsKey: table.UniqueConstraints.Any(constraint => constraint.Columns.Contains(column)),
                IsComputed: column.ComputedColumnSql is not null))],
            table.IsExcludedFromMigrations)
        {
            Parts = [.. types
                .Where(type => type.GetTableMappings().Any(mapping => mapping.IsSplitEntityTypePrincipal is not null))
                .Select(type => new ModelPart(context, type.DisplayName()))],
            Sequences = ModelSequenceReader.Read(table, hasSchemas),
            Joins = [.. types.Where(joins.Contains).Select(type => new ModelJoin([.. joins[type]]))],
            Ties = [.. types
                .Select(type => joins.Contains(type) ? JoinKeys(type) : type.FindOwnership() is { } ownership ? [ownership] : [])
                .Select(keys => new ModelTie([.. keys.Select(key => new ModelEnd(
                    [.. LoadedWith(key.PrincipalEntityType).Distinct()],
                    [.. Principals(key, table).Select(nameOf)]))]))
                .Where(tie => tie.Ends.Count > 0)],
        };
    }

    // A unidirectional navigation has a hidden inverse.
    private static List<IForeignKey> JoinKeys(IEntityType join)
        => [.. join.GetForeignKeys().Where(key => key.GetReferencingSkipNavigations().Any())];

    /// <summary>
    /// Gets the tables that a foreign key of a table references. There is no constraint where each derived type has a table of its own, nor
    /// within one table, which needs no tie.
    /// </summary>
    private static List<ITable> Principals(IForeignKey key, ITable table)
    {
        List<ITable> principals = [.. key
            .GetMappedConstraints()
            .Where(constraint => constraint.Table == table)
            .Select(constraint => constraint.PrincipalTable)
            .Distinct()];
        if (principals.Count == 0)
        {
            principals = [.. key.PrincipalEntityType
                .GetDerivedTypesInclusive()
                .SelectMany(type => type.GetTableMappings())
                .Select(mapping => mapping.Table)
                .Distinct()];
        }

        return principals.Contains(table) ? [] : principals;
    }

    // What an owned type belongs to is loaded with it, and so is what is derived from that, or what that is derived from.
    private static IEnumerable<Type> Owners(IEntityType type)
        => type.FindOwnership() is { } ownership ? LoadedWith(ownership.PrincipalEntityType) : [];

    private static IEnumerable<Type> LoadedWith(IEntityType type)
        => type.GetAllBaseTypesInclusive().Concat(type.GetDerivedTypes()).Select(related => related.ClrType).Concat(Owners(type));

    private static ForeignKey Read(IForeignKeyConstraint constraint, Func<ITable, TableName> nameOf)
        => new()
        {
            Name = constraint.Name,
            Dependent = nameOf(constraint.Table),
            DependentColumns = [.. constraint.Columns.Select(column => column.Name)],
            Principal = nameOf(constraint.PrincipalTable),
            PrincipalColumns = [.. constraint.PrincipalColumns.Select(column => column.Name)],
            OnDelete = constraint.OnDeleteAction,
            NullableColumns = [.. constraint.Columns.Where(column => column.IsNullable).Select(column => column.Name)],
            IsEnforced = false,
        };

    private static TableName MigrationsHistory(DbContext context, bool hasSchemas)
    {
        var options = RelationalOptionsExtension.Extract(context.GetService<IDbContextOptions>());
        return new TableName(
            hasSchemas ? options.MigrationsHistoryTableSchema : null,
            options.MigrationsHistoryTableName ?? HistoryRepository.DefaultTableName);
    }
}
