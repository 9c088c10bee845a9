namespace FloworxPurge;

/// <summary>Specifies what is done about a table that kept rows reference.</summary>
public enum OnBlocked
{
    /// <summary>It is skipped, with the foreign key, the number of rows and the choices.</summary>
    Skip,

    /// <summary>No plan is made; the exception names every blocked table.</summary>
    Fail,

    /// <summary>
    /// The tables that reference it are purged too, and the plan names each of them: tables outside the model and tables that no include
    /// names. A table that is excluded, drifted, the migrations history or excluded from migrations still blocks.
    /// </summary>
    IncludeDependents,
}
