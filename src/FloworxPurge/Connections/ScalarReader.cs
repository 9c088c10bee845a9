using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Connections;

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
    public static async Task<IReadOnlyList<long>> CountAsync(
        DbContext context,
        IReadOnlyList<TableName> tables,
        CancellationToken cancellationToken)
    {
        DatabaseSession session = await OpenAsync(context, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            return session.Dialect.SelectRunsFunctions
                ? await session.ReadOnlyAsync(() => CountAsync(session, tables, cancellationToken), cancellationToken).ConfigureAwait(false)
                : await CountAsync(session, tables, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<IReadOnlyList<long>> CountAsync(
        DatabaseSession session,
        IReadOnlyList<TableName> tables,
        CancellationToken cancellationToken)
    {
        List<long> counts = [];
        foreach (TableName table in tables)
        {
            // A provider whose engine has no schemas leaves out what stands before the name, such as an attached database.
            string source = table.Schema is { } schema && !session.Dialect.HasSchemas
                ? $"{session.Sql.DelimitIdentifier(schema)}.{session.Sql.DelimitIdentifier(table.Name)}"
                : session.Sql.DelimitIdentifier(table.Name, table.Schema);
            IReadOnlyList<long> counted = await session.QueryNumbersAsync(
                session.Dialect.CountSeen(source),
                cancellationToken).ConfigureAwait(false);
            if (counted[1] != 0)
            {
                throw new PurgeException(
                    $"Row security may hide rows of {table} from this role, so they cannot be counted. Use a role that it does not apply "
                        + $"to.");
            }

            counts.Add(counted[0]);
        }

        return counts;
    }

    /// <summary>The dialect of a context's provider.</summary>
    public static PurgeDialect Dialect(DbContext context) => EngineRegistry.Select(context.Database.ProviderName ?? string.Empty);

    private static Task<DatabaseSession> OpenAsync(DbContext context, CancellationToken cancellationToken)
        => DatabaseSession.OpenAsync(context, Dialect(context), cancellationToken);
}
