using System.Globalization;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <summary>
/// What PostgreSQL itself counts of a transaction, and what its locks show: which tables and sequences the transaction touched, without
/// reading them.
/// </summary>
/// <remarks>Functions and operators are qualified, since the search path may find others first.</remarks>
internal static class PostgreSqlStatistics
{
    private const string Counts = "pg_catalog.current_setting('track_counts') OPERATOR(pg_catalog.=) 'on'";

    // What users make has greater numbers.
    private const string IsOfUsers = "OPERATOR(pg_catalog.>) 16383";

    // pg_largeobject and pg_largeobject_metadata.
    private const string LargeObject = "2613";

    private const string LargeObjectMetadata = "2995";

    private const string OwnLocks = """
        SELECT 1 FROM pg_catalog.pg_locks l
        WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.granted AND l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.relation OPERATOR(pg_catalog.=) c.oid
          AND l.database OPERATOR(pg_catalog.=) (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
        """;

    private const string Inserted = "pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)";

    private const string Updated = "pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)";

    private const string Deleted = "pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)";

    private const string Plus = "OPERATOR(pg_catalog.+)";

    // The transaction's own number as an xid, in which rows are marked.
    private const string OwnXid = "((pg_catalog.txid_current() OPERATOR(pg_catalog.%) 4294967296)::pg_catalog.text::pg_catalog.xid)";

    /// <summary>Gets the queries.</summary>
    public static WriteStatistics Queries { get; } = new()
    {
        // A function may switch the count off for as long as it runs.
        MayBeTrusted = $"""
            SELECT CASE WHEN {Counts} AND NOT EXISTS (
                SELECT 1 FROM pg_catalog.pg_proc p
                WHERE p.oid {IsOfUsers} AND (pg_catalog.strpos(pg_catalog.lower(p.prosrc), 'track_counts') OPERATOR(pg_catalog.>) 0
                    OR pg_catalog.strpos(pg_catalog.array_to_string(p.proconfig, ' '), 'track_counts') OPERATOR(pg_catalog.>) 0)) THEN 1 ELSE 0 END
            """,

        IsCounting = $"SELECT CASE WHEN {Counts} THEN 1 ELSE 0 END",

        Writes = $"""
            SELECT c.oid::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, {Inserted}, {Updated}, {Deleted}
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            WHERE c.relkind OPERATOR(pg_catalog.=) 'r' AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
              AND (c.oid {IsOfUsers} OR c.oid OPERATOR(pg_catalog.=) {LargeObject} OR c.oid OPERATOR(pg_catalog.=) {LargeObjectMetadata})
              AND {Inserted} {Plus} {Updated} {Plus} {Deleted} OPERATOR(pg_catalog.>) 0
            """,

        LargeObjects = [LargeObject, LargeObjectMetadata],

        // A row that is seen and whose transaction is still in progress can only be of this one, or of one of its savepoints.
        CountWritten = (source, filter) => $"""
            SELECT pg_catalog.count(*) FROM {source} AS t
            WHERE {(filter is null ? string.Empty : $"({filter}) AND ")}CASE WHEN pg_catalog.age(t.xmin) OPERATOR(pg_catalog.<=) 0
                THEN pg_catalog.txid_status(pg_catalog.txid_current() {Plus} (pg_catalog.age({OwnXid}) OPERATOR(pg_catalog.-) pg_catalog.age(t.xmin))::pg_catalog.int8) OPERATOR(pg_catalog.=) 'in progress'
                ELSE false END
            """,

        Files = $"""
            SELECT c.oid::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.relfilenode::pg_catalog.int8,
                   EXISTS ({OwnLocks} AND l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock')::pg_catalog.int4
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            WHERE c.relkind OPERATOR(pg_catalog.=) 'r' AND c.relpersistence OPERATOR(pg_catalog.<>) 't' AND c.oid {IsOfUsers}
            """,

        // Reading a sequence takes a weaker lock than using it. The server may evaluate conditions in any order, and a privilege on what is
        // no sequence is an error.
        Sequences = $"""
            SELECT c.oid::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, q.seqincrement,
                   EXISTS ({OwnLocks} AND l.mode OPERATOR(pg_catalog.<>) 'AccessShareLock')::pg_catalog.int4,
                   o.nspname, o.relname
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            JOIN pg_catalog.pg_sequence q ON q.seqrelid OPERATOR(pg_catalog.=) c.oid
            LEFT JOIN LATERAL (
                SELECT tn.nspname::pg_catalog.text, t.relname::pg_catalog.text
                FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) d.refobjid JOIN pg_catalog.pg_namespace tn ON tn.oid OPERATOR(pg_catalog.=) t.relnamespace
                WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) c.oid
                  AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND (d.deptype OPERATOR(pg_catalog.=) 'a' OR d.deptype OPERATOR(pg_catalog.=) 'i')
                LIMIT 1) o ON true
            WHERE c.relkind OPERATOR(pg_catalog.=) 'S' AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
              AND CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') ELSE false END
            ORDER BY 2, 3
            """,

        SequenceStates = sequences => string.Join(" UNION ALL ", sequences.Select((sequence, i) => string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT {i}, s.last_value, s.is_called FROM {sequence} AS s"))),
    };

    /// <summary>A number for row t: all that is stored of it in its binary form, which no setting changes.</summary>
    public static string RowDigest(ISqlGenerationHelper sql, IReadOnlyList<Column> columns)
        => $"pg_catalog.hashtextextended(pg_catalog.encode(pg_catalog.record_send(ROW({Stored(sql, columns)})), 'hex') COLLATE "
            + $"pg_catalog.\"C\", 0::pg_catalog.int8)";

    /// <summary>The columns of types that have no binary form, also as parts of other types: schema, table, column, type.</summary>
    public const string UnreadableColumns = $"""
        WITH RECURSIVE bad AS (
            SELECT t.oid FROM pg_catalog.pg_type t WHERE t.typtype OPERATOR(pg_catalog.=) 'b' AND t.typsend::pg_catalog.oid OPERATOR(pg_catalog.=) 0
            UNION
            SELECT t.oid FROM bad JOIN pg_catalog.pg_type t ON t.typelem OPERATOR(pg_catalog.=) bad.oid OR t.typbasetype OPERATOR(pg_catalog.=) bad.oid
                OR EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) t.typrelid AND a.atttypid OPERATOR(pg_catalog.=) bad.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped)
                OR EXISTS (SELECT 1 FROM pg_catalog.pg_range r WHERE r.rngtypid OPERATOR(pg_catalog.=) t.oid AND r.rngsubtype OPERATOR(pg_catalog.=) bad.oid))
        SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.attname::pg_catalog.text, pg_catalog.format_type(a.atttypid, a.atttypmod)
        FROM bad
        JOIN pg_catalog.pg_attribute a ON a.atttypid OPERATOR(pg_catalog.=) bad.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
        JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid AND c.oid {IsOfUsers}
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        ORDER BY 1, 2, 3
        """;

    // What is computed when it is read may fail to be, and holds nothing that the stored columns do not hold.
    private static string Stored(ISqlGenerationHelper sql, IReadOnlyList<Column> columns)
        => columns.Any(column => column.IsVirtual)
            ? string.Join(
                ", ",
                columns
                    .Where(column => column is { IsVirtual: false, IsSystem: false })
                    .Select(column => "t." + sql.DelimitIdentifier(column.Name)))
            : "t.*";
}
