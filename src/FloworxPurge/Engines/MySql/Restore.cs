using System.Globalization;
using System.Text;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <content>How an archive is restored.</content>
internal sealed partial class MySqlDialect
{
    // Characters of four bytes in an index of 3,072 bytes.
    private const long MostIndexed = 768;

    // What a table holds may be refused by the modes of today: zero dates, numbers of enumerations that have no name.
    private static readonly string[] StrictModes =
    [
        "STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "NO_ZERO_IN_DATE", "NO_ZERO_DATE", "TRADITIONAL", "ERROR_FOR_DIVISION_BY_ZERO",
    ];

    private static readonly string[] NeededModes = ["NO_AUTO_VALUE_ON_ZERO", "ALLOW_INVALID_DATES"];

    internal override RestoreQueries? Restoring => !_isMariaDb ? null : new()
    {
        Columns = """
            SELECT NULL, TABLE_NAME, COLUMN_NAME, CHAR_LENGTH(COALESCE(GENERATION_EXPRESSION, '')) > 0,
                   COLUMN_DEFAULT IS NOT NULL OR EXTRA LIKE '%auto_increment%'
            FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()
            """,
        UniqueKeys = """
            SELECT NULL, s.TABLE_NAME, s.INDEX_NAME, s.COLUMN_NAME
            FROM information_schema.STATISTICS s
            WHERE s.TABLE_SCHEMA = DATABASE() AND s.NON_UNIQUE = 0
              AND NOT EXISTS (SELECT 1 FROM information_schema.STATISTICS o
                  WHERE o.TABLE_SCHEMA = s.TABLE_SCHEMA AND o.TABLE_NAME = s.TABLE_NAME AND o.INDEX_NAME = s.INDEX_NAME
                      AND o.SUB_PART IS NOT NULL)
            ORDER BY s.TABLE_NAME, s.INDEX_NAME, s.SEQ_IN_INDEX
            """,
        Triggers = """
            SELECT NULL, EVENT_OBJECT_TABLE, TRIGGER_NAME, EVENT_MANIPULATION FROM information_schema.TRIGGERS
            WHERE EVENT_OBJECT_SCHEMA = DATABASE()
            """,
        Rights = MySqlCatalog.Rights,
        SequenceRights = MySqlCatalog.SequenceRights,
    };

    internal override IReadOnlyList<SessionSetting> RestoreSettings =>
    [
        new(
            "SELECT @@SESSION.sql_mode",
            modes => SqlStatement.Of(
                "SET SESSION sql_mode = @p0",
                string.Join(
                    ',',
                    modes.Split(',', StringSplitOptions.RemoveEmptyEntries)
                        .Except(StrictModes, StringComparer.Ordinal)
                        .Union(NeededModes, StringComparer.Ordinal))),
            modes => SqlStatement.Of("SET SESSION sql_mode = @p0", modes)),
        new(
            "SELECT @@SESSION.time_zone",
            _ => SqlStatement.Of("SET SESSION time_zone = '+00:00'"),
            zone => SqlStatement.Of("SET SESSION time_zone = @p0", zone)),
        Flag("unique_checks"),
        ConstraintSetting,
    ];

    internal override bool RestoresCyclesUnchecked => true;

    internal override SessionSetting ConstraintSetting => Flag("foreign_key_checks");

    // CREATE INDEX would commit. A text of any length has no index without a prefix.
    internal override IReadOnlyList<string> CreateStage(
        ISqlGenerationHelper sql,
        string name,
        RowSet source,
        IReadOnlyList<Column> columns,
        IReadOnlyList<Column> key,
        bool isLookedUp)
    {
        string index = key.Count > 0 && IsIndexable(key) ? $"(KEY ({Names(string.Empty, key)})) " : string.Empty;
        return [$"CREATE TEMPORARY TABLE {name} {index}SELECT {Names("t.", columns)} FROM {Source(sql, source)} AS t LIMIT 0"];

        string Names(string alias, IReadOnlyList<Column> named)
            => string.Join(", ", named.Select(column => alias + sql.DelimitIdentifier(column.Name)));
    }

    // The numbers of ENUM and SET, which a text of digits would not be taken for.
    internal override object ReadArchived(string storeType, byte[] text)
    {
        string value = Encoding.UTF8.GetString(text);
        return TypeName(storeType) switch
        {
            "bit" => Convert.FromHexString(value.Length % 2 == 0 ? value : "0" + value),
            "enum" or "set" => ulong.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture),
            { } type when IsBinary(type) || IsGeometry(type) => Convert.FromHexString(value),
            _ => value,
        };
    }

    // Texts are compared without case by their collations.
    internal override string SameRow(ISqlGenerationHelper sql, IReadOnlyList<Column> columns, string left, string right)
        => string.Join(
            " AND ",
            columns.Select(column =>
            {
                string name = sql.DelimitIdentifier(column.Name);
                string type = TypeName(column.StoreType);
                string form = type is "enum" or "set" or "bit" ? "({0} + 0)"
                    : IsText(type) || IsBinary(type) || IsGeometry(type) ? "HEX({0})"
                    : "{0}";
                return $"{string.Format(CultureInfo.InvariantCulture, form, $"{left}.{name}")} <=> "
                    + string.Format(CultureInfo.InvariantCulture, form, $"{right}.{name}");
            }));

    internal override string RowText(ISqlGenerationHelper sql, IReadOnlyList<Column> columns) => MySqlDigest.RowText(sql, columns);

    internal override string TextOf(string expression) => $"CAST({expression} AS CHAR)";

    // AUTO_INCREMENT follows the rows by itself. One that was restarted has reserved no number.
    internal override SqlStatement? CounterState(ISqlGenerationHelper sql, IdentityCounter counter)
        => counter.Sequence is not { } sequence ? null : SqlStatement.Of(
            $"SELECT {Fit("q.next - q.step * (1 + q.reserved)")}, {Fit("q.start_value")}, q.step, {Fit("q.minimum_value")}, "
                + $"{Fit("q.maximum_value")} FROM (SELECT s.start_value, s.minimum_value, s.maximum_value, "
                + "CAST(s.next_not_cached_value AS DECIMAL(40)) AS next, "
                + "CASE WHEN s.next_not_cached_value <> s.start_value THEN s.cache_size ELSE 0 END AS reserved, "
                + "CASE WHEN s.increment <> 0 THEN s.increment ELSE @@auto_increment_increment END AS step "
                + $"FROM {Table(sql, sequence)} AS s) AS q");

    internal override SqlStatement FarthestNumber(ISqlGenerationHelper sql, string stage, Column column, CounterState state)
    {
        string value = "s." + sql.DelimitIdentifier(column.Name);
        return SqlStatement.Of(
            $"SELECT {(state.Grows ? "MAX" : "MIN")}(n.number) FROM (SELECT CASE WHEN CAST({value} AS CHAR) REGEXP "
                + $"'^-?[0-9]{{1,19}}([.]0+)?$' THEN CAST({value} AS DECIMAL(40)) END AS number FROM {stage} AS s) AS n "
                + "WHERE n.number BETWEEN @p0 AND @p1",
            state.Least,
            state.Most);
    }

    // Newer versions have sequences of unsigned numbers.
    private static string Fit(string number)
        => $"LEAST(GREATEST(CAST({number} AS DECIMAL(40)), -9223372036854775808), 9223372036854775807)";

    // The numbers that the server has reserved are given before those that it shows.
    internal override bool ShowsCounters => false;

    // Never back: a number that the sequence has passed already changes nothing. It takes no parameter.
    internal override SqlStatement? MoveCounter(ISqlGenerationHelper sql, IdentityCounter counter, long last)
        => counter.Sequence is not { } sequence
            ? null
            : SqlStatement.Of(string.Create(CultureInfo.InvariantCulture, $"DO SETVAL({Table(sql, sequence)}, {last}, 1)"));

    private static SessionSetting Flag(string name, int value = 1) => new(
        $"SELECT @@SESSION.{name}",
        _ => SqlStatement.Of(string.Create(CultureInfo.InvariantCulture, $"SET SESSION {name} = {value}")),
        before => SqlStatement.Of($"SET SESSION {name} = {(before is "1" or "True" ? 1 : 0)}"));

    private static string TypeName(string storeType)
        => storeType.Split('(', ' ')[0].ToLowerInvariant();

    private static bool IsText(string type)
        => type.EndsWith("char", StringComparison.Ordinal) || type.EndsWith("text", StringComparison.Ordinal);

    private static bool IsBinary(string type)
        => type.EndsWith("binary", StringComparison.Ordinal) || type.EndsWith("blob", StringComparison.Ordinal);

    // Of more bytes an index takes a prefix alone, or is refused.
    private static bool IsIndexable(IReadOnlyList<Column> columns)
        => columns.All(column => !IsLong(TypeName(column.StoreType))) && columns.Sum(column => LengthOf(column.StoreType)) <= MostIndexed;

    private static long LengthOf(string storeType)
    {
        int begin = storeType.IndexOf('(', StringComparison.Ordinal);
        int end = begin < 0 ? -1 : storeType.IndexOfAny([',', ')'], begin);
        string type = TypeName(storeType);
        return (IsText(type) || IsBinary(type)) && end > 0
            && long.TryParse(storeType.AsSpan(begin + 1, end - begin - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long length)
                ? length
                : 8;
    }

    private static bool IsLong(string type)
        => type.EndsWith("text", StringComparison.Ordinal) || type.EndsWith("blob", StringComparison.Ordinal) || IsGeometry(type);

    private static bool IsGeometry(string type) => type is "geometry" or "point" or "linestring" or "polygon" or "multipoint"
        or "multilinestring" or "multipolygon" or "geometrycollection" or "geomcollection";
}
