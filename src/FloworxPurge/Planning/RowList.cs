using System.Globalization;
using System.Text.RegularExpressions;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Planning;

/// <summary>
/// A table of the database that remembers which rows of one table the queries named when a run in several transactions began, query by
/// query in the order of their keys: for each its position, from 1, and the pass in which it is next, from 1; <see cref="Left"/> for one
/// that was found changed or gone.
/// </summary>
internal sealed partial class RowList
{
    /// <summary>The pass of a row that no query named any more when its turn came, or that was gone.</summary>
    public const int Left = -1;

    private const string Result = "floworxpurge_query";

    private readonly PurgeDialect _dialect;
    private readonly ISqlGenerationHelper _sql;
    private readonly RowSelection _selection;
    private readonly string _position;
    private readonly string _pass;
    private readonly string[] _keys;

    public RowList(
        RowSelection selection,
        IReadOnlyList<RowQuery> queries,
        int number,
        string? schema,
        PurgeDialect dialect,
        ISqlGenerationHelper sql)
    {
        (_selection, _dialect, _sql, Queries) = (selection, dialect, sql, queries);
        RowQuery query = queries[0];
        Name = sql.DelimitIdentifier(OwnTables.RowListOf(number), dialect.HasSchemas ? schema : null);
        _position = sql.DelimitIdentifier(OwnTables.ListPosition);
        _pass = sql.DelimitIdentifier(OwnTables.ListPass);
        string[] names = [.. query.KeyColumns.Select((_, i) => "key_" + i.ToString(CultureInfo.InvariantCulture))];
        _keys = [.. names.Select(name => sql.DelimitIdentifier(name))];
        TableSchema table = selection.Live(query.Table);
        Create = dialect.CreateRowList(
            sql,
            Name,
            table.AllRows,
            [.. query.KeyColumns.Select((column, i) => (
                table.Columns.First(known => string.Equals(known.Name, column, StringComparison.Ordinal)),
                names[i]))],
            OwnTables.ListPosition,
            OwnTables.ListPass);
    }

    /// <summary>Gets the queries, which name rows of one table by the same columns.</summary>
    public IReadOnlyList<RowQuery> Queries { get; }

    /// <summary>Gets the table whose rows they name.</summary>
    public TableName Of => Queries[0].Table;

    /// <summary>Gets the delimited name.</summary>
    public string Name { get; }

    /// <summary>Gets the statements that create the table.</summary>
    public IReadOnlyList<string> Create { get; }

    /// <summary>Gets the statement that drops the table if it is there.</summary>
    public string Drop => $"DROP TABLE IF EXISTS {Name}";

    /// <summary>The statement that adds what a query names and is not there yet, with the parameters of the query.</summary>
    /// <param name="query">The query.</param>
    /// <param name="rows">The number of rows that are there.</param>
    public string Fill(RowQuery query, long rows)
    {
        string keys = string.Join(", ", _keys);
        string isThere = rows == 0 ? string.Empty
            : $" WHERE NOT EXISTS (SELECT 1 FROM {Name} AS l WHERE "
                + KeyTable.Equal(_keys.Select(key => "l." + key), _keys.Select(key => "found." + key)) + ")";
        return $"INSERT INTO {Name} ({keys}, {_position}, {_pass}) {With(query)} "
            + $"SELECT {keys}, ROW_NUMBER() OVER (ORDER BY {keys}) + {rows.ToString(CultureInfo.InvariantCulture)}, 1 "
            + $"FROM (SELECT DISTINCT {keys} FROM {Result}) AS found{isThere}";
    }

    /// <summary>The query for the number of rows that a query names now, with its parameters.</summary>
    /// <param name="query">The query.</param>
    /// <param name="blockedBehind">The last pass, where rows of the list in later passes are not to be counted; null to count all.</param>
    public string CountNow(RowQuery query, int? blockedBehind = null)
        => $"{With(query)} SELECT {_dialect.CountRows} FROM (SELECT DISTINCT {string.Join(", ", _keys)} FROM {Result}) AS found"
            + WithoutBlocked(blockedBehind, _keys.Select(key => "found." + key));

    /// <summary>The query for the number of rows that several queries named, whose keys are in the stage.</summary>
    /// <param name="blockedBehind">The last pass, where rows of the list in later passes are not to be counted; null to count all.</param>
    public string CountStaged(int? blockedBehind)
        => $"SELECT {_dialect.CountRows} FROM (SELECT DISTINCT {string.Join(", ", Stage.Keys)} FROM {Stage.Name}) AS found"
            + WithoutBlocked(blockedBehind, Stage.Keys.Select(key => "found." + key));

    /// <summary>Gets the query for the number of rows of the list.</summary>
    public string Count => $"SELECT {_dialect.CountRows} FROM {Name}";

    /// <summary>Gets the query for the number of rows of the list that are in a later pass than @p0.</summary>
    public string CountLater => $"SELECT {_dialect.CountRows} FROM {Name} WHERE {_pass} > @p0";

    /// <summary>Gets the query for the number of rows of the list that were found changed or gone when their turn came.</summary>
    public string CountLeft => $"SELECT {_dialect.CountRows} FROM {Name} WHERE {_pass} < 0";

    /// <summary>Gets the query for the number of these rows that are there.</summary>
    public string CountLeftThere => $"SELECT {_dialect.CountRows} FROM {Name} AS l WHERE l.{_pass} < 0 AND {IsThere}";

    /// <summary>
    /// Gets the query for the number of rows that were deleted up to pass @p0, at the end of the run, and that are there.
    /// </summary>
    public string CountThere
        => $"SELECT {_dialect.CountRows} FROM {Name} AS l WHERE l.{_pass} > 0 AND l.{_pass} <= @p0 AND {IsThere}";

    private string IsThere
        => $"EXISTS (SELECT 1 FROM {Table} AS t WHERE {KeyTable.Equal(Stage.Source("t"), _keys.Select(key => "l." + key))})";

    private KeyTable Stage => _selection.Stages[Of];

    private KeyTable Roots => _selection.Roots[Of];

    private string Table => _dialect.Source(_sql, _selection.Live(Of).AllRows);

    private string WithoutBlocked(int? pass, IEnumerable<string> keys)
        => pass is { } last
            ? $" WHERE NOT EXISTS (SELECT 1 FROM {Name} AS l WHERE l.{_pass} > {last.ToString(CultureInfo.InvariantCulture)} "
                + $"AND {KeyTable.Equal(_keys.Select(key => "l." + key), keys)})"
            : string.Empty;

    private string With(RowQuery query) => $"WITH {Result} ({string.Join(", ", _keys)}) AS ({query.Command.Sql})";

    private string Range => $"{_pass} = @p0 AND {_position} > @p1 AND {_position} <= @p2";

    /// <summary>Stores the next rows of pass @p0 behind position @p1.</summary>
    public string Take(int rows) => $"{RowSelectionSql.Store(Stage)} {Next(string.Join(", ", _keys), rows)}";

    /// <summary>The number of the next rows of pass @p0 behind position @p1, and the position of the last of them.</summary>
    public string Measure(int rows)
        => $"SELECT {_dialect.CountRows}, COALESCE(MAX({_position}), 0) FROM ({Next(_position, rows)}) AS next";

    /// <summary>The statement that stores those of the roots that a query still names, with its parameters.</summary>
    public string Confirm(RowQuery query)
    {
        string named = $"{RowSelectionSql.Store(Stage)} {With(query)} SELECT {string.Join(", ", _keys)} FROM ";
        if (!AreKeysRoots)
        {
            return named + Result;
        }

        bool isByRow = !NamesRowsTogether(query.Command.Sql);
        IEnumerable<string> keys = _keys.Select(key => $"{Result}.{key}");
        return named + (isByRow && _dialect.JoinInOrder is { } join
                ? $"{Roots.Name} AS r {join} {Result} WHERE {KeyTable.Equal(Roots.Here("r"), keys)}"
            : isByRow && _dialect.ProbesKeys && _keys.Length == 1
                ? $"{Result} CROSS JOIN {Roots.Name} AS r WHERE {Result}.{_keys[0]} = ANY (ARRAY[r.{Roots.Keys[0]}])"
            : $"{Result} WHERE {IsRoot(Result + ".")}");
    }

    private bool AreKeysRoots => Stage.Columns.SequenceEqual(Roots.Columns, StringComparer.Ordinal);

    /// <summary>
    /// Gets the statement that leaves the rows of pass @p0 from position @p1 to @p2 that are not among the roots: the queries do not name
    /// them any more.
    /// </summary>
    public string Leave
        => $"UPDATE {Name} SET {_pass} = {Left.ToString(CultureInfo.InvariantCulture)} WHERE {Range} AND NOT {IsRoot(string.Empty)}";

    /// <summary>
    /// Gets the statement that moves the rows of pass @p0 from position @p1 to @p2 that are no longer among the roots to the next pass:
    /// they are blocked.
    /// </summary>
    public string PutOff => $"UPDATE {Name} SET {_pass} = {_pass} + 1 WHERE {Range} AND NOT {IsRoot(string.Empty)}";

    // A row is found by its key in an index, which the planner of the engine would not use for few rows of a table without statistics;
    // unless the query has to be run as a whole to know whether it names a row.
    [GeneratedRegex(
        """("[^"]*"|'[^']*'|`[^`]*`)|\b(?<word>LIMIT|OFFSET|FETCH|DISTINCT|GROUP|UNION|INTERSECT|EXCEPT|OVER|WITH)\b""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex WordOfWhole();

    private static bool NamesRowsTogether(string sql) => WordOfWhole().Matches(sql).Any(match => match.Groups["word"].Success);

    private string Next(string columns, int rows)
        => _dialect.First($"SELECT {columns} FROM {Name} WHERE {_pass} = @p0 AND {_position} > @p1 ORDER BY {_position}", rows);

    // The columns of the query may be others than those of the primary key.
    private string IsRoot(string row)
    {
        IEnumerable<string> keys = _keys.Select(key => row + key);
        return AreKeysRoots
            ? $"EXISTS (SELECT 1 FROM {Roots.Name} AS r WHERE {KeyTable.Equal(Roots.Here("r"), keys)})"
            : $"EXISTS (SELECT 1 FROM {Table} AS t INNER JOIN {Roots.Name} AS r ON {KeyTable.Equal(Roots.Source("t"), Roots.Here("r"))} "
                + $"WHERE {KeyTable.Equal(Stage.Source("t"), keys)})";
    }
}

/// <summary>The rows that a transaction takes from a list.</summary>
/// <param name="List">The list.</param>
/// <param name="Pass">The pass.</param>
/// <param name="After">The position of the last row that was taken in this pass; 0 for none.</param>
/// <param name="Rows">The most rows to take.</param>
internal sealed record RowPortion(RowList List, int Pass, long After, int Rows);
