using FloworxPurge.Extensibility;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <summary>PostgreSQL with Citus: tables are spread over nodes, and each statement of a CTE runs by itself.</summary>
internal sealed class CitusDialect : PostgreSqlRelative
{
    private const string ModifyMode = "citus.multi_shard_modify_mode";

    public override string Name => "Citus";

    public override string Engine => "Citus (PostgreSQL)";

    internal override IReadOnlyList<string> Notes =>
    [
        .. base.Notes,
        "Citus restarts no sequence of a distributed table, so no sequence is restarted here. The lock that keeps two purges apart is the node's: purge through the coordinator.",
    ];

    // After a parallel DELETE of a distributed table the same transaction may not touch a reference table any more.
    internal override string SettingState => $"SELECT pg_catalog.current_setting('{ModifyMode}', true)";

    internal override SqlStatement Set(string? value) => SqlStatement.Of($"SELECT pg_catalog.set_config('{ModifyMode}', @p0, true)", value ?? "sequential");

    // Tables that inherit cannot be distributed.
    public override string TableOnly(ISqlGenerationHelper sql, TableName table) => Table(sql, table);

    public override string? DeleteTogether(ISqlGenerationHelper sql, IReadOnlyList<RowSet> sets) => null;

    // "Altering a distributed sequence is currently not supported."
    public override SqlStatement? ResetIdentity(ISqlGenerationHelper sql, TableName table, string column, TableName? sequence) => null;
}
