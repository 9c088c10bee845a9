using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Properties;

/// <summary>Builds the model of a case: property bags, without CLR types.</summary>
public sealed class CaseModel(GeneratedCase it)
{
    private readonly CaseRows _rows = new(it);

    public void Build(ModelBuilder modelBuilder)
    {
        for (int table = 0; table < it.Tables.Count; table++)
        {
            if (it.Tables[table].IsMapped)
            {
                BuildTable(modelBuilder, table);
            }
        }

        for (int key = 0; key < it.Keys.Count; key++)
        {
            if (_rows.IsMapped(key))
            {
                BuildKey(modelBuilder, key);
            }
        }
    }

    private void BuildTable(ModelBuilder modelBuilder, int table)
        => modelBuilder.SharedTypeEntity<Dictionary<string, object>>(it.Tables[table].Name, entity =>
        {
            entity.ToTable(it.Tables[table].Name);
            foreach (string column in _rows.KeyColumns(table))
            {
                entity.IndexerProperty<int>(column).ValueGeneratedNever();
            }

            entity.HasKey(_rows.KeyColumns(table));
            entity.IndexerProperty<int?>("note");
            for (int key = 0; key < it.Keys.Count; key++)
            {
                if (it.Keys[key].Dependent == table && _rows.IsMapped(key) && !it.Keys[key].IsIdentifying)
                {
                    string[] columns = _rows.Columns(key);
                    for (int i = 0; i < columns.Length; i++)
                    {
                        entity.IndexerProperty(_rows.IsNullable(key, i) ? typeof(int?) : typeof(int), columns[i]);
                    }
                }
            }
        });

    private void BuildKey(ModelBuilder modelBuilder, int key)
    {
        CaseKey k = it.Keys[key];
        var dependent = modelBuilder.Model.FindEntityType(it.Tables[k.Dependent].Name)!;
        var principal = modelBuilder.Model.FindEntityType(it.Tables[k.Principal].Name)!;
        var foreignKey = dependent.AddForeignKey(
            [.. _rows.Columns(key).Select(column => dependent.FindProperty(column)!)],
            principal.FindPrimaryKey()!,
            principal);
        foreignKey.DeleteBehavior = k.OnDelete switch
        {
            "RESTRICT" => DeleteBehavior.Restrict,
            "CASCADE" => DeleteBehavior.Cascade,
            "SET NULL" when k.Nullable == NullableColumns.All => DeleteBehavior.SetNull,
            _ => DeleteBehavior.NoAction,
        };
    }
}
