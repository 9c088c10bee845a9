using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Reading;

/// <summary>Checks contexts as far as that needs no connection.</summary>
internal static class ContextCheck
{
    /// <summary>Checks that the contexts are relational and on one database, and chooses the dialect.</summary>
    /// <param name="contexts">The contexts.</param>
    /// <param name="chosen">The dialect that the options name, if any.</param>
    /// <returns>The SQL dialect.</returns>
    /// <exception cref="ArgumentException">There is no context, or one of them is null.</exception>
    /// <exception cref="PurgeException">
    /// A context is not configured, a provider is not relational, or the contexts are not on one database.
    /// </exception>
    public static PurgeDialect DialectOf(IReadOnlyList<DbContext> contexts, PurgeDialect? chosen)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        if (contexts.Count == 0 || contexts.Any(context => context is null))
        {
            throw new ArgumentException("Give at least one context, and no null among them.", nameof(contexts));
        }

        try
        {
            return Check(contexts, chosen);
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            // A model that cannot be made, or a connection string that is not there.
            throw new PurgeException(
                $"{string.Join(" and ", contexts.Select(context => context.GetType().Name).Distinct(StringComparer.Ordinal))} cannot be "
                    + $"used: {e.GetBaseException().Message.TrimEnd('.')}. Configure its provider, its connection and its model first.",
                e);
        }
    }

    /// <summary>Has a context track nothing any more: what it tracks may be deleted.</summary>
    public static void Forget(DbContext context)
    {
        try
        {
            context.ChangeTracker.Clear();
        }
        catch (ObjectDisposedException)
        {
            // It tracks nothing any more, and the report of what is committed is still to be made.
        }
    }

    /// <summary>
    /// Describes what a run would discard: after it the contexts track nothing, since the rows that they track may be deleted.
    /// </summary>
    /// <returns>What to do, where a context has unsaved changes, or <see langword="null"/>.</returns>
    public static string? DescribeUnsaved(IReadOnlyList<DbContext> contexts)
    {
        List<string> names = [.. contexts.Where(context => context.ChangeTracker.HasChanges()).Select(context => context.GetType().Name)];
        return names.Count == 0
            ? null
            : $"{string.Join(" and ", names)} {(names.Count == 1 ? "has" : "have")} unsaved changes, which would be lost. Call "
                + $"SaveChangesAsync or ChangeTracker.Clear first.";
    }

    private static PurgeDialect Check(IReadOnlyList<DbContext> contexts, PurgeDialect? chosen)
    {
        foreach (DbContext context in contexts.Where(context => !context.Database.IsRelational()))
        {
            throw new PurgeException(
                $"{context.GetType().Name} uses the provider {context.Database.ProviderName}, which is not relational. A purge needs "
                    + $"tables; recreate such a store instead.");
        }

        DbContext first = contexts[0];
        _ = first.Model;
        _ = first.Database.GetDbConnection();
        foreach (DbContext other in contexts.Skip(1))
        {
            var one = first.Database.GetDbConnection();
            var two = other.Database.GetDbConnection();
            if (!string.Equals(first.Database.ProviderName, other.Database.ProviderName, StringComparison.Ordinal)
                || !string.Equals(one.DataSource, two.DataSource, StringComparison.Ordinal)
                || !string.Equals(one.Database, two.Database, StringComparison.Ordinal))
            {
                throw new PurgeException(
                    $"{first.GetType().Name} and {other.GetType().Name} are not on one database (\"{one.Database}\" at "
                        + $"\"{one.DataSource}\", \"{two.Database}\" at \"{two.DataSource}\"). Purge them one after the other.");
            }
        }

        return chosen ?? EngineRegistry.Select(first.Database.ProviderName!);
    }
}
