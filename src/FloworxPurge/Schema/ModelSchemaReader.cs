using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Schema;

/// <summary>Reads what the models of one or several contexts know about tables and foreign keys.</summary>
internal static class ModelSchemaReader
{
    /// <summary>Reads the models and merges the tables that they share.</summary>
    public static ModelSchema Read(IReadOnlyList<DbContext> contexts, bool hasSchemas, StringComparer identifiers)
    {
        // The runtime model has lost what migrations need, such as IsExcludedFromMigrations; the relational model knows
        // split tables, join tables and hierarchies, which entityType.GetTableName() does not.
        var tables = contexts
            .SelectMany(context => context.GetService<IDesignTimeModel>().Model.GetRelationalModel().Tables)
            .ToList();

        TableName NameOf(ITable table) => new(hasSchemas ? table.Schema : null, table.Name);

        // Without schemas, auth.users and public.users of a model are one table, whatever their case.
        var merged = tables
            .GroupBy(table => Key(NameOf(table)), identifiers)
            .Select(group => Merge(NameOf(group.First()), [.. group], identifiers))
            .OrderBy(table => table.Name)
            .ToList();

        var keys = tables
            .SelectMany(table => table.ForeignKeyConstraints)
            .Select(constraint => Read(constraint, NameOf))
            .DistinctBy(key => key.Shape, identifiers)
            .ToList();

        return new ModelSchema(merged, keys, MigrationsHistory(contexts[0], hasSchemas));
    }

    private static string Key(TableName name) => name.Schema + "\0" + name.Name;

    private static ModelTable Merge(TableName name, IReadOnlyList<ITable> tables, StringComparer identifiers)
    {
        var types = tables
            .SelectMany(table => table.EntityTypeMappings.Select(mapping => (IEntityType)mapping.TypeBase))
            .DistinctBy(type => type.Name, StringComparer.Ordinal)
            .OrderBy(type => type.DisplayName(), StringComparer.Ordinal)
            .ToList();

        var columns = tables
            .SelectMany(table => table.Columns)
            .GroupBy(column => column.Name, identifiers)
            .Select(group => new Column(
                group.Key,
                group.First().StoreType,
                group.Any(column => column.IsNullable),
                IsKey: group.Any(column => column.Table.UniqueConstraints.Any(constraint => constraint.Columns.Contains(column)))))
            .OrderBy(column => column.Name, StringComparer.Ordinal)
            .ToList();

        return new ModelTable(
            name,
            [.. types.Select(type => type.DisplayName()).Distinct(StringComparer.Ordinal)],
            [.. types.SelectMany(type => type.GetAllBaseTypesInclusive()).Select(type => type.ClrType).Distinct()],
            columns,
            tables.All(table => table.IsExcludedFromMigrations));
    }

    private static ForeignKey Read(IForeignKeyConstraint constraint, Func<ITable, TableName> nameOf)
        => new(
            constraint.Name,
            nameOf(constraint.Table),
            [.. constraint.Columns.Select(column => column.Name)],
            nameOf(constraint.PrincipalTable),
            [.. constraint.PrincipalColumns.Select(column => column.Name)],
            constraint.OnDeleteAction,
            [.. constraint.Columns.Where(column => column.IsNullable).Select(column => column.Name)],
            IsEnforced: false);

    private static TableName MigrationsHistory(DbContext context, bool hasSchemas)
    {
        var options = RelationalOptionsExtension.Extract(context.GetService<IDbContextOptions>());
        return new TableName(
            hasSchemas ? options.MigrationsHistoryTableSchema : null,
            options.MigrationsHistoryTableName ?? HistoryRepository.DefaultTableName);
    }
}
