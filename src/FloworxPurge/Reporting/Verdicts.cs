using FloworxPurge.Execution;

namespace FloworxPurge.Reporting;

/// <summary>Decides the verdict of a run: at its end, after the targets and checks, and after a caller's commit. Nothing else does.</summary>
internal static class Verdicts
{
    /// <summary>The verdict at the end of the run.</summary>
    public static PurgeVerdict OfRun(PurgePlan plan, PurgeRun run, IEnumerable<Verification> verifications) => run.End switch
    {
        not RunEnd.Done when run.IsCommitted => PurgeVerdict.Partial,
        RunEnd.Refused => PurgeVerdict.Refused,
        RunEnd.Cancelled => PurgeVerdict.Cancelled,
        RunEnd.Failed => PurgeVerdict.Failed,
        _ when run.HasFailedTables || run.HasFailedSteps => PurgeVerdict.Partial,
        _ when verifications.Any(verification => verification.Result != Outcome.Passed) => PurgeVerdict.Partial,
        _ when plan.Tables.Count == 0 => PurgeVerdict.NothingMatched,

        // Where every row that matches is blocked, nothing of what was asked for is done.
        _ when plan.Scope is { } scope && scope.BlockedRows >= scope.Matched => PurgeVerdict.NothingMatched,
        _ when plan.Skips.Count > 0 || plan.Scope is { BlockedRows: > 0 } => PurgeVerdict.CompleteWithSkips,
        _ => PurgeVerdict.Complete,
    };

    /// <summary>The verdict once targets and checks are done: a required one that did not succeed makes it partial.</summary>
    public static PurgeVerdict AfterFollowUp(PurgeVerdict verdict, bool isRequiredDone) => isRequiredDone ? verdict : PurgeVerdict.Partial;

    /// <summary>The verdict once the tables were compared after a caller's commit.</summary>
    /// <param name="report">The report before the comparison.</param>
    /// <param name="isRolledBack">Whether the caller's transaction was rolled back.</param>
    /// <param name="isAsVerified">Whether the tables are as they were verified before the commit.</param>
    /// <param name="isAccepted">Whether nothing that was found earlier, no check and no target stands against a better verdict.</param>
    public static PurgeVerdict AfterCommit(PurgeReport report, bool isRolledBack, bool isAsVerified, bool isAccepted)
        => isRolledBack ? PurgeVerdict.Failed
            : !isAsVerified ? PurgeVerdict.Partial
            : isAccepted ? report.VerdictOnceCommitted ?? report.Verdict
            : report.Verdict;

    /// <summary>Determines whether a run with this verdict returns its report; with any other it throws an exception that has the report.</summary>
    public static bool IsReturned(PurgeVerdict verdict) => IsClean(verdict) || verdict is PurgeVerdict.NothingMatched;

    /// <summary>Determines whether everything that was to be purged is purged.</summary>
    public static bool IsClean(PurgeVerdict verdict) => verdict is PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips;
}
