using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Scaffolding;
using Microsoft.EntityFrameworkCore.Scaffolding.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.Reading;

/// <summary>
/// Reads the live schema through the provider's own <see cref="IDatabaseModelFactory"/>, which every provider that scaffolds has. Such
/// factories need not report triggers.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal static class ScaffoldedSchemaReader
{
    /// <summary>Reads the live schema. Writes nothing.</summary>
    /// <exception cref="PurgeException">The provider has no such factory.</exception>
    public static DatabaseSchema Read(DatabaseSession session)
    {
        DatabaseModel model = ReadModel(session);
        var tables = model.Tables
            .Select(table => new TableSchema(
                NameOf(session, table),
                table is DatabaseView ? TableKind.View : TableKind.Table,
                [.. table.Columns.Select(ReadColumn)])
            {
                IsVisible = table.Schema is null || string.Equals(table.Schema, model.DefaultSchema, StringComparison.Ordinal),
            })
            .OrderBy(table => table.Name)
            .ToList();

        var keys = model.Tables
            .SelectMany(table => table.ForeignKeys)
            .Select(key => ReadForeignKey(session, key))
            .OrderBy(key => key.Shape, StringComparer.Ordinal)
            .ToList();

        var identities = model.Tables
            .SelectMany(table => table.Columns.Where(
                column => column.ValueGenerated == ValueGenerated.OnAdd
                    && column.DefaultValueSql is null)
                .Select(column => new IdentityCounter(NameOf(session, table), column.Name, Sequence: null)))
            .OrderBy(counter => counter.Table)
            .ThenBy(counter => counter.Column, StringComparer.Ordinal)
            .ToList();

        return new DatabaseSchema(ReadIdentity(session, model.DefaultSchema), tables, keys, identities, ReadObjects(session, model))
        {
            ReportsTriggers = false,
            SchemaNames = model.Tables.Select(table => table.Schema).OfType<string>().ToHashSet(session.Dialect.Identifiers),
        };
    }

    private static DatabaseModel ReadModel(DatabaseSession session)
    {
        using ServiceProvider root = Scaffolding.Services(session.Context, session.Dialect).BuildServiceProvider();
        using IServiceScope scope = root.CreateScope();
        return scope.ServiceProvider.GetRequiredService<IDatabaseModelFactory>().Create(
            session.Connection,
            new DatabaseModelFactoryOptions());
    }

    /// <summary>Gets the database that the session is connected to, as the driver reports it.</summary>
    public static DatabaseIdentity ReadIdentity(DatabaseSession session, string? defaultSchema = null)
        => new()
        {
            Provider = session.Context.Database.ProviderName!,
            Engine = session.Dialect.Engine ?? session.Context.Database.ProviderName!,
            ServerVersion = session.Connection.ServerVersion,
            Server = session.Connection.DataSource,
            Database = session.Connection.Database,
            DatabaseId = null,
            Role = null,
            DefaultSchema = session.Dialect.HasSchemas ? defaultSchema : null,
        };

    private static TableName NameOf(DatabaseSession session, DatabaseTable table)
        => new(session.Dialect.HasSchemas ? table.Schema : null, table.Name);

    private static Column ReadColumn(DatabaseColumn column) => new(column.Name, column.StoreType ?? string.Empty, column.IsNullable);

    private static ForeignKey ReadForeignKey(DatabaseSession session, DatabaseForeignKey key)
        => new()
        {
            Name = string.IsNullOrEmpty(key.Name) ? null : key.Name,
            Dependent = NameOf(session, key.Table),
            DependentColumns = [.. key.Columns.Select(column => column.Name)],
            Principal = NameOf(session, key.PrincipalTable),
            PrincipalColumns = [.. key.PrincipalColumns.Select(column => column.Name)],
            OnDelete = key.OnDelete ?? ReferentialAction.NoAction,
            NullableColumns = [.. key.Columns.Where(column => column.IsNullable).Select(column => column.Name)],
            IsEnforced = true,
        };

    private static List<SchemaObject> ReadObjects(DatabaseSession session, DatabaseModel model)
    {
        var objects = new List<SchemaObject>();
        foreach (DatabaseTable table in model.Tables)
        {
            TableName name = NameOf(session, table);
            static string Names(IEnumerable<DatabaseColumn> columns) => string.Join(", ", columns.Select(column => column.Name));
            objects.AddRange(
                table.ForeignKeys.Select(
                    key => new SchemaObject(
                        "constraint",
                        name,
                        key.Name ?? Names(key.Columns),
                        ReadForeignKey(session, key).ToString())));
            objects.AddRange(
                table.UniqueConstraints.Select(
                    key => new SchemaObject("constraint", name, key.Name ?? Names(key.Columns), Names(key.Columns))));
            objects.AddRange(
                table.Indexes.Select(index => new SchemaObject("index", name, index.Name ?? Names(index.Columns), Names(index.Columns))));
            objects.AddRange(
                table.Triggers.Select(trigger => new SchemaObject("trigger", name, trigger.Name, string.Empty, FiresOnDelete: true)));
        }

        return [.. objects.OrderBy(o => o.Kind, StringComparer.Ordinal).ThenBy(o => o.Table).ThenBy(o => o.Name, StringComparer.Ordinal)];
    }
}
