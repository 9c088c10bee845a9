using FloworxPurge.Dialects;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Schema;

/// <summary>Asks the database of a context single values. A connection that was closed is closed again.</summary>
internal static class ScalarReader
{
    /// <summary>Reads one value: <see langword="null"/> when there is no row, <see cref="DBNull"/> for NULL.</summary>
    public static async Task<object?> ReadAsync(DbContext context, string sql, CancellationToken cancellationToken)
    {
        DatabaseSession session = await OpenAsync(context, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            return await session.ReadScalarAsync(sql, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Counts the rows of tables, each name spelled as the provider's SQL spells it.</summary>
    public static async Task<IReadOnlyList<long>> CountAsync(DbContext context, IReadOnlyList<TableName> tables, CancellationToken cancellationToken)
    {
        DatabaseSession session = await OpenAsync(context, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            List<long> counts = [];
            foreach (TableName table in tables)
            {
                string source = session.Sql.DelimitIdentifier(table.Name, table.Schema);
                counts.AddRange(await session.QueryNumbersAsync($"SELECT COUNT(*) FROM {source}", cancellationToken).ConfigureAwait(false));
            }

            return counts;
        }
    }

    private static Task<DatabaseSession> OpenAsync(DbContext context, CancellationToken cancellationToken)
        => DatabaseSession.OpenAsync(context, DialectSelector.Select(context.Database.ProviderName ?? string.Empty), cancellationToken);
}
