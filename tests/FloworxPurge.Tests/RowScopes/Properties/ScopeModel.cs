using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>Builds the model of a case.</summary>
public sealed class ScopeModel(ScopeCase it)
{
    private const int TextLength = 20;

    private readonly ScopeColumns _columns = new(it);

    private IEnumerable<ScopeTable> Tables => it.Tables.Where(table => table.Place != TablePlace.Unmapped);

    public void Build(ModelBuilder modelBuilder)
    {
        foreach (ScopeTable table in Tables)
        {
            BuildTable(modelBuilder.Entity(ScopeClass.Of(table).Type), table);
            if (table.Second == SecondTable.Derived)
            {
                var derived = modelBuilder.Entity(ScopeClass.Of(table).Derived);
                derived.HasBaseType(ScopeClass.Of(table).Type);
                derived.ToTable(table.SecondName);
                derived.Property("More").HasColumnName(ScopeColumns.More);
            }
        }

        foreach (ScopeKey key in it.Keys.Where(key => key.Behavior is not null))
        {
            BuildKey(modelBuilder, key);
        }
    }

    private static string PropertyName(string column) => char.ToUpperInvariant(column[0]) + column[1..];

    private void BuildTable(EntityTypeBuilder entity, ScopeTable table)
    {
        Dictionary<string, string> properties = new(StringComparer.Ordinal);
        foreach (StoredTable stored in _columns.Tables.Where(stored => stored.Table == table))
        {
            foreach (string column in stored.Columns.Where(column => column != ScopeColumns.More && !IsOfKey(column)))
            {
                properties[PropertyName(column)] = column;
            }
        }

        foreach (ScopeKey key in it.Keys.Where(key => key.Dependent == table.Number && IsMapped(key)))
        {
            foreach ((string property, string column) in _columns.PropertyNames(key).Zip(_columns.Columns(key)))
            {
                properties[property] = column;
            }
        }

        if (table.Place == TablePlace.Drifted)
        {
            properties["Missing"] = "missing";
        }

        foreach (string ignored in typeof(ScopeEntity).GetProperties().Select(property => property.Name).Except(properties.Keys))
        {
            entity.Ignore(ignored);
        }

        foreach ((string property, string column) in properties)
        {
            var built = entity.Property(property).HasColumnName(column).ValueGeneratedNever();
            built.IsRequired(!_columns.IsNullable(column) && column != "missing");
            if (_columns.IsText(column))
            {
                built.HasMaxLength(TextLength);
            }
        }

        entity.HasKey([.. ScopeColumns.KeyColumns(table).Select(PropertyName)]);
        entity.HasAlternateKey("Alternate");
        entity.ToTable(table.Name);
        if (table.Second == SecondTable.Split)
        {
            entity.SplitToTable(table.SecondName, split => split.Property("Extra"));
        }

        if (table.HasFilter)
        {
            entity.HasQueryFilter(ScopeClass.Of(table).Filter);
        }
    }

    private static bool IsMapped(ScopeKey key) => key.Behavior is not null || key.Source == KeySource.Declared;

    // Columns that only keys have; those of keys that only the database knows are not in the model.
    private bool IsOfKey(string column) => it.Keys.Any(key => key.Source != KeySource.Identifying && column != ScopeColumns.Tenant
        && _columns.Columns(key).Contains(column, StringComparer.Ordinal));

    private void BuildKey(ModelBuilder modelBuilder, ScopeKey key)
    {
        ScopeTable principalTable = it.Table(key.Principal);
        var dependent = modelBuilder.Model.FindEntityType(ScopeClass.Of(it.Table(key.Dependent)).Type)!;
        var principal = modelBuilder.Model.FindEntityType(ScopeClass.Of(principalTable).Type)!;
        var referenced = key.ToAlternate
            ? principal.FindKey(principal.FindProperty("Alternate")!)!
            : principal.FindPrimaryKey()!;
        if (key.ToSecond && principalTable.Second == SecondTable.Derived)
        {
            principal = modelBuilder.Model.FindEntityType(ScopeClass.Of(principalTable).Derived)!;
        }

        var foreignKey = dependent.AddForeignKey(
            [.. _columns.PropertyNames(key).Select(property => dependent.FindProperty(property)!)],
            referenced,
            principal);
        foreignKey.SetConstraintName(key.Name);
        foreignKey.DeleteBehavior = key.Behavior!.Value;
    }
}
