using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Planning;

/// <summary>Selects the rows of one table that have a value in a column; the other rows stay.</summary>
/// <param name="Table">The table, as the database spells it.</param>
/// <param name="Column">The column, as the database spells it.</param>
/// <param name="Value">The value, or <see langword="null"/> for rows without one.</param>
internal sealed record RowFilter(TableName Table, string Column, object? Value)
{
    /// <summary>Adds the filters to the tables that they name.</summary>
    /// <exception cref="PurgeException">
    /// A table or a column does not exist, or a table has several filters; the message names every one.
    /// </exception>
    public static DatabaseSchema Apply(IReadOnlyList<RowFilter> filters, DatabaseSchema live, ISqlGenerationHelper sql)
    {
        if (filters.Count == 0)
        {
            return live;
        }

        var tables = live.Tables.ToDictionary(table => table.Name);
        List<string> problems = [];
        foreach (RowFilter filter in filters)
        {
            if (!tables.TryGetValue(filter.Table, out TableSchema? table))
            {
                problems.Add($"There is no table {filter.Table.ToQuotedString()}, of which rows are to be purged.");
            }
            else if (!table.Columns.Any(column => string.Equals(column.Name, filter.Column, StringComparison.Ordinal)))
            {
                problems.Add(
                    $"Table {filter.Table.ToQuotedString()} has no column \"{filter.Column}\", by which its rows are to be selected.");
            }
            else if (table.Filter is not null)
            {
                problems.Add(
                    $"Rows of table {filter.Table.ToQuotedString()} are selected more than once. Select them by one column, in one run "
                        + $"for each selection.");
            }
            else
            {
                tables[filter.Table] = table with { Filter = filter.Of(table, sql) };
            }
        }

        return problems.Count == 0
            ? live with { Tables = [.. live.Tables.Select(table => tables[table.Name])] }
            : throw new PurgeException(string.Join(Environment.NewLine, problems));
    }

    /// <summary>Checks that the tables of the filters are purged, and that nothing is asked for that concerns rows which stay.</summary>
    /// <exception cref="PurgeException">It is not so; the message names every table.</exception>
    public static void ThrowIfNotPurged(IReadOnlyList<TableDisposition> dispositions, bool purgesHistory)
    {
        List<string> problems =
        [
            .. dispositions.Where(disposition => disposition.Live?.Filter is not null).SelectMany(disposition => new[]
            {
                disposition.Keep is { } keep
                    ? $"{disposition.Name.ToQuotedString()} is kept ({keep}), so none of its rows can be purged."
                    : null,
                purgesHistory
                    ? $"PurgeHistory deletes the history of all rows, and only some rows of "
                        + $"{disposition.Name.ToQuotedString()} are purged. "
                        + $"Leave it out."
                    : null,
            }).OfType<string>(),
        ];
        if (problems.Count > 0)
        {
            throw new PurgeException(string.Join(Environment.NewLine, problems.Distinct(StringComparer.Ordinal)));
        }
    }

    private (RowSet Selected, RowSet Others) Of(TableSchema table, ISqlGenerationHelper sql)
    {
        string column = sql.DelimitIdentifier(Column);
        RowSet all = table.AllRows;
        return Value is null
            ? (all with { Filter = $"{column} IS NULL" }, all with { Filter = $"{column} IS NOT NULL" })
            : (all with { Filter = $"{column} = @p0", Parameters = [PlanParameter.Of(Value)] },
                all with { Filter = $"({column} <> @p0 OR {column} IS NULL)", Parameters = [PlanParameter.Of(Value)] });
    }
}
