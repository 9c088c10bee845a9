using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>Measures before the commit whether the purge did what the plan says, and nothing else.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class PurgeVerifier(DatabaseSession session, FreshFacts facts, PurgeRun run, string? structure)
{
    private bool _isWatching;
    private string? _session;
    private long? _deletedBefore;
    private readonly StayingRows _staying = new(session, facts, run);
    private readonly KeptVerifier _kept = new(session, facts, run);
    private Dictionary<TableName, ContentDigest> _failedBefore = [];
    private HashSet<TableName> _counted = [];

    /// <summary>Begins to watch what is kept, before rows are selected.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        await _kept.BeforeAsync(cancellationToken).ConfigureAwait(false);
        _isWatching = true;
    }

    /// <summary>Measures what has to be the same afterwards.</summary>
    public async Task BeforeAsync(CancellationToken cancellationToken)
    {
        _session = await ReadSessionAsync(cancellationToken).ConfigureAwait(false);
        _deletedBefore = await ReadDeletedAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyDictionary<TableName, long> rows = run.Selected?.Rows
            ?? await CountPurgedAsync(cancellationToken).ConfigureAwait(false);
        foreach ((TableName table, long count) in rows)
        {
            run.Tables[table].Before = count;
        }

        run.ObjectsBefore = Watched(facts.Schema.Live.Objects);
        _failedBefore = await TableDigest.OfAsync(session, PurgedAtRisk(), cancellationToken).ConfigureAwait(false);
        if (!_isWatching)
        {
            await _kept.BeforeAsync(cancellationToken).ConfigureAwait(false);
        }

        await _staying.BeforeAsync(cancellationToken).ConfigureAwait(false);

        // Where the server counts what this transaction deletes, another session's work on the other rows does not matter.
        _counted = await FindCountedAsync(cancellationToken).ConfigureAwait(false);
        if (run.Writes is null)
        {
            foreach ((TableName table, long count) in await CountOthersAsync(cancellationToken).ConfigureAwait(false))
            {
                run.Tables[table].Others = (count, null);
            }
        }
    }

    /// <summary>Counts the purged tables again and says which of them hold rows, though nothing failed there.</summary>
    public async Task<IReadOnlyList<TableName>> NotEmptyAsync(CancellationToken cancellationToken)
    {
        foreach ((TableName table, long count) in await CountPurgedAsync(cancellationToken).ConfigureAwait(false))
        {
            run.Tables[table].After = count;
        }

        return [.. run.Tables.Where(pair => pair.Value is { Error: null, After: > 0 }).Select(pair => pair.Key).Order()];
    }

    /// <summary>Verifies everything.</summary>
    /// <exception cref="RunStoppedException">Anything is not as it should be; the run has to be rolled back.</exception>
    public async Task AfterAsync(PurgeSettings settings, CancellationToken cancellationToken)
    {
        await CheckSessionAsync(cancellationToken).ConfigureAwait(false);
        await NotEmptyAsync(cancellationToken).ConfigureAwait(false);
        await ReconcileAsync(cancellationToken).ConfigureAwait(false);
        await VerifyDeletedAsync(cancellationToken).ConfigureAwait(false);
        TargetGuard.CheckDeleted(run, settings);
        VerifyLeft();
        Unverified.AddHiddenKeys(run, facts);
        await VerifyOthersAsync(cancellationToken).ConfigureAwait(false);
        await VerifySelectionAsync(cancellationToken).ConfigureAwait(false);
        ArchiveVerifier.Verify(run);
        await VerifySnapshotAsync(cancellationToken).ConfigureAwait(false);
        await VerifyHistoriesAsync(cancellationToken).ConfigureAwait(false);
        await VerifyFailedAsync(cancellationToken).ConfigureAwait(false);
        await _kept.AfterAsync(cancellationToken).ConfigureAwait(false);
        await _staying.AfterAsync(cancellationToken).ConfigureAwait(false);
        bool rowsDiffer = run.Verifications.Any(verification => verification.Result == Outcome.Failed);
        DatabaseSchema now = await ReadAgainAsync(cancellationToken).ConfigureAwait(false);
        run.ObjectsAfter = Watched(now.Objects);
        ILookup<string, SchemaObject> objectsBefore = run.ObjectsBefore.ToLookup(o => o.Kind, StringComparer.Ordinal);
        ILookup<string, SchemaObject> objectsAfter = run.ObjectsAfter.ToLookup(o => o.Kind, StringComparer.Ordinal);
        foreach (string kind in objectsBefore
            .Concat(objectsAfter)
            .Select(objects => objects.Key)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal))
        {
            List<SchemaObject> before = [.. objectsBefore[kind]];
            List<SchemaObject> after = [.. objectsAfter[kind]];
            int changed = before.Except(after).Union(after.Except(before)).DistinctBy(o => (o.Table, o.Name)).Count();
            run.Verify($"{kind} definitions and states changed", 0, changed);
        }

        IReadOnlyList<string> changes = StructureChange.Find(facts.Schema.Live, now, run.Tables.Keys);
        run.Verify("changes of the structure of purged tables", 0, changes.Count);
        if (facts.MayChangeAnyTable)
        {
            IReadOnlyList<string> kept = StructureChange.FindKept(facts.Schema.Live, now, [.. _kept.Tables.Select(table => table.Name)]);
            run.Verify("kept tables that were dropped, replaced or partitioned otherwise", 0, kept.Count);
            changes = [.. changes, .. kept];
        }

        List<Verification> failed = [.. run.Verifications.Where(verification => verification.Result == Outcome.Failed)];
        if (failed.Count == 0)
        {
            Unverified.ThrowIfAny(run, settings);
            return;
        }

        string cause =
            changes.Count > 0 ? $" While the purge ran, the structure changed: {string.Join("; ", changes)}. {TargetGuard.NewPlan}"
            : !rowsDiffer ? string.Empty
            : facts.Triggers() is { Count: > 0 } triggers
                ? $" Triggers or rules fire on purged tables: "
                    + $"{string.Join(", ", triggers.Select(trigger => $"\"{trigger.Name}\" on {trigger.Table}"))}.{_kept.Choices()}"
                : " Rows may have arrived from another session; stop it from writing, or run again.";
        throw new RunStoppedException(
            RunEnd.Failed,
            "the verification before the commit failed: "
                + string.Join("; ", failed.Select(one => $"{one.Name}: expected {one.Expected}, found {one.Actual}"))
                + "." + cause);
    }

    private void VerifyLeft()
    {
        foreach (TableName table in facts.Plan.Tables.Select(table => table.Table).Where(table => run.Tables[table].Error is null))
        {
            long left = run.Tables[table].After ?? 0;
            if (left == 0 && facts.Table(table).HidesRows)
            {
                run.MayHoldHiddenRows.Add(table);
                run.VerifyUnknown($"rows left in purged table {table}", "0", "0 visible; row security may hide others");
            }
            else
            {
                run.Verify($"rows left in purged table {table}", 0, left);
            }
        }
    }

    // Where the engine says that nothing has changed since before the facts were read, they are still true.
    private async Task<DatabaseSchema> ReadAgainAsync(CancellationToken cancellationToken)
    {
        bool isSame = structure is not null
            && string.Equals(
                structure,
                await StructureGuard.ReadStateAsync(session, cancellationToken).ConfigureAwait(false),
                StringComparison.Ordinal);
        return isSame ? facts.Schema.Live : await LiveSchemaReader.ReadAsync(session, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string?> ReadSessionAsync(CancellationToken cancellationToken)
        => session.Dialect.SessionState is { } query ? await session.QueryTextAsync(query, cancellationToken).ConfigureAwait(false) : null;

    // Under another role, or with foreign keys off, the later measurements could not be compared.
    private async Task CheckSessionAsync(CancellationToken cancellationToken)
    {
        string? now = await ReadSessionAsync(cancellationToken).ConfigureAwait(false);
        if (now is not null && session.Dialect.HasEnded(now))
        {
            run.Transaction = TransactionOutcome.Unknown;
            throw new RunStoppedException(
                RunEnd.Failed,
                "the server has ended the transaction by itself, as a deadlock does, and whoever sent the statement that failed, such as "
                    + "a listener to "
                    + "commands, did not report that. What was deleted after that is committed. Count the rows before doing anything "
                    + "else.");
        }

        if (!string.Equals(now, _session, StringComparison.Ordinal))
        {
            throw new RunStoppedException(
                RunEnd.Failed,
                $"a trigger, or a listener to commands, has changed the session while rows were deleted, so that the result cannot be "
                    + $"verified. "
                    + $"Before: {_session}. Now: {now}.");
        }
    }

    // The rows before, deleted and after have to match. A difference needs a known cause.
    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        await CountDeletedAsync(cancellationToken).ConfigureAwait(false);
        foreach ((TableName table, TableRun state) in run.Tables.Where(pair => pair.Value.Error is null).OrderBy(pair => pair.Key))
        {
            if (state.Arrived > 0)
            {
                Warn(
                    table,
                    $"{Quantity.Of(state.Arrived, "row")} arrived after the rows were counted, from another session or a trigger: "
                        + $"{state.Before} before and {state.Arrived} since are {state.Deleted} deleted and {state.After} left.");
            }
            else if (state.Arrived < 0)
            {
                Warn(
                    table,
                    $"{Quantity.Of(-state.Arrived, "row")} fewer were there than had been counted: another session deleted them. "
                        + $"{state.Before} before are {state.Deleted} deleted by this run, {-state.Arrived} by another session and "
                        + $"{state.After} left.");
            }

            if (state is { Counted: null, ByCascade: > 0 } && facts.CascadesInto(table).Count == 0 && facts.Triggers().Count == 0)
            {
                run.Verify(
                    $"rows of purged table {table} that neither this run nor a cascade deleted; another session may have",
                    0,
                    state.ByCascade);
            }
        }
    }

    private void Warn(TableName table, string text) => run.Notes.Add(PlanNote.Warning(table, text));

    private async Task<long?> ReadDeletedAsync(CancellationToken cancellationToken)
        => facts.Triggers().Count > 0 && session.Dialect.DeletedRows is { } query
            ? (await session.QueryNumbersAsync(query, cancellationToken).ConfigureAwait(false))[0]
            : null;

    // Triggers may delete rows of purged tables only. This includes rows that this transaction's snapshot does not show.
    private async Task VerifyDeletedAsync(CancellationToken cancellationToken)
    {
        if (_deletedBefore is not { } before || await ReadDeletedAsync(cancellationToken).ConfigureAwait(false) is not { } now)
        {
            return;
        }

        const string Name = "rows that triggers deleted beside those of purged tables";
        if (run.HasFailedTables || run.HistoriesPurged.Count > 0)
        {
            run.VerifyUnknown(Name, "0", "the server also counts what was rolled back, and the rows of a history");
        }
        else
        {
            // The server leaves out of its count what a foreign key's cascade deletes.
            long cascaded = run.Tables.Where(pair => facts.CascadesInto(pair.Key).Count > 0).Sum(pair => pair.Value.ByCascade);
            long beside = now - before - run.Tables.Values.Sum(table => table.Deleted);
            if (beside <= 0 && beside + cascaded > 0)
            {
                run.VerifyUnknown(
                    Name,
                    "0",
                    $"cascades deleted {Quantity.Of(cascaded, "row")} meanwhile, or triggers deleted up to as many elsewhere");
            }
            else
            {
                run.Verify(Name, 0, Math.Max(0, beside));
            }
        }
    }

    // A TRUNCATE is not counted.
    private async Task CountDeletedAsync(CancellationToken cancellationToken)
    {
        if (run.Writes is not { } writes)
        {
            return;
        }

        ILookup<TableName, long> deleted = (await writes.ReadAsync(cancellationToken).ConfigureAwait(false))
            .ToLookup(table => facts.PlannedOf(table.Table), table => table.Deleted);
        HashSet<TableName> truncated = [.. facts.Plan.Steps
            .Where(step => step.Kind == PlanStepKind.Truncate)
            .SelectMany(step => step.Tables)];
        foreach ((TableName table, TableRun state) in run.Tables.Where(pair => pair.Value.Error is null && !truncated.Contains(pair.Key)))
        {
            state.Counted = deleted[table].Sum();
        }
    }

    // The rows that the filter does not select; another session may add to them.
    private async Task VerifyOthersAsync(CancellationToken cancellationToken)
    {
        foreach ((TableName table, long count) in await CountOthersAsync(cancellationToken).ConfigureAwait(false))
        {
            TableRun state = run.Tables[table];
            if (state.Others is not { } others)
            {
                state.Others = (count, count);
                continue;
            }

            long before = others.Before;
            state.Others = (before, count);
            if (count > before)
            {
                Warn(
                    table,
                    $"{Quantity.Of(count - before, "other row")} arrived while the selected rows were deleted, from another session or a "
                        + $"trigger.");
            }

            run.Verify($"rows of table {table} that were not to be deleted", before, Math.Min(before, count));
        }
    }

    // Keys of selected rows are looked for, not rows that a statement says it deleted: a cascade hides rows from its count.
    private async Task VerifySelectionAsync(CancellationToken cancellationToken)
    {
        if (facts.Selection is not { } selection || run.HasFailedTables)
        {
            return;
        }

        foreach (TableName table in facts.Plan.Tables.Select(table => table.Table))
        {
            TableRun state = run.Tables[table];
            string name = $"rows deleted from table {table}";
            if (state.Counted is { } counted)
            {
                run.Verify(name, state.Before ?? 0, counted);
            }
            else if (!_counted.Contains(table))
            {
                VerifyReported(name, state);
            }
        }

        foreach (RowReference reference in selection.References.Where(reference => !reference.IsTie
            && (reference.Action != ReferenceAction.Follow
                || reference.Key is { IsEnforced: false } or { IsOff: true }
                || facts.Schema.Live.ForeignKeysAreOff)))
        {
            run.Verify(
                $"rows of {reference.Key.Dependent} that reference a deleted row of {reference.Key.Principal} through "
                    + $"{string.Join(", ", reference.Key.DependentColumns)}",
                0,
                (await session.QueryNumbersAsync(selection.Sql.CountStaying(reference), cancellationToken).ConfigureAwait(false))[0]);
        }
    }

    // Another session may have deleted some of the rows.
    private void VerifyReported(string name, TableRun state)
    {
        long before = state.Before ?? 0;
        if (state.Reported is { } reported)
        {
            run.Verify(name, before, Math.Max(before, reported));
        }
        else
        {
            run.VerifyUnknown(name, before.ToString(CultureInfo.InvariantCulture), "not reported by the driver");
        }
    }

    private async Task VerifySnapshotAsync(CancellationToken cancellationToken)
    {
        string? level = session.Dialect.IsolationState is { } query
            ? await session.QueryTextAsync(query, cancellationToken).ConfigureAwait(false)
            : null;
        if (level is not null && session.Dialect.HidesLaterCommits(level))
        {
            run.VerifyUnknown(
                "rows that other sessions committed since the transaction's snapshot was taken",
                "0",
                $"hidden by the isolation level ({level}); purge in a transaction of READ COMMITTED",
                mayBeUnknown: run.JoinedTransaction);
        }

        if (run.JoinedTransaction && facts.MayWorkAtCommit && session.Dialect.RunDeferred is not null)
        {
            run.VerifyUnknown(
                CommittedState.AtCallersCommit,
                "nothing",
                "not known before the commit; call VerifyAsync after it",
                mayBeUnknown: true);
        }
    }

    private async Task VerifyHistoriesAsync(CancellationToken cancellationToken)
    {
        foreach (RowHistory history in facts.Schema.Live.Histories.Where(history => run.HistoriesPurged.Contains(history.Table)))
        {
            if (session.Dialect.CountHistory(session.Sql, history.Table, history.Store) is { } sql)
            {
                run.Verify(
                    $"rows left in the history of purged table {history.Table}",
                    0,
                    (await session.QueryNumbersAsync(sql, cancellationToken).ConfigureAwait(false))[0]);
            }
        }
    }

    // A table that failed is as before, unless another table's trigger wrote to it since.
    private async Task VerifyFailedAsync(CancellationToken cancellationToken)
    {
        List<TableName> failed = [.. run.Tables.Where(pair => pair.Value.Error is not null).Select(pair => pair.Key).Order()];
        Dictionary<TableName, ContentDigest> now = await TableDigest.OfAsync(
            session,
            failed.Where(_failedBefore.ContainsKey).Select(facts.Table),
            cancellationToken).ConfigureAwait(false);
        foreach (TableName table in failed)
        {
            run.Verify($"rows of failed table {table}", run.Tables[table].Before ?? 0, run.Tables[table].After ?? 0);
            if (now.TryGetValue(table, out ContentDigest? digest))
            {
                ContentDigest.Verify(run, $"content of failed table {table}", _failedBefore[table], digest);
            }
        }
    }

    private IEnumerable<TableSchema> PurgedAtRisk()
        => facts.Plan.BestEffort && facts.MayChangeAnyTable
            ? facts.Plan.Tables.Select(table => facts.Table(table.Table))
            : [];

    // What another session does to tables that this purge cannot reach is not verified.
    private List<SchemaObject> Watched(IEnumerable<SchemaObject> objects)
    {
        HashSet<TableName> watched = facts.Schema.Live.WithPartitions(
            facts.Plan.Tables.Select(table => table.Table).Concat(_kept.Tables.Select(table => table.Name)));
        return [.. objects.Where(o => watched.Contains(o.Table) && (facts.MayChangeAnyTable || o.Kind is not "view"))];
    }

    private async Task<Dictionary<TableName, long>> CountOthersAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<TableSchema> tables = [.. facts.Plan.Tables
            .Select(table => facts.Table(table.Table))
            .Where(table => table.Filter is not null && _counted.Contains(table.Name))
            .Select(table => table with { Filter = null })];

        // Of all rows those that were selected, and are not deleted yet.
        return (await session.CountAsync(tables, cancellationToken).ConfigureAwait(false))
            .ToDictionary(pair => pair.Key, pair => pair.Value - (run.Tables[pair.Key].After ?? run.Tables[pair.Key].Before ?? 0));
    }

    // Counting a large table may take longer than the purge. The number is only for the report where the server counts what the
    // transaction deletes, and where nothing can delete rows of the table but the statement that reports how many they are.
    private async Task<HashSet<TableName>> FindCountedAsync(CancellationToken cancellationToken)
    {
        HashSet<TableName> counted = [];
        foreach (TableSchema table in facts.Plan.Tables
            .Select(table => facts.Table(table.Table))
            .Where(table => table.Filter is not null))
        {
            bool isForReport = run.Writes is not null || (!facts.MayChangeAnyTable && facts.CascadesInto(table.Name).Count == 0);
            if (!isForReport
                || !(table.EstimatedRows is null
                    ? await session.HasMoreRowsAsync(table, CommitBaseline.MostRowsToCount, cancellationToken).ConfigureAwait(false)
                    : CommitBaseline.IsLarge(table)))
            {
                counted.Add(table.Name);
            }
        }

        return counted;
    }

    private async Task<Dictionary<TableName, long>> CountPurgedAsync(CancellationToken cancellationToken)
    {
        if (facts.Selection is not { } selection)
        {
            return await session.CountAsync(
                [.. facts.Plan.Tables.Select(table => facts.Table(table.Table))],
                cancellationToken).ConfigureAwait(false);
        }

        Dictionary<TableName, long> rows = [];
        foreach (TableName table in facts.Plan.Tables.Select(table => table.Table))
        {
            rows[table] = (await session.QueryNumbersAsync(selection.Sql.CountThere(table), cancellationToken).ConfigureAwait(false))[0];
        }

        return rows;
    }
}
