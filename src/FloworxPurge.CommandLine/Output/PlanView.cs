using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;

namespace FloworxPurge.CommandLine.Output;

/// <summary>Shows a plan: the database, the tables by level with their rows, what is skipped or kept and why, cycles, notes.</summary>
internal sealed class PlanView(CommandOutput output)
{
    /// <summary>Shows the plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="environment">The environment that the command runs in.</param>
    /// <param name="names">The names of the rows to delete, with their parameters; none for whole tables.</param>
    public void Show(PurgePlan plan, RunEnvironment environment, IReadOnlyList<string> names)
    {
        ShowDatabase(plan, environment, names);
        if (plan.Scope is { } scope)
        {
            ShowScope(scope);
        }

        IReadOnlyList<PlanTable> tables = output.IsVerbose ? plan.Tables : WithRows(plan);
        int width = tables.Select(table => Words.OneLine(table.Table.ToString()).Length).DefaultIfEmpty(0).Max();
        foreach (IGrouping<int, PlanTable> level in tables.GroupBy(table => table.Level))
        {
            output.Heading($"Level {Words.Number(level.Key)}");
            foreach (PlanTable table in level)
            {
                output.Row(table.Table.ToString(), table.Rows is { } rows ? Words.Count(rows, "row").PadLeft(14) : "not counted", width);
            }
        }

        // One sentence of the notes says it for all of them.
        bool hasNothing = plan.Tables.Count == 0
            && plan.Skips.Count > 1
            && plan.Skips.All(skip => skip.Reason is PlanReason.TableMissing or PlanReason.SchemaMissing)
            && plan.Notes.Any(note => note.Text.StartsWith("No table of the model (", StringComparison.Ordinal));
        IReadOnlyList<PlanTable> skips = hasNothing && !output.IsVerbose ? [] : plan.Skips;
        Section("Skipped, and left as they are", skips, skip => $"{skip.Table} ({skip.Reason}): {skip.Explanation}", Tone.Warning);
        Section(
            "Cycles of foreign keys",
            [.. plan.Steps.Where(step => step.Kind is PlanStepKind.SetNull or PlanStepKind.DeferConstraints
                or PlanStepKind.DisableConstraints or PlanStepKind.DeleteTogether)],
            step => $"{string.Join(", ", step.Tables)}: {step.Reason}",
            Tone.Plain);
        // A scope leaves most tables alone, and to name them all says nothing.
        IReadOnlyList<PlanTable> kept = output.IsVerbose ? plan.Kept
            : [.. plan.Kept.Where(table => table.Reason != PlanReason.NotReached)];
        int notReached = plan.Kept.Count - kept.Count;
        Section(
            notReached == 0 ? "Kept" : $"Kept, beside {Words.Count(notReached, "table")} of which no row depends on a deleted one",
            kept,
            table => $"{table.Table} ({table.Reason}{(table.AllowsInserts ? "; rows may be added" : string.Empty)})",
            Tone.Plain);
        Section(
            "Notes",
            plan.Notes,
            note => $"{note.Grade}: {(note.Table is null ? string.Empty : note.Table + ": ")}{note.Text}",
            Tone.Plain);
        if (output.IsVerbose)
        {
            Section("Statements", plan.Steps, step => $"{Words.Number(step.Number)}. {step.Sql}", Tone.Plain);
        }
    }

    /// <summary>What would follow the commit, as far as a dry run can count it.</summary>
    public void ShowAfterCommit(PurgeReport report)
    {
        Section("Places outside the database", report.Targets, target => $"{target.Name}: {Counted(target)}", Tone.Plain);
        Section(
            "Checks after the commit",
            report.Checks,
            check => $"{check.Name} ({(check.IsRequired ? "Required" : "Optional")})",
            Tone.Plain);
    }

    private static string Counted(TargetReport target)
        => target.Outcome == Outcome.Passed && target.ItemsBefore is { } items
            ? Words.Count(items, "item")
            : $"{ReportView.Of(target.Outcome)}: {target.Reason}";

    /// <summary>The tables to purge; of a scope, those of which rows are deleted.</summary>
    public static IReadOnlyList<PlanTable> WithRows(PurgePlan plan)
        => plan.Scope is null ? plan.Tables : [.. plan.Tables.Where(table => table.Rows != 0)];

    private void ShowScope(PlanScope scope)
    {
        Section($"Rows: {ScopeText.Matched(scope)}", scope.Queries, ScopeText.Of, Tone.Plain);
        Section("Blocked, and left as they are", scope.Blocked, ScopeText.Of, Tone.Warning);
        Section(
            "References to these rows",
            output.IsVerbose ? scope.References : ScopeText.Used(scope),
            ScopeText.Of,
            Tone.Plain);
        Section("Deleted when no remaining row references them", scope.Orphans, table => table.ToString(), Tone.Plain);
    }

    private void ShowDatabase(PurgePlan plan, RunEnvironment environment, IReadOnlyList<string> names)
    {
        output.Line($"Database     {plan.Database.Database}", hanging: 13, tone: Tone.Heading);
        output.Line(
            $"Server       {plan.Database.Server} ({plan.Database.Engine} "
                + $"{plan.Database.ServerVersion}){(plan.Database.Role is { } role ? $", as {role}" : string.Empty)}",
            hanging: 13);
        output.Line($"Environment  {environment.Name}{(environment.Note is { } note ? $" ({note})" : string.Empty)}", hanging: 13);
        foreach (string name in names)
        {
            output.Line($"Rows         {name}", hanging: 13);
        }

        output.Line(
            $"To purge     {Words.Count(WithRows(plan).Count, "table")} with "
                + $"{Words.Count(plan.Tables.Sum(table => table.Rows ?? 0), "row")}; {Words.Number(plan.Skips.Count)} skipped, "
                + $"{Words.Number(plan.Kept.Count)} kept; "
                + $"{Mode(plan)}, {(plan.Truncates ? "TRUNCATE" : "DELETE")}",
            hanging: 13);
        output.Line($"Plan         {plan.Fingerprint}", hanging: 13, tone: Tone.Dim);
    }

    private static string Mode(PurgePlan plan)
        => plan.Chunks is { } chunks
            ? plan.Scope is null
                ? $"in {Words.Count(plan.Units.Select(unit => unit.Transaction).Distinct().Count(), "transaction")}, and more for tables "
                    + $"of more than {Words.Count(chunks.Roots, "row")}"
                : $"in transactions of up to {Words.Count(chunks.Roots, "selected row")}"
            : plan.BestEffort ? "best effort"
            : "all or nothing";

    private void Section<T>(string title, IReadOnlyList<T> items, Func<T, string> write, Tone tone)
    {
        if (items.Count == 0)
        {
            return;
        }

        output.Heading(title);
        foreach (T item in items)
        {
            output.Line(write(item), indent: 2, tone: tone);
        }
    }
}
