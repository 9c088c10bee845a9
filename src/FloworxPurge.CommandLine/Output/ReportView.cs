using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;

namespace FloworxPurge.CommandLine.Output;

/// <summary>Shows how a run ended: rows before and after, what was verified, targets, checks, files, the verdict.</summary>
internal sealed class ReportView(CommandOutput output)
{
    public void Show(PurgeReport report)
    {
        ShowTables(report);
        if (report is { Scope: { } scope, IsCommitted: not false })
        {
            ShowScope(scope);
        }

        Section(
            "Rows that triggers added to kept tables",
            report.RowsAdded,
            table => (Tone.Plain, $"{table.Table}: {Words.Count(table.RowsArrived, "row")}"));
        ShowVerifications(report.Verifications);
        Section(
            "Places outside the database",
            report.Targets,
            target => (target.Outcome == Outcome.Passed ? Tone.Good : Tone.Warning, Describe(target)));
        Section("Checks", report.Checks, check => (check.Outcome == Outcome.Passed ? Tone.Good : Tone.Bad, Describe(check)));
        Section("Files", report.Files, file => (Tone.Plain, file));
        if (report.Archive is { Files: > 0 } archive)
        {
            Section(
                "Archive",
                [
                    $"{archive.Directory}: {Words.Count(archive.Rows, "row")} in {Words.Count(archive.Files, "file")}, "
                        + $"run {archive.RunId}; "
                        + "the command restore with this folder restores them",
                ],
                line => (Tone.Plain, line));
        }

        if (report.Archive is { Schema: { } schema, Tables.Count: > 0 } tables)
        {
            Section(
                "Archive",
                [
                    $"schema \"{schema}\": {Words.Count(tables.Rows, "row")} in {Words.Count(tables.Tables.Count, "table")}, "
                        + $"run {tables.RunId}; "
                        + "the command restore --schema with this name restores them",
                ],
                line => (Tone.Plain, line));
        }

        output.Line();
    }

    /// <summary>The verdict and its sentence.</summary>
    public static string Verdict(PurgeReport report)
    {
        string title = Title(report.Verdict);
        return report.Summary.StartsWith(title, StringComparison.Ordinal) ? report.Summary
            : report.Summary.StartsWith("Nothing to", StringComparison.Ordinal) ? $"{title}. {report.Summary}"
            : $"{title}: {report.Summary}";
    }

    private static string Title(PurgeVerdict verdict) => verdict switch
    {
        PurgeVerdict.CompleteWithSkips => "Complete, with skips",
        PurgeVerdict.NothingMatched => "Nothing matched",
        _ => verdict.ToString(),
    };

    /// <summary>What became of a target, in a word.</summary>
    public static string Of(Outcome outcome) => outcome == Outcome.Passed ? "Done" : outcome.ToString();

    private static string Describe(TargetReport target)
    {
        string items = target.ItemsRemoved is { } removed ? $", {Words.Count(removed, "item")} removed" : string.Empty;
        return $"{Of(target.Outcome)}: {target.Name}{items}{(target.Reason is null ? string.Empty : $": {target.Reason}")}";
    }

    private static string Describe(CheckReport check)
        => check.Outcome == Outcome.Passed ? $"Pass: {check.Name}: {check.Actual}"
            : $"{(check.Outcome == Outcome.Failed ? "Fail" : check.Outcome.ToString())}: {check.Name}: "
                + $"{(check.Expected.Length == 0 ? string.Empty : $"expected {check.Expected}, and it is ")}{check.Actual}";

    private void ShowScope(PlanScope scope)
    {
        Section($"Rows: {ScopeText.Matched(scope)}", scope.Queries, query => (Tone.Plain, ScopeText.Of(query)));
        Section("Blocked, and left as they are", scope.Blocked, block => (Tone.Warning, ScopeText.Of(block)));
        Section(
            "Rows that stay and lose a reference",
            [.. ScopeText.Used(scope).Where(reference => reference.Action == ReferenceAction.Detach)],
            reference => (Tone.Plain, ScopeText.Of(reference)));
    }

    private void ShowVerifications(IReadOnlyList<CheckReport> verifications)
    {
        if (verifications.Count == 0)
        {
            return;
        }

        output.Heading("Verified before the commit");
        int passed = verifications.Count(verification => verification.Outcome == Outcome.Passed);
        output.Line(
            $"{Words.Number(passed)} of {Words.Number(verifications.Count)} as "
                + $"expected{(output.IsVerbose ? string.Empty : "; --verbose names them")}",
            indent: 2,
            tone: passed == verifications.Count ? Tone.Good : Tone.Warning);
        foreach (CheckReport verification in verifications
            .Where(verification => output.IsVerbose || verification.Outcome != Outcome.Passed))
        {
            output.Line(
                $"{verification.Outcome}: {verification.Name}: expected {verification.Expected}, found {verification.Actual}",
                indent: 2);
        }
    }

    private void ShowTables(PurgeReport report)
    {
        // A run that ended before it counted has no numbers.
        List<TableReport> counted = [.. report.Tables.Where(table => table.RowsBefore is not null)];
        if (counted.Count == 0)
        {
            return;
        }

        output.Heading($"Rows before and after, in {Words.Duration(report.Duration)}");
        int width = counted.Max(table => Words.OneLine(table.Table.ToString()).Length);
        foreach (TableReport table in counted)
        {
            string after = table.RowsAfter is { } rows ? Words.Number(rows) : "as before";
            string kept = table.RowsKept is { } others ? $"; {Words.Count(others, "other row")} kept" : string.Empty;
            output.Row(table.Table.ToString(), $"{Words.Number(table.RowsBefore!.Value),10} -> {after}{kept}", width);
            if (table.Error is { } error)
            {
                output.Line(error, indent: 4, tone: Tone.Bad);
            }
        }
    }

    private void Section<T>(string title, IReadOnlyList<T> items, Func<T, (Tone Tone, string Text)> write)
    {
        if (items.Count == 0)
        {
            return;
        }

        output.Heading(title);
        foreach ((Tone tone, string text) in items.Select(write))
        {
            output.Line(text, indent: 2, tone: tone);
        }
    }
}
