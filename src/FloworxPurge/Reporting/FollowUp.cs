using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Reporting;

/// <summary>What follows the commit: the targets, then the checks, and what they mean for the verdict.</summary>
internal sealed class FollowUp(
    IReadOnlyList<DbContext> contexts,
    IReadOnlyList<TargetRegistration> targets,
    IReadOnlyList<CheckRegistration> checks,
    TimeProvider time,
    ILogger logger,
    Listeners listeners,
    PurgeTrace trace)
{
    private const string CallersCommit = "the commit is the caller's, and this follows a commit";

    /// <summary>The report of a run, with what followed it.</summary>
    public async Task<PurgeReport> CompleteAsync(
        PurgeReport report,
        IProgress<PurgeProgress>? progress,
        CancellationToken cancellationToken)
    {
        if (targets.Count + checks.Count == 0)
        {
            return report;
        }

        if (report.Transaction != TransactionOutcome.Committed
            || report.Verdict == PurgeVerdict.NothingMatched
            || report.Chunks is { HasEnded: false })
        {
            string reason = report.Transaction switch
            {
                _ when report.Chunks is { HasEnded: false } => "the run has not ended",
                _ when report.Verdict == PurgeVerdict.NothingMatched => report.Scope is null ? "no table was purged" : "no row was deleted",
                TransactionOutcome.LeftToCaller => CallersCommit,
                TransactionOutcome.Unknown => "it is not known whether the purge was committed",
                _ => "the purge was not committed",
            };
            return report with
            {
                Targets = ExtensionRunner.NotBegun(targets, reason),
                Checks = ExtensionRunner.NotBegun(checks, reason),
            };
        }

        var runner = new ExtensionRunner(new ExtensionContext
        {
            Contexts = contexts,
            Database = report.Database!,
            IsDryRun = false,
            TimeProvider = time,
        }, trace);
        List<PlanNote> timeline = [.. report.Timeline];
        Report(progress, PurgePhase.EmptyingTargets, targets.Count, report);
        IReadOnlyList<TargetReport> emptied = await EmptyAsync(runner, report.Targets, cancellationToken).ConfigureAwait(false);
        Mark(timeline, targets.Count, "targets done");
        Report(progress, PurgePhase.Checking, checks.Count, report);
        IReadOnlyList<CheckReport> measured = await runner.RunAsync(checks, cancellationToken).ConfigureAwait(false);
        Mark(timeline, checks.Count, "checks done");
        foreach (TargetReport target in emptied)
        {
            Log(target);
        }

        foreach (CheckReport check in measured)
        {
            Log(check);
        }

        return Judge(report with { Targets = emptied, Checks = measured, Timeline = timeline });
    }

    /// <summary>The report of a dry run, with what the targets would lose.</summary>
    public async Task<PurgeReport> CountAsync(PurgeReport report, CancellationToken cancellationToken)
    {
        var runner = new ExtensionRunner(new ExtensionContext
        {
            Contexts = contexts,
            Database = report.Database!,
            IsDryRun = true,
            TimeProvider = time,
        }, trace);
        return report with
        {
            Targets = await runner.RunAsync(targets, cancellationToken).ConfigureAwait(false),
            Checks = ExtensionRunner.NotBegun(checks, "nothing has been run"),
        };
    }

    // What an earlier call of the run has emptied may hold something new by now.
    private async Task<IReadOnlyList<TargetReport>> EmptyAsync(
        ExtensionRunner runner,
        IReadOnlyList<TargetReport> earlier,
        CancellationToken cancellationToken)
    {
        Dictionary<string, TargetReport> done = earlier.ToDictionary(target => target.Name, StringComparer.Ordinal);
        IReadOnlyList<TargetReport> emptied = await runner.RunAsync(
            [.. targets.Where(target => !done.ContainsKey(target.Name))],
            cancellationToken).ConfigureAwait(false);
        var rest = new Queue<TargetReport>(emptied);
        return [.. targets.Select(target => done.GetValueOrDefault(target.Name) ?? rest.Dequeue())];
    }

    private static PurgeReport Judge(PurgeReport report)
    {
        string[] missed =
        [
            .. report.Targets
                .Where(target => target is { IsRequired: true, Outcome: not Outcome.Passed })
                .Select(
                    target => $"target \"{target.Name}\" {(target.Outcome == Outcome.Skipped ? "was skipped" : "failed")}: "
                        + $"{target.Reason}"),
            .. report.Checks
                .Where(check => check is { IsRequired: true, Outcome: not Outcome.Passed })
                .Select(check => check.Outcome == Outcome.Failed
                    ? $"check \"{check.Name}\" failed: expected {check.Expected}, and it is {check.Actual}"
                    : $"check \"{check.Name}\" could not be run: {check.Actual}"),
        ];
        string passed = report.Checks.Count == 0 ? string.Empty
            : string.Create(
                CultureInfo.InvariantCulture,
                $" {report.Checks.Count(check => check.Outcome == Outcome.Passed)} of {Quantity.Of(report.Checks.Count, "check")} passed.");
        if (missed.Length == 0)
        {
            return report with { Summary = report.Summary + passed };
        }

        string error =
            $"The purge is committed, and not every target and check succeeded: "
                + $"{string.Join("; ", missed.Select(reason => reason.TrimEnd('.')))}.";
        return report with
        {
            Verdict = Verdicts.AfterFollowUp(report.Verdict, isRequiredDone: false),
            Summary = $"{report.Summary}{passed} {error}",
            Error = report.Error is null ? error : $"{report.Error} {error}",
        };
    }

    private void Mark(List<PlanNote> timeline, int count, string what)
    {
        if (count > 0)
        {
            timeline.Add(PlanNote.Event(time.GetUtcNow(), what));
        }
    }

    private void Log(TargetReport target)
    {
        string outcome = target.Outcome.ToString();
        LogLevel level = target.Outcome == Outcome.Failed ? LogLevel.Error : LogLevel.Information;
        string details = Describe(target);
        listeners.Notify("The log", () => logger.TargetDone(level, target.Name, outcome, details));
    }

    private void Log(CheckReport check)
    {
        string outcome = check.Outcome.ToString();
        LogLevel level = check.Outcome == Outcome.Passed ? LogLevel.Information : LogLevel.Error;
        string details = Describe(check);
        listeners.Notify("The log", () => logger.CheckDone(level, check.Name, outcome, details));
    }

    private static string Describe(TargetReport target)
    {
        string?[] parts =
        [
            target.ItemsRemoved is { } removed ? $"{Quantity.Of(removed, "item")} removed" : null,
            target.Reason?.TrimEnd('.'),
        ];
        string text = string.Join("; ", parts.OfType<string>());
        return text.Length == 0 ? "done." : $"{text}.";
    }

    private static string Describe(CheckReport check)
        => check.Expected.Length == 0 ? $"{check.Actual.TrimEnd('.')}."
            : string.Equals(check.Expected, check.Actual, StringComparison.Ordinal) ? $"it is {check.Actual.TrimEnd('.')}."
            : $"expected {check.Expected}, and it is {check.Actual.TrimEnd('.')}.";

    private void Report(IProgress<PurgeProgress>? progress, PurgePhase phase, int count, PurgeReport report)
    {
        if (count > 0 && progress is not null)
        {
            listeners.Notify("The listener to the progress", () => progress.Report(new PurgeProgress
            {
                Phase = phase,
                RowsDeleted = report.RowsDeleted,
            }));
        }
    }
}
