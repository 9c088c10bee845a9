using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Transactions;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace FloworxPurge.Connections;

/// <summary>
/// A context without a model: the provider, the logging and the connection interceptors of a user's context, and what that allows, over a
/// given connection.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed class ProviderContext : DbContext
{
    private ProviderContext(DbContextOptions options)
        : base(options)
    {
    }

    /// <summary>
    /// Opens a session over the connection; disposing it disposes the context, too, and the connection where that is said.
    /// </summary>
    public static async Task<ConnectionSession> OpenAsync(
        IEnumerable<IDbContextOptionsExtension> extensions,
        DbConnection connection,
        bool ownsConnection,
        PurgeDialect dialect,
        CancellationToken cancellationToken)
    {
        var context = new ProviderContext(
            (DbContextOptions<ProviderContext>)WithConnection(typeof(ProviderContext), [.. extensions.Select(Own)], connection));
        try
        {
            // A test's TransactionScope is not this connection's.
            using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
            return new ConnectionSession(
                await DatabaseSession.OpenAsync(context, dialect, cancellationToken).ConfigureAwait(false),
                context,
                ownsConnection ? connection : null);
        }
        catch
        {
            await context.DisposeAsync().ConfigureAwait(false);
            if (ownsConnection)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>The same options over another connection, which stays the caller's.</summary>
    public static DbContextOptions WithConnection(
        Type contextType,
        IEnumerable<IDbContextOptionsExtension> extensions,
        DbConnection connection)
    {
        var builder = (DbContextOptionsBuilder)Activator.CreateInstance(typeof(DbContextOptionsBuilder<>).MakeGenericType(contextType))!;
        foreach (IDbContextOptionsExtension extension in extensions)
        {
            IDbContextOptionsExtension own = extension is RelationalOptionsExtension relational
                ? relational.WithConnectionString(null).WithConnection(connection, owned: false)
                : extension;
            ((IDbContextOptionsBuilderInfrastructure)builder).AddOrUpdateExtension(own);
        }

        return builder.Options;
    }

    // The application's services may have been disposed with the scope that the context came from, and its interceptors know its own
    // contexts; those of connections may be what lets one in.
    private static IDbContextOptionsExtension Own(IDbContextOptionsExtension extension)
        => extension is not CoreOptionsExtension core ? extension : new CoreOptionsExtension()
            .WithInternalServiceProvider(core.InternalServiceProvider)
            .WithLoggerFactory(core.LoggerFactory)
            .WithWarningsConfiguration(core.WarningsConfiguration)
            .WithServiceProviderCachingEnabled(core.ServiceProviderCachingEnabled)
            .WithInterceptors((core.Interceptors ?? []).OfType<IDbConnectionInterceptor>());
}

/// <summary>A session, and what ends with it.</summary>
internal sealed record ConnectionSession(
    DatabaseSession Session,
    DbContext? Context = null,
    DbConnection? Connection = null) : IAsyncDisposable
{
    /// <summary>A session over a context of the caller's.</summary>
    /// <exception cref="PurgeException">The context is in a transaction.</exception>
    public static async Task<ConnectionSession> OfAsync(DbContext context, PurgeDialect dialect, CancellationToken cancellationToken)
    {
        if (context.Database.CurrentTransaction is not null || context.Database.GetEnlistedTransaction() is not null)
        {
            throw new PurgeException(
                $"{context.GetType().Name} is in a transaction, and a reset uses its own. End the transaction first.");
        }

        return new ConnectionSession(await DatabaseSession.OpenAsync(context, dialect, cancellationToken).ConfigureAwait(false));
    }

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync().ConfigureAwait(false);
        if (Context is not null)
        {
            await Context.DisposeAsync().ConfigureAwait(false);
        }

        if (Connection is not null)
        {
            await Connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
