using System.Data.Common;

namespace FloworxPurge.Extensibility;

/// <content>How a session reads without being able to write.</content>
public abstract partial class PurgeDialect
{
    /// <summary>
    /// Gets a query for 1 when the session cannot write, and 0 otherwise; <see langword="null"/> (the default) when the engine has no
    /// read-only transactions.
    /// </summary>
    public virtual string? ReadOnlyState => null;

    /// <summary>
    /// Makes the transaction read-only, or the rest of it after a savepoint; <see langword="null"/> (the default) when the engine cannot.
    /// </summary>
    public virtual string? MakeReadOnly => null;

    /// <summary>
    /// Makes only the next transaction read-only, where an open one cannot be made so; <see langword="null"/> (the default) otherwise.
    /// </summary>
    public virtual string? MakeNextReadOnly => null;

    /// <summary>
    /// Undoes <see cref="MakeNextReadOnly"/> where no transaction could be begun; <see langword="null"/> (the default) where it is not
    /// needed.
    /// </summary>
    public virtual string? UndoNextReadOnly => null;

    /// <summary>
    /// Determines whether the failure of <see cref="MakeNextReadOnly"/>, or of the BEGIN after it, means that the session cannot begin a
    /// transaction. The default is <see langword="false"/>.
    /// </summary>
    /// <param name="exception">The provider's exception.</param>
    /// <returns><see langword="true"/> when it does.</returns>
    public virtual bool CannotBegin(DbException exception) => false;

    /// <summary>
    /// Gets whether a SELECT of a table's rows may run functions that users wrote, such as those of row security. The default is
    /// <see langword="false"/>.
    /// </summary>
    public virtual bool SelectRunsFunctions => false;

    /// <summary>Determines whether the failure means that the role has no right. The default is SQLSTATE <c>42501</c>.</summary>
    /// <param name="exception">The provider's exception.</param>
    /// <returns><see langword="true"/> when it does.</returns>
    /// <exception cref="ArgumentNullException">The exception is null.</exception>
    public virtual bool IsAccessDenied(DbException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.SqlState is "42501";
    }

    /// <summary>
    /// Gets what to do about a failure whose own message does not say it; <see langword="null"/> (the default) when there is nothing to
    /// add.
    /// </summary>
    /// <param name="exception">The provider's exception.</param>
    /// <returns>Sentences, or <see langword="null"/>.</returns>
    public virtual string? AdviceOn(DbException exception) => null;
}
