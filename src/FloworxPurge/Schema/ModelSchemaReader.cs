using FloworxPurge.Dialects;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Schema;

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

        TableName NameOf(ITable table) => new(hasSchemas ? table.Schema : null, table.Name);

        return new ModelSchema(
            [.. tables.Select(table => Read(table, NameOf(table)))],
            [.. tables.SelectMany(table => table.ForeignKeyConstraints).Select(constraint => Read(constraint, NameOf))],
            [.. contexts.Select(context => MigrationsHistory(context, hasSchemas)).Distinct()])
        {
            Sequences = [.. models.SelectMany(model => model.Sequences).Select(sequence => new TableName(hasSchemas ? sequence.Schema : null, sequence.Name)).Distinct()],
        };
    }

    private static ModelTable Read(ITable table, TableName name)
    {
        List<IEntityType> types = [.. table.EntityTypeMappings.Select(mapping => (IEntityType)mapping.TypeBase).Distinct()];
        return new ModelTable(
            name,
            [.. types.Select(type => type.DisplayName()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            [.. types.SelectMany(type => type.GetAllBaseTypesInclusive()).Select(type => type.ClrType).Distinct()],
            [.. table.Columns.Select(column => new Column(
                column.Name,
                column.StoreType,
                column.IsNullable,
                IsKey: table.UniqueConstraints.Any(constraint => constraint.Columns.Contains(column)),
                IsComputed: column.ComputedColumnSql is not null))],
            table.IsExcludedFromMigrations);
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
