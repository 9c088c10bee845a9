using System.Diagnostics.CodeAnalysis;
using System.Transactions;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Reading;
using FloworxPurge.Resetting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Logging;

namespace FloworxPurge;

/// <summary>
/// Gives each test that runs at the same time as others a database of its own: creates databases when they are needed, rents them out,
/// resets each when it is returned, and drops all of them at the end.
/// </summary>
/// <remarks>
/// On PostgreSQL and with files of SQLite each database is a copy of a template, which is prepared once; on MariaDB, MySQL and in the
/// memory of SQLite each is prepared. Their names begin with <c>floworxpurge_test_</c>, and no database of another name is dropped.
/// Databases of processes that were killed are dropped by the next one that uses the server or the folder; those of processes that live are
/// not, since each process holds a lock.
/// </remarks>
/// <typeparam name="TContext">The type of the context.</typeparam>
/// <param name="connectionString">
/// The connection string that those of the databases are made from. On a server it names a database that exists, such as <c>postgres</c>,
/// to which nothing is written. On SQLite it names a file, in whose folder the databases are (without a folder in that for temporary
/// files), or <c>:memory:</c>. There must be no pooler such as PgBouncer in between.
/// </param>
/// <param name="createContext">
/// Creates a context for the connection string that it receives. One for another database is refused before anything is written to it.
/// </param>
/// <exception cref="ArgumentNullException">A parameter is null.</exception>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
public sealed class TestDatabases<TContext>(string connectionString, Func<string, TContext> createContext) : IAsyncDisposable
    where TContext : DbContext
{
    private readonly string _connectionString = connectionString ?? throw new ArgumentNullException(nameof(connectionString));
    private readonly Func<string, TContext> _createContext = createContext ?? throw new ArgumentNullException(nameof(createContext));
    private readonly Lock _lock = new();
    private readonly Stack<Entry> _idle = [];
    private readonly HashSet<Entry> _entries = [];
    private readonly List<string> _notes = [];
    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly CancellationTokenSource _end = new();
    private SemaphoreSlim _free = new(Environment.ProcessorCount);
    private TestDatabaseStore? _store;
    private ILogger? _logger;
    private bool _isDropped;

    /// <summary>
    /// Gets how many databases there are at most, from 1. Who rents one more waits until one is returned. The default value is the number
    /// of processors.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1.</exception>
    public int MaxDatabases
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
            _free = new SemaphoreSlim(value);
        }
    }
    = Environment.ProcessorCount;

    /// <summary>
    /// Gets what creates the tables and the rows that each test starts with (see <see cref="DatabaseResetter.CaptureAsync"/>). The default
    /// value is <see langword="null"/>:
    /// <c>EnsureCreatedAsync</c>.
    /// </summary>
    public Func<TContext, CancellationToken, Task>? Prepare { get; init; }

    /// <summary>Gets what sets the options of the resets. The default value is <see langword="null"/>: none.</summary>
    public Action<ResetOptions>? ConfigureReset { get; init; }

    /// <summary>
    /// Gets what happened so far beside resets, as sentences: databases that were dropped because a test broke them, and databases that
    /// could not be dropped. They are logged as warnings, too.
    /// </summary>
    public IReadOnlyList<string> Notes
    {
        get
        {
            lock (_lock)
            {
                return [.. _notes];
            }
        }
    }

    /// <summary>Rents a database, which nobody else uses until it is returned. Waits while all are rented.</summary>
    /// <param name="cancellationToken">Stops waiting, or creating a database.</param>
    /// <returns>The database. Dispose it to return it.</returns>
    /// <exception cref="PurgeException">
    /// The server cannot be reached, the role may not create databases, or the tables cannot be created or reset.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The test databases are disposed, maybe while this waited.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public async Task<RentedDatabase<TContext>> RentAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_end.IsCancellationRequested, this);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
        Entry entry;
        try
        {
            await _free.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                // A transaction of a test is not one of its database.
                using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
                entry = await TakeAsync(either.Token).ConfigureAwait(false);
            }
            catch
            {
                _free.Release();
                throw;
            }
        }
        catch (Exception e) when (_end.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException("The test databases are disposed.", e);
        }

        return new RentedDatabase<TContext>(
            entry.Place.ConnectionString,
            _createContext,
            entry.Resetter,
            () => ReturnAsync(entry));
    }

    /// <summary>
    /// Drops all databases, also those that are rented. Who waits for one gets an <see cref="ObjectDisposedException"/>.
    /// </summary>
    /// <returns>A task that ends when they are dropped.</returns>
    /// <exception cref="PurgeException">A database could not be dropped; the next process that creates test databases drops it.</exception>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _opening.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isDropped || _store is null)
            {
                return;
            }

            _isDropped = true;
            Entry[] entries;
            lock (_lock)
            {
                entries = [.. _entries];
            }

            await DatabaseFailure.DescribeAsync(
                async () =>
                {
                    foreach (Entry entry in entries)
                    {
                        await entry.Resetter.DisposeAsync().ConfigureAwait(false);
                    }

                    await _store.DisposeAsync().ConfigureAwait(false);
                },
                e => new PurgeException(
                    $"Test databases could not be dropped: {DatabaseFailure.Describe(e)}. The next process that creates some there drops "
                        + $"them.",
                    e),
                CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task<Entry> TakeAsync(CancellationToken cancellationToken)
    {
        TestDatabaseStore store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await DatabaseFailure.DescribeAsync(() => store.HoldAsync(cancellationToken), NotCreated, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            if (_idle.TryPop(out Entry? idle))
            {
                return idle;
            }
        }

        return await DatabaseFailure.DescribeAsync(
            () => CreateAsync(store, cancellationToken),
            NotCreated,
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<TestDatabaseStore> OpenAsync(CancellationToken cancellationToken)
    {
        if (_store is not null)
        {
            return _store;
        }

        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_store is null)
            {
                TContext context = _createContext(_connectionString);
                await using (context.ConfigureAwait(false))
                {
                    PurgeDialect dialect = ContextCheck.DialectOf([context], ResetOptionsOf().Dialect);
                    _logger = context.GetService<ILoggerFactory>().CreateLogger("FloworxPurge");
                    _store = await DatabaseFailure.DescribeAsync(
                        () => TestDatabaseStore.OpenAsync(context, _connectionString, dialect, cancellationToken),
                        NotCreated,
                        cancellationToken).ConfigureAwait(false);
                }

                _store.Left.ForEach(Note);
                _store.Left.ForEach(_logger.TestDatabaseLeft);
            }

            return _store;
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task<Entry> CreateAsync(TestDatabaseStore store, CancellationToken cancellationToken)
    {
        TestDatabasePlace place = await store.CreateAsync(
            (connectionString, token) => PrepareAsync(store, connectionString, token),
            cancellationToken).ConfigureAwait(false);
        DatabaseResetter? resetter = null;
        try
        {
            TContext context = _createContext(place.ConnectionString);
            await using (context.ConfigureAwait(false))
            {
                store.Check(context, place.ConnectionString);
                resetter = await DatabaseResetter.CreateAsync(context, ConfigureReset, cancellationToken).ConfigureAwait(false);
            }

            Task clean = ResetOptionsOf().RestoreSeedData
                ? resetter.ResetAsync(cancellationToken)
                : resetter.CaptureAsync(cancellationToken);
            await clean.ConfigureAwait(false);
            var entry = new Entry(place, resetter, await resetter.ReadDefinitionsAsync(cancellationToken).ConfigureAwait(false));
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_end.IsCancellationRequested, this);
                _entries.Add(entry);
                return entry;
            }
        }
        catch
        {
            if (resetter is not null)
            {
                await resetter.DisposeAsync().ConfigureAwait(false);
            }

            if (!_end.IsCancellationRequested)
            {
                await store.DropAsync(place, CancellationToken.None).ConfigureAwait(false);
            }

            throw;
        }
    }

    private async Task PrepareAsync(TestDatabaseStore store, string connectionString, CancellationToken cancellationToken)
    {
        TContext context = _createContext(connectionString);
        await using (context.ConfigureAwait(false))
        {
            store.Check(context, connectionString);
            await (Prepare is { } prepare
                ? prepare(context, cancellationToken)
                : context.Database.EnsureCreatedAsync(cancellationToken)).ConfigureAwait(false);
        }
    }

    private async Task<(LeakReport? Found, string? Reason)> ReturnAsync(Entry entry)
    {
        using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        LeakReport? found = null;
        string? reason;
        try
        {
            _store!.Rest(entry.Place);
            (found, reason) = await ResetAsync(entry).ConfigureAwait(false);
        }
        catch (ObjectDisposedException) when (_end.IsCancellationRequested)
        {
            return (null, null);
        }
        catch (Exception e) when (e is PurgeException or ObjectDisposedException)
        {
            reason = e.Message;
        }

        try
        {
            if (_end.IsCancellationRequested)
            {
                return (found, null);
            }

            if (reason is null)
            {
                lock (_lock)
                {
                    _idle.Push(entry);
                }

                return (found, null);
            }

            await DiscardAsync(entry, reason).ConfigureAwait(false);
            return (null, reason);
        }
        finally
        {
            _free.Release();
        }
    }

    private static async Task<(LeakReport Found, string? Reason)> ResetAsync(Entry entry)
    {
        // A reset makes a new plan for another schema, and that schema would be the next test's.
        string? definitions = await entry.Resetter.ReadDefinitionsAsync(CancellationToken.None).ConfigureAwait(false);
        if (!string.Equals(definitions, entry.Definitions, StringComparison.Ordinal))
        {
            throw new PurgeException("The schema was changed while it was rented.");
        }

        LeakReport found = await entry.Resetter.ResetAsync(CancellationToken.None).ConfigureAwait(false);
        return (found, found.OpenTransactions.Count == 0
            ? null
            : $"Rows may still appear in it: {string.Join("; ", found.OpenTransactions)}.");
    }

    private async Task DiscardAsync(Entry entry, string reason)
    {
        Note($"Test database \"{entry.Place.Name}\" was dropped and not used again: {reason}");
        _logger!.TestDatabaseDiscarded(entry.Place.Name, reason);
        lock (_lock)
        {
            _entries.Remove(entry);
        }

        try
        {
            await entry.Resetter.DisposeAsync().ConfigureAwait(false);
            await _store!.DropAsync(entry.Place, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is PurgeException || DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            // It is dropped at the end, with the others.
            string left = $"Test database \"{entry.Place.Name}\" could not be dropped yet: {DatabaseFailure.Describe(e)}.";
            Note(left);
            _logger!.TestDatabaseLeft(left);
        }
    }

    private void Note(string sentence)
    {
        lock (_lock)
        {
            _notes.Add(sentence);
        }
    }

    private ResetOptions ResetOptionsOf()
    {
        var options = new ResetOptions();
        ConfigureReset?.Invoke(options);
        return options;
    }

    private static PurgeException NotCreated(Exception e)
        => new(
            $"No test database can be created: {DatabaseFailure.Describe(e)}. The role needs the right to create databases, and the "
                + $"connection string names one that exists.",
            e);

    private sealed record Entry(TestDatabasePlace Place, DatabaseResetter Resetter, string? Definitions);
}
