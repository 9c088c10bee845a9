using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

public partial class PurgeDialect
{
    /// <summary>A query for the value of a setting that a purge changes for its transaction, NULL when the server does not know it; <see langword="null"/> (the default) when there is none.</summary>
    internal virtual string? SettingState => null;

    /// <summary>Sets what <see cref="SettingState"/> asks for, in the transaction.</summary>
    internal virtual SqlStatement? Set(string? value) => null;

    /// <summary>The isolation level of a purge's own transaction; <see langword="null"/> (the default) for the one that the provider begins with.</summary>
    public virtual IsolationLevel? Isolation => null;

    /// <summary>Gives the lock of <see cref="AcquirePurgeLock"/> back where it is the session's; <see langword="null"/> when it ends with the transaction.</summary>
    internal virtual string? ReleasePurgeLock => null;

    /// <summary>Takes the lock of <see cref="AcquirePurgeLock"/>, waiting for it; <see langword="null"/> when there is none.</summary>
    internal virtual string? WaitForPurgeLock => null;

    /// <summary>Whether the row that <see cref="WaitForPurgeLock"/> gave says that the lock is had. Default: it is, since a wait that ends without it fails.</summary>
    internal virtual bool IsPurgeLock(DbDataReader answer) => true;

    /// <summary>Makes one statement wait for locks no longer than that, whatever the session's setting is. Default: the statement as it is.</summary>
    internal virtual string WithLockTimeout(string statement, TimeSpan timeout) => statement;

    /// <summary>Locks tables so that nobody else writes to them until the transaction ends, or <see langword="null"/> when the engine has no such statement.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="tables">The tables.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? Lock(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables) => null;

    /// <summary>
    /// Locks the structure of tables until the transaction ends, by the weakest lock that excludes what would change it (a foreign key to them, a trigger, another
    /// column) and lets other sessions write. It runs before any fact is read. <see langword="null"/> (the default) when the engine has no such statement;
    /// the structure is then only compared before the commit, and the plan says so.
    /// </summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="tables">The tables.</param>
    /// <returns>SQL text, or <see langword="null"/>.</returns>
    public virtual string? HoldStructure(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables) => null;

    /// <summary>
    /// A cheap query for one text that changes with any structure, right or role that a purge depends on, and never comes back to an earlier one;
    /// <see langword="null"/> (the default) to read the facts again instead.
    /// </summary>
    internal virtual string? StructureState => null;

    /// <summary>A query for one text that names the settings which decide what the session's statements mean, such as its role; <see langword="null"/> (the default) when nothing inside a transaction can change them.</summary>
    internal virtual string? SessionState => null;

    /// <summary>Whether an answer to <see cref="SessionState"/> says that the server has ended the transaction by itself, and commits each statement since then.</summary>
    internal virtual bool HasEnded(string sessionState) => false;

    /// <summary>
    /// A query for the number of rows that the session's statements and their triggers have deleted so far, in all tables together, cascades left out;
    /// <see langword="null"/> (the default) when the engine does not count them, or counts them by table.
    /// </summary>
    internal virtual string? DeletedRows => null;

    /// <summary>A query for the name of the transaction's isolation level; <see langword="null"/> (the default) when every level sees what matters.</summary>
    internal virtual string? IsolationState => null;

    /// <summary>Whether a transaction of an isolation level neither sees nor locks what other sessions commit after its snapshot was taken.</summary>
    internal virtual bool HidesLaterCommits(string isolation) => false;

    /// <summary>A query for the server's own number of the transaction; <see langword="null"/> (the default) when the server is not asked whether it committed.</summary>
    internal virtual string? TransactionId => null;

    /// <summary>A query, with <c>@p0</c> for the value of <see cref="TransactionId"/>, for <c>committed</c>, <c>aborted</c>, <c>in progress</c> or NULL when the server does not know any more.</summary>
    internal virtual string? TransactionStatus => null;

    /// <summary>Whether a transaction keeps all other writers out from its beginning, so that <see cref="Lock"/> is not needed. Default: <see langword="false"/>.</summary>
    public virtual bool LocksOnBegin => false;

    /// <summary>
    /// A query for 1 when this transaction may purge and 0 when another purge holds the database, without waiting; the lock ends with the transaction.
    /// <see langword="null"/> when the engine has no such lock.
    /// </summary>
    public virtual string? AcquirePurgeLock => null;

    /// <summary>Who holds the lock of <see cref="AcquirePurgeLock"/>: rows of two NULLs and a text. <see langword="null"/> when the engine does not tell.</summary>
    public virtual string? PurgeLockHolders => null;

    /// <summary>Who holds locks on tables: rows of schema, table and a text. <see langword="null"/> when the engine does not tell.</summary>
    public virtual string? LockHolders => null;

    /// <summary>A query for the present lock time-out, in the form that <see cref="SetLockTimeout"/> takes; <see langword="null"/> when the engine has none.</summary>
    public virtual string? LockTimeoutState => null;

    /// <summary>Sets the lock time-out of the transaction, or <see langword="null"/> when the engine has none.</summary>
    /// <param name="value">The value of <see cref="LockTimeoutState"/>, or a number of milliseconds.</param>
    /// <returns>A statement, or <see langword="null"/>.</returns>
    public virtual SqlStatement? SetLockTimeout(string value) => null;

    /// <summary>Whether the lock time-out is the session's, and stays when the transaction ends. Default: <see langword="false"/>.</summary>
    public virtual bool LockTimeoutOutlivesTransaction => false;

    /// <summary>Whether the failure means that a lock was not had in time.</summary>
    /// <param name="exception">The provider's exception.</param>
    /// <returns><see langword="true"/> when it does.</returns>
    public virtual bool IsLockTimeout(DbException exception) => false;

    /// <summary>
    /// Whether a COMMIT that failed was certainly not done. Default: the server answered with an SQLSTATE that speaks of neither
    /// the connection (<c>08</c>) nor an unknown completion (<c>40003</c>).
    /// </summary>
    /// <param name="exception">The provider's exception.</param>
    /// <returns><see langword="false"/> when the server may have committed.</returns>
    /// <exception cref="ArgumentNullException">The exception is null.</exception>
    public virtual bool IsCommitRejected(DbException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.SqlState is { } state && !state.StartsWith("08", StringComparison.Ordinal) && !string.Equals(state, "40003", StringComparison.Ordinal);
    }
}
