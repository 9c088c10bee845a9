using System.Data.Common;
using FloworxPurge.Extensibility;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Connections;

/// <summary>
/// What a driver, a listener or EF throws does not leave the library as it is: the caller gets a <see cref="PurgeException"/> that says
/// what was done, and where.
/// </summary>
internal static class DatabaseFailure
{
    /// <summary>
    /// Determines whether callers do not expect the exception: it is not one of this library, no wrong argument or disposed object, and no
    /// cancellation that the caller asked for.
    /// </summary>
    public static bool IsForeign(Exception exception, CancellationToken cancellationToken)
        => exception is not (PurgeException or ArgumentException or ObjectDisposedException or OutOfMemoryException)
            && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested);

    /// <summary>Runs work that uses the database, and describes its failure.</summary>
    /// <param name="work">The work.</param>
    /// <param name="describe">Says what was being done, and where.</param>
    /// <param name="cancellationToken">The caller's: once it is cancelled, each failure is the cancellation.</param>
    /// <exception cref="PurgeException">The work failed.</exception>
    /// <exception cref="OperationCanceledException">
    /// The caller asked to stop; some drivers report that as an error of the server.
    /// </exception>
    public static async Task<T> DescribeAsync<T>(
        Func<Task<T>> work,
        Func<Exception, PurgeException> describe,
        CancellationToken cancellationToken)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (IsForeign(e, cancellationToken))
        {
            throw cancellationToken.IsCancellationRequested ? new OperationCanceledException(e.Message, e, cancellationToken) : describe(e);
        }
    }

    /// <summary>As <see cref="DescribeAsync{T}"/>, for work that gives nothing.</summary>
    public static Task DescribeAsync(Func<Task> work, Func<Exception, PurgeException> describe, CancellationToken cancellationToken)
        => DescribeAsync(
            async () =>
            {
                await work().ConfigureAwait(false);
                return true;
            },
            describe,
            cancellationToken);

    /// <summary>Determines whether an attempt with another connection may succeed, because this one may have been disposed.</summary>
    public static bool MayBeRetried(Exception exception, CancellationToken cancellationToken)
        => !cancellationToken.IsCancellationRequested && (exception is ObjectDisposedException || IsForeign(exception, cancellationToken));

    /// <summary>The database could not be read.</summary>
    /// <param name="context">The context that names the database.</param>
    /// <param name="dialect">The dialect.</param>
    /// <param name="exception">The failure.</param>
    /// <param name="consequence">What was not done.</param>
    public static PurgeException NotRead(DbContext context, PurgeDialect dialect, Exception exception, string consequence) => new(
        $"The {Name(context, dialect)} cannot be read, so {consequence}: "
            + $"{Describe(exception)}."
            + Advice(dialect, exception, " Grant this role the right to read what is named there."),
        exception);

    /// <summary>
    /// Returns the message of a failure in one line without a full stop, with the hint of the server, which drivers leave out of the
    /// message.
    /// </summary>
    public static string Describe(Exception exception)
    {
        Exception cause = exception is DbException ? exception : exception.GetBaseException();
        string message = OneLine(cause.Message);

        // A driver may say only that a command failed, and the reason in the exception within.
        string reason = OneLine(cause.GetBaseException().Message);
        if (reason.Length > 0 && !message.Contains(reason, StringComparison.Ordinal))
        {
            message = $"{message} ({reason})";
        }

        return cause.Data["Hint"] is string { Length: > 0 } hint
            ? $"{message} (the server's hint: {OneLine(hint)})"
            : message;
    }

    private static string OneLine(string text)
        => string.Join(" ", text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');

    /// <summary>
    /// What to do: a sentence about the role's rights, which is said only when the engine says that a right is lacking, or what the dialect
    /// advises.
    /// </summary>
    public static string Advice(PurgeDialect dialect, Exception exception, string onAccessDenied)
        => exception.GetBaseException() is not DbException failure ? string.Empty
            : dialect.IsAccessDenied(failure) ? onAccessDenied
            : dialect.AdviceOn(failure) is { } advice ? " " + advice
            : string.Empty;

    /// <summary>Names the database of a connection. A file has no other name than its path.</summary>
    public static string Name(DbConnection connection, PurgeDialect dialect)
        => dialect.IsServer
            ? $"database \"{connection.Database}\" at \"{connection.DataSource}\""
            : $"database \"{connection.DataSource}\"";

    // A context that is not configured has no connection to name.
    private static string Name(DbContext context, PurgeDialect dialect)
    {
        try
        {
            return Name(context.Database.GetDbConnection(), dialect);
        }
        catch (InvalidOperationException)
        {
            return $"database of {context.GetType().Name}";
        }
    }
}
