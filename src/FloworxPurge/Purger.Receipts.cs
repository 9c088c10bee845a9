using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge;

/// <content>Runs that take effect once, however often they are called.</content>
public sealed partial class Purger
{
    /// <summary>
    /// Plans and runs a purge once: a later call with the same run and target deletes nothing, and returns what the receipt says. Where the
    /// process that committed has ended before the targets and checks were done, the call does them.
    /// </summary>
    /// <returns>The report, and whether it is from the receipt.</returns>
    /// <exception cref="PurgeException">
    /// It could not be planned, the receipt is of a run with other options, or the run has a verdict that is not returned; then the
    /// exception carries the report.
    /// </exception>
    internal async Task<(PurgeReport Report, bool IsFromReceipt)> ExecuteOnceAsync(
        DbContext context,
        string runId,
        string target,
        CancellationToken cancellationToken)
    {
        var receipt = new RunReceipt(runId, target, Prospect(_options.TimeProvider.GetUtcNow()));

        // One connection for all that follows.
        DatabaseSession held = await DatabaseSession.OpenAsync(context, DialectOf([context]), cancellationToken).ConfigureAwait(false);
        return await ThenDisposeAsync(
            () => ExecuteOnceAsync(context, held, receipt, cancellationToken),
            "A listener to the connection",
            held.DisposeAsync).ConfigureAwait(false);
    }

    /// <summary>Disposes what a run used. What that throws is noted in the report, since it changes nothing of the run.</summary>
    internal static async Task<(PurgeReport Report, bool IsFromReceipt)> ThenDisposeAsync(
        Func<Task<(PurgeReport Report, bool IsFromReceipt)>> run,
        string who,
        Func<ValueTask> dispose)
    {
        var listeners = new Listeners();
        try
        {
            (PurgeReport report, bool isFromReceipt) = await run().ConfigureAwait(false);
            await listeners.NotifyAsync(who, dispose).ConfigureAwait(false);
            return (listeners.AddTo(report), isFromReceipt);
        }
        catch (Exception e)
        {
            await listeners.NotifyAsync(who, dispose).ConfigureAwait(false);
            if (e is PurgeException { Report: { } report } && listeners.AddTo(report) is var noted && !ReferenceEquals(noted, report))
            {
                throw new PurgeException(e.Message, e.InnerException) { RunReport = noted };
            }

            throw;
        }
    }

    private async Task<(PurgeReport Report, bool IsFromReceipt)> ExecuteOnceAsync(
        DbContext context,
        DatabaseSession session,
        RunReceipt receipt,
        CancellationToken cancellationToken)
    {
        // Before the receipt is looked for, with statements that such an engine may not know.
        if (session.Dialect.NoChunks is { } because)
        {
            throw new PurgeException(
                $"A receipt in the database ({nameof(PurgeFleet)}) is not supported on {session.Dialect.Engine ?? session.Dialect.Name}: "
                    + $"{because}.");
        }

        if (await AnswerAsync(context, session, receipt, cancellationToken).ConfigureAwait(false) is { } answer)
        {
            return (answer, true);
        }

        PurgePlan plan = await PlanAsync([context], cancellationToken).ConfigureAwait(false);
        PurgeException failure;
        try
        {
            PurgeReport report = await ExecuteAsync([context], plan, receipt, progress: null, cancellationToken).ConfigureAwait(false);
            return (await FinishAsync(session, receipt, report, cancellationToken).ConfigureAwait(false), false);
        }
        catch (PurgeException e) when (e.Report is not null)
        {
            failure = e;
        }

        PurgeReport failed = failure.Report!;
        if (failed.IsCommitted == true)
        {
            failed = await FinishAsync(session, receipt, failed, cancellationToken).ConfigureAwait(false);
            throw new PurgeException(failure.Message, failure.InnerException) { RunReport = failed };
        }

        // The receipt knows whether a commit that was not acknowledged was done, and whether another call was faster.
        if (failed.IsCommitted is null || failed.Verdict is PurgeVerdict.Refused or PurgeVerdict.Failed)
        {
            try
            {
                if (await AnswerAsync(context, session, receipt, CancellationToken.None).ConfigureAwait(false) is { } late)
                {
                    return (late, true);
                }
            }
            catch (PurgeException e) when (e.Report is null)
            {
                throw new PurgeException(
                    $"{failure.Message} The receipt could not be looked for afterwards: {e.Message}",
                    new AggregateException(failure, e))
                {
                    RunReport = failed,
                };
            }
        }

        throw new PurgeException(failure.Message, failure.InnerException) { RunReport = failed };
    }

    /// <summary>Gets the clock.</summary>
    internal TimeProvider Time => _options.TimeProvider;

    /// <summary>Where the purge writes to files, which two targets must not share.</summary>
    internal IEnumerable<string> WrittenTo()
        => _options.Reports.Select(report => report.FullPath).Concat(new[] { _options.Archive?.FullPath }.OfType<string>());

    // What is read from the receipt is read after the commit.
    private Func<PurgePlan, PurgeRun, string> Prospect(DateTimeOffset startedAt)
        => (plan, run) => (PurgeReportBuilder.Build(
            plan,
            run,
            _options.Details,
            _options.Overrides(),
            startedAt,
            _options.TimeProvider.GetUtcNow() - startedAt) with
        {
            Transaction = TransactionOutcome.Committed,
        }).ToJson();

    /// <summary>Returns the report of the receipt, or null where there is none.</summary>
    /// <exception cref="PurgeException">The receipt is of other options, or the verdict of its report is not returned.</exception>
    private async Task<PurgeReport?> AnswerAsync(
        DbContext context,
        DatabaseSession session,
        RunReceipt receipt,
        CancellationToken cancellationToken)
    {
        JournalEntry? entry = await DatabaseFailure.DescribeAsync(
            () => ReadReceiptAsync(context, session, receipt, cancellationToken),
            e => DatabaseFailure.NotRead(context, session.Dialect, e, "it is not known whether the run was committed before"),
            cancellationToken).ConfigureAwait(false);
        if (entry is null)
        {
            return null;
        }

        // The files may be those of another machine, or lost with the process.
        var listeners = new Listeners();
        PurgeReport report = ReadReport(entry, receipt);
        if (string.Equals(entry.State, JournalEntry.Committed, StringComparison.Ordinal))
        {
            report = await CompleteAsync(context, session.Dialect, receipt, report, listeners, cancellationToken).ConfigureAwait(false);
            report = await FinishAsync(session, receipt, report, cancellationToken).ConfigureAwait(false);
        }

        report = await SaveAsync(report, _options.Reports, cause: null).ConfigureAwait(false);

        return Verdicts.IsReturned(report.Verdict) ? report : throw PurgeExtensions.NotClean(report, innerException: null);
    }

    private static PurgeReport ReadReport(JournalEntry entry, RunReceipt receipt)
    {
        try
        {
            return PurgeReport.FromJson(entry.Progress);
        }
        catch (PurgeException e)
        {
            throw new PurgeException(
                $"Run \"{receipt.RunId}\" of target \"{receipt.Target}\" was committed at {entry.StartedAt.UtcDateTime:u}, and the report "
                    + $"in its receipt cannot be read: {e.Message} Nothing was deleted by this call.",
                e.InnerException ?? e);
        }
    }

    private async Task<JournalEntry?> ReadReceiptAsync(
        DbContext context,
        DatabaseSession session,
        RunReceipt receipt,
        CancellationToken cancellationToken)
    {
        await session.ReopenAsync(cancellationToken).ConfigureAwait(false);
        receipt.Journal ??= await RunJournal.FindAsync(session, cancellationToken).ConfigureAwait(false);
        if (receipt.Journal is not { } journal
            || await journal.ReadAsync(receipt.Id, cancellationToken).ConfigureAwait(false) is not { } entry)
        {
            return null;
        }

        FreshFacts facts = await session.ReadOnlyAsync(
            () => PlanReader.ReadAsync(
                [context],
                ReadModel([context], session),
                session,
                _options.ToSettings(),
                _options.Truncate,
                cancellationToken),
            cancellationToken).ConfigureAwait(false);
        if (!TargetGuard.AllowsDatabase(facts.Plan, _options.ToSettings()))
        {
            // The run is refused in such a database, and its report says why. The receipt may have come with a copy.
            return null;
        }

        string task = PlanFingerprint.OfTask(facts.Plan with { Scope = facts.Selection?.Report() });
        return string.Equals(task, entry.Fingerprint, StringComparison.Ordinal)
            ? entry
            : throw new PurgeException(
                $"Run \"{receipt.RunId}\" of target \"{receipt.Target}\" was committed at {entry.StartedAt.UtcDateTime:u} with other "
                    + "options: other tables, other queries, or other values in them. Nothing was deleted by this call. Give the run "
                    + "the same options, or another id.");
    }

    // The process that committed has ended before it was done with what follows the commit.
    private async Task<PurgeReport> CompleteAsync(
        DbContext context,
        PurgeDialect dialect,
        RunReceipt receipt,
        PurgeReport report,
        Listeners listeners,
        CancellationToken cancellationToken)
    {
        if (report.LookedAgainAt is null && report.Verdict is not PurgeVerdict.NothingMatched)
        {
            try
            {
                report = await VerifyAsync([context], report, cancellationToken).ConfigureAwait(false);
            }
            catch (PurgeException e) when (e.Report is { } seen)
            {
                report = seen;
            }

            report = report with
            {
                Notes =
                [
                    .. report.Notes,
                    PlanNote.Warning(
                        null,
                        "The call that committed did not come to an end, so that a later one looked at the purged tables again. The kept "
                            + "tables were compared before the commit, and not after it."),
                ],
            };
        }

        receipt.BeforeFollowUp = report.ToJson();
        return listeners.AddTo(await Follow([context], Logger(context), listeners, new PurgeTrace(dialect))
            .CompleteAsync(report, progress: null, cancellationToken)
            .ConfigureAwait(false));
    }

    // Later calls do what is left of what follows the commit. What is optional may fail, and yet is not left out because a caller stopped.
    private static PurgeReport? WhatIsLeft(RunReceipt receipt, PurgeReport report, bool isStopped)
    {
        bool isLeft = report.Targets.Any(target => target.Outcome != Outcome.Passed && (target.IsRequired || isStopped))
            || report.Checks.Any(check => check.Outcome != Outcome.Passed && (check.IsRequired || isStopped));
        return report.Verdict is PurgeVerdict.NothingMatched || !isLeft || receipt.BeforeFollowUp is not { } before
            ? null
            : PurgeReport.FromJson(before) with
            {
                Targets =
                [
                    .. report.Targets
                        .GroupBy(target => target.Name, StringComparer.Ordinal)
                        .Where(group => group.Count() == 1 && group.All(target => target.Outcome == Outcome.Passed))
                        .Select(group => group.Single()),
                ],
            };
    }

    // Where the report is whole, later calls need not do what follows the commit.
    private async Task<PurgeReport> FinishAsync(
        DatabaseSession session,
        RunReceipt receipt,
        PurgeReport report,
        CancellationToken cancellationToken)
    {
        if (report.Chunks is { HasEnded: false })
        {
            return report;
        }

        PurgeReport? left = WhatIsLeft(receipt, report, cancellationToken.IsCancellationRequested);
        try
        {
            await session.ReopenAsync(CancellationToken.None).ConfigureAwait(false);
            receipt.Journal ??= await RunJournal.FindAsync(session, CancellationToken.None).ConfigureAwait(false);
            if (receipt.Journal is { } journal
                && await journal.TryFinishAsync(
                    receipt.Id,
                    left is null ? JournalEntry.Done : JournalEntry.Committed,
                    (left ?? report).ToJson(),
                    _options.TimeProvider.GetUtcNow(),
                    CancellationToken.None).ConfigureAwait(false))
            {
                return report;
            }
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None) || e is PurgeException)
        {
            return Noted($"{(e is PurgeException ? e.Message : DatabaseFailure.Describe(e)).TrimEnd('.')}");
        }

        return Noted("it is not there any more");

        PurgeReport Noted(string why) => report with
        {
            Notes =
            [
                .. report.Notes,
                PlanNote.Warning(
                    null,
                    $"The receipt of run \"{receipt.RunId}\" has the report as it was at the commit, since it could not be completed: "
                        + $"{why}. The same run does again what follows the commit."),
            ],
        };
    }
}
