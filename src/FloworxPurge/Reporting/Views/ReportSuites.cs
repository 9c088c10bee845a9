using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;

namespace FloworxPurge.Reporting;

/// <summary>
/// A purge as test suites, so that a CI server shows it as it shows tests: red where something failed, skipped where nothing was done.
/// </summary>
internal static class ReportSuites
{
    /// <summary>The suites that have cases: the purge itself, its tables, selected rows, verifications, targets and checks.</summary>
    public static IReadOnlyList<SuiteView> Of(PurgeReport report, bool hasEffect)
    {
        bool isPlan = report.Verdict is PurgeVerdict.Planned;
        string notDone = isPlan ? "nothing has been run" : $"{ReportText.Of(report)}: this table was to be purged";
        SuiteView[] suites =
        [
            Suite(
                "purge",
                [
                    new CaseView(
                        "verdict",
                        Seconds(report.Duration),
                        IsGood(report) || isPlan ? "" : report.Summary,
                        isPlan ? "nothing has been run" : ""),
                ]),
            Suite("tables",
            [
                .. report.Tables.Select(table => new CaseView(
                    table.Table.ToString(),
                    Seconds(table.Duration),
                    isPlan ? "" : table.Error ?? "",
                    (!hasEffect && table.Error is null) || isPlan ? notDone : "")),
                .. report.Skips.Select(skip =>
                    new CaseView(skip.Table.ToString(), Seconds(TimeSpan.Zero), "", $"{ReportText.Of(skip.Reason)}: {skip.Explanation}")),
            ]),
            Suite("rows",
            [
                .. report.Scope?.Queries.Select(query => new CaseView(
                    query.Text,
                    Seconds(TimeSpan.Zero),
                    "",
                    isPlan || !hasEffect ? notDone : "")) ?? [],
                .. report.Scope?.Blocked.Select(block => new CaseView(
                    $"blocked by {block.Table}",
                    Seconds(TimeSpan.Zero),
                    "",
                    ScopeText.Of(block))) ?? [],
            ]),
            Suite("verification",
            [
                .. report.Verifications
                    .Where(item => hasEffect || item.Outcome is not Outcome.Passed)
                    .Select(item => new CaseView(
                        item.Name,
                        Seconds(TimeSpan.Zero),
                        item.Outcome is Outcome.Failed ? $"expected {item.Expected}, and it is {item.Actual}" : "",
                        item.Outcome is Outcome.Unknown ? $"could not be measured: {item.Actual}" : "")),
            ]),
            Suite("targets",
            [
                .. report.Targets.Select(target => new CaseView(
                    target.Name,
                    Seconds(target.Duration),
                    target.Outcome is Outcome.Failed ? target.Reason ?? "failed" : "",
                    target.Outcome is Outcome.Skipped || isPlan ? target.Reason ?? "nothing has been run" : "")),
            ]),
            Suite("checks",
            [
                .. report.Checks.Select(check => new CaseView(
                    check.Name,
                    Seconds(check.Duration ?? TimeSpan.Zero),
                    check.Outcome is Outcome.Failed ? $"expected {check.Expected}, and it is {check.Actual}" : "",
                    check.Outcome is Outcome.NotRun ? check.Actual : "")),
            ]),
        ];
        return [.. suites.Where(suite => suite.Cases.Count > 0)];
    }

    private static bool IsGood(PurgeReport report) => report.Verdict is PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips;

    private static SuiteView Suite(string name, CaseView[] cases) => new(
        name,
        Number(cases.Length),
        Number(cases.Count(item => item.Failure.Length > 0)),
        Number(cases.Count(item => item.Failure.Length == 0 && item.Skipped.Length > 0)),
        cases.Sum(item => double.Parse(item.Seconds, CultureInfo.InvariantCulture)).ToString("F6", CultureInfo.InvariantCulture),
        [.. cases]);

    private static string Seconds(TimeSpan value) => value.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
