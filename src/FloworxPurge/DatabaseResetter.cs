using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Transactions;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Reporting;
using FloworxPurge.Resetting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace FloworxPurge;

/// <summary>
/// Empties a test database before each test, fast: plans once with the same filters and the same guarantees as a purge, and then deletes
/// just what was written since.
/// </summary>
/// <remarks>
/// It works over a connection of its own, which stays open until the resetter is disposed, and needs the context only while it is created.
/// A database that lives in one connection (<c>:memory:</c> on SQLite) is reset through that connection, which must stay open. After a
/// change of the schema, or when its connection was lost, it creates a new plan. On PostgreSQL it does not wait for the disk at the
/// commit, and disables foreign keys on its own connection if the role may.
/// </remarks>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
public sealed partial class DatabaseResetter : IAsyncDisposable
{
    // One more than the attempts that detect a lost connection, function or table.
    private const int MostAttempts = 2;

    // Two resetters of one connection, which may work for one caller at a time.
    private static readonly ConditionalWeakTable<DbConnection, SemaphoreSlim> Gates = [];

    private readonly ResetSettings _settings;
    private readonly ResetPlanReader _planner;
    private readonly PurgeDialect _dialect;
    private readonly IReadOnlyList<IDbContextOptionsExtension> _extensions;
    private readonly ResetConnections _connections;
    private readonly SemaphoreSlim _gate;
    private SeedData _seeds = SeedData.None;
    private ResetPlan _plan;
    private ResetPath? _path;
    private ConnectionSession? _session;
    private bool _mayBeStale;
    private bool _isDisposed;

    private DatabaseResetter(
        ResetSettings settings,
        ResetPlanReader planner,
        IReadOnlyList<IDbContextOptionsExtension> extensions,
        ResetConnections connections,
        ResetPlan plan,
        PurgeDialect dialect)
    {
        _settings = settings;
        _planner = planner;
        _dialect = dialect;
        _extensions = extensions;
        _connections = connections;
        _gate = connections.OnlyOne is { } one ? Gates.GetValue(one, _ => new SemaphoreSlim(1, 1)) : new SemaphoreSlim(1, 1);
        _plan = plan;
    }

    /// <summary>
    /// Gets the plan that resets follow: the tables, in order, and notes about what resets leave as it is. After a change of the schema it
    /// is another one.
    /// </summary>
    public PurgePlan Plan => _plan.Facts.Plan;

    /// <summary>Plans the resets of the context's database. Writes nothing.</summary>
    /// <param name="context">The context; it may be disposed afterwards.</param>
    /// <param name="configure">Sets the options, or <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the planning.</param>
    /// <returns>The resetter.</returns>
    /// <exception cref="ArgumentNullException">The context is null.</exception>
    /// <exception cref="ArgumentException">Options are not valid; the message names every one.</exception>
    /// <exception cref="PurgeException">
    /// The database cannot be reached, is not a test database and not allowed, or a filter matches nothing; the provider has no scaffolding
    /// and the dialect no catalog queries; there are tables that cannot be reset (see <see cref="ResetOptions.ThrowOnSkips"/>); or a
    /// seeding hook would work in another database (see <see cref="ResetOptions.RestoreSeedData"/>).
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public static Task<DatabaseResetter> CreateAsync(
        DbContext context,
        Action<ResetOptions>? configure = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return CreateAsync([context], configure, cancellationToken);
    }

    /// <summary>Plans the resets of a database that several contexts share. Writes nothing.</summary>
    /// <param name="contexts">The contexts; the first one's connection is used. They may be disposed afterwards.</param>
    /// <param name="configure">Sets the options, or <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the planning.</param>
    /// <returns>The resetter.</returns>
    /// <exception cref="ArgumentException">There is no context, or one of them is null; or options are not valid.</exception>
    /// <exception cref="PurgeException">As for one context; or the contexts are not on one database.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public static async Task<DatabaseResetter> CreateAsync(
        IReadOnlyList<DbContext> contexts,
        Action<ResetOptions>? configure = null,
        CancellationToken cancellationToken = default)
    {
        var options = new ResetOptions();
        configure?.Invoke(options);
        PurgeOptions purge = options.ToPurge(nameof(configure));
        PurgeDialect dialect = ContextCheck.DialectOf(contexts, options.Dialect);
        Scaffolding.ThrowIfRefused(contexts[0], dialect);
        return await DatabaseFailure.DescribeAsync(
            () => CreateAsync(contexts, options, purge, dialect, cancellationToken),
            e => DatabaseFailure.NotRead(contexts[0], dialect, e, "no resetter was made"),
            cancellationToken).ConfigureAwait(false);
    }

    private static async Task<DatabaseResetter> CreateAsync(
        IReadOnlyList<DbContext> contexts,
        ResetOptions options,
        PurgeOptions purge,
        PurgeDialect dialect,
        CancellationToken cancellationToken)
    {
        ResetSettings settings = options.ToSettings();
        var planner = new ResetPlanReader(ModelSchemaReader.Read(contexts, dialect), purge.ToSettings(), settings);
        using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        DatabaseSession session = await DatabaseSession.OpenAsync(contexts[0], dialect, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            ResetPlan plan = await planner.ReadAsync(session, cancellationToken).ConfigureAwait(false);
            ResetConnections connections = await ResetConnections.LikeAsync(
                session,
                plan.Facts.Plan.Database.Server,
                options.ConnectionString,
                cancellationToken).ConfigureAwait(false);
            IReadOnlyList<IDbContextOptionsExtension> extensions = [.. contexts[0].GetService<IDbContextOptions>().Extensions];
            var resetter = new DatabaseResetter(settings, planner, extensions, connections, plan, session.Dialect);
            if (options.RestoreSeedData)
            {
                resetter._seeds = await SeedData.ReadAsync(
                    contexts,
                    resetter.HookDatabase(),
                    session.Dialect.Identifiers,
                    cancellationToken).ConfigureAwait(false);
            }

            return resetter;
        }
    }

    /// <summary>
    /// Empties the tables, over the resetter's own connection. Call it before each test; calls at the same time wait for each other.
    /// </summary>
    /// <param name="cancellationToken">Stops the reset; nothing is changed then.</param>
    /// <returns>What was found: tables with rows, and transactions that are still open.</returns>
    /// <exception cref="PurgeException">
    /// The tables could not be emptied, and nothing was changed; the message says why and what to do.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The resetter is disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public async Task<LeakReport> ResetAsync(CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);

            // A test's scope is not the resetter's, and would take the reset back with it.
            using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
            return await DatabaseFailure.DescribeAsync(
                () => ResetOwnAsync(cancellationToken),
                Failure().Describe,
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Empties the tables over a context's connection, for a database that this resetter was made for. Its change tracker is cleared.
    /// </summary>
    /// <param name="context">The context, outside of any transaction.</param>
    /// <param name="cancellationToken">Stops the reset; nothing is changed then.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="ArgumentNullException">The context is null.</exception>
    /// <exception cref="PurgeException">
    /// The context is in a transaction or on another database, or the tables could not be emptied; nothing was changed.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The resetter or the context is disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public async Task<LeakReport> ResetAsync(DbContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        LeakReport report = ReferenceEquals(context.Database.GetDbConnection(), _connections.OnlyOne)
            ? await ResetAsync(cancellationToken).ConfigureAwait(false)
            : await ResetThroughAsync(
                token => ConnectionSession.OfAsync(context, _dialect, token),
                cancellationToken).ConfigureAwait(false);
        context.ChangeTracker.Clear();
        return report;
    }

    /// <summary>
    /// Empties the tables over a connection to the database that this resetter was made for. A closed one is opened, and closed again.
    /// </summary>
    /// <param name="connection">The connection, outside of any transaction.</param>
    /// <param name="cancellationToken">Stops the reset; nothing is changed then.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="ArgumentNullException">The connection is null.</exception>
    /// <exception cref="PurgeException">
    /// The connection is in a transaction or is open to another database, or the tables could not be emptied; nothing was changed.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The resetter is disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public Task<LeakReport> ResetAsync(DbConnection connection, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return ReferenceEquals(connection, _connections.OnlyOne)
            ? ResetAsync(cancellationToken)
            : ResetThroughAsync(
                token => ProviderContext.OpenAsync(_extensions, connection, ownsConnection: false, _dialect, token),
                cancellationToken);
    }

    /// <summary>Closes the resetter's own connection.</summary>
    /// <returns>A task that ends when it is closed.</returns>
    /// <exception cref="PurgeException">The connection could not be closed.</exception>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            _isDisposed = true;
            await DatabaseFailure.DescribeAsync(DropAllAsync, Failure().NotClosed, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<LeakReport> ResetOwnAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            bool isDone = false;
            try
            {
                ResetPath path = await PathAsync(cancellationToken).ConfigureAwait(false);
                if (!path.PutsRowsBack && await ResetUncapturedAsync(cancellationToken).ConfigureAwait(false) is { } others)
                {
                    isDone = true;
                    return others;
                }

                await _seeds.CheckHooksAsync(_session!.Session.Connection, HookDatabase(), cancellationToken).ConfigureAwait(false);
                (ResetState state, LeakReport report) = await path.ResetAsync(cancellationToken).ConfigureAwait(false);
                if (state == ResetState.SchemaChanged)
                {
                    if (attempt == MostAttempts)
                    {
                        throw Failure().GoesOnChanging();
                    }

                    // Otherwise the mark decides.
                    _mayBeStale |= _plan.StructureMark is null;
                    continue;
                }

                // Where nothing was written, the captured rows are as they were put back.
                report = state != ResetState.Emptied ? report
                    : _captured is not null ? await RestoreCapturedAsync(_session.Session, report, cancellationToken).ConfigureAwait(false)
                    : !_seeds.IsEmpty ? await SeedAsync(over: null, report, cancellationToken).ConfigureAwait(false)
                    : report;
                isDone = true;
                return report;
            }
            catch (Exception e) when (DatabaseFailure.MayBeRetried(e, cancellationToken)
                && (attempt == MostAttempts || Failure().IsLockTimeout(e)))
            {
                throw await Failure().DescribeAsync(e, _session?.Session).ConfigureAwait(false);
            }
            catch (Exception e) when (DatabaseFailure.MayBeRetried(e, cancellationToken))
            {
                // The connection or the settings of the session are lost, or a table was renamed: the second attempt reads everything
                // again.
                _mayBeStale = true;
            }
            finally
            {
                // What is left of a connection in an unknown state is not used again, and the next reset takes nothing for granted.
                if (!isDone)
                {
                    await DropAsync().ConfigureAwait(false);
                }
            }
        }
    }

    private async Task<LeakReport> ResetThroughAsync(
        Func<CancellationToken, Task<ConnectionSession>> open,
        CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (Transaction.Current is not null)
            {
                throw new PurgeException(
                    "There is a TransactionScope round the reset, and a reset is a transaction of its own. End the scope first.");
            }

            return await DatabaseFailure.DescribeAsync(
                () => ResetGivenAsync(open, cancellationToken),
                Failure().Describe,
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<LeakReport> ResetGivenAsync(
        Func<CancellationToken, Task<ConnectionSession>> open,
        CancellationToken cancellationToken)
    {
        try
        {
            ConnectionSession given = await open(cancellationToken).ConfigureAwait(false);
            await using (given.ConfigureAwait(false))
            {
                DatabaseIdentity database = await LiveSchemaReader.ReadIdentityAsync(
                    given.Session,
                    cancellationToken).ConfigureAwait(false);
                if (!(_dialect.IsServer ? _plan.IsOf(database) : _plan.IsAt(database))
                    || !_connections.LeadTo(given.Session.Connection, database))
                {
                    throw Failure().OtherDatabase(database);
                }

                // A file that was created anew, as tests do, is planned anew, and so is a reset as another role.
                LeakReport? report = _plan.IsFor(database)
                    ? await ResetAsync(given.Session, cancellationToken).ConfigureAwait(false)
                    : null;
                if (report is null)
                {
                    _plan = await _planner.ReadAsync(given.Session, cancellationToken).ConfigureAwait(false);
                    await FitCapturedAsync(given.Session, cancellationToken).ConfigureAwait(false);
                    report = await ResetAsync(given.Session, cancellationToken).ConfigureAwait(false) ?? throw Failure().GoesOnChanging();
                }

                return report;
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && DatabaseFailure.IsForeign(e, cancellationToken))
        {
            throw await Failure().DescribeAsync(e, session: null).ConfigureAwait(false);
        }
    }

    /// <summary>Resets over a connection that is not the resetter's; null when the plan does not fit the schema any more.</summary>
    private async Task<LeakReport?> ResetAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        var path = new OrderedResetPath(_plan, session, _settings);
        await _seeds.CheckHooksAsync(session.Connection, HookDatabase(), cancellationToken).ConfigureAwait(false);
        (ResetState state, LeakReport report) = await path.ResetAsync(cancellationToken).ConfigureAwait(false);
        return state == ResetState.SchemaChanged ? null
            : _captured is not null ? await RestoreCapturedAsync(session, report, cancellationToken).ConfigureAwait(false)
            : !_seeds.IsEmpty ? await SeedAsync(session, report, cancellationToken).ConfigureAwait(false)
            : report;
    }

    private async Task<ResetPath> PathAsync(CancellationToken cancellationToken)
    {
        if (_path is not null)
        {
            return _path;
        }

        _session = await OpenAsync(cancellationToken).ConfigureAwait(false);
        DatabaseSession session = _session.Session;
        string? mark = await ResetPlan.ReadStructureMarkAsync(session, cancellationToken).ConfigureAwait(false);
        if (_mayBeStale
            || !string.Equals(mark, _plan.StructureMark, StringComparison.Ordinal)
            || !_plan.IsFor(await LiveSchemaReader.ReadIdentityAsync(session, cancellationToken).ConfigureAwait(false)))
        {
            _plan = await _planner.ReadAsync(session, cancellationToken).ConfigureAwait(false);
            _mayBeStale = false;
        }

        await FitCapturedAsync(session, cancellationToken).ConfigureAwait(false);
        return _path = await ResetPath.ChooseAsync(
            _plan,
            session,
            _settings,
            _captured,
            _connections.OnlyOne is null,
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<ConnectionSession> OpenAsync(CancellationToken cancellationToken)
    {
        if (_connections.OnlyOne is not { } one)
        {
            return await ProviderContext.OpenAsync(
                _extensions,
                await _connections.CreateAsync(cancellationToken).ConfigureAwait(false),
                ownsConnection: true,
                _dialect,
                cancellationToken).ConfigureAwait(false);
        }

        return one.State == ConnectionState.Open
            ? await ProviderContext.OpenAsync(_extensions, one, ownsConnection: false, _dialect, cancellationToken).ConfigureAwait(false)
            : throw new PurgeException(
                $"Database \"{_plan.Facts.Plan.Database.Database}\" lives in the connection that this resetter was made with, and that "
                    + $"connection is closed. Keep it open as long as the database is needed.");
    }

    private HookDatabase HookDatabase() => new(_plan, _connections, _dialect);

    private ResetFailure Failure() => new(_plan, _settings.LockTimeout, _dialect);

    private async Task DropAsync()
    {
        (IAsyncDisposable?[] ended, _path, _session) = ([_path, _session], null, null);
        foreach (IAsyncDisposable one in ended.OfType<IAsyncDisposable>())
        {
            await one.DisposeAsync().ConfigureAwait(false);
        }
    }
}
