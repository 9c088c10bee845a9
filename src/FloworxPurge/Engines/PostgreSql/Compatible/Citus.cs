using FloworxPurge.Extensibility;

namespace FloworxPurge.Engines;

/// <summary>PostgreSQL with Citus: tables are distributed over nodes, and each statement of a CTE runs by itself.</summary>
internal sealed class CitusDialect() : CompatibleDialect(Has)
{
    private const string ModifyMode = "citus.multi_shard_modify_mode";

    // Tables that inherit cannot be distributed. "Altering a distributed sequence is currently not supported."
    private static readonly PostgreSqlFeatures Has = PostgreSqlFeatures.All with
    {
        HasInheritance = false,
        DeletesTogether = false,
        RestartsSequences = false,
    };

    public override string Name => "Citus";

    public override string Engine => "Citus (PostgreSQL)";

    public override IReadOnlyList<string> Notes =>
    [
        .. base.Notes,
        "Citus restarts no sequence of a distributed table, so no sequence is restarted here. The exclusive purge lock is the node's: "
            + "purge through the coordinator.",
    ];

    // After a parallel DELETE of a distributed table the same transaction may not touch a reference table any more.
    public override string SettingState => $"SELECT pg_catalog.current_setting('{ModifyMode}', true)";

    public override SqlStatement ChangeSetting(string? value)
        => SqlStatement.Of($"SELECT pg_catalog.set_config('{ModifyMode}', @p0, true)", value ?? "sequential");
}
