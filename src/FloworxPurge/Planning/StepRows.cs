namespace FloworxPurge.Planning;

/// <summary>What the statement of a step returns about the rows of its tables.</summary>
internal enum StepRows
{
    /// <summary>Nothing: it deletes no rows.</summary>
    None,

    /// <summary>The number of rows that it changed and did not delete.</summary>
    Changed,

    /// <summary>The number of rows that it changed in its one table and that stay.</summary>
    Detached,

    /// <summary>The number of rows that it deleted from its one table.</summary>
    Deleted,

    /// <summary>The number of rows that it deleted from its one table; it is sent again until that is 0.</summary>
    DeletedUntilNone,

    /// <summary>One row of numbers: how many rows it deleted from each of its tables.</summary>
    DeletedByTable,

    /// <summary>Nothing; it deletes every row that was counted before.</summary>
    AllCounted,
}
