namespace FloworxPurge.Engines;

/// <summary>
/// An engine that is used through PostgreSQL's provider and has a part of its features. Its tables are emptied by DELETE, which a rollback
/// undoes on all of them. A statement may run in other processes, or on other nodes, than the one that counts, so that writes are not
/// counted.
/// </summary>
internal abstract class CompatibleDialect(PostgreSqlFeatures has) : PostgreSqlBaseDialect(has)
{
    public override IReadOnlyList<string> Notes =>
    [
        $"The engine is {Engine}, as detected from the live connection. Its tables are emptied by DELETE, never by TRUNCATE. This dialect "
            + $"is tested on PostgreSQL with another version string, and not on {Engine} itself.",
    ];

    /// <summary>
    /// The engine that gave this answer to the query for it; <see langword="null"/> when it is PostgreSQL itself, or an engine that is not
    /// distinguished from it.
    /// </summary>
    public static CompatibleDialect? Find(string server)
    {
        bool Has(string part) => server.Contains(part, StringComparison.Ordinal);
        return server.StartsWith("CockroachDB ", StringComparison.Ordinal) ? new CockroachDbDialect()
            : Has("-YB-") ? new YugabyteDbDialect()
            : Has(" +citus") ? new CitusDialect()
            : Has(" +timescaledb") ? new TimescaleDbDialect()
            : Has(" +aurora") ? new AuroraDialect()
            : null;
    }
}
