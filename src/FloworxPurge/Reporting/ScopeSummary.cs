using System.Globalization;
using FloworxPurge.Execution;
using FloworxPurge.Planning;

namespace FloworxPurge.Reporting;

/// <summary>The sentences of a report's summary where rows were to be deleted and not whole tables.</summary>
internal static class ScopeSummary
{
    /// <summary>A run that deleted every row that it planned.</summary>
    public static string OfRun(PlanScope scope, IReadOnlyList<TableReport> tables, long rows, string database)
    {
        int touched = tables.Count(table => table.RowsDeleted > 0);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Quantity.Of(rows, "row")} deleted from {Quantity.Of(touched, "table")} of {database}: {Selected(scope)}, and what depends on "
                + $"{(scope.Matched - scope.BlockedRows == 1 ? "it" : "them")}; {(rows == 1 ? "it is" : "all of them are")} verified gone.")
            + Rest(scope);
    }

    /// <summary>A plan.</summary>
    public static string OfPlan(PlanScope scope, IReadOnlyList<PlanTable> tables, long rows, string database)
        => string.Create(
            CultureInfo.InvariantCulture,
            $"Nothing was run. A run of this plan would delete {Quantity.Of(rows, "row")} from "
                + $"{Quantity.Of(tables.Count(table => table.Rows is not 0), "table")} of {database}: {Selected(scope)}, and what depends on "
                + $"{(scope.Matched - scope.BlockedRows == 1 ? "it" : "them")}.")
            + Rest(scope);

    /// <summary>Why nothing is deleted.</summary>
    public static string Nothing(PlanScope scope)
        => scope.Matched == 0
            ? $"no row matches {Rules(scope)}.{Hidden(scope)}"
            : $"{(scope.Matched == 1 ? "the only row that matches is" : Text($"all {scope.Matched} rows that match are"))} blocked, and the "
                + $"report says by what.{Hidden(scope)}";

    private static string Selected(PlanScope scope)
    {
        long deleted = scope.Matched - scope.BlockedRows;
        return scope.BlockedRows == 0
            ? $"{Quantity.Of(deleted, "row")} that {(deleted == 1 ? "matches" : "match")}"
            : Text($"{deleted} of {Quantity.Of(scope.Matched, "row")} that match");
    }

    private static string Rest(PlanScope scope)
        => (scope.BlockedRows == 0 ? string.Empty
                : $" {Quantity.Of(scope.BlockedRows, "row")} {(scope.BlockedRows == 1 ? "is blocked and stays" : "are blocked and stay")}.")
            + (scope.Detached == 0 ? string.Empty
                : $" {Quantity.Of(scope.Detached, "row")} {(scope.Detached == 1 ? "stays and loses" : "stay and lose")} a reference.")
            + Hidden(scope);

    private static string Hidden(PlanScope scope)
    {
        long hidden = scope.Queries.Sum(query => query.Keeps ? 0 : query.Hidden ?? 0);
        return hidden == 0 ? string.Empty
            : $" Query filters hide {Quantity.Of(hidden, "row")} that {(hidden == 1 ? "matches" : "match")} without them.";
    }

    private static string Rules(PlanScope scope)
    {
        string[] rules = [.. scope.Queries.Where(query => !query.Keeps).Select(query => query.Text)];
        return rules.Length == 1 ? rules[0] : Text($"any of the {rules.Length} rules");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
