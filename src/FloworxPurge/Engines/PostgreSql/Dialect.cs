using System.Data.Common;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;
using static FloworxPurge.Engines.PostgreSqlOperators;

namespace FloworxPurge.Engines;

/// <summary>
/// PostgreSQL: one statement of data-modifying CTEs deletes any cycle, TRUNCATE without CASCADE is safe, the server counts what a
/// transaction writes, and a reset is one function of the session.
/// </summary>
internal partial class PostgreSqlDialect : PostgreSqlBaseDialect
{
    // Compatible engines use the same provider; names with pg_catalog mean the same on all of them.
    private const string Server = $"""
        SELECT pg_catalog.version()
            {Join} CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_extension e WHERE e.extname {Eq} 'citus') THEN ' +citus' ELSE '' END
            {Join} CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_extension e WHERE e.extname {Eq} 'timescaledb') THEN ' +timescaledb' ELSE '' END
            {Join} CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid {Eq} p.pronamespace
                                 WHERE p.proname {Eq} 'aurora_version' AND n.nspname {Eq} 'pg_catalog') THEN ' +aurora' ELSE '' END
        """;

    private static readonly PostgreSqlDialect Itself = new(isDetected: true);

    private readonly bool _isDetected;

    public PostgreSqlDialect()
        : this(isDetected: false)
    {
    }

    protected PostgreSqlDialect(bool isDetected)
        : base(PostgreSqlFeatures.All) => _isDetected = isDetected;

    public override string Name => "PostgreSQL";

    public override string Engine => "PostgreSQL";

    public override string? ServerQuery => _isDetected ? null : Server;

    internal override WriteStatistics? WriteStatistics => PostgreSqlStatistics.Queries;

    internal override IReadOnlyList<string> RepeatedQueries => WriteStatistics is not { } statistics ? []
        : [.. new[] { StructureState, SessionState, statistics.MayBeTrusted, statistics.Writes, statistics.IsCounting }.OfType<string>()];

    internal override PreparedQuery Prepare(string name, string query)
        => new($"PREPARE {name} AS {query}", $"EXECUTE {name}", $"DEALLOCATE {name}");

    public override PurgeDialect Detect(string server) => CompatibleDialect.Find(server) ?? (PurgeDialect)Itself;

    public override string? Truncate(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
        => $"TRUNCATE TABLE {string.Join(", ", tables.Select(table => "ONLY " + Table(sql, table)))}";

    internal override string? NoKeyTables => null;

    internal override string KeyTableRight => "Grant this role TEMPORARY on the database.";

    internal override bool HashesNotExists => true;

    internal override TableName DefaultCollation { get; } = new("pg_catalog", "default");

    internal override bool CascadesFast => true;

    internal override bool ProbesKeys => true;

    // A comparison with an array is none that tables can be joined by otherwise, whatever the engine expects to find.
    internal override string DeleteByKeys(string table, string keys, IReadOnlyList<(string Row, string Key)> columns)
        => $"DELETE FROM {table} AS c USING {keys} AS k "
            + $"WHERE {string.Join(" AND ", columns.Select(column => $"{column.Row} = ANY (ARRAY[{column.Key}])"))}";

    internal override string KeyTable(ISqlGenerationHelper sql, string name)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return sql.DelimitIdentifier(name, "pg_temp");
    }

    internal override string CreateKeyTable(
        ISqlGenerationHelper sql,
        string name,
        RowSet source,
        IReadOnlyList<(Column Column, string Name)> columns,
        IReadOnlyList<string> numbers,
        bool isUnique)
    {
        string selected = string.Join(
            ", ",
            columns.Select(column => $"t.{sql.DelimitIdentifier(column.Column.Name)} AS {sql.DelimitIdentifier(column.Name)}")
                .Concat(numbers.Select(number => $"0 AS {sql.DelimitIdentifier(number)}")));
        return $"CREATE TEMPORARY TABLE {name} AS SELECT {selected} FROM {Source(sql, source)} AS t WITH NO DATA";
    }

    // The lag is NULL for a replica that has replayed everything, and the positions are NULL where the role may not see them.
    internal override string ReplicationState => """
        SELECT pg_catalog.count(*) FILTER (WHERE r.sent_lsn IS NULL),
               COALESCE(pg_catalog.max(pg_catalog.date_part('epoch', r.replay_lag)) OPERATOR(pg_catalog.*) 1000, 0)::pg_catalog.int8,
               COALESCE(pg_catalog.max(
                   pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), COALESCE(r.replay_lsn, r.sent_lsn))), 0)::pg_catalog.int8
        FROM pg_catalog.pg_stat_replication r
        """;

    // Emptied by the server when a transaction is committed, it needs no statement for that, and does not grow.
    internal override string ClearedAtCommit(string create)
        => create.Replace(" AS SELECT ", " ON COMMIT DELETE ROWS AS SELECT ", StringComparison.Ordinal);

    internal override string? NoChunks => null;

    internal override IReadOnlyList<string> CreateRowList(
        ISqlGenerationHelper sql,
        string name,
        RowSet source,
        IReadOnlyList<(Column Column, string Name)> columns,
        string position,
        string number)
    {
        string selected = string.Join(
            ", ",
            columns.Select(column => $"t.{sql.DelimitIdentifier(column.Column.Name)} AS {sql.DelimitIdentifier(column.Name)}"));
        return
        [
            $"CREATE TABLE {name} AS SELECT {selected}, 0::pg_catalog.int8 AS {sql.DelimitIdentifier(position)}, "
                + $"0 AS {sql.DelimitIdentifier(number)} FROM {Source(sql, source)} AS t WITH NO DATA",
            $"ALTER TABLE {name} ADD PRIMARY KEY ({sql.DelimitIdentifier(position)})",
        ];
    }

    internal override string RightToCreateTables(ISqlGenerationHelper sql, DatabaseIdentity database)
        => database is not { DefaultSchema: { } schema, Role: { } role } ? base.RightToCreateTables(sql, database)
            : $"Role \"{role}\" needs CREATE on schema \"{schema}\": GRANT CREATE ON SCHEMA {sql.DelimitIdentifier(schema)} TO "
                + $"{sql.DelimitIdentifier(role)}.";

    internal override string AnalyzeKeyTable(string name) => $"ANALYZE {name}";

    internal override string LockClause(string alias) => $" FOR UPDATE OF {alias}";

    internal override string? NoArchive => null;

    internal override string ArchiveColumns => PostgreSqlArchive.Columns;

    internal override bool CreatesTablesInTransaction => true;

    internal override IReadOnlyList<(string Name, string Value)> ArchiveSettings => PostgreSqlArchive.Settings;

    internal override (string Name, string Value)? ArchiveSearchPath => ("search_path", string.Empty);

    internal override string ReadSettings(IReadOnlyList<string> names) => PostgreSqlArchive.Read(names);

    internal override string WriteSettings(IReadOnlyList<string> names) => PostgreSqlArchive.Write(names);

    internal override bool NumbersLargeObjects(string storeType) => storeType is "oid" or "lo";

    internal override bool CopiesRows => true;

    internal override string? NoCopy(DbConnection connection) => PostgreSqlArchive.NoCopy(connection);

    internal override Task<Stream> CopyAsync(DbConnection connection, string query, CancellationToken cancellationToken)
        => PostgreSqlArchive.OpenAsync(connection, query, cancellationToken);

    internal override SqlStatement? LastNumber(ISqlGenerationHelper sql, TableName table, TableName? sequence)
        => sequence is null
            ? null
            : SqlStatement.Of($"SELECT CASE WHEN s.is_called THEN s.last_value END FROM {Table(sql, sequence)} AS s");

    internal override SqlStatement? MayReadSequence(TableName sequence)
        => SqlStatement.Of(
            "SELECT (pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_sequence_privilege(c.oid, 'SELECT'))"
                + "::pg_catalog.int4 "
                + $"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace "
                + $"WHERE c.relkind {Eq} 'S' AND n.nspname {Eq} CAST(@p0 AS pg_catalog.name) "
                + $"AND c.relname {Eq} CAST(@p1 AS pg_catalog.name)",
            sequence.Schema!,
            sequence.Name);

    // A migration that inserts rows leaves a sequence that has given no number since it was set.
    internal override SqlStatement? NumberBefore(ISqlGenerationHelper sql, TableName table, TableName? sequence)
        => sequence is null
            ? null
            : SqlStatement.Of(
                "SELECT CASE WHEN s.is_called THEN s.last_value "
                    + $"WHEN s.last_value {Ne} q.seqstart AND CASE WHEN q.seqincrement {Gt} 0 "
                    + $"THEN s.last_value {Ge} (-9223372036854775807 {Plus} q.seqincrement) "
                    + $"ELSE NOT (s.last_value {Gt} (9223372036854775807 {Plus} q.seqincrement)) END "
                    + "THEN s.last_value OPERATOR(pg_catalog.-) q.seqincrement END "
                    + $"FROM {Table(sql, sequence)} AS s JOIN pg_catalog.pg_sequence q ON q.seqrelid {Eq} s.tableoid");

    public override async ValueTask<Func<CancellationToken, Task<IReadOnlyList<long>?>>?> CreateResetAsync(
        EngineResetContext context,
        CancellationToken cancellationToken = default)
    {
        if (await PostgreSqlReset.CreateAsync(this, context, cancellationToken).ConfigureAwait(false) is not { } reset)
        {
            return null;
        }

        context.Cleanup = reset.DisposeAsync;
        return reset.ResetAsync;
    }
}
