using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <content>The archive of a run, and its receipt in the journal.</content>
internal sealed partial class PurgeExecutor
{
    // Who ends a run in one transaction is whoever began it.
    private readonly string _owner = Guid.NewGuid().ToString("N");

    // The number of openings of the connection when the lock of a run in several transactions was last confirmed.
    private int _heldAt = -1;

    private RunJournal? _journal;

    // A run in several transactions uses its key itself, in the first of them, and writes its receipt in the last one.
    private bool UsesKey => settings.RunKey is not null && chunk is null;

    private bool WritesReceipt => receipt is not null && chunk is null;

    private async Task ArchivedAttemptAsync(PurgeRun run, CancellationToken cancellationToken)
    {
        if (chunk is { IsAdmission: true } || (archive is null && !UsesKey && !WritesReceipt))
        {
            await AttemptAsync(run, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (archive is null)
        {
            await CheckTargetAsync(run, cancellationToken).ConfigureAwait(false);
            await OpenJournalAsync(run, cancellationToken).ConfigureAwait(false);
            await AttemptAsync(run, cancellationToken).ConfigureAwait(false);
            return;
        }

        _heldAt = -1;
        try
        {
            await PrepareArchiveAsync(archive, run, cancellationToken).ConfigureAwait(false);
            await AttemptAsync(run, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await archive.EndAsync(run, isHeld: chunk is null || (session.IsOpen && _heldAt == session.Openings)).ConfigureAwait(false);
        }
    }

    // Before the transaction begins: creating a table may commit.
    private async Task PrepareArchiveAsync(IRunArchive to, PurgeRun run, CancellationToken cancellationToken)
    {
        if (plan.Archive is null)
        {
            throw TargetGuard.NoPlan(run, "the plan has no archive, and this purger writes one (ArchiveTo).");
        }

        await CheckTargetAsync(run, cancellationToken).ConfigureAwait(false);
        if (chunk is not null)
        {
            await chunk.HoldAsync(cancellationToken).ConfigureAwait(false);
            _heldAt = session.Openings;
        }

        await to.PrepareAsync(
            session,
            plan,
            chunk is null ? readFacts : _ => Task.FromResult(chunk.Facts.Last!),
            cancellationToken).ConfigureAwait(false);

        // A run in several transactions writes its receipts to the journal itself.
        if (chunk is null)
        {
            await OpenJournalAsync(run, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CheckTargetAsync(PurgeRun run, CancellationToken cancellationToken)
    {
        if (!run.JoinedTransaction)
        {
            await session.ReopenAsync(cancellationToken).ConfigureAwait(false);
        }

        if (settings.RequiredDatabase is not null || settings.AllowedDatabases.Count > 0)
        {
            TargetGuard.CheckDatabase(
                run,
                await LiveSchemaReader.ReadIdentityAsync(session, cancellationToken).ConfigureAwait(false),
                settings);
        }
    }

    private async Task OpenJournalAsync(PurgeRun run, CancellationToken cancellationToken)
    {
        if (UsesKey && session.Dialect.NoChunks is { } because)
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                $"{nameof(PurgeOptions.RunKey)} is not supported on {session.Dialect.Engine ?? session.Dialect.Name}: {because}.");
        }

        try
        {
            _journal ??= receipt?.Journal?.For(session)
                ?? await RunJournal.FindAsync(session, cancellationToken).ConfigureAwait(false);
            bool isReady = _journal is { KeepsManifests: true };
            if (!isReady && run.JoinedTransaction && !session.Dialect.CreatesTablesInTransaction)
            {
                throw new RunStoppedException(
                    RunEnd.Refused,
                    $"the receipt of the run is written to table \"{OwnTables.Journal}\", which does not exist or lacks a column. Creating "
                        + "it would commit the caller's transaction. Run such a purge outside of a transaction first, or create it: "
                        + session.Dialect.CreateJournal(session.Sql, new TableName(schema: null, OwnTables.Journal)));
            }

            _journal = isReady ? _journal : await RunJournal.OpenAsync(session, cancellationToken).ConfigureAwait(false);
        }
        catch (PurgeException e)
        {
            throw new RunStoppedException(RunEnd.Refused, e.Message, e.InnerException ?? e);
        }
    }

    // The purge lock is held: no other run can use the key until this one has ended.
    private async Task CheckKeyAsync(CancellationToken cancellationToken)
    {
        if (UsesKey)
        {
            await _journal!.ThrowIfUsedAsync(settings.RunKey!, cancellationToken).ConfigureAwait(false);
        }

        if (WritesReceipt)
        {
            await receipt!.ThrowIfWrittenAsync(_journal!, cancellationToken).ConfigureAwait(false);
        }
    }

    // The last statement but those that restore settings: the report in it has all that the transaction measured.
    private async Task WriteReceiptAsync(PurgeRun run, CancellationToken cancellationToken)
    {
        if (WritesReceipt)
        {
            Mark($"receipt of run \"{receipt!.RunId}\" of target \"{receipt.Target}\" written");
            await _journal!.AddAsync(
                receipt.Entry(run.Plan!, run, _owner, settings.TimeProvider.GetUtcNow()),
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task UseKeyAsync(PurgeRun run, CancellationToken cancellationToken)
    {
        if (UsesKey)
        {
            await _journal!.UseAsync(
                settings.RunKey!,
                run.Plan!.Fingerprint,
                _owner,
                settings.TimeProvider.GetUtcNow(),
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task BeginArchiveAsync(PurgeRun run, FreshFacts facts, CancellationToken cancellationToken)
    {
        if (archive is null)
        {
            return;
        }

        if (chunk is not null && _heldAt != session.Openings)
        {
            // The connection was lost since, and with it the lock of the run. The lock that this transaction took keeps other runs away
            // until it ends.
            await chunk.CheckOwnerAsync(cancellationToken).ConfigureAwait(false);
        }

        await trace.RunAsync("archive", _ => archive.BeginAsync(session, chunk?.Facts.Last ?? facts, facts, run, cancellationToken))
            .ConfigureAwait(false);
    }

    // The files are complete by now; from the commit on, the receipt says so.
    private async Task CompleteArchiveAsync(PurgeRun run, CancellationToken cancellationToken)
    {
        if (archive is null)
        {
            return;
        }

        await archive.CompleteAsync(cancellationToken).ConfigureAwait(false);
        if (chunk is not null)
        {
            return;
        }

        (long chunks, string hash) = archive.Receipt;
        DateTimeOffset now = settings.TimeProvider.GetUtcNow();
        await _journal!.AddAsync(
            new JournalEntry(archive.RunId, run.Plan!.Fingerprint, JournalEntry.Done, now)
            {
                Owner = _owner,
                Chunks = chunks,
                Archive = archive.Location,
                ArchiveHash = hash,
                Manifest = archive.Manifest,
            },
            cancellationToken).ConfigureAwait(false);
        Mark("archive complete, and its receipt written");
    }
}
