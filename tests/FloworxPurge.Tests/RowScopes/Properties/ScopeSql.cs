using System.Globalization;
using System.Text;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>Writes the SQL that makes a case's database, without EF.</summary>
public sealed class ScopeSql(ScopeCase it, TestDatabase database)
{
    private readonly ScopeColumns _columns = new(it);

    private bool AddsKeysLater => database.Pick(sqlite: false, postgreSql: true, mariaDb: true, sqlServer: true);

    /// <summary>Tables and constraints.</summary>
    public string Tables()
    {
        var sql = new StringBuilder();
        foreach (StoredTable table in _columns.Tables)
        {
            List<string> parts =
            [
                .. table.Columns.Select(column => $"{column} {Type(column)}{(_columns.IsNullable(column) ? "" : " NOT NULL")}"),
                $"PRIMARY KEY ({Join(ScopeColumns.KeyColumns(table.Table))})",
            ];
            if (!table.IsSecond)
            {
                parts.Add($"UNIQUE ({ScopeColumns.Alternate})");
            }

            if (!AddsKeysLater)
            {
                parts.AddRange(ForeignKeys(table));
            }

            sql.Append(CultureInfo.InvariantCulture, $"CREATE TABLE {table.Name} ({string.Join(", ", parts)});\n");
        }

        if (AddsKeysLater)
        {
            foreach (StoredTable table in _columns.Tables)
            {
                foreach (string key in ForeignKeys(table))
                {
                    sql.Append(CultureInfo.InvariantCulture, $"ALTER TABLE {table.Name} ADD {key};\n");
                }
            }
        }

        return sql.ToString();
    }

    /// <summary>Rows, to be written with no foreign key checked.</summary>
    public string Rows()
    {
        var rows = new ScopeRows(it);
        var sql = new StringBuilder();
        foreach (StoredTable table in _columns.Tables)
        {
            foreach (ScopeRow row in rows.All.Where(row => row.Table == table.Table.Number && (!table.IsSecond || row.HasSecond)))
            {
                string values = Join(table.Columns.Select(column => Literal(row.Values[column])));
                sql.Append(CultureInfo.InvariantCulture, $"INSERT INTO {table.Name} ({Join(table.Columns)}) VALUES ({values});\n");
            }
        }

        return sql.ToString();
    }

    /// <summary>The rows of a table, each as one text.</summary>
    public static string Select(StoredTable table) => $"SELECT {Join(table.Columns)} FROM {table.Name}";

    private static string Join(IEnumerable<string> parts) => string.Join(", ", parts);

    private static string Literal(object? value) => value switch
    {
        null => "NULL",
        string text => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'",
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    private string Type(string column) => _columns.IsText(column)
        ? database.Pick("TEXT", "varchar(20)", "varchar(20)", "nvarchar(20)")
        : database.Pick("INTEGER", "integer", "int", "int");

    private IEnumerable<string> ForeignKeys(StoredTable table)
    {
        if (table.IsSecond)
        {
            string columns = Join(ScopeColumns.KeyColumns(table.Table));
            yield return $"CONSTRAINT {table.Name}_main FOREIGN KEY ({columns}) REFERENCES {table.Table.Name} ({columns}) "
                + $"ON DELETE {(table.Table.SecondCascades ? "CASCADE" : "NO ACTION")}";
        }

        foreach (ScopeKey key in it.Keys.Where(key => key.Source != KeySource.Declared && _columns.DependentTable(key) == table.Name))
        {
            yield return $"CONSTRAINT {key.Name} FOREIGN KEY ({Join(_columns.Columns(key))}) "
                + $"REFERENCES {_columns.PrincipalTable(key)} ({Join(_columns.PrincipalColumns(key))}) ON DELETE {key.OnDelete}";
        }
    }
}
