using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge;

/// <summary>
/// A database that only one test uses until it is returned: dispose it to return it. See <see cref="TestDatabases{TContext}"/>.
/// </summary>
/// <typeparam name="TContext">The type of the context.</typeparam>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
public sealed class RentedDatabase<TContext> : IAsyncDisposable
    where TContext : DbContext
{
    private readonly Func<string, TContext> _createContext;
    private readonly DatabaseResetter _resetter;
    private readonly Func<Task<(LeakReport? Found, string? Reason)>> _return;
    private int _isReturned;

    internal RentedDatabase(
        string connectionString,
        Func<string, TContext> createContext,
        DatabaseResetter resetter,
        Func<Task<(LeakReport? Found, string? Reason)>> @return)
    {
        ConnectionString = connectionString;
        _createContext = createContext;
        _resetter = resetter;
        _return = @return;
    }

    /// <summary>Gets the connection string of the database.</summary>
    public string ConnectionString { get; }

    /// <summary>
    /// Gets what the return found; <see langword="null"/> before it, and where the database was not reset.
    /// </summary>
    public LeakReport? Found { get; private set; }

    /// <summary>
    /// Gets why the database was dropped on its return instead of reset, as a sentence; <see langword="null"/> before it, and where it was
    /// reset.
    /// </summary>
    public string? DiscardReason { get; private set; }

    /// <summary>Creates a context of the database.</summary>
    /// <returns>The context, which the caller disposes.</returns>
    /// <exception cref="ObjectDisposedException">The database is returned.</exception>
    public TContext CreateContext()
    {
        ObjectDisposedException.ThrowIf(_isReturned != 0, this);
        return _createContext(ConnectionString);
    }

    /// <summary>Resets the database, which stays rented.</summary>
    /// <param name="cancellationToken">Stops the reset; nothing is changed then.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="PurgeException">The tables could not be emptied, and nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The database is returned.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public Task<LeakReport> ResetAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isReturned != 0, this);
        return _resetter.ResetAsync(cancellationToken);
    }

    /// <summary>
    /// Returns the database: it is reset, or dropped where that is not possible. See <see cref="Found"/> and <see cref="DiscardReason"/>.
    /// </summary>
    /// <returns>A task that ends when another test may rent it.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isReturned, 1) == 0)
        {
            (Found, DiscardReason) = await _return().ConfigureAwait(false);
        }
    }
}
