using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>The whole content of a table as one text, independent of the order of its rows.</summary>
/// <param name="Value">The text, or <see langword="null"/> when the content cannot be read in full.</param>
/// <param name="Unknown">Why it cannot.</param>
internal sealed record ContentDigest(string? Value, string? Unknown)
{
    /// <summary>Compares two digests of one table, and adds the result to the run's verifications.</summary>
    public static void Verify(PurgeRun run, string name, ContentDigest before, ContentDigest after)
    {
        if ((before.Unknown ?? after.Unknown) is { } because)
        {
            run.VerifyUnknown(name, "as before", because);
        }
        else
        {
            run.Verify(name, before.Value!, after.Value!);
        }
    }
}

/// <summary>The digests of all rows of a table, sorted.</summary>
/// <param name="Sorted">One number for each row, or <see langword="null"/> when the content cannot be read in full.</param>
/// <param name="Unknown">Why it cannot.</param>
internal sealed record RowDigests(long[]? Sorted, string? Unknown)
{
    /// <summary>The number of rows of <paramref name="earlier"/> that are not among these, each counted as often as it is there.</summary>
    public long CountMissing(RowDigests earlier)
    {
        long[] now = Sorted!;
        long missing = 0;
        int i = 0;
        foreach (long row in earlier.Sorted!)
        {
            while (i < now.Length && now[i] < row)
            {
                i++;
            }

            if (i < now.Length && now[i] == row)
            {
                i++;
            }
            else
            {
                missing++;
            }
        }

        return missing;
    }
}

/// <summary>Reads the content of tables: every column, in full precision, or not at all.</summary>
internal static class TableDigest
{
    /// <summary>The most rows whose digests are kept in memory, 8 bytes each.</summary>
    public const int MostRows = 5_000_000;

    /// <summary>The digests of several tables.</summary>
    public static async Task<Dictionary<TableName, ContentDigest>> OfAsync(
        DatabaseSession session,
        IEnumerable<TableSchema> tables,
        CancellationToken cancellationToken,
        Func<TableSchema, RowSet>? rows = null)
    {
        var digests = new Dictionary<TableName, ContentDigest>();
        List<TableSchema> all = [.. tables];
        Dictionary<TableName, string> unreadable = await ReadUnreadableAsync(session, all, cancellationToken).ConfigureAwait(false);
        foreach (TableSchema table in all)
        {
            digests[table.Name] = unreadable.TryGetValue(table.Name, out string? because)
                ? new ContentDigest(null, because)
                : await OfAsync(session, table, rows?.Invoke(table) ?? table.AllRows, cancellationToken).ConfigureAwait(false);
        }

        return digests;
    }

    /// <summary>The digest of each row of a table.</summary>
    public static async Task<RowDigests> RowsOfAsync(DatabaseSession session, TableSchema table, CancellationToken cancellationToken)
    {
        Dictionary<TableName, string> unreadable = await ReadUnreadableAsync(session, [table], cancellationToken).ConfigureAwait(false);
        if (unreadable.TryGetValue(table.Name, out string? because))
        {
            return new RowDigests(null, because);
        }

        var rows = new List<long>();
        long count = 0;
        RowSet all = table.AllRows;
        if (session.Dialect.RowDigest(session.Sql, table.Columns) is { } row)
        {
            await session.QueryEachAsync(
                session.Dialect.SelectDigests(session.Sql, all, row),
                reader =>
                {
                    because ??= reader.IsDBNull(0) ? PackedTooLarge : null;
                    Add(because is null ? Convert.ToInt64(reader.GetValue(0), CultureInfo.InvariantCulture) : 0);
                },
                cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var digester = new RowReader();
            string query = session.Dialect.SelectExactly(session.Sql, all, table);
            await session.QueryEachAsync(query, reader => Add(digester.Digest(reader)), cancellationToken).ConfigureAwait(false);
            because = digester.Unknown;
        }

        because ??= count > MostRows ? string.Create(CultureInfo.InvariantCulture, $"it holds more than {MostRows} rows") : null;
        if (because is not null)
        {
            return new RowDigests(null, because);
        }

        rows.Sort();
        return new RowDigests([.. rows], null);

        void Add(long digest)
        {
            if (++count <= MostRows && because is null)
            {
                rows.Add(digest);
            }
        }
    }

    private const string PackedTooLarge = "the server could not compute the digest of some rows, which may be too large for it";

    private static async Task<ContentDigest> OfAsync(
        DatabaseSession session,
        TableSchema table,
        RowSet all,
        CancellationToken cancellationToken)
    {
        if (session.Dialect.RowDigest(session.Sql, table.Columns) is { } row)
        {
            return (await session.QueryAsync(
                session.Dialect.SumDigests(session.Sql, all, row),
                reader =>
                {
                    string count = Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!;
                    bool isWhole = string.Equals(
                        count,
                        Convert.ToString(reader.GetValue(1), CultureInfo.InvariantCulture),
                        StringComparison.Ordinal);
                    return isWhole
                        ? new ContentDigest(
                            string.Create(CultureInfo.InvariantCulture, $"{count} {(reader.IsDBNull(2) ? 0 : reader.GetValue(2))}"),
                            null)
                        : new ContentDigest(null, PackedTooLarge);
                },
                cancellationToken).ConfigureAwait(false)).Single();
        }

        if (session.Dialect.Digest(
            session.Sql,
            all,
            [.. table.Columns.Where(column => column is { IsVirtual: false, IsSystem: false }).Select(column => column.Name)]) is { } sql)
        {
            return new ContentDigest(await session.QueryTextAsync(sql, cancellationToken).ConfigureAwait(false), null);
        }

        long rows = 0;
        Int128 sum = 0;
        var digester = new RowReader();
        await session.QueryEachAsync(
            session.Dialect.SelectExactly(session.Sql, all, table),
            reader =>
            {
                rows++;
                sum += digester.Digest(reader);
            },
            cancellationToken).ConfigureAwait(false);
        return digester.Unknown is { } because
            ? new ContentDigest(null, because)
            : new ContentDigest(string.Create(CultureInfo.InvariantCulture, $"{rows} {sum}"), null);
    }

    // Which columns the engine cannot give in full; a statement that reads them would fail, and the transaction with it.
    private static async Task<Dictionary<TableName, string>> ReadUnreadableAsync(
        DatabaseSession session,
        List<TableSchema> tables,
        CancellationToken cancellationToken)
    {
        Dictionary<TableName, string> unreadable = [];
        foreach (TableSchema table in tables)
        {
            if (table.Columns.FirstOrDefault(column => !session.Dialect.IsReadInFull(column.StoreType)) is { } column)
            {
                unreadable.Add(table.Name, Because(column.Name, column.StoreType));
            }
        }

        if (tables.Count > 0 && session.Dialect.UnreadableColumns is { } query)
        {
            foreach ((TableName table, string because) in await session.QueryAsync(
                query,
                reader => (new TableName(reader.GetString(0), reader.GetString(1)), Because(reader.GetString(2), reader.GetString(3))),
                cancellationToken).ConfigureAwait(false))
            {
                unreadable.TryAdd(table, because);
            }
        }

        return unreadable;
    }

    private static string Because(string column, string type) => $"column \"{column}\" of type {type} cannot be read in full";
}
