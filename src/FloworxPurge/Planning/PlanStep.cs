using System.Text.Json.Serialization;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;

namespace FloworxPurge;

/// <summary>Specifies the kind of a step.</summary>
public enum PlanStepKind
{
    /// <summary>Locks tables, so that no other session writes to them until the end.</summary>
    Lock,

    /// <summary>Postpones foreign key checks to the end of the transaction.</summary>
    DeferConstraints,

    /// <summary>Sets a nullable foreign key to NULL, so that the cycle can be deleted in order.</summary>
    SetNull,

    /// <summary>Sets nullable columns of a foreign key to NULL in rows that stay and reference rows which are deleted.</summary>
    Detach,

    /// <summary>Turns foreign keys of a cycle off, until <see cref="EnableConstraints"/>.</summary>
    DisableConstraints,

    /// <summary>Turns foreign keys of a cycle on again, in the state that they had.</summary>
    EnableConstraints,

    /// <summary>Deletes all rows of one table.</summary>
    Delete,

    /// <summary>Deletes at most a number of rows of one table; it is run again until it deletes none.</summary>
    DeleteInChunks,

    /// <summary>Deletes all rows of several tables in one statement, which returns a row count for each of them, in order.</summary>
    DeleteTogether,

    /// <summary>Truncates tables, never with CASCADE.</summary>
    Truncate,

    /// <summary>One of the statements that delete the rows which a system-versioned table had.</summary>
    PurgeHistory,

    /// <summary>Sets a table's identity counter back to its declared seed.</summary>
    ResetIdentity,

    /// <summary>Refreshes a materialized view that shows rows of purged tables.</summary>
    RefreshView,
}

/// <summary>One statement of a plan. A run sends <see cref="Sql"/> as it is and adds nothing.</summary>
public sealed record PlanStep
{
    /// <summary>Gets the position in the plan, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>
    /// Gets the level of the tables, from 1: a table's dependents are on lower levels. 0 for a step that belongs to no level.
    /// </summary>
    public required int Level { get; init; }

    /// <summary>Gets what the step does.</summary>
    public required PlanStepKind Kind { get; init; }

    /// <summary>Gets the tables that the step works on.</summary>
    public required IReadOnlyList<TableName> Tables { get; init; }

    /// <summary>Gets the statement, in which <c>@p0</c>, <c>@p1</c> stand for <see cref="Parameters"/>.</summary>
    public required string Sql { get; init; }

    /// <summary>Gets the values, never part of the text. The default is none.</summary>
    public IReadOnlyList<PlanParameter> Parameters { get; init; } = [];

    /// <summary>Gets the reason for the step, in words.</summary>
    public required string Reason { get; init; }

    /// <summary>
    /// Gets the statement of a script where it differs from <see cref="Sql"/>, since a script cannot repeat a statement until it deletes
    /// nothing; <see langword="null"/> (the default) otherwise.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ScriptSql { get; init; }

    /// <summary>
    /// Gets the statement that undoes the step where a rollback or the end of the transaction does not; <see langword="null"/> (the
    /// default) where there is none.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SqlStatement? Inverse { get; init; }

    /// <summary>
    /// Gets whether the effect of the step stays when the transaction ends, so that <see cref="Inverse"/> is also needed after a rollback.
    /// Otherwise it is needed only inside a transaction that continues after the run.
    /// </summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    internal bool OutlivesTransaction { get; init; }

    /// <summary>
    /// Gets a query for 1 where the effect is there before the step, so that nothing has to be undone, and 0 otherwise;
    /// <see langword="null"/> when it is not there.
    /// </summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal string? StateSql { get; init; }

    /// <summary>Gets what the statement returns about the rows of <see cref="Tables"/>.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    internal StepRows Rows { get; init; }

    /// <summary>Gets whether the step runs before the rows are counted, so that the counts hold until the end.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    internal bool RunsBeforeCounting { get; init; }

    /// <summary>Gets whether the step only prepares others, and neither changes rows nor structure.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    internal bool OnlyPrepares { get; init; }

    /// <summary>Gets the number of the earlier step that this one undoes, or 0.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    internal int Undoes { get; init; }
}
