using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>The archive of one run, in a folder.</summary>
/// <param name="settings">Where, and how.</param>
/// <param name="time">The clock of the manifest.</param>
/// <param name="entry">What the database remembers of a run in several transactions; null for a run in one.</param>
/// <param name="runId">The id of a run in one transaction that every call of it has; null for a new one.</param>
/// <param name="isLocked">Whether the run holds the lock that keeps other runs away, as one in several transactions does.</param>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class RunArchive(
    ArchiveSettings settings, TimeProvider time, JournalEntry? entry, string? runId, bool isLocked) : IRunArchive
{
    private readonly ArchiveFolder _folder = new(settings.FullPath!);
    private ArchiveWriter? _writer;
    private ArchiveManifest? _manifest;
    private IReadOnlyList<ArchivedTable> _tables = [];
    private FreshFacts? _layoutOf;
    private ArchiveSource? _source;
    private bool _isCompleted;

    // Whether the attempt before left what it wrote, since it no longer held the lock of the run, and the note that says so.
    private bool _isLeft;
    private PlanNote? _left;

    // Of a run in one transaction, where the lock of every purge does not last until the commit is done.
    private RunLock? _held;
    private bool _wasAsked;

    /// <inheritdoc/>
    public string RunId { get; } = entry?.RunId ?? runId ?? Guid.NewGuid().ToString("D");

    /// <inheritdoc/>
    public string Location => settings.Directory!;

    /// <inheritdoc/>
    public string? Manifest => null;

    /// <inheritdoc/>
    public (long Chunks, string Hash) Receipt { get; private set; } = entry?.ArchiveHash is { } hash
        ? (entry.Chunks, hash)
        : (0, string.Empty);

    /// <inheritdoc/>
    public async Task PrepareAsync(
        DatabaseSession session,
        PurgePlan plan,
        Func<CancellationToken, Task<FreshFacts>> readFacts,
        CancellationToken cancellationToken)
    {
        if ((session.Dialect.NoArchive ?? session.Dialect.NoCopy(session.Connection)) is { } because)
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                $"ArchiveTo is not supported on {session.Dialect.Engine ?? session.Dialect.Name}: {because}.");
        }

        await HoldAsync(session, plan.Database.Server, cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isLeft)
            {
                TakeBack();
                _isLeft = false;
            }

            if (_writer is not null)
            {
                return;
            }

            if (Receipt.Chunks == 0)
            {
                await DiscardLeftAsync(session, plan.Database, cancellationToken).ConfigureAwait(false);
            }

            if (Receipt.Chunks == 0 && _folder.Problem() is not null)
            {
                bool hasReceipt = _folder.FindRun() is not null && await LockedAsync(
                    session,
                    plan.Database.Server,
                    () => HasReceiptAsync(session, cancellationToken),
                    cancellationToken).ConfigureAwait(false);
                throw new RunStoppedException(
                    RunEnd.Refused,
                    _folder.Problem(hasReceipt) ?? "the folder was changed meanwhile. Call again.");
            }

            if (Receipt.Chunks > 0 && !File.Exists(_folder.PathOf(ArchiveFolder.Manifest)))
            {
                throw new RunStoppedException(
                    RunEnd.Refused,
                    $"the run that is continued wrote its archive to \"{entry!.Archive}\", and \"{_folder.FullPath}\" has no file "
                        + $"{ArchiveFolder.Manifest}. Give the folder of that archive, with its files as they were.");
            }

            _folder.Create(RunId);
            var writer = new ArchiveWriter(_folder, settings.Wrap);
            if (Receipt.Chunks > 0)
            {
                _manifest = await writer.ContinueAsync(RunId, Receipt.Chunks, Receipt.Hash, cancellationToken).ConfigureAwait(false);
                CheckWrapped(_manifest);
            }

            _writer = writer;
        }
        catch (PurgeException e)
        {
            throw new RunStoppedException(RunEnd.Refused, e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                $"the archive cannot be written to \"{_folder.FullPath}\": {e.Message.TrimEnd('.')}. Choose a folder that this process may "
                    + "write to.",
                e);
        }
    }

    // An earlier call of the run, which was killed, may have left files here: nothing may be removed of an archive that is committed, or
    // that another call writes just now.
    private async Task DiscardLeftAsync(DatabaseSession session, DatabaseIdentity database, CancellationToken cancellationToken)
    {
        if (!string.Equals(_folder.FindRun()?.RunId, RunId, StringComparison.Ordinal))
        {
            RunJournal? journal = entry is null && runId is not null
                ? await RunJournal.FindAsync(session, cancellationToken).ConfigureAwait(false)
                : null;
            ThrowIf(journal is not null && await journal.ReadAsync(RunId, cancellationToken).ConfigureAwait(false) is not null);
            if ((entry is null && runId is null) || !_folder.HasTemporary(RunId))
            {
                return;
            }
        }

        await LockedAsync(
            session,
            database.Server,
            async () =>
            {
                ThrowIf(entry is null
                    && string.Equals(_folder.FindRun()?.RunId, RunId, StringComparison.Ordinal)
                    && await HasReceiptAsync(session, cancellationToken).ConfigureAwait(false));
                _folder.Discard(RunId, entry is null ? database : null);
                return true;
            },
            cancellationToken).ConfigureAwait(false);

        void ThrowIf(bool isCommitted)
        {
            if (isCommitted)
            {
                throw new RunStoppedException(
                    RunEnd.Refused,
                    $"the archive of this run is committed already, as run {RunId}. Call again: the receipt of the run answers. Where "
                        + "somebody has deleted that receipt, give the run another id, and another folder.");
            }
        }
    }

    // Nobody may take the files for those of a killed call as long as this one may still commit. Where the lock of every purge ends with
    // the transaction, it keeps others away until then; where it is released before, or is a file, this one does.
    private async Task HoldAsync(DatabaseSession session, string server, CancellationToken cancellationToken)
    {
        if (IsLocked(session) || EndsWithTransaction(session) || session.Transaction is not null || session.HasAmbientTransaction)
        {
            return;
        }

        // The session of an attempt that lost its connection may not have ended yet.
        TimeProvider? wait = _wasAsked ? time : null;
        _wasAsked = true;
        _held = await RunLock.AcquireAsync(session, server, wait, cancellationToken).ConfigureAwait(false);
    }

    // A session may acquire its own lock once more, which finds out whether it was lost; a file cannot be locked twice.
    private bool IsLocked(DatabaseSession session) => isLocked && (entry is not null || session.Dialect.AcquireRunLock is null);

    // The lock is that of every purge: a process that was killed may have sent its commit, and the server may still be at work on it.
    private async Task<bool> LockedAsync(
        DatabaseSession session,
        string server,
        Func<Task<bool>> work,
        CancellationToken cancellationToken)
    {
        if (IsLocked(session) || _held is not null)
        {
            return await work().ConfigureAwait(false);
        }

        IAsyncDisposable? own = !EndsWithTransaction(session)
                ? await RunLock.AcquireAsync(session, server, time: null, cancellationToken).ConfigureAwait(false)
            : session.Transaction is null && !session.HasAmbientTransaction
                ? await session.BeginTransactionAsync(cancellationToken).ConfigureAwait(false)
            : null;
        try
        {
            if (EndsWithTransaction(session))
            {
                await RunLock.AcquireForTransactionAsync(session, cancellationToken).ConfigureAwait(false);
            }

            return await work().ConfigureAwait(false);
        }
        finally
        {
            if (own is not null)
            {
                await own.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static bool EndsWithTransaction(DatabaseSession session)
        => session.Dialect is { AcquirePurgeLock: not null, ReleasePurgeLock: null };

    // Of the archive that is in the folder.
    private async Task<bool> HasReceiptAsync(DatabaseSession session, CancellationToken cancellationToken)
        => _folder.FindRun() is { RunId: var run, Database.DefaultSchema: var schema }
            && await RunJournal.FindAsync(session, run, schema, cancellationToken).ConfigureAwait(false) is { } journal
            && await journal.ReadAsync(run, cancellationToken).ConfigureAwait(false) is { ArchiveHash: not null };

    /// <inheritdoc/>
    public async Task BeginAsync(
        DatabaseSession session,
        FreshFacts whole,
        FreshFacts facts,
        PurgeRun run,
        CancellationToken cancellationToken)
    {
        _isCompleted = false;
        if (!ReferenceEquals(whole, _layoutOf))
        {
            _tables = await ArchiveLayout.ReadAsync(session, whole, nameOf: null, cancellationToken).ConfigureAwait(false);
            _layoutOf = whole;
        }

        if (!_writer!.IsBegun)
        {
            _manifest = ArchiveManifests.Create(this, whole, _tables, settings.RetainUntil, settings.Wrap is not null, time);
            await WriteAsync(() => _writer.BeginAsync(_manifest, cancellationToken)).ConfigureAwait(false);
        }
        else
        {
            CheckCovered(_writer);
            await WriteAsync(() =>
            {
                _writer.CutOnce();
                return Task.CompletedTask;
            }).ConfigureAwait(false);
        }

        if (!ArchiveManifests.IsOf(_manifest!, _tables))
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                $"the tables or their columns are not those of the archive in \"{_folder.FullPath}\" any more, so that it cannot be "
                    + "continued. Change them back, or begin another run with an archive in another folder.");
        }

        run.Archived = [];
        run.ArchivedDetached.Clear();
        HashSet<TableName> here = [.. facts.Plan.Tables.Select(table => table.Table)];
        _source = new ArchiveSource(
            session,
            facts,
            run,
            new FolderStore(session, _writer),
            [.. _tables.Where(table => table.Reference is not null || here.Contains(table.Table.Table))]);
        await WriteAsync(() => _source.StoreAsync(cancellationToken)).ConfigureAwait(false);
    }

    private async Task WriteAsync(Func<Task> write)
    {
        try
        {
            await write().ConfigureAwait(false);
        }
        catch (IOException e) when (!_writer!.IsBegun && _folder.HasManifest)
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                $"another run has begun an archive in \"{_folder.FullPath}\" meanwhile. Give each run a folder of its own.",
                e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunStoppedException(
                RunEnd.Failed,
                $"the archive cannot be written to \"{_folder.FullPath}\": {e.Message.TrimEnd('.')}. Make room there, or archive to "
                    + "another folder.",
                e);
        }
    }

    private void CheckWrapped(ArchiveManifest manifest)
    {
        if (manifest.IsWrapped != (settings.Wrap is not null))
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                manifest.IsWrapped
                    ? $"the archive in \"{_folder.FullPath}\" is wrapped, and {nameof(PurgeOptions.ArchiveTo)} has no wrap. Continue the "
                        + "run with the same wrap: parts of another kind could not be restored."
                    : $"the archive in \"{_folder.FullPath}\" is not wrapped, and {nameof(PurgeOptions.ArchiveTo)} has a wrap. Continue "
                        + "the run without it: parts of another kind could not be restored.");
        }
    }

    private void TakeBack()
    {
        ArchiveWriter writer = _writer!;
        writer.Abandon();
        Receipt = (writer.Chunks, writer.Chunks == 0 ? string.Empty : writer.Last);
        if (writer.Chunks == 0)
        {
            _writer = null;
            _folder.RemoveIfCreated();
        }
    }

    private static void CheckCovered(ArchiveWriter writer)
    {
        try
        {
            writer.CheckCovered();
        }
        catch (PurgeException e)
        {
            throw new RunStoppedException(RunEnd.Refused, e.Message, e);
        }
    }

    /// <inheritdoc/>
    public Task<long?> TryRunAsync(PlanStep step, CancellationToken cancellationToken)

        // Tables are locked before.
        => _source?.TryRunAsync(step, cancellationToken) ?? Task.FromResult<long?>(null);

    /// <inheritdoc/>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await WriteAsync(async () => Receipt = await _writer!.CompleteAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        _isCompleted = true;
    }

    /// <inheritdoc/>
    public async Task EndAsync(PurgeRun run, bool isHeld)
    {
        _source = null;

        try
        {
            // Otherwise it was refused before it was begun: what is in the folder is not of this run.
            if (_writer is { } writer)
            {
                End(writer, run, isHeld);
            }
        }
        finally
        {
            await ReleaseAsync(run).ConfigureAwait(false);
        }
    }

    private async Task ReleaseAsync(PurgeRun run)
    {
        if (_held is not { } held)
        {
            return;
        }

        _held = null;
        try
        {
            await held.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            run.Notes.Add(PlanNote.Warning(
                null,
                $"The lock that keeps other purges away could not be released ({DatabaseFailure.Describe(e)}). It ends with the "
                    + "connection."));
        }
    }

    /// <inheritdoc/>
    public Task TakeBackAsync(PurgeRun? run)
    {
        if (_isLeft)
        {
            TakeBack();
            _isLeft = false;
            run?.Notes.RemoveAll(note => ReferenceEquals(note, _left));
        }

        return Task.CompletedTask;
    }

    private void End(ArchiveWriter writer, PurgeRun run, bool isHeld)
    {
        bool isKept = _isCompleted
            && run.Transaction is TransactionOutcome.Committed or TransactionOutcome.LeftToCaller or TransactionOutcome.Unknown;
        try
        {
            if (isKept)
            {
                writer.Commit();
            }
            else if (isHeld)
            {
                TakeBack();
            }
            else
            {
                bool isWritten = writer.LeaveUncut();
                Receipt = (writer.Chunks, writer.Chunks == 0 ? string.Empty : writer.Last);
                _isLeft = writer.Chunks == 0;
                if (isWritten)
                {
                    _left = PlanNote.Warning(
                        null,
                        "The connection was lost, and with it the lock of the run. What the last transaction wrote to "
                            + $"\"{_folder.FullPath}\" is still there. The same call removes it, and continues the run.");
                    run.Notes.Add(_left);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The outcome of the transaction is known, and this exception does not describe it.
            string because = e.Message.TrimEnd('.');
            run.Notes.Add(PlanNote.Warning(
                null,
                _writer is { Chunks: > 0 }
                    ? $"What the last transaction wrote to \"{_folder.FullPath}\" could not be cut off ({because}). The next call does "
                        + "that. Keep the folder: it holds rows that are deleted."
                    : $"The archive in \"{_folder.FullPath}\" has no receipt, and could not be removed ({because}). Delete the folder, "
                        + "where no other call of the run works: it holds copies of rows."));
        }

        _isCompleted = false;
        (int files, long rows, long bytes) = _writer?.Size ?? (0, 0, 0);
        run.Archive = new ArchiveReport
        {
            Directory = _folder.FullPath,
            RunId = RunId,
            RetainUntil = _manifest is null ? settings.RetainUntil : _manifest.RetainUntil,
            IsWrapped = settings.Wrap is not null,
            Files = files,
            Rows = rows,
            Bytes = bytes,
            Hash = Receipt.Chunks == 0 ? null : Receipt.Hash,
        };
    }
}
