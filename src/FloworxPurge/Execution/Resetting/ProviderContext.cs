using System.Data.Common;
using System.Transactions;
using FloworxPurge.Dialects;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace FloworxPurge.Execution;

/// <summary>A context without a model: the provider, the logging and the interceptors of a user's context, over a given connection.</summary>
internal sealed class ProviderContext : DbContext
{
    private ProviderContext(DbContextOptions options)
        : base(options)
    {
    }

    /// <summary>Opens a session over the connection; disposing it disposes the context, too, and the connection where that is said.</summary>
    public static async Task<ConnectionSession> OpenAsync(IEnumerable<IDbContextOptionsExtension> extensions, DbConnection connection, bool ownsConnection, PurgeDialect dialect, CancellationToken cancellationToken)
    {
        var context = new ProviderContext(WithConnection<ProviderContext>(extensions, connection));
        try
        {
            // A test's TransactionScope is not this connection's.
            using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
            return new ConnectionSession(await DatabaseSession.OpenAsync(context, dialect, cancellationToken).ConfigureAwait(false), context, ownsConnection ? connection : null);
        }
        catch
        {
            await context.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The same options over another connection, which stays the caller's.</summary>
    public static DbContextOptions<TContext> WithConnection<TContext>(IEnumerable<IDbContextOptionsExtension> extensions, DbConnection connection)
        where TContext : DbContext
        => (DbContextOptions<TContext>)WithConnection(typeof(TContext), extensions, connection);

    /// <inheritdoc cref="WithConnection{TContext}"/>
    public static DbContextOptions WithConnection(Type contextType, IEnumerable<IDbContextOptionsExtension> extensions, DbConnection connection)
    {
        var builder = (DbContextOptionsBuilder)Activator.CreateInstance(typeof(DbContextOptionsBuilder<>).MakeGenericType(contextType))!;
        foreach (IDbContextOptionsExtension extension in extensions)
        {
            IDbContextOptionsExtension own = extension is RelationalOptionsExtension relational ? relational.WithConnectionString(null).WithConnection(connection, owned: false) : extension;
            ((IDbContextOptionsBuilderInfrastructure)builder).AddOrUpdateExtension(own);
        }

        return builder.Options;
    }
}

/// <summary>A session, and what ends with it.</summary>
internal sealed record ConnectionSession(DatabaseSession Session, DbContext? Context = null, DbConnection? Connection = null) : IAsyncDisposable
{
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
