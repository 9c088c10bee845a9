using System.Data.Common;

namespace FloworxPurge.Extensibility;

/// <content>How a session reads without being able to write.</content>
public partial class PurgeDialect
{
    /// <summary>A query for 1 when the session cannot write, and 0 otherwise; <see langword="null"/> (the default) when the engine has no read-only transactions.</summary>
    internal virtual string? ReadOnlyState => null;

    /// <summary>Makes the transaction read-only, or the rest of it from a savepoint on; <see langword="null"/> (the default) when the engine cannot.</summary>
    internal virtual string? MakeReadOnly => null;

    /// <summary>Makes the next transaction read-only, and no other, where an open one cannot be made so; <see langword="null"/> (the default) otherwise.</summary>
    internal virtual string? MakeNextReadOnly => null;

    /// <summary>Undoes <see cref="MakeNextReadOnly"/> where no transaction could be begun.</summary>
    internal virtual string? UndoNextReadOnly => null;

    /// <summary>Whether the failure of <see cref="MakeNextReadOnly"/>, or of the BEGIN after it, means that this session can begin none. Default: <see langword="false"/>.</summary>
    internal virtual bool CannotBegin(DbException exception) => false;

    /// <summary>Whether a SELECT of a table's rows may run functions that users wrote, such as those of row security. Default: <see langword="false"/>.</summary>
    internal virtual bool SelectRunsFunctions => false;

    /// <summary>Whether the failure means that the role lacks a right. Default: SQLSTATE <c>42501</c>.</summary>
    internal virtual bool IsAccessDenied(DbException exception) => exception.SqlState is "42501";

    /// <summary>What to do about a failure whose own message does not say it, as sentences; <see langword="null"/> (the default) when there is nothing to add.</summary>
    internal virtual string? AdviceOn(DbException exception) => null;
}
