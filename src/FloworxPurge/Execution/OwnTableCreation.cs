using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Reading;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>Creates the tables that this library keeps in a database.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal static class OwnTableCreation
{
    /// <summary>Runs a statement that creates one. No transaction is open where it would be committed.</summary>
    /// <param name="session">The session.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="problem">What the table is for, and that it cannot be created: a clause.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    /// <exception cref="PurgeException">It cannot be created; the message names the right that is lacking.</exception>
    public static async Task RunAsync(DatabaseSession session, string sql, string problem, CancellationToken cancellationToken)
    {
        try
        {
            await session.ExecuteAsync(sql, [], cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (session.IsOpen && !cancellationToken.IsCancellationRequested && session.Dialect.IsAccessDenied(e))
        {
            throw new PurgeException(
                $"{problem} ({DatabaseFailure.Describe(e)}). {await RightAsync(session, cancellationToken).ConfigureAwait(false)} The "
                    + $"statement was: {sql}",
                e);
        }
        catch (DbException e) when (session.IsOpen && !cancellationToken.IsCancellationRequested && !e.IsTransient)
        {
            throw new PurgeException($"{problem} ({DatabaseFailure.Describe(e)}). The statement was: {sql}", e);
        }
    }

    // A failed transaction of the caller answers no question.
    private static async Task<string> RightAsync(DatabaseSession session, CancellationToken cancellationToken)
        => session.Transaction is not null || session.HasAmbientTransaction
            ? "Grant this role the right to create tables in the default schema."
            : session.Dialect.RightToCreateTables(
                session.Sql,
                await LiveSchemaReader.ReadIdentityAsync(session, cancellationToken).ConfigureAwait(false));
}
