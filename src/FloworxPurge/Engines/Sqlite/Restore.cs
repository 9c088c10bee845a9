using System.Globalization;
using System.Text;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <content>How an archive is restored: each value with its storage class.</content>
internal sealed partial class SqliteDialect
{
    private const int MostInChain = 50;

    internal override RestoreQueries? Restoring { get; } = new()
    {
        Columns = """
            SELECT NULL, t.name, c.name, c.hidden IN (2, 3), c.dflt_value IS NOT NULL OR c.pk > 0
            FROM main.pragma_table_list() t JOIN main.pragma_table_xinfo(t.name) c
            WHERE t.schema = 'main' AND t.type = 'table'
            """,
        UniqueKeys = """
            SELECT NULL, t.name, i.name, c.name
            FROM main.pragma_table_list() t JOIN main.pragma_index_list(t.name) i JOIN main.pragma_index_info(i.name) c
            WHERE t.schema = 'main' AND t.type = 'table' AND i."unique" AND NOT i.partial
              AND NOT EXISTS (SELECT 1 FROM main.pragma_index_info(i.name) e WHERE e.cid < 0)
            ORDER BY t.name, i.name, c.seqno
            """,
        Triggers = """
            SELECT NULL, tbl_name, name, sql FROM main.sqlite_master WHERE type = 'trigger'
            UNION ALL
            SELECT NULL, tbl_name, name, sql FROM temp.sqlite_master WHERE type = 'trigger'
            """,
    };

    // A column without a type holds each value as it is.
    internal override IReadOnlyList<string> CreateStage(
        ISqlGenerationHelper sql,
        string name,
        RowSet source,
        IReadOnlyList<Column> columns,
        IReadOnlyList<Column> key,
        bool isLookedUp)
    {
        string create = $"CREATE TABLE {name} ({Names(columns)})";
        string table = name["temp.".Length..];
        string index = "temp." + sql.DelimitIdentifier(table.Trim('"') + "_key");
        return key.Count == 0 ? [create] : [create, $"CREATE INDEX {index} ON {table} ({Names(key)})"];

        string Names(IReadOnlyList<Column> named) => string.Join(", ", named.Select(column => sql.DelimitIdentifier(column.Name)));
    }

    // A driver takes only UTF-8 for a text: bytes are sent with their class before them.
    internal override object ReadArchived(string storeType, byte[] text)
        => text.Length < 2 || text[1] != (byte)':'
            ? throw new FormatException("a value has no storage class before it")
            : text[0] switch
            {
                (byte)'i' => long.Parse(text.AsSpan(2), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
                (byte)'r' => double.Parse(text.AsSpan(2), NumberStyles.Float, CultureInfo.InvariantCulture),
                (byte)'t' => text,
                (byte)'b' => (byte[])[.. text.AsSpan(0, 2), .. Convert.FromHexString(Encoding.ASCII.GetString(text.AsSpan(2)))],
                _ => throw new FormatException("a value has an unknown storage class before it"),
            };

    // The engine looks each one up by its name, among all of them.
    internal override int MostStageParameters => 40;

    internal override string StageValue(string parameter)
        => $"CASE WHEN typeof({parameter}) <> 'blob' THEN {parameter} WHEN substr({parameter}, 1, 1) = x'74' "
            + $"THEN CAST(substr({parameter}, 3) AS TEXT) ELSE substr({parameter}, 3) END";

    internal override string SameRow(ISqlGenerationHelper sql, IReadOnlyList<Column> columns, string left, string right)
        => Chain(
            " AND ",
            columns.Select(column => sql.DelimitIdentifier(column.Name)).Select(column
                => $"typeof({left}.{column}) = typeof({right}.{column}) AND {left}.{column} IS {right}.{column} COLLATE BINARY"));

    // A real number is written with all of its digits; a text may hold a zero byte, behind which quote() stops.
    internal override string RowText(ISqlGenerationHelper sql, IReadOnlyList<Column> columns)
        => Chain(
            " || ',' || ",
            columns.Select(column => "t." + sql.DelimitIdentifier(column.Name)).Select(column
                => $"CASE typeof({column}) WHEN 'text' THEN 't' || hex(CAST({column} AS BLOB)) ELSE quote({column}) END"));

    // An expression may be 1,000 operators deep, and each one of a chain without parentheses adds to that.
    internal static string Chain(string with, IEnumerable<string> parts)
        => string.Join(with, parts.Chunk(MostInChain).Select(chunk => $"({string.Join(with, chunk)})"));

    // A primary key may be NULL here.
    internal override string SameKey(ISqlGenerationHelper sql, IReadOnlyList<string> columns, string left, string right)
        => string.Join(
            " AND ",
            columns.Select(sql.DelimitIdentifier).Select(column => $"{left}.{column} IS {right}.{column}"));

    // The type of a column would be that of the comparison, and an index of columns without types could not be used.
    internal override string SameStagedKey(ISqlGenerationHelper sql, IReadOnlyList<string> columns, string row, string staged)
        => string.Join(
            " AND ",
            columns.Select(sql.DelimitIdentifier).Select(column => $"{staged}.{column} IS +{row}.{column}"));

    // What does not begin as expected is taken for one that fires.
    internal override IReadOnlyList<string> EventsOf(string trigger)
        => TriggerEvent().Match(trigger) is { Success: true } match
            ? [match.Groups["event"].Value.ToUpperInvariant()]
            : ["INSERT", "UPDATE"];

    // The engine moves it when the rows are inserted; it may have been further.
    internal override SqlStatement? MoveCounter(ISqlGenerationHelper sql, IdentityCounter counter, long last)
        => SqlStatement.Of("UPDATE main.sqlite_sequence SET seq = @p1 WHERE name = @p0 AND seq < @p1", counter.Table.Name, last);

    internal override SqlStatement? CounterState(ISqlGenerationHelper sql, IdentityCounter counter)
        => SqlStatement.Of(
            "SELECT COALESCE(MAX(seq), 0), 0, 1, 0, 9223372036854775807 FROM main.sqlite_sequence WHERE name = @p0",
            counter.Table.Name);
}
