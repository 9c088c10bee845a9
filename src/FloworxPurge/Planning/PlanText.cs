using System.Globalization;
using System.Text;

namespace FloworxPurge.Planning;

/// <summary>Writes a plan for people.</summary>
internal static class PlanText
{
    public static string Write(PurgePlan plan)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(OneLine(line.ToString(CultureInfo.InvariantCulture))).Append('\n');

        Line($"Purge plan for {plan.Database.Database} on {plan.Database.Server} ({plan.Database.Engine} {plan.Database.ServerVersion})");
        string size = string.Create(
            CultureInfo.InvariantCulture,
            $"{Quantity.Of(plan.Tables.Count, "table")} to purge, {plan.Skips.Count} skipped, {plan.Kept.Count} kept");
        string statements = Quantity.Of(plan.Steps.Count, "statement");
        Line($"{size}; {statements}; {Mode(plan)}; {(plan.Truncates ? "TRUNCATE" : "DELETE")}; dialect {plan.Dialect}");
        Line($"Fingerprint {plan.Fingerprint}");
        if (plan.Archive is { } archive)
        {
            Line($"Archive: rows are written to {PlaceOf(archive)} before they are deleted{Retained(archive)}");
        }

        if (plan.Tables.Count == 0)
        {
            text.Append("\nNothing to do: no table is to be purged.\n");
        }

        if (plan.Scope is { } scope)
        {
            Section(text, $"Rows: {ScopeText.Matched(scope)}", scope.Queries, ScopeText.Of);
            Section(text, "Blocked, and left as they are", scope.Blocked, ScopeText.Of);
        }

        int width = plan.Tables.Select(table => table.Table.ToString().Length).DefaultIfEmpty(0).Max();
        foreach (IGrouping<int, PlanTable> level in plan.Tables.GroupBy(table => table.Level))
        {
            text.Append(CultureInfo.InvariantCulture, $"\nLevel {level.Key}\n");
            foreach (PlanTable table in level)
            {
                string rows = table.Rows is { } count ? Quantity.Of(count, "row").PadLeft(12) : string.Empty;
                Line($"  {table.Table.ToString().PadRight(width)}{rows}  {string.Join(", ", table.EntityTypes)}".AsTrimmed());
            }
        }

        if (plan.Scope is { } selected)
        {
            IReadOnlyList<ScopeReference> used = ScopeText.Used(selected);
            int others = selected.References.Count - used.Count;
            Section(text, $"References{(others == 0 ? string.Empty : Others(others))}", used, ScopeText.Of);
            Section(text, "Deleted when no remaining row references them", selected.Orphans, table => table.ToString());
        }

        Section(text, "Cycles", plan.Cycles, cycle => $"{string.Join(", ", cycle.Tables)}: {cycle.BrokenBy}");
        Section(text, "Skipped, and left as they are", plan.Skips, skip => $"{skip.Table} ({skip.Reason}): {skip.Explanation}");
        Section(
            text,
            "Kept",
            plan.Kept,
            kept => $"{kept.Table} ({kept.Reason}{(kept.AllowsInserts ? "; rows may be added" : string.Empty)})");
        Section(text, "Notes", plan.Notes, note => $"{note.Grade}: {(note.Table is null ? string.Empty : note.Table + ": ")}{note.Text}");
        Section(text, "Statements", plan.Steps, step => string.Create(CultureInfo.InvariantCulture, $"{step.Number}. {step.Sql}"));
        return text.ToString();
    }

    /// <summary>The folder in quotes, or the schema.</summary>
    public static string PlaceOf(PlanArchive archive)
        => archive.Schema is { } schema ? $"tables of schema \"{schema}\"" : $"\"{archive.Directory}\"";

    /// <summary>Until when an archive is to be kept, as the end of a sentence without its full stop.</summary>
    public static string Retained(PlanArchive archive)
        => archive.RetainUntil is { } until
            ? string.Create(CultureInfo.InvariantCulture, $", to be kept until {until:yyyy-MM-dd}")
            : string.Empty;

    private static string Others(int number)
        => string.Create(CultureInfo.InvariantCulture, $" ({number} more that no row has {(number == 1 ? "is" : "are")} left out)");

    /// <summary>What a failing table does to the rest, in words.</summary>
    public static string Mode(PurgePlan plan)
        => plan.Chunks is { } chunks
            ? plan.Scope is null
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"in {Quantity.Of(plan.Units.Select(unit => unit.Transaction).Distinct().Count(), "transaction")}, and more for "
                        + $"tables of more than {Quantity.Of(chunks.Roots, "row")}")
                : string.Create(CultureInfo.InvariantCulture, $"in transactions of up to {Quantity.Of(chunks.Roots, "selected row")}")
            : plan.BestEffort ? "best effort"
            : "all or nothing";

    /// <summary>
    /// A text without line breaks and without invisible characters, each of them replaced by a space: a name that holds one neither forges
    /// a line nor ends a comment.
    /// </summary>
    public static string OneLine(string text)
        => string.Concat(
            text.Select(c => char.GetUnicodeCategory(c)
                    is UnicodeCategory.Control or UnicodeCategory.Format
                        or UnicodeCategory.LineSeparator
                        or UnicodeCategory.ParagraphSeparator
                        ? ' '
                        : c));

    private static void Section<T>(StringBuilder text, string title, IReadOnlyList<T> items, Func<T, string> write)
    {
        if (items.Count == 0)
        {
            return;
        }

        text.Append('\n').Append(title).Append('\n');
        foreach (T item in items)
        {
            text.Append("  ").Append(OneLine(write(item))).Append('\n');
        }
    }

    private static FormattableString AsTrimmed(this string line) => $"{line.TrimEnd()}";
}
