using System.Globalization;
using FloworxPurge.Execution;
using FloworxPurge.Planning;

namespace FloworxPurge.Reporting;

/// <summary>The answer to "are there rows left?": those of skipped tables, and of tables that failed.</summary>
internal static class RowsLeft
{
    /// <summary>The rows that are left; <see langword="null"/> when nobody looked, or when what was deleted may come back.</summary>
    public static long? Of(PurgeReport report)
    {
        bool isLooked = report.Skips.All(skip => skip.Rows is not null || skip.NotCounted is not null);
        bool isPlan = report.Verdict is PurgeVerdict.Planned;
        bool isDone = report.Transaction == TransactionOutcome.Committed && report.LookedAgainAt is not null;
        return isLooked && (isPlan ? report.Skips.Count + Blocked(report) > 0 : isDone)
            ? report.Skips.Sum(skip => skip.Rows ?? 0)
                + (isPlan ? 0 : report.Tables.Sum(table => table.RowsAfter ?? 0))
                + Blocked(report)
            : null;
    }

    // Rows that a rule selects and that stay.
    private static long Blocked(PurgeReport report) => report.Scope?.BlockedRows ?? 0;

    /// <summary>Determines whether some table could not be counted.</summary>
    public static bool HasUnknown(PurgeReport report) => Where(report.Skips, report.Tables).Unknown > 0;

    /// <summary>The rows that are left, in a few words.</summary>
    public static string Words(PurgeReport report, ReportText text)
    {
        if (Of(report) is not { } rows)
        {
            return report.Verdict is PurgeVerdict.Planned && report.Skips.Count + Blocked(report) == 0 ? text.Number(0)
                : report.JoinedTransaction && report.Transaction == TransactionOutcome.LeftToCaller
                ? "not counted before the caller's commit; VerifyAsync counts them"
                : report.Transaction is TransactionOutcome.Unknown or TransactionOutcome.RollbackLeftToCaller
                ? "not known"
                : report.Transaction == TransactionOutcome.Committed ? ReportText.NotCounted : "as before the run";
        }

        (int skipped, int purged, int unknown) = Where(report.Skips, report.Tables);
        string where = string.Join(
            " and ",
            new[] { Count(skipped, "skipped table"), Count(purged, "failed table") }.Where(part => part.Length > 0));
        long blocked = Blocked(report);
        return text.Number(rows)
            + (where.Length == 0 ? string.Empty : $" in {where}")
            + (blocked == 0 ? string.Empty
                : where.Length == 0 ? $" {(blocked == 1 ? "selected row is" : "selected rows are")} blocked"
                : $"; {text.Number(blocked)} of them {(blocked == 1 ? "is a selected row that is" : "are selected rows that are")} blocked")
            + (unknown == 0 ? string.Empty : $"; {Count(unknown, "table")} not counted");
    }

    /// <summary>The same as a sentence for the summary of a run; empty when all tables were purged.</summary>
    public static string Sentence(PurgeReport report)
    {
        if (report.Transaction != TransactionOutcome.Committed || report.LookedAgainAt is null)
        {
            return string.Empty;
        }

        (int skipped, int purged, int unknown) = Where(report.Skips, report.Tables);
        return Sentence(Of(report) - Blocked(report), skipped, purged, unknown, report.Skips, "left");
    }

    /// <summary>The same for a plan.</summary>
    public static string Sentence(IReadOnlyList<PlanTable> skips)
    {
        (int skipped, _, int unknown) = Where(skips, []);
        return skips.All(skip => skip.Rows is not null || skip.NotCounted is not null)
            ? Sentence(skips.Sum(skip => skip.Rows ?? 0), skipped, 0, unknown, skips, "now")
            : string.Empty;
    }

    /// <summary>The summary of a report with what a later count found.</summary>
    public static string Replace(PurgeReport report, PurgeReport seen)
    {
        string before = Sentence(report);
        string after = Sentence(seen with { Transaction = TransactionOutcome.Committed });
        return before.Length > 0 ? report.Summary.Replace(before, after, StringComparison.Ordinal) : report.Summary + after;
    }

    private static (int Skipped, int Purged, int Unknown) Where(IReadOnlyList<PlanTable> skips, IReadOnlyList<TableReport> tables)
        => (
            skips.Count(skip => skip.Rows > 0),
            tables.Count(table => table.RowsAfter > 0),
            skips.Count(skip => skip.NotCounted is not null) + tables.Count(table => table is { Error: not null, RowsAfter: null }));

    private static string Sentence(
        long? rows,
        int skipped,
        int purged,
        int unknown,
        IReadOnlyList<PlanTable> skips,
        string when)
    {
        // Of tables that do not exist there is nothing to say.
        bool areThere = skips.Any(skip => skip.Reason is not (PlanReason.TableMissing or PlanReason.SchemaMissing));
        if (rows is not { } number || (!areThere && purged + unknown == 0))
        {
            return string.Empty;
        }

        string where = string.Join(
            " and ",
            new[] { Count(skipped, "skipped table"), Count(purged, "failed table") }.Where(part => part.Length > 0));
        string text = number == 0
            ? unknown >= skips.Count ? string.Empty
                : $" No rows are {when} in {(unknown == 0 ? "the skipped tables" : "the other skipped tables")}."
            : $" {Quantity.Of(number, "row")} {(number == 1 ? "is" : "are")} {when} in {where}.";
        return unknown == 0 ? text : $" The rows of {Count(unknown, "table")} could not be counted.{text}";
    }

    private static string Count(int number, string what)
        => number == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"{Quantity.Of(number, what)}");
}
