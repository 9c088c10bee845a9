using System.Transactions;
using FloworxPurge.Connections;
using FloworxPurge.Reporting;
using FloworxPurge.Resetting;
using FloworxPurge.Schema;

namespace FloworxPurge;

/// <content>Rows that resets come back to: captured rows and seeds.</content>
public sealed partial class DatabaseResetter
{
    // Null before a capture.
    private CapturedRows? _captured;

    // Resets the tables without captured rows alone; null where there is no plan for that.
    private DatabaseResetter? _rest;

    // Whether there are no such tables.
    private bool _capturesAll;

    /// <summary>
    /// Keeps the rows that are in the tables now: each later reset comes back to them, and to what the identity counters are now. Rows of
    /// excluded tables stay anyway.
    /// </summary>
    /// <remarks>
    /// Call it after the code that sets up the database, while nothing else writes to it. The rows are copied into tables of the same
    /// database whose names begin with <c>floworxpurge_captured_</c>. They stay there until the next capture; a database has those of one
    /// resetter. A reset leaves tables as they are whose captured rows and counters are untouched. Where the engine's own reset is used, on
    /// PostgreSQL and SQLite, the rows of other tables come back in the same transaction. Elsewhere a reset deletes the rows of all tables
    /// and inserts the copies in a second transaction; where that fails, the tables are empty, and the next reset tries again.
    /// </remarks>
    /// <param name="cancellationToken">Stops it; nothing is kept then.</param>
    /// <returns>The number of rows that are kept. When it is 0, nothing is copied, and resets empty the tables as before.</returns>
    /// <exception cref="PurgeException">
    /// The rows cannot be kept exactly (the message names every reason), the role may not create tables, or <see
    /// cref="ResetOptions.RestoreSeedData"/> is set.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The resetter is disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public async Task<long> CaptureAsync(CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
            return await DatabaseFailure.DescribeAsync(
                () => CaptureOwnAsync(cancellationToken),
                Failure().Describe,
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<long> CaptureOwnAsync(CancellationToken cancellationToken)
    {
        if (!_seeds.IsEmpty)
        {
            throw new PurgeException("RestoreSeedData and CaptureAsync both put rows back. Leave RestoreSeedData out.");
        }

        bool isDone = false;
        try
        {
            await DropAllAsync().ConfigureAwait(false);
            (_captured, _rest, _capturesAll) = (null, null, false);
            await PathAsync(cancellationToken).ConfigureAwait(false);
            DatabaseSession session = _session!.Session;
            IReadOnlyList<CapturedTable> tables = await new RowCapture(_plan, session).RunAsync(cancellationToken).ConfigureAwait(false);
            if (tables.Count > 0)
            {
                // The copies are tables, too, so that there is another plan. The first reset shows whether the rows come back.
                await DropAsync().ConfigureAwait(false);
                _mayBeStale = true;
                _captured = new CapturedRows(_plan, tables);
                await ResetOwnAsync(cancellationToken).ConfigureAwait(false);
                await _captured.VerifyAsync(_session!.Session, cancellationToken).ConfigureAwait(false);
                _rest = _path!.PutsRowsBack ? null : await PlanRestAsync(_captured, cancellationToken).ConfigureAwait(false);
            }

            isDone = true;
            return _captured?.Rows ?? 0;
        }
        finally
        {
            if (!isDone)
            {
                (_captured, _capturesAll) = (null, false);
                await DropAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<DatabaseResetter?> PlanRestAsync(CapturedRows captured, CancellationToken cancellationToken)
    {
        HashSet<TableName> others = [.. _plan.Tables.Select(table => table.Name).Except(captured.Tables)];
        _capturesAll = others.Count == 0;
        if (_capturesAll)
        {
            return null;
        }

        ResetPlanReader planner = _planner.Without(captured.Tables);
        try
        {
            ResetPlan plan = await planner.ReadAsync(_session!.Session, cancellationToken).ConfigureAwait(false);
            return others.SetEquals(plan.Tables.Select(table => table.Name))
                ? new DatabaseResetter(_settings, planner, _extensions, _connections, plan, _dialect)
                : null;
        }
        catch (PurgeException)
        {
            // The others cannot be reset without these tables, such as parts of one entity: each reset puts all rows back.
            return null;
        }
    }

    /// <summary>Resets the tables without captured rows where the others are as they were put back; null otherwise.</summary>
    private async Task<LeakReport?> ResetUncapturedAsync(CancellationToken cancellationToken)
    {
        if (_captured is null
            || (_rest is null && !_capturesAll)
            || !await _captured.IsUntouchedAsync(_session!.Session, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        return _rest is not null
            ? await _rest.ResetOwnAsync(cancellationToken).ConfigureAwait(false)
            : _plan.Clean with
            {
                OpenTransactions = await _plan.FindWritersAsync(_session.Session, cancellationToken).ConfigureAwait(false),
            };
    }

    private async Task<LeakReport> RestoreCapturedAsync(
        DatabaseSession session,
        LeakReport report,
        CancellationToken cancellationToken)
    {
        try
        {
            return await _captured!.RestoreAsync(session, report, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, cancellationToken))
        {
            throw new PurgeException(
                $"The tables of database \"{_plan.Facts.Plan.Database.Database}\" were emptied, and the captured rows could not be put "
                    + $"back: {DatabaseFailure.Describe(e)}. If the schema was changed or another resetter has captured since, capture "
                    + "again.",
                e);
        }
    }

    private async Task FitCapturedAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        if (_captured is not null)
        {
            _captured = await _captured.FitAsync(_plan, session, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<LeakReport> SeedAsync(DatabaseSession? over, LeakReport report, CancellationToken cancellationToken)
    {
        ConnectionSession session = over is null ? await OpenAsync(cancellationToken).ConfigureAwait(false) : new ConnectionSession(over);
        try
        {
            return await _seeds.RestoreAsync(session.Session, report, HookDatabase(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (PurgeException or OperationCanceledException))
        {
            throw Failure().NotSeeded(e);
        }
        finally
        {
            if (over is null)
            {
                await session.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    // The connection of the other tables' resetter is closed with this one's.
    private async Task DropAllAsync()
    {
        await DropAsync().ConfigureAwait(false);
        if (_rest is not null)
        {
            await _rest.DropAsync().ConfigureAwait(false);
        }
    }
}
