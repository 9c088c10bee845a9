using System.Globalization;
using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Reporting;

/// <summary>Creates a report of what was planned and measured, and of nothing else.</summary>
internal static class PurgeReportBuilder
{
    private const int MostNames = 5;

    /// <summary>The report of a run.</summary>
    public static PurgeReport Build(
        PurgePlan plan,
        PurgeRun run,
        ReportDetails details,
        IEnumerable<string> overrides,
        DateTimeOffset startedAt,
        TimeSpan duration)
    {
        bool isDone = run.IsCommitted;
        List<TableReport> tables = [.. plan.Tables.Select(table => ToReport(table, run.Tables[table.Table], isDone))];
        long rows = tables.Sum(table => table.RowsDeleted);
        List<TableReport> added = !isDone ? []
            : [.. run.RowsAdded
                .Where(pair => pair.Value > 0)
                .OrderBy(pair => pair.Key)
                .Select(pair => new TableReport { Table = pair.Key, RowsArrived = pair.Value })];
        PurgeVerdict verdict = Verdicts.OfRun(plan, run, run.Verifications);
        PurgeReport report = Common(plan, details, overrides) with
        {
            Verdict = verdict,
            Skips = run.Skips ?? plan.Skips,
            Database = run.Database,
            StartedAt = startedAt,
            Duration = duration,
            JoinedTransaction = run.JoinedTransaction,
            Transaction = run.Transaction,
            VerifiedAt = run.VerifiedAt,
            LookedAgainAt = run.LookedAgainAt,
            Baseline = isDone ? run.Baseline?.WithoutKeys() : null,
            VerdictOnceCommitted = isDone
                ? Verdicts.OfRun(plan, run, run.Verifications.Where(verification => !CommittedState.IsOfCommit(verification.Name)))
                : null,
            Attempts = run.Attempt,
            Chunks = run.Chunks,
            Guards = run.Guards,
            Timeline = run.Timeline,
            RowsDeleted = rows,
            Tables = tables,
            RowsAdded = added,
            Archive = run.Archive,
            Notes = [.. plan.Notes, .. run.Notes],
            IdentitiesReset = isDone ? [.. run.IdentitiesReset.Distinct()] : [],
            Verifications = [.. run.Verifications.Select(ToReport)],
            SchemaObjects = run.ObjectsAfter is null ? [] : CompareObjects(run.ObjectsBefore, run.ObjectsAfter),
            Error = run.Error ?? (verdict == PurgeVerdict.NothingMatched ? NothingMatched(plan) : Incomplete(run)),
        };
        return report with
        {
            Summary = Summarize(verdict, plan, run, tables, rows) + RowsLeft.Sentence(report) + Added(added),
        };
    }

    /// <summary>One verification as the report shows it.</summary>
    public static CheckReport ToReport(Verification verification)
        => new()
        {
            Name = verification.Name,
            Expected = verification.Expected,
            Actual = verification.Actual,
            Outcome = verification.Result,
        };

    /// <summary>The report of a plan that was not run.</summary>
    public static PurgeReport Build(PurgePlan plan, ReportDetails details, IEnumerable<string> overrides)
    {
        long rows = plan.Tables.Sum(table => table.Rows ?? 0);
        return Common(plan, details, overrides) with
        {
            Verdict = PurgeVerdict.Planned,
            Summary = plan.Scope is { } scope ? ScopeSummary.OfPlan(scope, plan.Database.Database, plan.Tables)
                : plan.Tables.Count == 0
                ? $"Nothing was run. A run of this plan would purge no table of {plan.Database.Database}: {NothingMatched(plan)}"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"Nothing was run. A run of this plan would delete {Quantity.Of(rows, "row")} from "
                        + $"{Quantity.Of(plan.Tables.Count, "table")} of {plan.Database.Database}, and skip {plan.Skips.Count}.")
                    + RowsLeft.Sentence(plan.Skips),
            Database = plan.Database,
            StartedAt = plan.CreatedAt,
            Duration = TimeSpan.Zero,
            RowsDeleted = 0,
            Tables = [.. plan.Tables
                .Select(
                    table => new TableReport
                    {
                        Table = table.Table,
                        EntityTypes = table.EntityTypes,
                        Level = table.Level,
                        RowsBefore = table.Rows,
                        RowSet = table.RowSet,
                    })],
            Notes = plan.Notes,
            IdentitiesReset = [],
            Verifications = [],
            SchemaObjects = [],
        };
    }

    private static PurgeReport Common(PurgePlan plan, ReportDetails details, IEnumerable<string> overrides) => new()
    {
        FormatVersion = PurgeReport.CurrentFormatVersion,
        Verdict = PurgeVerdict.Planned,
        Summary = string.Empty,
        Dialect = plan.Dialect,
        StartedAt = plan.CreatedAt,
        Duration = TimeSpan.Zero,
        BestEffort = plan.BestEffort,
        Account = Environment.UserName,
        Host = Environment.MachineName,
        Details = details,
        Overrides = [.. overrides],
        ForeignKeys = plan.ForeignKeys,
        Transaction = TransactionOutcome.NothingWritten,
        PlanFingerprint = plan.Fingerprint,
        RowsDeleted = 0,
        Tables = [],
        Skips = plan.Skips,
        Kept = plan.Kept,
        Cycles = plan.Cycles,

        // The statements of a script hold the values of parameters, which a report does not show.
        Scope = plan.Scope is { } scope ? scope with { Selection = [] } : null,
        Archive = plan.Archive is not { } archive ? null : new ArchiveReport
        {
            Directory = archive.Directory,
            Schema = archive.Schema,
            RetainUntil = archive.RetainUntil,
            IsWrapped = archive.IsWrapped,
            Files = 0,
            Rows = 0,
            Bytes = 0,
        },
        Notes = [],
        IdentitiesReset = [],
        Verifications = [],
        SchemaObjects = [],
    };

    private static TableReport ToReport(PlanTable table, TableRun run, bool isDone)
    {
        long deleted = run.Error is not null || !isDone ? 0 : run.Deleted;
        return new TableReport
        {
            Table = table.Table,
            EntityTypes = table.EntityTypes,
            Level = table.Level,
            RowsBefore = run.Before,
            RowsDeleted = deleted,
            RowsDeletedByCascade = deleted == 0 ? 0 : run.ByCascade,
            RowsAfter = isDone ? run.After : null,
            RowSet = table.RowSet,
            RowsKept = isDone ? run.Others?.After : null,
            Duration = run.Duration,
            Error = run.Error,
            RowsArrived = deleted == 0 ? 0 : run.Arrived,
        };
    }

    private static string Summarize(PurgeVerdict verdict, PurgePlan plan, PurgeRun run, List<TableReport> tables, long rows)
    {
        string where = run.Database?.Database ?? plan.Database.Database;
        string which = tables.Count == 1 ? "the table" : Text($"all {tables.Count} tables");
        string commit = run.JoinedTransaction ? " The commit is the caller's: call VerifyAsync after it." : string.Empty;
        string skipped = plan.Skips.Count == 0
            ? string.Empty
            : Text($" {Quantity.Of(plan.Skips.Count, "table")} {(plan.Skips.Count == 1 ? "was" : "were")} skipped.");
        skipped += run.Chunks is not { } chunks ? string.Empty
            : Text($" It took {Quantity.Of(chunks.Transactions, "transaction")}")
                + (chunks.Sessions == 1 ? "." : Text($" in {chunks.Sessions} sessions."))
                + (chunks.Late == 0 ? string.Empty : Text($" {Quantity.Of(chunks.Late, "row")} matched later, and stayed."));
        int failed = tables.Count(table => table.Error is not null);
        return verdict switch
        {
            PurgeVerdict.Partial when run.Chunks is { HasEnded: false } => $"The purge of {where} stopped {run.Error} "
                + $"{Quantity.Of(rows, "row")} {(rows == 1 ? "is" : "are")} deleted so far.",
            PurgeVerdict.Refused => $"Refused, nothing was written to {where}: {run.Error}",
            PurgeVerdict.Cancelled when run.Attempt == 0 => $"Cancelled before it began: nothing was written to {where}.",
            PurgeVerdict.Cancelled when run.Transaction == TransactionOutcome.NothingWritten => $"Cancelled: nothing was written to "
                + $"{where}.",
            PurgeVerdict.Cancelled => $"Cancelled: the purge of {where} {Undone(run)}.",
            PurgeVerdict.Failed when run.Transaction == TransactionOutcome.NothingWritten => $"The purge of {where} failed before "
                + $"anything was written: {run.Error}",
            PurgeVerdict.Failed when run.Transaction == TransactionOutcome.Unknown && run.VerifiedAt is null
                => $"The purge of {where} failed, and it is not known how much of it was committed: {run.Error}",
            PurgeVerdict.Failed when run.Transaction == TransactionOutcome.Unknown => $"The purge of {where} failed during the commit, "
                + $"and it is not known whether it was committed: {run.Error}",
            PurgeVerdict.Failed => $"The purge of {where} failed and {Undone(run)}: {run.Error}",
            PurgeVerdict.Partial => string.Create(
                CultureInfo.InvariantCulture,
                $"{MayBeLeft(run)}{Quantity.Of(rows, "row")} deleted from {tables.Count - failed} of "
                    + $"{Quantity.Of(tables.Count, "table")} of "
                    + $"{where}{(failed == 0 ? string.Empty : Text($"; {failed} failed and {(failed == 1 ? "is" : "are")} as before"))}"
                    + $"{(run.HasFailedVerifications ? "; after the commit it is not as it was verified" : string.Empty)}"
                    + $"{(run.HasUnknowns ? "; not all of the result could be verified" : string.Empty)}.{skipped}{commit}"),
            PurgeVerdict.NothingMatched when plan.Scope is not null => $"No row of {where} was deleted: {NothingMatched(plan)}",
            PurgeVerdict.NothingMatched => $"No table of {where} was purged, and no row was deleted: {NothingMatched(plan)}",
            _ when plan.Scope is { } scope => ScopeSummary.OfRun(scope, where, tables, rows, skipped + commit),
            _ when rows == 0 => Text(
                $"Nothing to delete: {which} of {where} to purge {(tables.Count == 1 ? "was" : "were")} empty already.{skipped}{commit}"),
            _ => string.Create(
                CultureInfo.InvariantCulture,
                $"{Quantity.Of(rows, "row")} deleted from {Quantity.Of(tables.Count, "table")} of {where}; "
                    + $"{(tables.Count == 1 ? "it is" : "all of them are")} verified empty.{skipped}{commit}"),
        };
    }

    // First, so that nobody reads the number of deleted rows as all of them.
    private static string MayBeLeft(PurgeRun run)
        => run.MayHoldHiddenRows.Count == 0 ? string.Empty
            : $"Rows may be left in {Unverifiable.Names(run.MayHoldHiddenRows)}, where this role may not see all rows. ";

    private static string NothingMatched(PurgePlan plan) => plan.Skips.Count switch
    {
        _ when plan.Scope is { } scope
            => ScopeSummary.NothingMatched(scope),
        0 => "the model and the filters select no table.",
        1 => "the only table to purge is skipped, and the report says why.",
        { } count => Text($"all {count} tables to purge are skipped, and the report says why."),
    };

    private static string Added(List<TableReport> added)
    {
        string tables = string.Join(", ", added.Take(MostNames).Select(table => table.Table))
            + (added.Count > MostNames ? Text($" and {added.Count - MostNames} more tables") : string.Empty);
        long rows = added.Sum(table => table.RowsArrived);
        return rows == 0
            ? string.Empty
            : Text($" {Quantity.Of(rows, "row")} {(rows == 1 ? "was" : "were")} added to {tables}, as AllowInserts allows.");
    }

    private static string? Incomplete(PurgeRun run)
    {
        List<string> reasons = [];
        if (run.HasFailedTables)
        {
            reasons.Add("Some tables failed; each says why.");
        }

        if (run.HasFailedSteps)
        {
            reasons.Add("Not everything that follows the deletion could be done; the warnings say what.");
        }

        if (run.HasFailedVerifications)
        {
            reasons.Add("After the commit the tables are not as they were verified; the verification says which.");
        }

        if (run.HasUnknowns)
        {
            reasons.Add("Some of the result could not be verified; the verification says what.");
        }

        return reasons.Count == 0 ? null : string.Join(" ", reasons);
    }

    private static string Undone(PurgeRun run)
        => run.Transaction == TransactionOutcome.RollbackLeftToCaller ? "has to be rolled back by the caller, with the caller's transaction"
            : run.Transaction == TransactionOutcome.RolledBackWithCaller ? "was rolled back together with the caller's whole transaction"
            : run.JoinedTransaction ? "was rolled back inside the caller's transaction"
            : "was rolled back";

    private static List<CheckReport> CompareObjects(IReadOnlyList<SchemaObject> before, IReadOnlyList<SchemaObject> after)
        => [.. before.Concat(after)
            .Select(o => o.Kind)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(kind =>
            {
                List<SchemaObject> one = [.. before.Where(o => string.Equals(o.Kind, kind, StringComparison.Ordinal))];
                List<SchemaObject> two = [.. after.Where(o => string.Equals(o.Kind, kind, StringComparison.Ordinal))];
                return new CheckReport
                {
                    Name = kind,
                    Expected = one.Count.ToString(CultureInfo.InvariantCulture),
                    Actual = two.Count.ToString(CultureInfo.InvariantCulture),
                    Outcome = one.SequenceEqual(two) ? Outcome.Passed : Outcome.Failed,
                };
            })];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
