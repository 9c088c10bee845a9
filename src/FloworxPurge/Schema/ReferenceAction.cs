namespace FloworxPurge;

/// <summary>Specifies what happens to a row that references a row which is deleted.</summary>
public enum ReferenceAction
{
    /// <summary>The referencing row is deleted, too, and what references that in turn.</summary>
    Follow,

    /// <summary>The referencing row stays: the nullable columns of its foreign key are set to NULL.</summary>
    Detach,

    /// <summary>The referencing row stays as it is, and with it the row that it references.</summary>
    Block,
}
