using System.Globalization;
using FloworxPurge.Reporting;

namespace FloworxPurge;

/// <summary>What a reset found: what the code before it wrote and did not clean up.</summary>
public sealed record LeakReport
{
    /// <summary>
    /// Gets the tables that held rows, dependents first. <see cref="TableReport.RowsBefore"/> is the number of rows that were found.
    /// </summary>
    public IReadOnlyList<TableReport> Tables { get; init; } = [];

    /// <summary>
    /// Gets the sessions that have written to the tables and not ended their transaction, where the engine reports them: their rows may
    /// still appear.
    /// </summary>
    public IReadOnlyList<string> OpenTransactions { get; init; } = [];

    /// <summary>
    /// Gets the warnings of the plan: what resets leave as it is, such as a sequence that they do not restart or a history that grows. They
    /// are the same for each reset by one plan, and are no part of <see cref="IsClean"/>.
    /// </summary>
    public IReadOnlyList<PlanNote> Warnings { get; init; } = [];

    /// <summary>Gets the number of rows of all tables.</summary>
    public long Rows => Tables.Sum(table => table.RowsBefore ?? 0);

    /// <summary>Gets whether no rows and no open transactions were found.</summary>
    public bool IsClean => Tables.Count == 0 && OpenTransactions.Count == 0;

    /// <summary>The report in one line, for the message of an assertion.</summary>
    /// <returns>A text such as <c>3 rows: "public"."orders" 2, "public"."users" 1</c>.</returns>
    public override string ToString()
    {
        var parts = new List<string>();
        if (Tables.Count > 0)
        {
            string rows = Rows == 1 ? "1 row" : string.Create(CultureInfo.InvariantCulture, $"{Rows} rows");
            parts.Add(
                $"{rows}: {string.Join(
                    ", ",
                    Tables.Select(
                        table => string.Create(CultureInfo.InvariantCulture, $"{table.Table.ToQuotedString()} {table.RowsBefore}")))}");
        }

        if (OpenTransactions.Count > 0)
        {
            parts.Add($"open transactions: {string.Join("; ", OpenTransactions)}");
        }

        return parts.Count == 0 ? "clean" : string.Join("; ", parts);
    }
}
