using System.Data.Common;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;

namespace FloworxPurge.Resetting;

/// <summary>Creates the exceptions of a reset: why it failed, and what to do.</summary>
internal sealed class ResetFailure(ResetPlan plan, TimeSpan lockTimeout, PurgeDialect dialect)
{
    private readonly DatabaseIdentity _database = plan.Facts.Plan.Database;

    private string Database => $"Database \"{_database.Database}\"";

    /// <summary>
    /// Determines whether the failure is a lock wait that timed out. Execution strategies wrap what they treat as a transient failure.
    /// </summary>
    public bool IsLockTimeout(Exception exception) => exception.GetBaseException() is DbException failure && dialect.IsLockTimeout(failure);

    /// <summary>Creates the exception for a statement that failed.</summary>
    /// <param name="exception">The error.</param>
    /// <param name="session">Where to ask who holds a lock, or <see langword="null"/>.</param>
    public async Task<PurgeException> DescribeAsync(Exception exception, DatabaseSession? session)
    {
        string message = exception.GetBaseException().Message;
        if (IsLockTimeout(exception))
        {
            string holders = session is { IsOpen: true }
                ? await SessionGuard.DescribeHoldersAsync(
                    session,
                    plan.Tables.Select(table => table.Name).ToHashSet()).ConfigureAwait(false)
                : string.Empty;
            return new PurgeException(
                $"{Database} could not be reset: the lock wait timed out after {lockTimeout} "
                    + $"(LockTimeout).{holders} A test has probably left a transaction or a reader open: end it, or dispose its "
                    + $"context. Nothing was changed. ({message})",
                exception);
        }

        return Describe(exception);
    }

    /// <summary>The engine, the driver or a listener has refused a statement, and no other session is looked for.</summary>
    public PurgeException Describe(Exception exception)
    {
        string advice = DatabaseFailure.Advice(
            dialect,
            exception,
            " Reset it as the owner of its tables and sequences, or leave the numbers alone (ResetIdentity = false).");
        return new PurgeException(
            $"{Database} could not be reset, and nothing was changed: {exception.GetBaseException().Message}{advice}",
            exception);
    }

    /// <summary>Creates the exception for a connection that could not be closed.</summary>
    public PurgeException NotClosed(Exception exception)
        => new(
            $"The resetter of database \"{_database.Database}\" could not close its connection: {exception.GetBaseException().Message}",
            exception);

    /// <summary>Creates the exception for a schema that keeps changing.</summary>
    public PurgeException GoesOnChanging()
        => new($"The schema of database \"{_database.Database}\" kept changing during the reset. Reset it when migrations are done.");

    /// <summary>Creates the exception for a reset whose seeding failed.</summary>
    public PurgeException NotSeeded(Exception exception)
        => new(
            $"The tables of database \"{_database.Database}\" were emptied, and their seed data could not be put back: "
                + $"{exception.GetBaseException().Message}",
            exception);

    /// <summary>Creates the exception for a connection to another database.</summary>
    public PurgeException OtherDatabase(DatabaseIdentity other)
        => new(
            $"The connection is open to database \"{other.Database}\" on {other.Server}, and this resetter was made for another one: "
                + $"\"{_database.Database}\" on {_database.Server}. Make one for each database.");
}
