using System.Globalization;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Concurrency;

/// <summary>
/// What has to hold for every purge, whatever other sessions do meanwhile: no kept row is lost or changed, and no verdict is better than
/// what stands.
/// </summary>
internal static class GapInvariant
{
    private const int MostRowsNamed = 6;

    /// <summary>What does not hold; empty when all does.</summary>
    /// <param name="result">What came of the purge.</param>
    /// <param name="states">The rows as they are without a purge: before the statement, after its first command, and so on.</param>
    public static IReadOnlyList<string> Check(GapResult result, IReadOnlyList<GapRows> states)
    {
        List<string> problems = [];
        bool hasRun = result.Outcome is { Done: > 0 };
        GapRows start = states[0];
        GapRows expected = states[result.Outcome?.Done ?? 0];
        if (hasRun && !result.IsAfterCommit)
        {
            // What is moved after the commit is no longer there, or stays what it is.
            expected = expected.Move(result.Statement.Moved);
            result = result with { Rows = result.Rows.Move(result.Statement.Moved) };
        }

        if (!expected.Kept.SequenceEqual(result.Rows.Kept))
        {
            problems.Add($"kept rows differ: {Difference(expected.Kept, result.Rows.Kept)}");
        }

        if (result.Exception is not null and not PurgeException)
        {
            problems.Add($"it threw {result.Exception.GetType().Name}: {result.Exception.Message}");
        }

        switch (result.Report)
        {
            case { Verdict: PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips } report:
                CheckComplete(
                    result,
                    report,
                    hasRun && result.IsAfterCommit ? start : expected,
                    hasRun && result.IsAfterCommit ? expected : null,
                    problems);
                break;

            case { Verdict: PurgeVerdict.Partial } report:
                CheckSums(report, problems);
                break;

            case { Transaction: TransactionOutcome.Unknown } report:
                if (report.Verdict != PurgeVerdict.Failed)
                {
                    problems.Add($"the commit is unknown, and the verdict is {report.Verdict}");
                }

                break;

            case null or { Transaction: TransactionOutcome.RolledBack or TransactionOutcome.NothingWritten }:
                foreach (string table in GapRows.PurgedTables.Where(table => !expected.Of(table).SequenceEqual(result.Rows.Of(table))))
                {
                    problems.Add(
                        $"nothing is to be written, and rows of {table} differ: {Difference(expected.Of(table), result.Rows.Of(table))}");
                }

                break;

            case var report:
                problems.Add($"the verdict is {report.Verdict}, and the transaction {report.Transaction}");
                break;
        }

        if (result.Statement.IsHarmless && result.Report?.Verdict != PurgeVerdict.Complete)
        {
            problems.Add("the statement is harmless, and the purge is not complete");
        }

        return problems;
    }

    // What the statement of the other session added after the commit may be there; nothing else may.
    private static void CheckComplete(GapResult result, PurgeReport report, GapRows purged, GapRows? afterwards, List<string> problems)
    {
        foreach (string table in GapRows.PurgedTables)
        {
            IReadOnlyList<string> left = result.Rows.Of(table);
            if (report.Tables.FirstOrDefault(it => it.Table.Name == table) is not { } tableReport)
            {
                if (report.Skips.All(skip => skip.Table.Name != table))
                {
                    problems.Add($"{table} is neither purged nor skipped");
                }

                if (!purged.Of(table).SequenceEqual(left))
                {
                    problems.Add($"{table} is skipped, and its rows differ: {Difference(purged.Of(table), left)}");
                }

                continue;
            }

            List<string> added = afterwards is null ? [] : [.. afterwards.Of(table).Except(purged.Of(table))];
            if (left.Except(added).Any())
            {
                problems.Add($"{table} is said to be empty, and holds {string.Join(" ", left.Except(added).Take(MostRowsNamed))}");
            }

            long gone = purged.Of(table).Count - left.Except(added).LongCount();
            if (tableReport.RowsDeleted != gone && !IsExplained(report, tableReport))
            {
                problems.Add(Text($"{tableReport.RowsDeleted} rows of {table} are said to be deleted, and {gone} were"));
            }
        }

        CheckSums(report, problems);
    }

    /// <summary>
    /// Whether before, deleted and after add up; rows that came or went between the count and the delete are allowed, if the report says
    /// so.
    /// </summary>
    public static bool AddsUp(PurgeReport report, TableReport table)
        => IsExplained(report, table)
            || (table.RowsBefore is { } before && table.RowsAfter is { } after && before - table.RowsDeleted == after);

    private static void CheckSums(PurgeReport report, List<string> problems)
    {
        foreach (TableReport table in report.Tables.Where(table => table.Error is null && !AddsUp(report, table)))
        {
            problems.Add(
                $"the report does not add up for {table.Table.Name}: "
                    + Text($"{table.RowsBefore} before, {table.RowsDeleted} deleted, {table.RowsAfter} after"));
        }
    }

    private static bool IsExplained(PurgeReport report, TableReport table) => report.Notes.Any(note => note.Table == table.Table);

    private static string Difference(IReadOnlyList<string> expected, IReadOnlyList<string> found)
        => $"missing [{string.Join(" ", expected.Except(found).Take(MostRowsNamed))}], not expected "
            + $"[{string.Join(" ", found.Except(expected).Take(MostRowsNamed))}]";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
