namespace FloworxPurge;

/// <summary>How much the live schema may differ from the model before a table is skipped.</summary>
public enum DriftTolerance
{
    /// <summary>
    /// A missing table or mapped column and a key or foreign key column of another type is a skip.
    /// Other types, lengths, nullability and additional columns are a note.
    /// </summary>
    Standard,

    /// <summary>Any difference is a skip.</summary>
    Strict,

    /// <summary>
    /// Only a missing table, something that is not a table, or a table whose foreign key references a missing one is a skip; every other
    /// difference is a note.
    /// </summary>
    Lenient,
}
