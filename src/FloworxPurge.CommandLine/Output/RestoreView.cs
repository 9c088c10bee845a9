using FloworxPurge.Reporting;

namespace FloworxPurge.CommandLine.Output;

/// <summary>Shows what a restore would do, and how it ended.</summary>
internal sealed class RestoreView(CommandOutput output)
{
    /// <summary>Shows the plan. What stands against it is the error of the command.</summary>
    public void Show(RestorePlan plan, RunEnvironment environment)
    {
        output.Row("Database", plan.Database.Database, 11, indent: 0);
        output.Row("Server", $"{plan.Database.Server} ({plan.Database.Engine} {plan.Database.ServerVersion})", 11, indent: 0);
        output.Row("Environment", environment.Name, 11, indent: 0);
        output.Row("Archive", $"{plan.Directory ?? plan.Schema} of {Words.Time(plan.ArchivedAt)}, run {plan.ArchiveId}", 11, indent: 0);
        ShowTables("To restore, principals first", plan.Tables);
        Section("Notes", plan.Notes, Tone.Plain);
    }

    /// <summary>Shows the report.</summary>
    public void Show(RestoreReport report)
    {
        ShowTables($"Restored, in {Words.Duration(report.Duration)}", report.Tables);
        if (report.Verifications.Count > 0)
        {
            int passed = report.Verifications.Count(check => check.Outcome == Outcome.Passed);
            Section(
                "Verified",
                [
                    $"{Words.Number(passed)} of {Words.Number(report.Verifications.Count)} as expected"
                        + (output.IsVerbose ? string.Empty : "; --verbose names them"),
                    .. report.Verifications
                        .Where(check => output.IsVerbose || check.Outcome != Outcome.Passed)
                        .Select(check => $"{check.Outcome}: {check.Name}: expected {check.Expected}, found {check.Actual}"),
                ],
                passed == report.Verifications.Count ? Tone.Good : Tone.Warning);
        }

        Section("Notes", [.. report.Overrides, .. report.Notes], Tone.Plain);
        output.Line();
    }

    private void ShowTables(string title, IReadOnlyList<RestoreTable> tables)
    {
        RestoreTable[] shown = [.. tables.Where(table => output.IsVerbose || table.Rows > 0)];
        if (shown.Length == 0)
        {
            return;
        }

        output.Heading(title);
        int width = shown.Max(table => Words.OneLine(table.Table.ToString()).Length);
        foreach (RestoreTable table in shown)
        {
            string counters = string.Concat(
                table.Counters.OrderBy(counter => counter.Key, StringComparer.Ordinal)
                    .Select(counter => $"; counter of {counter.Key} to {Words.Number(counter.Value)}"));
            output.Row(
                table.Table.ToString(),
                Words.Count(table.Rows, "row").PadLeft(14) + (table.IsDetached ? " get a lost reference back" : string.Empty) + counters,
                width);
        }
    }

    private void Section(string title, IReadOnlyList<string> lines, Tone tone)
    {
        if (lines.Count == 0)
        {
            return;
        }

        output.Heading(title);
        foreach (string line in lines)
        {
            output.Line(line, indent: 2, tone: tone);
        }
    }
}
