namespace FloworxPurge.Execution;

/// <summary>Specifies how the transaction of a run ended.</summary>
internal enum TransactionOutcome
{
    /// <summary>Nothing was written: there was no transaction, or the run ended before its first write.</summary>
    NothingWritten,

    /// <summary>Committed.</summary>
    Committed,

    /// <summary>Written and verified inside the caller's transaction; whether it stays is up to the caller's commit.</summary>
    LeftToCaller,

    /// <summary>
    /// Undone: by a rollback, inside the caller's transaction by one to a savepoint, or by the server because the connection was lost
    /// before the commit.
    /// </summary>
    RolledBack,

    /// <summary>
    /// Undone together with all else in the caller's transaction, which the engine has ended or which was lost with the connection: what
    /// the caller wrote there is rolled back, too.
    /// </summary>
    RolledBackWithCaller,

    /// <summary>What was written is still in the caller's transaction and could not be undone there: the caller has to roll back.</summary>
    RollbackLeftToCaller,

    /// <summary>The commit was sent and not acknowledged: the server may have committed, or not.</summary>
    Unknown,
}
