using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

public abstract partial class PurgeDialect
{
    /// <summary>
    /// Gets a query for the value of a setting that a purge changes for its transaction, NULL when the server does not know it;
    /// <see langword="null"/> (the default) when there is none.
    /// </summary>
    public virtual string? SettingState => null;

    /// <summary>Sets the setting of <see cref="SettingState"/> in the transaction.</summary>
    /// <param name="value">
    /// The value that <see cref="SettingState"/> returned before, or <see langword="null"/> for the value that a purge needs.
    /// </param>
    /// <returns>A statement, or <see langword="null"/> (the default) when there is no such setting.</returns>
    public virtual SqlStatement? ChangeSetting(string? value) => null;

    /// <summary>Gets the isolation level of a purge's own transaction; <see langword="null"/> (the default) for the provider's.</summary>
    public virtual IsolationLevel? Isolation => null;

    /// <summary>
    /// Releases the lock of <see cref="AcquirePurgeLock"/> where the session holds it; <see langword="null"/> (the default) when it ends
    /// with the transaction.
    /// </summary>
    public virtual string? ReleasePurgeLock => null;

    /// <summary>
    /// Acquires the lock of <see cref="AcquirePurgeLock"/> and waits for it; <see langword="null"/> (the default) when there is no such
    /// lock.
    /// </summary>
    public virtual string? WaitForPurgeLock => null;

    /// <summary>
    /// Determines whether the row that <see cref="WaitForPurgeLock"/> returned means that the lock was acquired. The default is <see
    /// langword="true"/>, since the statement fails when the wait times out.
    /// </summary>
    /// <param name="answer">The row.</param>
    /// <returns><see langword="true"/> when it was acquired.</returns>
    public virtual bool IsPurgeLock(DbDataReader answer) => true;

    /// <summary>
    /// Limits how long one statement waits for locks, independent of the setting of the session. The default is the statement itself.
    /// </summary>
    /// <param name="statement">The statement.</param>
    /// <param name="timeout">The limit.</param>
    /// <returns>SQL text.</returns>
    public virtual string WithLockTimeout(string statement, TimeSpan timeout) => statement;

    /// <summary>
    /// Locks tables so that no other session writes to them until the transaction ends, or <see langword="null"/> when the engine has no
    /// such statement.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="tables">The tables.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? Lock(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables) => null;

    /// <summary>
    /// Locks the structure of tables until the transaction ends, by the weakest lock that excludes what would change it (a foreign key to
    /// them, a trigger, another column) and lets other sessions write. It runs before any fact is read. <see langword="null"/> (the
    /// default) when the engine has no such statement; the structure is then only compared before the commit, and the plan says so.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="tables">The tables.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? HoldStructure(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables) => null;

    /// <summary>
    /// Gets a query for the number of locks that the server has room for; <see langword="null"/> where it has no such limit.
    /// </summary>
    internal virtual string? LockRoom => null;

    /// <summary>
    /// Gets a fast query for one text that changes with any structure, right or role that a purge depends on, and that never has an earlier
    /// value again; <see langword="null"/> (the default) to read the facts again instead.
    /// </summary>
    public virtual string? StructureState => null;

    /// <summary>
    /// Gets a query for one text with the settings of the session that decide what its statements mean, such as its role;
    /// <see langword="null"/> (the default) when nothing inside a transaction can change them.
    /// </summary>
    public virtual string? SessionState => null;

    /// <summary>
    /// Determines whether an answer to <see cref="SessionState"/> means that the server has ended the transaction by itself and commits
    /// each statement since then. The default is <see langword="false"/>.
    /// </summary>
    /// <param name="sessionState">The answer.</param>
    /// <returns><see langword="true"/> when it does.</returns>
    public virtual bool HasEnded(string sessionState) => false;

    /// <summary>
    /// Gets a query for the number of rows that the session's statements and their triggers have deleted so far in all tables together,
    /// without cascades; <see langword="null"/> (the default) when the engine does not count them, or counts them by table.
    /// </summary>
    public virtual string? DeletedRows => null;

    /// <summary>
    /// Gets a query for the name of the transaction's isolation level; <see langword="null"/> (the default) when every level sees later
    /// commits of other sessions.
    /// </summary>
    public virtual string? IsolationState => null;

    /// <summary>
    /// Determines whether a transaction of an isolation level neither sees nor locks what other sessions commit after its snapshot was
    /// taken. The default is <see langword="false"/>.
    /// </summary>
    /// <param name="isolation">The name that <see cref="IsolationState"/> returned.</param>
    /// <returns><see langword="true"/> when it does not see them.</returns>
    public virtual bool HidesLaterCommits(string isolation) => false;

    /// <summary>
    /// Gets a query for the server's own number of the transaction; <see langword="null"/> (the default) when the server cannot report
    /// whether it was committed.
    /// </summary>
    public virtual string? TransactionId => null;

    /// <summary>
    /// Gets a query, with <c>@p0</c> for the value of <see cref="TransactionId"/>, for <c>committed</c>, <c>aborted</c>, <c>in
    /// progress</c>, or NULL when the server does not know any more; <see langword="null"/> (the default) when there is none.
    /// </summary>
    public virtual string? TransactionStatus => null;

    /// <summary>
    /// Gets whether a transaction excludes all other writers from its beginning, so that <see cref="Lock"/> is not needed. Default:
    /// <see langword="false"/>.
    /// </summary>
    public virtual bool LocksOnBegin => false;

    /// <summary>
    /// Gets a query for 1 when this transaction may purge and 0 when another purge holds the database, without waiting; the lock ends with
    /// the transaction. <see langword="null"/> when the engine has no such lock.
    /// </summary>
    public virtual string? AcquirePurgeLock => null;

    /// <summary>
    /// Gets the sessions that hold the lock of <see cref="AcquirePurgeLock"/>: rows of two NULLs and a text. <see langword="null"/> when
    /// the engine does not report it.
    /// </summary>
    public virtual string? PurgeLockHolders => null;

    /// <summary>
    /// Gets the sessions that hold locks on tables: rows of schema, table and a text. <see langword="null"/> when the engine does not
    /// report it.
    /// </summary>
    public virtual string? LockHolders => null;

    /// <summary>
    /// Gets a query for the present lock time-out, in the form that <see cref="SetLockTimeout"/> takes; <see langword="null"/> when the
    /// engine has none.
    /// </summary>
    public virtual string? LockTimeoutState => null;

    /// <summary>Sets the lock time-out of the transaction, or <see langword="null"/> when the engine has none.</summary>
    /// <param name="value">The value of <see cref="LockTimeoutState"/>, or a number of milliseconds.</param>
    /// <returns>A statement, or <see langword="null"/>.</returns>
    public virtual SqlStatement? SetLockTimeout(string value) => null;

    /// <summary>
    /// Gets whether the lock time-out and the setting of <see cref="SettingState"/> belong to the session and remain when the transaction
    /// ends. Default: <see langword="false"/>.
    /// </summary>
    public virtual bool LockTimeoutOutlivesTransaction => false;

    /// <summary>Determines whether the failure is a lock wait that timed out.</summary>
    /// <param name="exception">The provider's exception.</param>
    /// <returns><see langword="true"/> when it does.</returns>
    public virtual bool IsLockTimeout(DbException exception) => false;

    /// <summary>
    /// Determines whether a COMMIT that failed was certainly not done. Default: the server answered with an SQLSTATE that is neither of
    /// the connection (<c>08</c>) nor of an unknown completion (<c>40003</c>).
    /// </summary>
    /// <param name="exception">The provider's exception.</param>
    /// <returns><see langword="false"/> when the server may have committed.</returns>
    /// <exception cref="ArgumentNullException">The exception is null.</exception>
    public virtual bool IsCommitRejected(DbException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.SqlState is { } state
            && !state.StartsWith("08", StringComparison.Ordinal)
            && !string.Equals(state, "40003", StringComparison.Ordinal);
    }
}
