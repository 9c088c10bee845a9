using FloworxPurge.Extensibility;
using static FloworxPurge.Engines.PostgreSqlOperators;

namespace FloworxPurge.Engines;

/// <summary>YugabyteDB: PostgreSQL 11 or 15 above a distributed store, where DDL and TRUNCATE are not undone by a rollback.</summary>
internal sealed class YugabyteDbDialect() : CompatibleDialect(Has)
{
    // Advisory locks are not in every version, table locks were only ACCESS SHARE before 2025 and are behind a flag since. A rollback
    // undoes no DDL.
    private static readonly PostgreSqlFeatures Has = new()
    {
        HasInheritance = true,
        CascadesToAnyDepth = true,
        HasDeferredChecks = true,
        HasSessionSettings = true,
        HasReadOnlyTransactions = true,
        HasRowDigests = true,
    };

    public override string Name => "YugabyteDB";

    public override string Engine => "YugabyteDB";

    public override IReadOnlyList<string> Notes =>
    [
        .. base.Notes,
        "Two purges of one YugabyteDB database can run at the same time, since not every version has advisory locks. Sequences are not "
            + "restarted and materialized views not refreshed, since that is not undone by a rollback.",
    ];

    // PostgreSQL 11 has no pg_partition_root, and sizes are not those of files.
    internal override CatalogQueries Catalog { get; } = new PostgreSqlCatalog
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
}
