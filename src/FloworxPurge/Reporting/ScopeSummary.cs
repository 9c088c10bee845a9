using System.Globalization;
using FloworxPurge.Planning;

namespace FloworxPurge.Reporting;

/// <summary>What a purge of single rows did, in sentences.</summary>
internal static class ScopeSummary
{
    private const int MostQueries = 3;

    /// <summary>The summary of a run that was done.</summary>
    public static string OfRun(PlanScope scope, string database, IReadOnlyList<TableReport> tables, long rows, string commit)
        => rows == 0
            ? $"Nothing was deleted from {database}: {Roots(scope)}.{Hidden(scope)}{commit}"
            : $"{Quantity.Of(rows, "row")} deleted from {Quantity.Of(tables.Count(table => table.RowsDeleted > 0), "table")} of "
                + $"{database}: "
                + $"{Roots(scope)}.{Detached(scope, "was", "were")} None of the deleted rows is "
                + $"left.{Hidden(scope)}{commit}";

    /// <summary>The summary of a plan.</summary>
    public static string OfPlan(PlanScope scope, string database, IReadOnlyList<PlanTable> tables)
    {
        long rows = tables.Sum(table => table.Rows ?? 0);
        return scope.BlockedRows >= scope.Matched
            ? $"Nothing was run. A run of this plan would delete nothing from {database}: {NothingMatched(scope)}"
            : $"Nothing was run. A run of this plan would delete {Quantity.Of(rows, "row")} from "
                + $"{Quantity.Of(tables.Count(table => table.Rows > 0), "table")} of {database}: "
                + $"{Roots(scope)}.{Detached(scope, "would be", "would be")}{Hidden(scope)}";
    }

    /// <summary>Says that no row matched, or that all that matched are blocked.</summary>
    public static string NothingMatched(PlanScope scope)
        => scope.Matched == 0 ? $"no row matches {Names(scope)}.{Hidden(scope)}" : $"{Roots(scope)}.{Hidden(scope)}";

    private static string Roots(PlanScope scope)
        => scope.BlockedRows == 0
            ? $"{(scope.Matched == 1 ? "the row" : $"all {Number(scope.Matched)} rows")} that {Names(scope)} "
                + $"{(Count(scope) == 1 ? "names" : "name")}, with what depends on {(scope.Matched == 1 ? "it" : "them")}"
            : scope.BlockedRows == scope.Matched
                ? $"{(scope.Matched == 1 ? "the row" : $"all {Number(scope.Matched)} rows")} that {Names(scope)} "
                    + $"{(Count(scope) == 1 ? "names" : "name")} {(scope.Matched == 1 ? "is" : "are")} blocked"
            : $"{Number(scope.Matched - scope.BlockedRows)} of {Quantity.Of(scope.Matched, "row")} that {Names(scope)} "
                + $"{(Count(scope) == 1 ? "names" : "name")}, with what depends on them; the others are blocked";

    private static string Detached(PlanScope scope, string one, string many)
        => scope.Detached == 0
            ? string.Empty
            : $" {Quantity.Of(scope.Detached, "row")} that {(scope.Detached == 1 ? "stays" : "stay")} and referenced them "
                + $"{(scope.Detached == 1 ? one : many)} changed.";

    private static string Hidden(PlanScope scope)
    {
        long hidden = scope.Queries.Sum(query => query.Hidden ?? 0);
        return hidden == 0 ? string.Empty : $" Query filters of the model hide {Quantity.Of(hidden, "row")} that would.";
    }

    private static string Names(PlanScope scope)
    {
        List<string> names = [.. scope.Queries.Where(query => !query.Keeps).Select(query => query.Text).Distinct(StringComparer.Ordinal)];
        return string.Join(", ", names.Take(MostQueries))
            + (names.Count > MostQueries ? $" and {Number(names.Count - MostQueries)} more" : string.Empty);
    }

    private static int Count(PlanScope scope)
        => scope.Queries.Where(query => !query.Keeps).Select(query => query.Text).Distinct(StringComparer.Ordinal).Count();

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
