using FloworxPurge.Extensibility;
using Microsoft.EntityFrameworkCore.Storage;
using static FloworxPurge.Engines.PostgreSqlOperators;

namespace FloworxPurge.Engines;

/// <summary>YugabyteDB: PostgreSQL 11 or 15 above a distributed store, where DDL and TRUNCATE are not undone by a rollback.</summary>
internal sealed class YugabyteDbDialect : PostgreSqlRelative
{
    public override string Name => "YugabyteDB";

    public override string Engine => "YugabyteDB";

    internal override IReadOnlyList<string> Notes =>
    [
        .. base.Notes,
        "Two purges of one YugabyteDB database are not kept apart, since not every version has advisory locks. Sequences are not restarted and materialized views not refreshed, since that is not undone by a rollback.",
    ];

    internal override string? StructureMark => null;

    internal override string? OpenWriters => null;

    internal override string? WaitForPurgeLock => null;

    public override string? AcquirePurgeLock => null;

    public override string? PurgeLockHolders => null;

    public override string? LockHolders => null;

    public override string? LockTimeoutState => null;

    // PostgreSQL 11 has no pg_partition_root, and sizes are not those of files.
    public override CatalogQueries Catalog { get; } = new PostgreSqlCatalog
    {
        RootOf = table => $"""
            CASE WHEN {table}.relispartition THEN COALESCE((
                WITH RECURSIVE up AS (
                    SELECT ui.inhparent FROM pg_catalog.pg_inherits ui WHERE ui.inhrelid {Eq} {table}.oid
                    UNION ALL
                    SELECT ui.inhparent FROM up JOIN pg_catalog.pg_inherits ui ON ui.inhrelid {Eq} up.inhparent)
                SELECT up.inhparent FROM up WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits ui WHERE ui.inhrelid {Eq} up.inhparent)), {table}.oid)
            ELSE {table}.oid END
            """,
        Bytes = _ => "NULL::pg_catalog.int8",
        ReadsClusterNumber = false,
    }.ToQueries();

    public override string? HoldStructure(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables) => null;

    internal override string? StructureState => null;

    internal override string? TransactionId => null;

    internal override string? TransactionStatus => null;

    public override SqlStatement? SetLockTimeout(string value) => null;

    // Only ACCESS SHARE before 2025, and behind a flag since.
    public override string? Lock(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables) => null;

    public override string? DeleteTogether(ISqlGenerationHelper sql, IReadOnlyList<RowSet> sets) => null;

    public override string? RefreshView(ISqlGenerationHelper sql, TableName view) => null;

    public override SqlStatement? ResetIdentity(ISqlGenerationHelper sql, TableName table, string column, TableName? sequence) => null;
}
