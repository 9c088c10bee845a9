using FloworxPurge.Extensibility;

namespace FloworxPurge.Engines;

/// <summary>Amazon Aurora PostgreSQL: PostgreSQL over a storage of its own, so that a TRUNCATE is not known to be cheaper.</summary>
internal sealed class AuroraDialect() : CompatibleDialect(PostgreSqlFeatures.All)
{
    public override string Name => "Amazon Aurora PostgreSQL";

    public override string Engine => "Amazon Aurora PostgreSQL";

    // Its functions of the control file answer with an error.
    internal override CatalogQueries Catalog { get; } = new PostgreSqlCatalog { ReadsClusterNumber = false }.ToQueries();
}
