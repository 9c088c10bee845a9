using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Execution;
using FloworxPurge.Reading;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Archiving;

/// <summary>What a restore found and did.</summary>
/// <param name="Run">What was measured.</param>
/// <param name="Plan">What would be restored; null where the run ended before that was known.</param>
internal sealed record RestoreResult(PurgeRun Run, RestorePlan? Plan);

/// <summary>Restores an archive in one transaction: everything that stands against it first, then all of it or nothing.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class Restorer(DatabaseSession session, RestoreSource archive, RestoreSettings settings, ILogger logger)
{
    private static readonly Dictionary<string, IReadOnlyDictionary<string, long>> NoNumbers = new(StringComparer.Ordinal);

    private RestorePlan? _plan;

    // Whether the run that wrote the archive had not ended.
    private bool _endsRun;

    /// <summary>Runs; a failure is in the result, not thrown.</summary>
    /// <param name="isDryRun">Whether everything is checked and nothing written.</param>
    /// <param name="cancellationToken">Stops the run, and rolls it back.</param>
    public async Task<RestoreResult> RunAsync(bool isDryRun, CancellationToken cancellationToken)
    {
        int attempts = 0;
        PurgeRun run = NewRun(1);
        try
        {
            await session.Context.Database.CreateExecutionStrategy().ExecuteAsync(
                async token =>
                {
                    run = NewRun(++attempts);
                    _plan = null;
                    await AttemptAsync(run, isDryRun, token).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (run.Transaction == TransactionOutcome.Committed)
        {
            run.End = RunEnd.Done;
            run.NoteAfterwards(e);
        }
        catch (RunStoppedException e)
        {
            (run.End, run.Error, run.Exception) = (e.End, e.Message, e.InnerException ?? e);
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is not ObjectDisposedException)
        {
            (run.End, run.Error, run.Exception) = (RunEnd.Cancelled, "the caller asked to stop", e);
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, cancellationToken))
        {
            Exception cause = e is RetryLimitExceededException or InvalidOperationException && e.InnerException is DbException inner
                ? inner
                : e;
            string error = cause is DbException failure && session.Dialect.IsLockTimeout(failure)
                ? $"the lock wait timed out ({DatabaseFailure.Describe(cause)}).{run.LockHolders} Let the other session end, or wait "
                    + "longer."
                : $"{DatabaseFailure.Describe(cause)}."
                    + DatabaseFailure.Advice(session.Dialect, cause, " Grant this role the right that is named there.");
            (run.End, run.Error, run.Exception) = (RunEnd.Failed, error, cause);
        }

        return new RestoreResult(run, _plan);
    }

    private PurgeRun NewRun(int attempt)
        => new(attempt, joinedTransaction: false, archive.Manifest.Tables.Select(table => table.Table).Distinct());

    private async Task BeginAsync(PurgeRun run, RunTransaction transaction, CancellationToken cancellationToken)
    {
        try
        {
            await transaction.BeginAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (run.FailsAsReadOnly(e, session.Dialect))
        {
            run.Database = await LiveSchemaReader.ReadIdentityAsync(session, cancellationToken).ConfigureAwait(false);
            var refusals = new RestoreRefusals();
            refusals.Add(RestoreRefusalKind.Session, RestoreStructure.ReadOnly(DatabaseFailure.Describe(e)));
            Plan(run.Database, [], refusals, [], [], NoNumbers);
            throw new RunStoppedException(RunEnd.Refused, refusals.All[0].Text, e);
        }
    }

    private async Task AttemptAsync(PurgeRun run, bool isDryRun, CancellationToken cancellationToken)
    {
        var transaction = new RunTransaction(session, run, logger);
        await using (transaction.ConfigureAwait(false))
        {
            await BeginAsync(run, transaction, cancellationToken).ConfigureAwait(false);
            var guard = new SessionGuard(session, run, settings.LockTimeout, settings.TimeProvider);
            var pinned = new PinnedSettings(session);
            var loader = new RestoreLoader(session, archive);
            var committed = new CommittedState(session, settings.TimeProvider, settings.LockTimeout);
            List<StagedTable> staged = [];
            try
            {
                await guard.EnterAsync(cancellationToken).ConfigureAwait(false);
                await WorkAsync(run, pinned, loader, staged, isDryRun, cancellationToken).ConfigureAwait(false);
                if (isDryRun)
                {
                    await transaction.UndoAsync(() => LeaveAsync(guard, pinned, CancellationToken.None), isRefused: true)
                        .ConfigureAwait(false);
                    run.End = RunEnd.Done;
                    return;
                }

                await loader.DropAsync(staged, cancellationToken).ConfigureAwait(false);
                string? id = session.Dialect.TransactionId is { } query
                    ? Convert.ToString(
                        await session.ReadScalarAsync(query, cancellationToken).ConfigureAwait(false),
                        CultureInfo.InvariantCulture)
                    : null;
                run.Baseline = new CommitBaseline(id, [], [], MayWorkAtCommit: false);
                await LeaveAsync(guard, pinned, cancellationToken).ConfigureAwait(false);
                await transaction.CompleteAsync(committed, cancellationToken).ConfigureAwait(false);
                run.End = RunEnd.Done;
                await LookAgainAsync(run, staged, cancellationToken).ConfigureAwait(false);
                await DropListsAsync(run).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                await transaction.UndoAsync(
                    () => LeaveAsync(guard, pinned, CancellationToken.None),
                    e is RunStoppedException { End: RunEnd.Refused }).ConfigureAwait(false);
                if (guard.IsLockTimeout(e) && session.IsOpen)
                {
                    run.LockHolders = await guard.DescribeHoldersAsync().ConfigureAwait(false);
                }

                throw;
            }
            finally
            {
                await DropAsync(run, loader, staged).ConfigureAwait(false);
            }
        }
    }

    private static async Task LeaveAsync(SessionGuard guard, PinnedSettings pinned, CancellationToken cancellationToken)
    {
        await pinned.UndoAsync(cancellationToken).ConfigureAwait(false);
        await guard.LeaveAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task WorkAsync(
        PurgeRun run,
        PinnedSettings pinned,
        RestoreLoader loader,
        List<StagedTable> staged,
        bool isDryRun,
        CancellationToken cancellationToken)
    {
        var refusals = new RestoreRefusals();
        List<string> notes = [];
        DatabaseIdentity database = await LiveSchemaReader.ReadIdentityAsync(session, cancellationToken).ConfigureAwait(false);
        run.Database = database;
        RestoreStructure.CheckDatabase(database, archive.Manifest, settings, refusals);
        RunJournal? journal = await RunJournal.FindAsync(
            session,
            archive.Manifest.RunId,
            archive.Manifest.Database.DefaultSchema,
            cancellationToken).ConfigureAwait(false);
        JournalEntry? receipt = journal is null
            ? null
            : await journal.ReadAsync(archive.Manifest.RunId, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<ArchiveChunk> chunks = await archive.CheckAsync(receipt, refusals, notes, cancellationToken)
            .ConfigureAwait(false);
        Plan(database, chunks, refusals, notes, [], NoNumbers);
        if (session.Dialect.Restoring is not { } queries)
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                $"archives of {session.Dialect.Engine ?? session.Dialect.Name} cannot be restored: its catalog and its types are not known "
                    + "well "
                    + "enough to this library.");
        }

        Stop(refusals, isFinal: true);
        RestoreFacts facts = await HoldAsync(queries, isDryRun, cancellationToken).ConfigureAwait(false);
        staged.AddRange(new RestoreStructure(session, facts, settings, refusals).Check(archive.Manifest, RowsOf(chunks)));
        notes.AddRange(facts.Live.Facts
            .Where(fact => fact.Kind is SchemaFact.EventTrigger)
            .Select(fact => $"Event trigger \"{fact.Name}\" may fire when temporary tables are created. What it does is not verified."));
        notes.AddRange(facts.SequencesNotFound(archive.Manifest.Tables)
            .Select(sequence => $"Sequence {sequence.ToQuotedString()}, from which restored rows had their numbers, is not there, or this "
                + "role does not see it: it is not moved."));
        Plan(database, chunks, refusals, notes, staged, NoNumbers);
        if (refusals.Has(RestoreRefusalKind.Archive) || refusals.AreFinal || refusals.Has(RestoreRefusalKind.Permission))
        {
            // The rows cannot be read, or not into anything.
            Stop(refusals, isFinal: false);
        }

        await pinned.ChangeAsync(cancellationToken).ConfigureAwait(false);
        await LoadAsync(loader, staged, chunks, refusals, cancellationToken).ConfigureAwait(false);
        await new RestoreChecks(session, facts, staged, refusals).CheckAsync(receipt!.Chunks > 1, cancellationToken).ConfigureAwait(false);
        var writer = new RestoreWriter(session, facts, run, staged);
        var needed = await NeededAsync(writer, staged, refusals, cancellationToken).ConfigureAwait(false);
        Plan(database, chunks, refusals, notes, staged, needed);
        Stop(refusals, isFinal: false);
        if (!isDryRun)
        {
            await writer.WriteAsync(cancellationToken).ConfigureAwait(false);
            _endsRun = string.Equals(receipt.State, JournalEntry.Running, StringComparison.Ordinal);
            if (!await journal!.TryMarkRestoredAsync(archive.Manifest.RunId, settings.TimeProvider.GetUtcNow(), cancellationToken)
                .ConfigureAwait(false))
            {
                throw new RunStoppedException(
                    RunEnd.Failed,
                    "the receipt of the archive was changed by another session while the rows were restored. Look at the database.");
            }
        }
    }

    // Locked first and read then, so that nothing changes in between.
    private async Task<RestoreFacts> HoldAsync(RestoreQueries queries, bool isDryRun, CancellationToken cancellationToken)
    {
        RestoreFacts facts = await RestoreFacts.ReadAsync(session, queries, cancellationToken).ConfigureAwait(false);
        HashSet<TableName> names = [.. archive.Manifest.Tables.Select(table => table.Table)];
        TableName[] there =
        [
            .. facts.Live.Tables
                .Where(table => names.Contains(table.Name) && table.Kind is not TableKind.View && table.CanSelect && table.MayUseSchema)
                .Select(table => table.Name)
                .Where(table => facts.Rights.GetValueOrDefault(table) is null or { MayLock: true })
                .Order(),
        ];
        if (isDryRun || there.Length == 0)
        {
            return facts;
        }

        await new StructureGuard(session).HoldAsync(there, isBestEffort: false, cancellationToken).ConfigureAwait(false);
        if (session.Dialect.LockForRestore(session.Sql, there) is { } locking)
        {
            await session.ExecuteAsync(locking, [], cancellationToken).ConfigureAwait(false);
        }

        return await RestoreFacts.ReadAsync(session, queries, cancellationToken).ConfigureAwait(false);
    }

    private async Task LoadAsync(
        RestoreLoader loader,
        IReadOnlyList<StagedTable> staged,
        IReadOnlyList<ArchiveChunk> chunks,
        RestoreRefusals refusals,
        CancellationToken cancellationToken)
    {
        await loader.CreateAsync(staged, cancellationToken).ConfigureAwait(false);
        foreach (StagedTable table in staged.Where(table => table.Rows > 0))
        {
            string? problem;
            try
            {
                problem = await loader.LoadAsync(table, chunks, cancellationToken).ConfigureAwait(false);
            }
            catch (DbException e) when (session.IsOpen && !e.IsTransient && !cancellationToken.IsCancellationRequested)
            {
                problem = $"The rows of {table.Name.ToQuotedString()} cannot be read as they were archived: {DatabaseFailure.Describe(e)}. "
                    + "Change its types back for the restore.";
            }

            if (problem is not null)
            {
                // A statement that failed may have ended the transaction: nothing more can be asked in it.
                refusals.Add(RestoreRefusalKind.Archive, table.Name, problem);
                _plan = _plan! with { Refusals = [.. refusals.All] };
                Stop(refusals, isFinal: false);
            }
        }
    }

    private static async Task<Dictionary<string, IReadOnlyDictionary<string, long>>> NeededAsync(
        RestoreWriter writer,
        IReadOnlyList<StagedTable> staged,
        RestoreRefusals refusals,
        CancellationToken cancellationToken)
    {
        Dictionary<string, IReadOnlyDictionary<string, long>> needed = new(StringComparer.Ordinal);
        foreach (StagedTable table in staged.Where(table => !table.IsDetached))
        {
            needed[table.Archived.File] = await writer.NeededAsync(table, refusals, cancellationToken).ConfigureAwait(false);
        }

        return needed;
    }

    private static void Stop(RestoreRefusals refusals, bool isFinal)
    {
        if (isFinal ? refusals.AreFinal : refusals.All.Count > 0)
        {
            throw new RunStoppedException(RunEnd.Refused, string.Join(" ", refusals.All.Select(refusal => refusal.Text)));
        }
    }

    private static Dictionary<string, long> RowsOf(IReadOnlyList<ArchiveChunk> chunks)
        => chunks.SelectMany(chunk => chunk.Parts)
            .GroupBy(part => part.File, StringComparer.Ordinal)
            .ToDictionary(file => file.Key, file => file.Sum(part => part.Rows), StringComparer.Ordinal);

    private void Plan(
        DatabaseIdentity database,
        IReadOnlyList<ArchiveChunk> chunks,
        RestoreRefusals refusals,
        List<string> notes,
        IReadOnlyList<StagedTable> staged,
        Dictionary<string, IReadOnlyDictionary<string, long>> counters)
    {
        Dictionary<string, long> rows = RowsOf(chunks);
        _plan = new RestorePlan
        {
            ArchiveId = archive.Manifest.RunId,
            Directory = archive.Directory,
            Schema = archive.Schema,
            Database = database,
            ArchivedAt = archive.Manifest.StartedAt,
            Tables =
            [
                .. archive.Manifest.Tables.OrderBy(table => table.IsDetached).Select(table => new RestoreTable
                {
                    Table = table.Table,
                    Rows = rows.GetValueOrDefault(table.File),
                    IsDetached = table.IsDetached,
                    Counters = counters.GetValueOrDefault(table.File) ?? new Dictionary<string, long>(StringComparer.Ordinal),
                }),
            ],
            Refusals = [.. refusals.All],
            Notes = [.. notes],
        };
    }

    // The transaction is over: what other sessions write meanwhile shows here, too.
    private async Task LookAgainAsync(PurgeRun run, IReadOnlyList<StagedTable> staged, CancellationToken cancellationToken)
    {
        session.ReleaseTransaction();
        TableSchema[] counted = [.. staged
            .Select(table => table.Live)
            .DistinctBy(table => table.Name)
            .Where(table => run.Tables[table.Name].After is not null)];
        Dictionary<TableName, long> counts = await session.CountAsync(counted, cancellationToken).ConfigureAwait(false);
        List<TableName> large = [.. staged
            .Where(table => table.Rows > 0 && run.Tables[table.Name].After is null)
            .Select(table => table.Name)
            .Distinct()];
        IReadOnlyList<long> found = await session.LookAsync(
            [.. large.Select(name => (staged.First(table => table.Name == name).Live, false))],
            settings.LockTimeout,
            cancellationToken).ConfigureAwait(false);
        run.LookedAgainAt = settings.TimeProvider.GetUtcNow();
        foreach ((TableName table, long rows) in large.Zip(found))
        {
            string name = $"after the commit: rows in {table}";
            if (rows > 0)
            {
                run.Verify(name, "some", "some");
            }
            else
            {
                run.VerifyUnknown(name, "some", "none, which another session may have deleted since", mayBeUnknown: true);
            }
        }

        foreach (TableSchema table in counted)
        {
            string name = $"after the commit: rows of {table.Name}";
            long expected = run.Tables[table.Name].After ?? 0;
            if (counts[table.Name] == expected)
            {
                run.Verify(name, expected, counts[table.Name]);
            }
            else
            {
                run.VerifyUnknown(
                    name,
                    expected.ToString(CultureInfo.InvariantCulture),
                    $"{counts[table.Name].ToString(CultureInfo.InvariantCulture)}, which another session may have changed since",
                    mayBeUnknown: true);
            }
        }
    }

    // The run cannot be continued any more, so that nobody needs its lists. Whoever runs next has lists of the same names.
    private async Task DropListsAsync(PurgeRun run)
    {
        if (!_endsRun)
        {
            return;
        }

        try
        {
            string server = run.Database!.Server;
            RunLock held = await RunLock.AcquireAsync(session, server, time: null, CancellationToken.None).ConfigureAwait(false);
            await using (held.ConfigureAwait(false))
            {
                RunJournal? journal = await RunJournal.FindAsync(session, CancellationToken.None).ConfigureAwait(false);
                if (journal is not null && (await journal.ReadRunningAsync(CancellationToken.None).ConfigureAwait(false)).Count == 0)
                {
                    await ChunkLists.DropLeftAsync(session, run.Database, CancellationToken.None).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            run.Notes.Add(PlanNote.Warning(
                null,
                $"The lists of the rows of the run that was not ended could not be dropped ({DatabaseFailure.Describe(e)}). The next run "
                    + "in several transactions drops them."));
        }
    }

    // A session that has ended has none, and a restore that begins again drops them first.
    private async Task DropAsync(PurgeRun run, RestoreLoader loader, IReadOnlyList<StagedTable> staged)
    {
        if (!session.IsOpen || !session.Dialect.KeyTablesOutliveRollback || run.Transaction == TransactionOutcome.Committed)
        {
            return;
        }

        try
        {
            await loader.DropAsync(staged, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            run.Notes.Add(PlanNote.Warning(
                null,
                $"The temporary tables could not be dropped, and stay until the session ends: {DatabaseFailure.Describe(e)}."));
        }
    }
}
