using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;
using static FloworxPurge.Engines.PostgreSqlOperators;

namespace FloworxPurge.Engines;

/// <content>How an archive is restored.</content>
internal partial class PostgreSqlDialect
{
    private const string Root =
        "CASE WHEN c.relispartition THEN COALESCE(pg_catalog.pg_partition_root(c.oid)::pg_catalog.oid, c.oid) ELSE c.oid END";

    // Rules: 2 is UPDATE, 3 is INSERT.
    internal override RestoreQueries? Restoring { get; } = new()
    {
        Columns = $"""
            SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.attname::pg_catalog.text,
                   (a.attgenerated {Ne} '')::pg_catalog.int4,
                   (a.atthasdef OR a.attidentity {Ne} '' OR t.typdefault IS NOT NULL)::pg_catalog.int4
            FROM pg_catalog.pg_attribute a
            JOIN pg_catalog.pg_class c ON c.oid {Eq} a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
            JOIN pg_catalog.pg_type t ON t.oid {Eq} a.atttypid
            WHERE c.relkind {IsAnyOf("r", "p")} AND a.attnum {Gt} 0 AND NOT a.attisdropped AND {PostgreSqlCatalog.UserSchemasOnly}
            """,
        UniqueKeys = $"""
            SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, x.relname::pg_catalog.text, a.attname::pg_catalog.text
            FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_class x ON x.oid {Eq} i.indexrelid
            JOIN pg_catalog.pg_class c ON c.oid {Eq} i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
            CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS u(number, position)
            JOIN pg_catalog.pg_attribute a ON a.attrelid {Eq} c.oid AND a.attnum {Eq} u.number
            WHERE i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND u.position {Lt} (i.indnkeyatts {Plus} 1)
              AND {PostgreSqlCatalog.UserSchemasOnly}
            ORDER BY n.nspname, c.relname, x.relname, u.position
            """,
        Triggers = TriggersThatAre(
            $"{Eq} ANY (CAST(CASE WHEN pg_catalog.current_setting('session_replication_role') {Eq} 'replica' THEN "
                + "'{R,A}' ELSE '{O,A}' END AS pg_catalog.\"char\"[]))"),
        TriggersInAnySession = TriggersThatAre($"{Ne} 'D'"),
        Rights = $"""
            SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
                   pg_catalog.has_table_privilege(c.oid, 'INSERT')::pg_catalog.int4,
                   pg_catalog.has_table_privilege(c.oid, 'UPDATE')::pg_catalog.int4,
                   pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')::pg_catalog.int4
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
            WHERE c.relkind {IsAnyOf("r", "p")} AND {PostgreSqlCatalog.UserSchemasOnly}
            """,
        SequenceRights = $"""
            SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
                   pg_catalog.concat_ws(' and ',
                       CASE WHEN NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE') THEN 'USAGE of its schema' END,
                       CASE WHEN NOT pg_catalog.has_sequence_privilege(c.oid, 'SELECT') THEN 'SELECT' END),
                   CASE WHEN pg_catalog.has_sequence_privilege(c.oid, 'UPDATE') THEN '' ELSE 'UPDATE' END
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
            WHERE c.relkind {Eq} 'S' AND {PostgreSqlCatalog.UserSchemasOnly}
            """,
    };

    internal override string PinForRestore => """
        SELECT pg_catalog.set_config('DateStyle', 'ISO, YMD', true), pg_catalog.set_config('IntervalStyle', 'postgres', true),
               pg_catalog.set_config('TimeZone', 'UTC', true), pg_catalog.set_config('lc_monetary', 'C', true),
               pg_catalog.set_config('bytea_output', 'hex', true), pg_catalog.set_config('xmloption', 'content', true),
               pg_catalog.set_config('extra_float_digits', '3', true)
        """;

    internal override string TakeGivenNumbers => " OVERRIDING SYSTEM VALUE";

    internal override IReadOnlyList<string> CreateStage(
        ISqlGenerationHelper sql,
        string name,
        RowSet source,
        IReadOnlyList<Column> columns,
        IReadOnlyList<Column> key,
        bool isLookedUp)
    {
        string selected = string.Join(", ", columns.Select(column => "t." + sql.DelimitIdentifier(column.Name)));
        string create = $"CREATE TEMPORARY TABLE {name} AS SELECT {selected} FROM {Source(sql, source)} AS t WITH NO DATA";
        return isLookedUp ? [create, $"CREATE INDEX ON {name} ({Names(sql, key)})"] : [create];
    }

    internal override string? CopyIntoStage(ISqlGenerationHelper sql, string name, IReadOnlyList<Column> columns)
        => $"COPY {name} ({Names(sql, columns)}) FROM STDIN (FORMAT text, ENCODING 'UTF8')";

    // Npgsql's writer of text, whose stream below it takes the bytes as they are. The type is not known here.
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "Without the method the restore is refused.")]
    internal override async ValueTask<CopyStream?> OpenCopyAsync(DbConnection connection, string copy, CancellationToken cancellationToken)
    {
        if (connection.GetType().GetMethod("BeginTextImportAsync", [typeof(string), typeof(CancellationToken)]) is not { } method
            || method.Invoke(connection, [copy, cancellationToken]) is not Task opening)
        {
            return null;
        }

        await opening.ConfigureAwait(false);
        if (opening.GetType().GetProperty("Result")?.GetValue(opening) is not StreamWriter writer
            || writer.GetType().GetMethod("CancelAsync", BindingFlags.Public | BindingFlags.Instance, []) is not { } cancel)
        {
            return null;
        }

        return new CopyStream(
            writer.BaseStream,
            writer.DisposeAsync,
            async () =>
            {
                // This ends the statement and the stream; to dispose the writer as well would write to what has ended.
                switch (cancel.Invoke(writer, []))
                {
                    case ValueTask cancelling:
                        await cancelling.ConfigureAwait(false);
                        break;

                    case Task cancelling:
                        await cancelling.ConfigureAwait(false);
                        break;
                }
            });
    }

    // Most rows have the same bytes, which the engine compares faster than it writes a row as a text. The text is as exact as the archive,
    // and there for every type; json and point have no equality.
    internal override string SameRow(ISqlGenerationHelper sql, IReadOnlyList<Column> columns, string left, string right)
    {
        return $"({Row(left)} OPERATOR(pg_catalog.*=) {Row(right)} OR {RowText(sql, columns, left)} {Eq} {RowText(sql, columns, right)})";

        // Rows without the cast would be compared column by column.
        string Row(string alias) => $"CAST({RowOf(sql, columns, alias)} AS pg_catalog.record)";
    }

    internal override string RowText(ISqlGenerationHelper sql, IReadOnlyList<Column> columns) => RowText(sql, columns, "t");

    private static string TriggersThatAre(string enabled) => $"""
        SELECT n.nspname::pg_catalog.text, r.relname::pg_catalog.text, t.tgname::pg_catalog.text,
               pg_catalog.concat_ws(' ', CASE WHEN (t.tgtype {BitAnd} 4) {Ne} 0 THEN 'INSERT' END,
                   CASE WHEN (t.tgtype {BitAnd} 16) {Ne} 0 THEN 'UPDATE' END)
        FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid {Eq} t.tgrelid
        JOIN pg_catalog.pg_class r ON r.oid {Eq} {Root} JOIN pg_catalog.pg_namespace n ON n.oid {Eq} r.relnamespace
        WHERE NOT t.tgisinternal AND t.tgenabled {enabled}
        UNION ALL
        SELECT n.nspname::pg_catalog.text, r.relname::pg_catalog.text, w.rulename::pg_catalog.text,
               CASE WHEN w.ev_type {Eq} '3' THEN 'INSERT' ELSE 'UPDATE' END
        FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class c ON c.oid {Eq} w.ev_class
        JOIN pg_catalog.pg_class r ON r.oid {Eq} {Root} JOIN pg_catalog.pg_namespace n ON n.oid {Eq} r.relnamespace
        WHERE w.ev_type {IsAnyOf("2", "3")} AND w.ev_enabled {enabled}
        """;

    internal override string TextOf(string expression) => $"CAST({expression} AS pg_catalog.text)";

    internal override string? InsertTogether(IReadOnlyList<string> inserts)
        => $"WITH {string.Join(", ", inserts.Select((insert, i) => $"i{i} AS ({insert} RETURNING 1)"))} "
            + $"SELECT {string.Join(", ", inserts.Select((_, i) => $"(SELECT {CountRows} FROM i{i})"))}";

    // Readers go on, and whoever adds a row that references one of these rows waits.
    internal override string LockForRestore(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
        => $"LOCK TABLE {string.Join(", ", tables.Select(table => Table(sql, table)))} IN SHARE ROW EXCLUSIVE MODE";

    // One that was restarted has given no number yet: last_value is the one that comes next.
    internal override SqlStatement? CounterState(ISqlGenerationHelper sql, IdentityCounter counter)
        => counter.Sequence is not { } sequence ? null : SqlStatement.Of(
            $"SELECT CASE WHEN s.is_called THEN s.last_value WHEN q.seqincrement {Gt} 0 "
                + "THEN GREATEST(s.last_value, -9223372036854775807) OPERATOR(pg_catalog.-) 1 "
                + "ELSE LEAST(s.last_value, 9223372036854775806) OPERATOR(pg_catalog.+) 1 END, "
                + "s.last_value, q.seqincrement, q.seqmin, q.seqmax "
                + FromSequence(sql, sequence),
            Table(sql, sequence));

    // A column of another type may hold numbers, too, and what holds none of them has no operator to compare it with a number.
    internal override SqlStatement FarthestNumber(ISqlGenerationHelper sql, string stage, Column column, CounterState state)
    {
        string value = "s." + sql.DelimitIdentifier(column.Name);
        string text = $"CAST({value} AS pg_catalog.text)";
        string number = CanonicalTypeName(column.StoreType) is "smallint" or "integer" or "bigint"
            ? Numeric(value)
            : $"CASE WHEN {text} COLLATE pg_catalog.\"C\" OPERATOR(pg_catalog.~) '^-?[0-9]{{1,19}}([.]0+)?$' THEN {Numeric(text)} END";
        return SqlStatement.Of(
            $"SELECT pg_catalog.{(state.Grows ? "max" : "min")}(n.number) FROM (SELECT {number} AS number FROM {stage} AS s) AS n "
                + $"WHERE n.number {Ge} @p0 AND NOT (n.number {Gt} @p1) AND ((n.number {Minus} @p2) {Modulo} @p3) {Eq} 0",
            state.Least,
            state.Most,
            state.Known,
            state.Increment);

        static string Numeric(string expression) => $"CAST({expression} AS pg_catalog.numeric)";
    }

    // Never back, whatever another session has drawn since the number was read.
    internal override SqlStatement? MoveCounter(ISqlGenerationHelper sql, IdentityCounter counter, long last)
        => counter.Sequence is not { } sequence ? null : SqlStatement.Of(
            "SELECT pg_catalog.setval(q.seqrelid::pg_catalog.regclass, "
                + $"CASE WHEN q.seqincrement {Gt} 0 THEN GREATEST(s.last_value, @p1) ELSE LEAST(s.last_value, @p1) END, true) "
                + FromSequence(sql, sequence),
            Table(sql, sequence),
            last);

    private string FromSequence(ISqlGenerationHelper sql, TableName sequence)
        => $"FROM {Table(sql, sequence)} AS s, pg_catalog.pg_sequence q "
            + $"WHERE q.seqrelid {Eq} CAST(@p0 AS pg_catalog.text)::pg_catalog.regclass";

    private static string Names(ISqlGenerationHelper sql, IReadOnlyList<Column> columns)
        => string.Join(", ", columns.Select(column => sql.DelimitIdentifier(column.Name)));

    private static string RowText(ISqlGenerationHelper sql, IReadOnlyList<Column> columns, string alias)
        => $"CAST({RowOf(sql, columns, alias)} AS pg_catalog.text)";

    private static string RowOf(ISqlGenerationHelper sql, IReadOnlyList<Column> columns, string alias)
        => $"ROW({string.Join(", ", columns.Select(column => $"{alias}.{sql.DelimitIdentifier(column.Name)}"))})";
}
