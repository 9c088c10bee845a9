namespace FloworxPurge;

/// <summary>Specifies what a restore is refused for.</summary>
public enum RestoreRefusalKind
{
    /// <summary>A file of the archive is missing, cut or changed, or its content cannot be read.</summary>
    Archive,

    /// <summary>The database has no receipt of the archive: the rows may still be there.</summary>
    NotCommitted,

    /// <summary>The archive was restored before.</summary>
    AlreadyRestored,

    /// <summary>The database is another one, or not one that the options allow.</summary>
    OtherDatabase,

    /// <summary>A table or a column is missing or of another type, or the table cannot be restored as it is now.</summary>
    Structure,

    /// <summary>Another row has the primary key or a unique key.</summary>
    KeyInUse,

    /// <summary>A row that is referenced does not exist any more.</summary>
    PrincipalMissing,

    /// <summary>A row that lost a reference does not exist any more, or has another one.</summary>
    DetachedRow,

    /// <summary>A trigger or a rule would fire that the options do not name, or they name one that would not.</summary>
    Trigger,

    /// <summary>The role lacks a right, or row security applies to it.</summary>
    Permission,

    /// <summary>The session cannot write, or another purge or restore is running.</summary>
    Session,
}

/// <summary>One thing that stands against a restore.</summary>
public sealed record RestoreRefusal
{
    /// <summary>Gets what it is.</summary>
    public required RestoreRefusalKind Kind { get; init; }

    /// <summary>Gets the table that it is about, or <see langword="null"/>.</summary>
    public TableName? Table { get; init; }

    /// <summary>Gets what, which object, and what to do, as sentences.</summary>
    public required string Text { get; init; }

    /// <summary>Gets the number of rows that it is about, or <see langword="null"/> where it is not about rows.</summary>
    public long? Rows { get; init; }

    /// <summary>Gets the keys of up to ten of these rows, the columns of each separated by a comma.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];
}
