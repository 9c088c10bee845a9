using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Transactions;
using FloworxPurge.Connections;
using FloworxPurge.Extensibility;
using FloworxPurge.Reading;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Resetting;

/// <summary>The one database in which seeding hooks may work: the one that is reset.</summary>
/// <param name="Plan">The plan of the resets.</param>
/// <param name="Connections">How connections to the database are opened.</param>
/// <param name="Dialect">The dialect before a connection is open.</param>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed record HookDatabase(ResetPlan Plan, ResetConnections Connections, PurgeDialect Dialect)
{
    /// <summary>Compares the database of a hook's context with the one that is reset. Writes nothing.</summary>
    /// <param name="context">The context that a hook would get.</param>
    /// <param name="given">The connection that the context was offered, which leads to the database that is reset.</param>
    /// <param name="cancellationToken">Stops the comparison.</param>
    /// <returns>Whether the context uses a connection of its own.</returns>
    /// <exception cref="PurgeException">It is another database, or it cannot be found out which one it is.</exception>
    public async Task<bool> CheckAsync(DbContext context, DbConnection given, CancellationToken cancellationToken)
    {
        string type = context.GetType().Name;
        DatabaseIdentity reset = Plan.Facts.Plan.Database;
        try
        {
            if (context.Database.IsRelational() && ReferenceEquals(context.Database.GetDbConnection(), given))
            {
                return false;
            }

            if (!string.Equals(context.Database.ProviderName, reset.Provider, StringComparison.Ordinal))
            {
                throw Elsewhere(type, $"through {context.Database.ProviderName}", reset);
            }

            // What a test has begun is not to be joined by a connection that only asks a question.
            using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
            DatabaseSession session = await DatabaseSession.OpenAsync(context, Dialect, cancellationToken).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                DatabaseIdentity found = await LiveSchemaReader.ReadIdentityAsync(session, cancellationToken).ConfigureAwait(false);
                return Plan.IsOf(found) && Connections.LeadTo(session.Connection, found) ? true
                    : throw Elsewhere(type, $"in database \"{found.Database}\" on {found.Server}", reset);
            }
        }
        catch (Exception e) when (e is DbException or InvalidOperationException && !cancellationToken.IsCancellationRequested)
        {
            throw new PurgeException(
                $"It is not known in which database the seeding hook of {type} would work: {e.GetBaseException().Message} {WhatToDo(type)}",
                e);
        }
    }

    private static PurgeException Elsewhere(string type, string where, DatabaseIdentity reset)
        => new(
            $"The seeding hook of {type} would work {where}, and the database that is reset is \"{reset.Database}\" on {reset.Server}: a "
                + $"new {type} does not use the connection that it is given. {WhatToDo(type)}");

    private static string WhatToDo(string type)
        => $"Nothing was written. Give {type} a public constructor that takes its DbContextOptions and passes them on, let OnConfiguring "
            + $"leave options that are configured as they are, or leave RestoreSeedData out.";
}
