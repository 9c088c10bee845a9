using FloworxPurge.Connections;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>The statements of a restore over temporary tables (s), the tables themselves (t) and what they reference (p).</summary>
internal sealed class RestoreSql(DatabaseSession session, IReadOnlyList<StagedTable> tables)
{
    private const int MostKeys = 10;

    /// <summary>The rows that have a unique key of a restored row.</summary>
    public string KeysInUse(StagedTable table, UniqueKey key)
        => $" FROM {table.Stage} AS s JOIN {session.Source(table.Live)} AS t ON {Equal("t", key.Columns, "s", key.Columns)}";

    /// <summary>The archived keys that occur more than once.</summary>
    public string RepeatedKeys(StagedTable table)
    {
        string key = string.Join(", ", table.Key.Select(column => $"s.{Name(column)}"));
        return $" FROM (SELECT {key} FROM {table.Stage} AS s GROUP BY {key} HAVING {session.Dialect.CountRows} > 1) AS s";
    }

    /// <summary>The archived rows whose reference is to no row, whether of the database or of the archive.</summary>
    public string MissingParents(StagedTable table, ForeignKey key, TableSchema? principal, bool isInserted)
    {
        string source = principal is null ? session.Dialect.Table(session.Sql, key.Principal) : session.Source(principal);
        string first = Name(key.PrincipalColumns[0]);
        string from = $" FROM {table.Stage} AS s";
        string dependent = "s";
        if (table.IsDetached)
        {
            from += $" JOIN {session.Source(table.Live)} AS t ON {session.Dialect.SameKey(session.Sql, table.Key, "t", "s")}";
            dependent = "t";
        }

        string[] columns =
        [
            .. key.DependentColumns.Select(column => table.Has([column]) ? $"s.{Name(column)}" : $"{dependent}.{Name(column)}"),
        ];
        string where = string.Join(" AND ", columns.Select(column => $"{column} IS NOT NULL"));
        from += $" LEFT JOIN {source} AS p ON {Equal("p", key.PrincipalColumns, columns)}";
        where += $" AND p.{first} IS NULL";
        if (!isInserted && Inserted(key.Principal) is { } staged && staged.Has(key.PrincipalColumns))
        {
            from += $" LEFT JOIN {staged.Stage} AS a ON {Equal("a", key.PrincipalColumns, columns)}";
            where += $" AND a.{first} IS NULL";
        }

        return $"{from} WHERE {where}";
    }

    /// <summary>The archived rows of a table whose rows stay that are in neither the database nor the archive.</summary>
    public string MissingRows(StagedTable table)
    {
        string first = Name(table.Key[0]);
        string from = $" FROM {table.Stage} AS s LEFT JOIN {session.Source(table.Live)} AS t "
            + $"ON {session.Dialect.SameKey(session.Sql, table.Key, "t", "s")}";
        string where = $"t.{first} IS NULL";
        if (Inserted(table.Name) is { } staged && staged.Has(table.Key))
        {
            from += $" LEFT JOIN {staged.Stage} AS a ON {session.Dialect.SameKey(session.Sql, table.Key, "a", "s")}";
            where += $" AND a.{first} IS NULL";
        }

        return $"{from} WHERE {where}";
    }

    /// <summary>The rows whose lost reference is another one now.</summary>
    public string OtherReferences(StagedTable table)
        => $" FROM {table.Stage} AS s JOIN {session.Source(table.Live)} AS t "
            + $"ON {session.Dialect.SameKey(session.Sql, table.Key, "t", "s")} "
            + $"WHERE {string.Join(" OR ", table.Lost.Select(IsOther))}";

    /// <summary>The archived rows of a table with a key that are not in it as they were archived.</summary>
    public string Different(StagedTable table)
        => $" FROM {table.Stage} AS s WHERE NOT EXISTS (SELECT 1 FROM {session.Source(table.Live)} AS t WHERE "
            + $"{session.Dialect.SameKey(session.Sql, table.Key, "t", "s")} "
            + $"AND {session.Dialect.SameRow(session.Sql, table.Columns, "t", "s")})";

    /// <summary>Stores the rows of a table without a key that are there before the restore and are equal to archived ones.</summary>
    public string StoreEqual(StagedTable table)
    {
        string text = session.Dialect.RowText(session.Sql, table.Columns);
        return session.Dialect.InsertFrom(
            session.Sql,
            table.EqualBefore!,
            $"{session.Source(table.Live)} AS t WHERE {text} IN (SELECT {text} FROM {table.Stage} AS t)",
            "t",
            [.. table.Columns.Select(column => column.Name)],
            locks: false);
    }

    /// <summary>
    /// The different archived rows of a table without a key that are not there as often as they have to be: as before, and as often as they
    /// were archived.
    /// </summary>
    public string Miscounted(StagedTable table)
    {
        string text = session.Dialect.RowText(session.Sql, table.Columns);
        string rows = string.Join(" UNION ALL ", new[]
        {
            $"SELECT {text} AS r, 1 AS n, 1 AS a FROM {table.Stage} AS t",
            $"SELECT {text} AS r, 1 AS n, 0 AS a FROM {table.EqualBefore} AS t",
            $"SELECT {text} AS r, -1 AS n, 0 AS a FROM {session.Source(table.Live)} AS t",
        });
        return $" FROM (SELECT r FROM ({rows}) AS u GROUP BY r HAVING SUM(n) <> 0 AND SUM(a) > 0) AS s";
    }

    /// <summary>The rows that did not get each lost reference back.</summary>
    public string StillDetached(StagedTable table)
        => $" FROM {table.Stage} AS s WHERE NOT EXISTS (SELECT 1 FROM {session.Source(table.Live)} AS t WHERE "
            + $"{session.Dialect.SameKey(session.Sql, table.Key, "t", "s")} AND "
            + $"{string.Join(" AND ", table.Lost.Select(IsBack))})";

    public string Insert(StagedTable table)
    {
        string columns = string.Join(", ", table.Columns.Select(column => Name(column.Name)));
        string values = string.Join(", ", table.Columns.Select(column => $"s.{Name(column.Name)}"));
        return $"INSERT INTO {session.Dialect.Table(session.Sql, table.Name)} ({columns}){session.Dialect.TakeGivenNumbers} "
            + $"SELECT {values} FROM {table.Stage} AS s";
    }

    /// <summary>
    /// Gives lost references back, where they are NULL. A row may be there twice, when two transactions of the run each took one.
    /// </summary>
    public string GiveBack(StagedTable table)
    {
        string name = session.Dialect.Table(session.Sql, table.Name);
        string same = session.Dialect.SameStagedKey(session.Sql, table.Key, name, "s");
        IEnumerable<string> assignments = table.Lost
            .Select(column => Name(column.Name))
            .Select(column => $"{column} = COALESCE({name}.{column}, "
                + $"(SELECT s.{column} FROM {table.Stage} AS s WHERE {same} AND s.{column} IS NOT NULL LIMIT 1))");
        IEnumerable<string> untouched = table.Live.TouchedColumns
            .Where(column => !table.Has([column]))
            .Select(column => $"{Name(column)} = {name}.{Name(column)}");
        return $"UPDATE {name} SET {string.Join(", ", assignments.Concat(untouched))} "
            + $"WHERE EXISTS (SELECT 1 FROM {table.Stage} AS s WHERE {same})";
    }

    public string Count(string from) => $"SELECT {session.Dialect.CountRows}{from}";

    /// <summary>The keys of the first rows, for a message.</summary>
    public string Keys(string from, IReadOnlyList<string> columns)
        => session.Dialect.First(
            $"SELECT {string.Join(", ", columns.Select((column, i) => $"{session.Dialect.TextOf($"s.{Name(column)}")} AS k{i}"))}{from} "
                + "ORDER BY 1",
            MostKeys);

    private StagedTable? Inserted(TableName table) => tables.FirstOrDefault(other => other.Name == table && !other.IsDetached);

    private string IsBack(Column column)
        => $"(s.{Name(column.Name)} IS NULL OR {session.Dialect.SameRow(session.Sql, [column], "t", "s")})";

    private string IsOther(Column column)
        => $"(t.{Name(column.Name)} IS NOT NULL AND s.{Name(column.Name)} IS NOT NULL "
            + $"AND NOT ({session.Dialect.SameRow(session.Sql, [column], "t", "s")}))";

    private string Equal(string left, IReadOnlyList<string> leftColumns, string right, IReadOnlyList<string> rightColumns)
        => Equal(left, leftColumns, [.. rightColumns.Select(column => $"{right}.{Name(column)}")]);

    private string Equal(string left, IReadOnlyList<string> columns, string[] values)
        => string.Join(" AND ", columns.Select((column, i) => $"{left}.{Name(column)} = {values[i]}"));

    private string Name(string column) => session.Sql.DelimitIdentifier(column);
}
