using System.Data.Common;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Resetting;

/// <summary>
/// Any engine, and any connection: one probe for what is dirty, then the plan's statements for it, in the plan's order and in one
/// transaction.
/// </summary>
internal sealed class OrderedResetPath(ResetPlan plan, DatabaseSession session, ResetSettings options) : ResetPath
{
    // A trigger may fill what was empty; one that does so every time will not stop.
    private const int MostPasses = 4;

    // Each deletes what was committed while the transaction before it waited or deleted.
    private const int MostTransactions = 10;

    private readonly Dictionary<TableName, int> _positions = plan.Tables.Select((table, i) => (table.Name, i)).ToDictionary(
        pair => pair.Name,
        pair => pair.i);

    public override async Task<(ResetState State, LeakReport Report)> ResetAsync(CancellationToken cancellationToken)
    {
        IExecutionStrategy strategy = session.Context.Database.CreateExecutionStrategy();
        return await strategy.ExecuteAsync(RunAsync, cancellationToken).ConfigureAwait(false);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<(ResetState State, LeakReport Report)> RunAsync(CancellationToken cancellationToken)
    {
        var leaked = new Dictionary<TableName, long>();
        for (int transactions = 1; ; transactions++)
        {
            bool isLast = transactions == MostTransactions;
            Result result;
            try
            {
                // Others may write until it turns out that they do.
                result = await RunOnceAsync(leaked, locks: transactions > 1, cancellationToken).ConfigureAwait(false);
            }
            catch (DbException e) when (!isLast && IsConflict(e) && session.IsOpen && !cancellationToken.IsCancellationRequested)
            {
                // Rows of another session arrived after the tables that they depend on, or it was waited for in a circle.
                continue;
            }

            if (result.State == ResetState.SchemaChanged)
            {
                return (ResetState.SchemaChanged, plan.Clean);
            }

            IReadOnlyList<TableName> refilled = result.MayHaveMissed
                ? await FindRowsAsync(cancellationToken).ConfigureAwait(false)
                : [];
            if (refilled.Count == 0)
            {
                return (ResetState.Emptied, plan.Clean with
                {
                    Tables = [.. leaked
                        .OrderBy(pair => _positions[pair.Key])
                        .Select(pair => new TableReport { Table = pair.Key, RowsBefore = pair.Value })],
                    OpenTransactions = result.Writers,
                });
            }

            if (isLast)
            {
                throw ResetPlan.RefilledAfterwards(refilled);
            }
        }
    }

    /// <summary>
    /// Determines whether rows of another session may be the cause: the classes of SQLSTATE for integrity constraint violations and for
    /// transaction rollbacks.
    /// </summary>
    public static bool IsConflict(DbException exception)
        => exception.SqlState is { } state
            && (state.StartsWith("23", StringComparison.Ordinal) || state.StartsWith("40", StringComparison.Ordinal));

    // Looks again outside of the transaction: what others have committed while it waited or deleted is not seen within it.
    private async Task<IReadOnlyList<TableName>> FindRowsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<long> found = await session.LookAsync(
            [.. plan.Tables.Select(table => (table, false))],
            lockTimeout: null,
            cancellationToken).ConfigureAwait(false);
        return [.. plan.Tables.Where((_, i) => found[i] != 0).Select(table => table.Name)];
    }

    private async Task<Result> RunOnceAsync(Dictionary<TableName, long> leaked, bool locks, CancellationToken cancellationToken)
    {
        var toUndo = new Stack<SqlStatement>();
        var rows = new DirtyRows();
        var runner = new PlanRunner(session, transactionContinues: false, TimeProvider.System, rows);
        Result result;
        try
        {
            result = await RunInTransactionAsync(toUndo, runner, rows, locks, cancellationToken).ConfigureAwait(false);
            foreach ((TableName table, long count) in rows.Leaked)
            {
                leaked[table] = leaked.GetValueOrDefault(table) + count;
            }

            if (result.State == ResetState.Emptied && session.Dialect.ResetsIdentityAfterCommit)
            {
                bool hasRestarted = await ResetIdentitiesAfterCommitAsync(cancellationToken).ConfigureAwait(false);
                result = result with { MayHaveMissed = result.MayHaveMissed || hasRestarted };
            }

            await UndoAsync(toUndo).ConfigureAwait(false);
        }
        catch (Exception e) when (toUndo.Count + runner.Pending.Count > 0 && session.IsOpen)
        {
            foreach (SqlStatement inverse in runner.Pending)
            {
                toUndo.Push(inverse);
            }

            await UndoAfterAsync(e, toUndo).ConfigureAwait(false);
            throw;
        }

        return result;
    }

    // Settings of the session for this reset alone, which remain after the transaction.
    private async Task UndoAsync(Stack<SqlStatement> toUndo)
    {
        while (toUndo.TryPeek(out SqlStatement? statement))
        {
            await session.ExecuteAsync(
                statement.Sql,
                statement.Parameters,
                cancellationToken: CancellationToken.None).ConfigureAwait(false);
            toUndo.Pop();
        }
    }

    private async Task UndoAfterAsync(Exception cause, Stack<SqlStatement> toUndo)
    {
        try
        {
            while (toUndo.TryPop(out SqlStatement? statement))
            {
                await session.ExecuteUnheardAsync(statement.Sql, statement.Parameters).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            throw new PurgeException(
                $"The reset of database \"{plan.Facts.Plan.Database.Database}\" failed ({cause.Message.TrimEnd('.')}), and the "
                    + $"settings of the session could not be restored ({e.Message.TrimEnd('.')}). Close its connection.",
                new AggregateException(cause, e));
        }
    }

    // What fails here must not be retried, or reported, as if the rows were still there.
    private async Task<bool> ResetIdentitiesAfterCommitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ResetIdentitiesAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, cancellationToken))
        {
            string advice = DatabaseFailure.Advice(session.Dialect, e, " Reset as a role that may alter them.");
            throw new PurgeException(
                $"The tables of database \"{plan.Facts.Plan.Database.Database}\" were emptied, and their numbers could not be restarted: "
                    + $"{e.Message.TrimEnd('.')}.{advice} End what still reads the tables, or leave the numbers alone (ResetIdentity = "
                    + $"false).",
                e);
        }
    }

    /// <summary>Restarts the counters that have moved.</summary>
    /// <returns>Whether there were any.</returns>
    private async Task<bool> ResetIdentitiesAsync(CancellationToken cancellationToken)
    {
        if (!options.ResetIdentity)
        {
            return false;
        }

        HashSet<TableName>? moved = session.Dialect.MovedIdentities is { } query
            ? [.. await session
                .QueryAsync(
                    query,
                    reader => new TableName(reader.IsDBNull(0) ? null : reader.GetString(0), reader.GetString(1)),
                    cancellationToken)
                .ConfigureAwait(false)]
            : null;
        // A sequence of the model is no counter of a table, whose move is shown.
        HashSet<string> sequences = [.. plan.Facts.Schema.Live.Identities
            .Where(counter => counter is { Users.Count: > 0, Sequence: not null })
            .Select(counter => session.Dialect.ResetIdentity(session.Sql, counter.Table, counter.Column, counter.Sequence)?.Sql)
            .OfType<string>()];
        List<PlanStep> restarts = [.. plan.Facts.Plan.Steps
            .Where(step => step.Kind == PlanStepKind.ResetIdentity
                && (sequences.Contains(step.Sql) || moved?.Contains(step.Tables[0]) != false))];
        foreach (PlanStep step in restarts)
        {
            await session.ExecuteAsync(step.Sql, step.Parameters, cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        return restarts.Count > 0;
    }

    private async Task<Result> RunInTransactionAsync(
        Stack<SqlStatement> toUndo,
        PlanRunner runner,
        DirtyRows rows,
        bool locks,
        CancellationToken cancellationToken)
    {
        IDbContextTransaction transaction = await session.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            if (!await PrepareAsync(toUndo, cancellationToken).ConfigureAwait(false))
            {
                return Result.SchemaChanged;
            }

            // Principals first, as rows are inserted: then no writer waits in a circle.
            string? lockTables = locks ? session.Dialect.Lock(session.Sql, [.. plan.Tables.Select(table => table.Name).Reverse()]) : null;
            if (lockTables is not null)
            {
                await session.ExecuteAsync(lockTables, [], cancellationToken: cancellationToken).ConfigureAwait(false);
            }

            await ThrowIfKeptRowsAreInTheWayAsync(cancellationToken).ConfigureAwait(false);
            if (!await EmptyAsync(runner, rows, cancellationToken).ConfigureAwait(false))
            {
                return Result.SchemaChanged;
            }

            // Also of tables without rows: a test may have deleted its own.
            await runner.RunAsync(
                plan.Facts.Plan.Steps.Where(step => step.Kind == PlanStepKind.PurgeHistory),
                cancellationToken).ConfigureAwait(false);

            bool hasRestarted = !session.Dialect.ResetsIdentityAfterCommit
                && await ResetIdentitiesAsync(cancellationToken).ConfigureAwait(false);
            if ((hasRestarted || rows.Leaked.Count > 0) && !await IsOfThisStructureAsync(cancellationToken).ConfigureAwait(false))
            {
                return Result.SchemaChanged;
            }

            IReadOnlyList<string> writers = await plan.FindWritersAsync(session, cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);

            // The count of one batch may have waited for what was written to the tables of the batch before it.
            bool mayHaveWaited = hasRestarted || rows.Leaked.Count > 0 || plan.Tables.Count > DatabaseSession.CountBatch;
            return new Result(ResetState.Emptied, writers, MayHaveMissed: lockTables is null && mayHaveWaited);
        }
    }

    private async Task<bool> IsOfThisStructureAsync(CancellationToken cancellationToken)
        => string.Equals(
            await ResetPlan.ReadStructureMarkAsync(session, cancellationToken).ConfigureAwait(false),
            plan.StructureMark,
            StringComparison.Ordinal);

    /// <summary>Sets the lock timeout, and acquires the locks of the reset.</summary>
    /// <returns>Whether the plan still fits the schema.</returns>
    private async Task<bool> PrepareAsync(Stack<SqlStatement> toUndo, CancellationToken cancellationToken)
    {
        string? setting = await SessionGuard.ApplySettingAsync(session, cancellationToken).ConfigureAwait(false);
        if (setting is not null && session.Dialect is { LockTimeoutOutlivesTransaction: true } dialect)
        {
            toUndo.Push(dialect.ChangeSetting(setting)!);
        }

        // The plan turns it on again; a given connection may have had it off.
        if (session.Dialect.ConstraintSetting is { } checks
            && plan.Facts.Plan.Steps.Any(step => step.Kind == PlanStepKind.EnableConstraints))
        {
            toUndo.Push(checks.Undo(await session.QueryTextAsync(checks.State, cancellationToken).ConfigureAwait(false)));
        }

        if (session.Dialect.SetLockTimeout(SessionGuard.Milliseconds(options.LockTimeout)) is { } limit)
        {
            if (session.Dialect is { LockTimeoutOutlivesTransaction: true, LockTimeoutState: { } state })
            {
                string before = await session.QueryTextAsync(state, cancellationToken).ConfigureAwait(false);
                toUndo.Push(session.Dialect.SetLockTimeout(before)!);
            }

            await session.ExecuteAsync(limit.Sql, limit.Parameters, cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        if (session.Dialect.WaitForPurgeLock is { } wait)
        {
            if (session.Dialect.ReleasePurgeLock is { } release)
            {
                toUndo.Push(SqlStatement.Of(release));
            }

            if ((await session.QueryAsync(wait, session.Dialect.IsPurgeLock, cancellationToken).ConfigureAwait(false)).Contains(false))
            {
                throw new PurgeException(
                    $"Another purge or reset of database \"{plan.Facts.Plan.Database.Database}\" held its lock for longer than "
                        + $"LockTimeout allows ({options.LockTimeout}). Let it end, or wait longer. Nothing was changed.");
            }
        }

        if (!await IsOfThisStructureAsync(cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        if (plan.LockOfExposed(session) is { } keptLock)
        {
            await session.ExecuteAsync(keptLock, [], cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Deletes the rows that are found.</summary>
    /// <returns>Whether the plan still fits the schema; otherwise nothing was deleted.</returns>
    private async Task<bool> EmptyAsync(PlanRunner runner, DirtyRows rows, CancellationToken cancellationToken)
    {
        Dictionary<TableName, long> dirty = await ProbeAsync(cancellationToken).ConfigureAwait(false);
        if (dirty.Count == 0)
        {
            return true;
        }

        // Where no cheap query reports a changed schema, it is read before anything is deleted.
        if (session.Dialect.StructureMark is null && !await plan.HasSameKeysAsync(session, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        if (KeptStorage.Refusal(plan.Facts) is { } refusal)
        {
            throw new PurgeException($"Nothing was reset: {refusal}");
        }

        // Changes that triggers make in other tables can only be detected this way.
        var found = new PurgeRun(attempt: 1, joinedTransaction: false, _positions.Keys);
        KeptContent? kept = plan.Triggers.Count == 0 ? null : new KeptContent(session, plan.Facts, found);
        await (kept?.BeforeAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        if (plan.Triggers.Count > 0 && session.Dialect.DeferConstraints is { } defer)
        {
            // A trigger may insert into a table that was already emptied.
            await session.ExecuteAsync(defer, [], cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        for (int pass = 0; dirty.Count > 0; pass++)
        {
            if (pass == MostPasses)
            {
                throw plan.RefilledBy(dirty.Keys.OrderBy(table => _positions[table]));
            }

            rows.Counted = dirty;
            await runner.RunAsync(
                plan.Facts.Plan.Steps.Where(
                    step => !step.RunsBeforeCounting
                        && step.Kind is not (PlanStepKind.ResetIdentity or PlanStepKind.PurgeHistory)
                        && step.Tables.Any(dirty.ContainsKey)).ToList(),
                cancellationToken).ConfigureAwait(false);
            rows.AddLeaks();
            dirty = plan.Triggers.Count > 0 ? await ProbeAsync(cancellationToken).ConfigureAwait(false) : [];
        }

        if (session.Dialect.RunDeferred is { } runDeferred)
        {
            await session.ExecuteAsync(runDeferred, [], cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        if (kept is not null)
        {
            await kept.AfterAsync(cancellationToken).ConfigureAwait(false);
            ThrowIfChanged(found, kept);
        }

        return true;
    }

    private async Task ThrowIfKeptRowsAreInTheWayAsync(CancellationToken cancellationToken)
    {
        var blocking = new List<ForeignKey>();
        foreach (ForeignKey key in plan.KeptKeys)
        {
            if (await session.CountReferencingNowAsync(key, plan.Facts.Table(key.Dependent), cancellationToken).ConfigureAwait(false) > 0)
            {
                blocking.Add(key);
            }
        }

        if (blocking.Count > 0)
        {
            throw ResetPlan.BlockedBy(blocking);
        }
    }

    private void ThrowIfChanged(PurgeRun found, KeptContent kept)
    {
        if (kept.Changed.Any())
        {
            throw plan.ChangedByTriggers([.. kept.Changed]);
        }

        // What is kept beside tables: sequences and large objects.
        List<Verification> failed = [.. found.Verifications.Where(verification => verification.Result == Outcome.Failed)];
        if (failed.Count > 0)
        {
            throw plan.ChangedByTriggers(failed);
        }
    }

    private async Task<Dictionary<TableName, long>> ProbeAsync(CancellationToken cancellationToken)
        => (await session.CountAsync(plan.Tables, cancellationToken).ConfigureAwait(false)).Where(pair => pair.Value > 0).ToDictionary();

    /// <summary>What one transaction did.</summary>
    /// <param name="State">Whether the tables were emptied.</param>
    /// <param name="Writers">Who has written to the tables and not ended the transaction.</param>
    /// <param name="MayHaveMissed">Whether others may have committed rows that it did not see, while it waited or deleted.</param>
    private sealed record Result(ResetState State, IReadOnlyList<string> Writers, bool MayHaveMissed)
    {
        public static Result SchemaChanged { get; } = new(ResetState.SchemaChanged, [], MayHaveMissed: false);
    }

    /// <summary>The rows that the last probe counted, and those that were deleted.</summary>
    private sealed class DirtyRows : PlanListener
    {
        private readonly Dictionary<TableName, long> _deleted = [];

        public Dictionary<TableName, long> Counted { get; set; } = [];

        /// <summary>Gets the rows that were found, by table.</summary>
        public Dictionary<TableName, long> Leaked { get; } = [];

        public override long? RowsBefore(TableName table) => Counted.TryGetValue(table, out long rows) ? rows : null;

        public override void End(PlanStep step, IReadOnlyList<long?> rows, TimeSpan duration)
        {
            foreach ((TableName table, long? count) in step.Tables.Zip(rows))
            {
                _deleted[table] = _deleted.GetValueOrDefault(table) + (count ?? 0);
            }
        }

        // A cascade deletes rows that no statement reports, and a statement deletes rows that were committed after the count.
        public void AddLeaks()
        {
            foreach (TableName table in Counted.Keys.Union(_deleted.Keys))
            {
                long rows = Math.Max(Counted.GetValueOrDefault(table), _deleted.GetValueOrDefault(table));
                if (rows > 0)
                {
                    Leaked[table] = Leaked.GetValueOrDefault(table) + rows;
                }
            }

            _deleted.Clear();
        }
    }
}
