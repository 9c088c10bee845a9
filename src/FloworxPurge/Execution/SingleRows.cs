using FloworxPurge.Connections;
using FloworxPurge.Planning;

namespace FloworxPurge.Execution;

/// <summary>
/// Checks that a key which a query returns names one row. The key of the model need not be the primary key of the database: then other
/// rows than those of the query may have it.
/// </summary>
internal static class SingleRows
{
    /// <summary>Checks the keys that a query returned.</summary>
    /// <exception cref="PurgeException">Several rows have one of them.</exception>
    public static async Task CheckAsync(
        DatabaseSession session,
        RowSelection selection,
        RowQuery query,
        KeyTable stage,
        CancellationToken cancellationToken)
    {
        if (selection.NamesSingleRows(query))
        {
            return;
        }

        long shared = (await session.QueryNumbersAsync(selection.Sql.CountShared(stage), [], cancellationToken).ConfigureAwait(false))[0];
        if (shared > 0)
        {
            string columns = string.Join(", ", query.KeyColumns.Select(column => $"\"{column}\""));
            throw new PurgeException(
                $"{query.Text} names rows of {query.Table.ToQuotedString()} by {columns}, which is the primary key in the model and not in "
                    + $"the database: {Quantity.Of(shared, "key")} {(shared == 1 ? "belongs" : "belong")} to several rows, so that others "
                    + "would be deleted as well. Bring model and database together (a migration).");
        }
    }
}
