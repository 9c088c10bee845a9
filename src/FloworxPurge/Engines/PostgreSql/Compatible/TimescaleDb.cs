using FloworxPurge.Extensibility;
using static FloworxPurge.Engines.PostgreSqlOperators;

namespace FloworxPurge.Engines;

/// <summary>PostgreSQL with TimescaleDB: a hypertable has no rows of its own, they lie in chunks that inherit from it.</summary>
internal sealed class TimescaleDbDialect() : CompatibleDialect(PostgreSqlFeatures.All)
{
    private const string MostDecompressed = "timescaledb.max_tuples_decompressed_per_dml_transaction";

    // Chunks, the compressed rows, what continuous aggregates have stored, and the extension's own tables.
    private const string Internal = "_timescaledb_";

    private const string UserSchemas = $"{PostgreSqlCatalog.UserSchemasOnly} AND pg_catalog.left(n.nspname, 13) {Ne} '{Internal}'";

    public override string Name => "TimescaleDB";

    public override string Engine => "TimescaleDB (PostgreSQL)";

    public override IReadOnlyList<string> Notes =>
    [
        .. base.Notes,
        "Continuous aggregates show what they have stored until they are refreshed. Refresh them by hand.",
    ];

    // A DELETE of compressed rows is limited by default; 0 is no limit.
    public override string SettingState => $"SELECT pg_catalog.current_setting('{MostDecompressed}', true)";

    public override SqlStatement ChangeSetting(string? value)
        => SqlStatement.Of($"SELECT pg_catalog.set_config('{MostDecompressed}', @p0, true)", value ?? "0");

    // DELETE FROM ONLY a hypertable would delete nothing, so that it must not be taken for a table that others inherit from.
    internal override CatalogQueries Catalog { get; } = new PostgreSqlCatalog
    {
        UserSchemas = UserSchemas,
        Scope = $"({UserSchemas} OR {IsChunk("c")})",
        IsPart = table => $"({table}.relispartition OR {IsChunk(table)})",
        IsWhole = $"(c.relkind {Eq} 'p' OR EXISTS (SELECT 1 FROM _timescaledb_catalog.hypertable ty WHERE ty.schema_name {Eq} n.nspname "
            + $"AND ty.table_name {Eq} c.relname))",
        RootOf = table => $"CASE WHEN {table}.relispartition THEN COALESCE(pg_catalog.pg_partition_root({table}.oid), {table}.oid) ELSE "
            + $"COALESCE((SELECT ti.inhparent {Hypertable(table)}), {table}.oid) END",
        IsOriginal = $"{PostgreSqlCatalog.Original} AND NOT {IsChunk("c")} AND NOT {IsChunk("pc")}",
    }.ToQueries();

    private static string IsChunk(string table) => $"EXISTS (SELECT 1 {Hypertable(table)})";

    // Chunks may be in any schema; they are found by the hypertable that they belong to.
    private static string Hypertable(string table) => $"""
        FROM pg_catalog.pg_inherits ti
        JOIN pg_catalog.pg_class tc ON tc.oid {Eq} ti.inhparent JOIN pg_catalog.pg_namespace tn ON tn.oid {Eq} tc.relnamespace
        JOIN _timescaledb_catalog.hypertable ty ON ty.schema_name {Eq} tn.nspname AND ty.table_name {Eq} tc.relname
        WHERE ti.inhrelid {Eq} {table}.oid AND pg_catalog.left(tn.nspname, 13) {Ne} '{Internal}'
        """;
}
