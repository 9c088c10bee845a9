using System.Globalization;
using System.Text;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;

namespace FloworxPurge.Archiving;

/// <summary>The plain text of plans and reports of restores.</summary>
internal static class RestoreText
{
    /// <summary>The rows and what they are, in words.</summary>
    public static string Rows(IReadOnlyList<RestoreTable> tables)
    {
        RestoreTable[] inserted = [.. tables.Where(table => !table.IsDetached)];
        RestoreTable[] detached = [.. tables.Where(table => table.IsDetached)];
        string text = $"{Quantity.Of(inserted.Sum(table => table.Rows), "row")} of {Quantity.Of(inserted.Length, "table")}";
        return detached.Length == 0
            ? text
            : $"{text} and the lost references of {Quantity.Of(detached.Sum(table => table.Rows), "row")}";
    }

    public static void Append(StringBuilder text, string line) => text.Append(line).Append('\n');

    public static void AppendTables(StringBuilder text, IReadOnlyList<RestoreTable> tables)
    {
        if (tables.Count > 0)
        {
            Append(text, "\nTables");
        }

        foreach (RestoreTable table in tables)
        {
            string counters = string.Concat(
                table.Counters.OrderBy(counter => counter.Key, StringComparer.Ordinal)
                    .Select(counter => string.Create(CultureInfo.InvariantCulture, $"; counter of \"{counter.Key}\" to {counter.Value}")));
            string what = !table.IsDetached ? string.Empty : table.Rows == 1 ? " gets a reference back" : " get a reference back";
            Append(text, $"  {table.Table}: {Quantity.Of(table.Rows, "row")}{what}{counters}");
        }
    }

    public static void AppendRefusals(StringBuilder text, IReadOnlyList<RestoreRefusal> refusals)
    {
        if (refusals.Count > 0)
        {
            Append(text, "\nRefused, because");
        }

        foreach (RestoreRefusal refusal in refusals)
        {
            Append(text, $"  {refusal.Text}");
        }
    }

    public static void AppendNotes(StringBuilder text, IReadOnlyList<string> notes)
    {
        if (notes.Count > 0)
        {
            Append(text, "\nNotes");
        }

        foreach (string note in notes)
        {
            Append(text, $"  {note}");
        }
    }

    public static void AppendChecks(StringBuilder text, IReadOnlyList<CheckReport> checks)
    {
        if (checks.Count > 0)
        {
            Append(text, "\nVerified");
        }

        foreach (CheckReport check in checks)
        {
            Append(text, $"  {check.Outcome}: {check.Name}: expected {check.Expected}, measured {check.Actual}");
        }
    }
}
