using System.Data.Common;
using System.Text;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;
using static FloworxPurge.Engines.PostgreSqlOperators;

namespace FloworxPurge.Engines;

/// <summary>What PostgreSQL and the engines that are compatible with it share, as far as an engine has the feature.</summary>
internal abstract class PostgreSqlBaseDialect(PostgreSqlFeatures has) : PurgeDialect
{
    // The bytes of "FloworxP".
    internal const string PurgeLockKey = "5074553438901270608";

    /// <summary>The session of lock l, with what is known of it in a.</summary>
    private const string Session =
        $"pg_catalog.concat('session ', l.pid, ' of ' {Join} a.usename::pg_catalog.text, CASE WHEN a.application_name {Ne} '' THEN "
            + $"pg_catalog.concat(' (', a.application_name, ')') END)";

    /// <summary>The session of lock l, and what it does.</summary>
    internal const string SessionAndState = $"pg_catalog.concat({Session}, ', ' {Join} a.state)";

    private const string SystemSchema = "pg_catalog.";

    // NAMEDATALEN - 1; a longer name is truncated with a notice, and the same name finds it later.
    private const int LongestName = 63;

    private const int LookGroup = 25;

    public override string SystemName => "postgresql";

    internal override string NamespaceOf(DatabaseIdentity database)
        => database.DefaultSchema is { Length: > 0 } schema ? $"{database.Database}|{schema}" : database.Database;

    // A schema of the search path may contain a function of that name.
    public override string CountRows => "pg_catalog.count(*)";

    public override string CountSeen(string table)
        => $"SELECT {CountRows}, "
            + $"pg_catalog.row_security_active('{table.Replace("'", "''", StringComparison.Ordinal)}'::pg_catalog.regclass)::pg_catalog.int4 FROM {table}";

    // The planner takes 23 ms for 100 tables in one UNION ALL, and 4 ms in groups: OFFSET 0 keeps it from making one list of them again.
    public override string Look(ISqlGenerationHelper sql, IReadOnlyList<(RowSet Rows, bool IsCounted)> sets)
        => string.Join(
            " UNION ALL ",
            LookAtEach(sql, sets).Chunk(LookGroup).Select(group => $"SELECT * FROM ({string.Join(" UNION ALL ", group)} OFFSET 0) AS "
                + $"looked"));

    public override string? StructureMark => !has.HasCatalogVersions ? null : PostgreSqlResetFunction.StructureMark;

    public override string? OpenWriters => !has.HasTableLocks ? null : PostgreSqlResetFunction.Writers;

    public override string? WaitForPurgeLock => !has.HasAdvisoryLocks ? null : $"SELECT pg_catalog.pg_advisory_xact_lock({PurgeLockKey})";

    public override string? RunDeferred => !has.HasDeferredChecks ? null : "SET CONSTRAINTS ALL IMMEDIATE";

    public override string ScriptBegin => "BEGIN;";

    // Every check of a foreign key runs when the statement ends and sees the rows of the same statement as deleted, also for RESTRICT.
    public override bool? ChecksAtStatementEnd(ReferentialAction onDelete) => true;

    // The cascade runs when the statement ends, after the statement has deleted its own rows.
    public override bool FollowsCascadesToAnyDepth => has.CascadesToAnyDepth;

    public override string TableOnly(ISqlGenerationHelper sql, TableName table)
        => has.HasInheritance ? "ONLY " + Table(sql, table) : Table(sql, table);

    public override string? DeleteTogether(ISqlGenerationHelper sql, IReadOnlyList<RowSet> sets)
    {
        if (!has.DeletesTogether)
        {
            return null;
        }

        var deletes = RowSet.NumberParameters(sets).Select((rows, i) => $"d{i} AS ({Delete(sql, rows)} RETURNING 1)");
        var counts = sets.Select((_, i) => $"(SELECT {CountRows} FROM d{i})");
        return $"WITH {string.Join(", ", deletes)} SELECT {string.Join(", ", counts)}";
    }

    // Conflicts with ADD FOREIGN KEY, CREATE TRIGGER and every other ALTER TABLE, and not with INSERT, UPDATE and DELETE. ATTACH PARTITION,
    // INHERIT and DETACH CONCURRENTLY take a weaker one, and are found before the commit.
    public override string? HoldStructure(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
    {
        ArgumentNullException.ThrowIfNull(tables);
        return has.HasTableLocks
            ? $"LOCK TABLE {string.Join(", ", tables.Select(table => Table(sql, table)))} IN ROW EXCLUSIVE MODE"
            : null;
    }

    internal override string? LockRoom => has.HasTableLocks ? $"SELECT {PostgreSqlCatalog.LockRoom}" : null;

    public override string? StructureState => !has.HasCatalogVersions ? null : PostgreSqlStructure.State;

    public override string? SessionState => !has.HasSessionSettings ? null : """
        SELECT pg_catalog.concat_ws('; ', pg_catalog.concat('role ', current_user), pg_catalog.concat('search_path ', pg_catalog.current_setting('search_path')),
               pg_catalog.concat('session_replication_role ', pg_catalog.current_setting('session_replication_role')), pg_catalog.concat('row_security ', pg_catalog.current_setting('row_security')))
        """;

    public override string? IsolationState => !has.HasSessionSettings ? null : "SELECT pg_catalog.current_setting('transaction_isolation')";

    public override bool HidesLaterCommits(string isolation) => isolation is "repeatable read" or "serializable";

    public override string? TransactionId => !has.NumbersTransactions ? null : "SELECT pg_catalog.txid_current()";

    public override string? TransactionStatus
        => !has.NumbersTransactions ? null : "SELECT pg_catalog.txid_status(CAST(@p0 AS pg_catalog.int8))";

    // Readers are not blocked. Writers wait, also those that add a row elsewhere that references the table. TRUNCATE acquires the stronger
    // lock itself.
    public override string? Lock(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
        => !has.HasTableLocks ? null : $"LOCK TABLE {string.Join(", ", tables.Select(t => Table(sql, t)))} IN EXCLUSIVE MODE";

    // One key for every purge of this library; the lock ends with the transaction.
    public override string? AcquirePurgeLock
        => !has.HasAdvisoryLocks ? null : $"SELECT pg_catalog.pg_try_advisory_xact_lock({PurgeLockKey})::pg_catalog.int4";

    internal override string? AcquireRunLock
        => !has.HasAdvisoryLocks ? null : $"SELECT pg_catalog.pg_try_advisory_lock({PurgeLockKey})::pg_catalog.int4";

    internal override string? ReleaseRunLock
        => !has.HasAdvisoryLocks ? null : $"SELECT pg_catalog.pg_advisory_unlock({PurgeLockKey})::pg_catalog.int4";

    public override string? PurgeLockHolders => !has.HasAdvisoryLocks ? null : $"""
        SELECT NULL, NULL, {Session}
        FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid {Eq} l.pid
        WHERE l.locktype {Eq} 'advisory' AND l.granted AND l.objsubid {Eq} 1 AND ((l.classid::pg_catalog.int8 {ShiftLeft} 32) {Plus} l.objid::pg_catalog.int8) {Eq} {PurgeLockKey}
          AND l.database {Eq} (SELECT oid FROM pg_catalog.pg_database WHERE datname {Eq} pg_catalog.current_database())
        """;

    public override string? ReadOnlyState => $"SELECT (pg_catalog.current_setting('transaction_read_only') {Eq} 'on')::pg_catalog.int4";

    public override string? MakeReadOnly => !has.HasReadOnlyTransactions ? null : "SET TRANSACTION READ ONLY";

    public override bool SelectRunsFunctions => true;

    public override string? LockTimeoutState => !has.HasLockTimeout ? null : "SELECT pg_catalog.current_setting('lock_timeout')";

    public override string? LockHolders => !has.HasTableLocks ? null : $"""
        SELECT DISTINCT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, {SessionAndState}
        FROM pg_catalog.pg_locks l
        JOIN pg_catalog.pg_class c ON c.oid {Eq} l.relation JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid {Eq} l.pid
        WHERE l.granted AND l.pid {Ne} pg_catalog.pg_backend_pid() AND l.database {Eq} (SELECT oid FROM pg_catalog.pg_database WHERE datname {Eq} pg_catalog.current_database()) AND {PostgreSqlCatalog.UserSchemasOnly}
        """;

    public override SqlStatement? SetLockTimeout(string value)
        => !has.HasLockTimeout ? null : SqlStatement.Of("SELECT pg_catalog.set_config('lock_timeout', @p0, true)", value);

    // 55P03 lock_not_available.
    public override bool IsLockTimeout(DbException exception) => exception?.SqlState is "55P03";

    // 25P04 transaction_timeout.
    public override string? AdviceOn(DbException exception)
        => exception.SqlState is "25P04"
            ? "A transaction may not take longer than the setting transaction_timeout there: raise it for the role or the session of the "
                + "purge, or purge fewer tables at a time."
            : null;

    // 57P01 to 57P05: the server ends the session, before or after it committed.
    public override bool IsCommitRejected(DbException exception)
        => base.IsCommitRejected(exception) && !exception.SqlState!.StartsWith("57P", StringComparison.Ordinal);

    // A bare t would be a column of that name where there is one.
    internal override string? RowDigest(ISqlGenerationHelper sql, IReadOnlyList<Column> columns)
        => !has.HasRowDigests ? null : PostgreSqlStatistics.RowDigest(sql, columns);

    internal override string SumDigests(ISqlGenerationHelper sql, RowSet rows, string row)
        => $"SELECT pg_catalog.count(*), pg_catalog.count({row}), pg_catalog.sum({row})::pg_catalog.text FROM {Source(sql, rows)} AS "
            + $"t{Where(rows)}";

    public override string? UnreadableColumns => !has.HasRowDigests ? null : PostgreSqlStatistics.UnreadableColumns;

    public override string? RefreshView(ISqlGenerationHelper sql, TableName view)
        => !has.RefreshesViews ? null : $"REFRESH MATERIALIZED VIEW {Table(sql, view)}";

    public override string Stored(string name)
    {
        int bytes = 0;
        int length = 0;
        foreach (Rune rune in name.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > LongestName)
            {
                return name[..length];
            }

            length += rune.Utf16SequenceLength;
        }

        return name;
    }

    // Unlike setval, this is undone by a rollback.
    public override SqlStatement? ResetIdentity(ISqlGenerationHelper sql, TableName table, string column, TableName? sequence)
        => sequence is null || !has.RestartsSequences ? null : SqlStatement.Of($"ALTER SEQUENCE {Table(sql, sequence)} RESTART");

    public override string CanonicalTypeName(string typeName) => typeName switch
    {
        "int" or "int4" or "serial" or "serial4" => "integer",
        "int8" or "bigserial" or "serial8" => "bigint",
        "int2" or "smallserial" or "serial2" => "smallint",
        "float4" => "real",
        "float8" or "float" => "double precision",
        "bool" => "boolean",
        "decimal" or "dec" => "numeric",
        "varchar" or "char varying" or "national character varying" or "national char varying" or "nchar varying" => "character varying",
        "char" or "bpchar" or "nchar" or "national character" or "national char" => "character",
        "varbit" => "bit varying",
        "timestamp" => "timestamp without time zone",
        "timestamptz" => "timestamp with time zone",
        "time" => "time without time zone",
        "timetz" => "time with time zone",
        _ when typeName.StartsWith(SystemSchema, StringComparison.Ordinal) => CanonicalTypeName(typeName[SystemSchema.Length..]),
        _ => typeName,
    };

    internal override CatalogQueries Catalog { get; } = new PostgreSqlCatalog().ToQueries();
}
