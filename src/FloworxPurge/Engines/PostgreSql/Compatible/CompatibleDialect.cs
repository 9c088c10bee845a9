using FloworxPurge.Extensibility;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <summary>An engine that speaks PostgreSQL's protocol and much of its SQL. Its tables are emptied by DELETE, which all of them undo in a rollback.</summary>
internal abstract class PostgreSqlRelative() : PostgreSqlDialect(isDetected: true)
{
    internal override IReadOnlyList<string> Notes =>
    [
        $"The live connection tells that this is {Engine}. It is emptied by DELETE, never by TRUNCATE. This dialect is tested on PostgreSQL, by a faked version, and not on {Engine} itself.",
    ];

    /// <summary>The relative that gave this answer to the question which engine it is; <see langword="null"/> when it is PostgreSQL itself, or looks like it.</summary>
    public static PostgreSqlRelative? Find(string server)
    {
        bool Has(string part) => server.Contains(part, StringComparison.Ordinal);
        return server.StartsWith("CockroachDB ", StringComparison.Ordinal) ? new CockroachDbDialect()
            : Has("-YB-") ? new YugabyteDbDialect()
            : Has(" +citus") ? new CitusDialect()
            : Has(" +timescaledb") ? new TimescaleDbDialect()
            : Has(" +aurora") ? new AuroraDialect()
            : null;
    }

    // A statement may run in other processes, or on other nodes, than the one that counts.
    internal override WriteStatistics? WriteStatistics => null;

    public sealed override ValueTask<EngineReset?> CreateResetAsync(EngineResetRequest request, CancellationToken cancellationToken) => new((EngineReset?)null);

    public sealed override string? Truncate(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables) => null;
}
