using System.Text.Json.Serialization;

namespace FloworxPurge;

/// <summary>What a step does.</summary>
public enum PlanStepKind
{
    /// <summary>Locks tables, so that nobody writes to them until the end.</summary>
    Lock,

    /// <summary>Postpones foreign key checks to the end of the transaction.</summary>
    DeferConstraints,

    /// <summary>Sets a nullable foreign key to NULL, so that a cycle has a beginning.</summary>
    SetNull,

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

/// <summary>One statement of a plan. The executor runs <paramref name="Sql"/> as it stands and adds nothing.</summary>
/// <param name="Number">The position in the plan, from 1.</param>
/// <param name="Level">The level of the tables, from 1: a table's dependents stand on lower levels. 0 for a step before the first level.</param>
/// <param name="Kind">What the step does.</param>
/// <param name="Tables">The tables it works on.</param>
/// <param name="Sql">The statement; <c>@p0</c>, <c>@p1</c> stand for <paramref name="Parameters"/>.</param>
/// <param name="Parameters">The values, never part of the text.</param>
/// <param name="Reason">Why the step is there, in words.</param>
public sealed record PlanStep(
    int Number,
    int Level,
    PlanStepKind Kind,
    IReadOnlyList<TableName> Tables,
    string Sql,
    IReadOnlyList<PlanParameter> Parameters,
    string Reason)
{
    /// <summary>What a script says instead, since it cannot run a statement until it deletes none; <see langword="null"/> when that is <see cref="Sql"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ScriptSql { get; init; }
}
