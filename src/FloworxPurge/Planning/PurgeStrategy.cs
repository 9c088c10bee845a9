namespace FloworxPurge;

/// <summary>Specifies how rows are deleted.</summary>
public enum PurgeStrategy
{
    /// <summary>DELETE, and TRUNCATE without CASCADE where the engine has a safe form of it and the tables are large.</summary>
    Auto,

    /// <summary>Always DELETE.</summary>
    Delete,

    /// <summary>TRUNCATE without CASCADE wherever it does exactly what DELETE would do; DELETE for the other tables.</summary>
    Truncate,
}
