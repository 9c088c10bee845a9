namespace FloworxPurge;

/// <summary>What is done about a table that rows to be kept point at.</summary>
public enum OnBlocked
{
    /// <summary>It is skipped, with the foreign key, the number of rows and the choices.</summary>
    Skip,

    /// <summary>No plan is made; the exception names every blocked table.</summary>
    Fail,

    /// <summary>
    /// The tables that point at it are purged too, and the plan names each of them: tables outside the model and tables that no include
    /// names. A table that is excluded, drifted, the migrations history or owned by somebody else still blocks.
    /// </summary>
    IncludeDependents,
}
