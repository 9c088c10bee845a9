using System.Globalization;

namespace FloworxPurge;

/// <summary>Rows that a reset found in a table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Rows">How many there were; restored seed rows are not counted.</param>
public sealed record LeakedTable(TableName Table, long Rows);

/// <summary>What a reset found: what the code before it has written and not cleaned up.</summary>
/// <param name="Tables">The tables that held rows, dependents first.</param>
/// <param name="OpenTransactions">
/// Sessions that have written to the tables and not ended their transaction, where the engine reports them: their rows may still appear.
/// </param>
public sealed record LeakReport(IReadOnlyList<LeakedTable> Tables, IReadOnlyList<string> OpenTransactions)
{
    /// <summary>Nothing was found.</summary>
    internal static LeakReport Clean { get; } = new([], []);

    /// <summary>Rows of all tables.</summary>
    public long Rows => Tables.Sum(table => table.Rows);

    /// <summary>Whether no rows and no open transactions were found.</summary>
    public bool IsClean => Tables.Count == 0 && OpenTransactions.Count == 0;

    /// <summary>The report in one line, for the message of an assertion.</summary>
    /// <returns>A text such as <c>3 rows: "public"."orders" 2, "public"."users" 1</c>.</returns>
    public override string ToString()
    {
        var parts = new List<string>();
        if (Tables.Count > 0)
        {
            string rows = Rows == 1 ? "1 row" : string.Create(CultureInfo.InvariantCulture, $"{Rows} rows");
            parts.Add($"{rows}: {string.Join(", ", Tables.Select(table => string.Create(CultureInfo.InvariantCulture, $"{table.Table.ToQuotedString()} {table.Rows}")))}");
        }

        if (OpenTransactions.Count > 0)
        {
            parts.Add($"open transactions: {string.Join("; ", OpenTransactions)}");
        }

        return parts.Count == 0 ? "clean" : string.Join("; ", parts);
    }
}
