using FloworxPurge.Schema;

namespace FloworxPurge.Connections;

/// <content>Counts of rows.</content>
internal sealed partial class DatabaseSession
{
    /// <summary>
    /// The most tables that one statement counts. A compound SELECT may have 500 parts on SQLite; fewer keep the text readable in logs.
    /// </summary>
    public const int CountBatch = 50;

    private const int LookBatch = 400;

    /// <summary>Counts the rows of tables exactly.</summary>
    public async Task<Dictionary<TableName, long>> CountAsync(IReadOnlyList<TableSchema> tables, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<TableName, long>();
        foreach (TableSchema[] batch in tables.Chunk(CountBatch))
        {
            await RenewReadingAsync(batch.Length, cancellationToken).ConfigureAwait(false);
            RowSet[] sets = [.. batch.Select(table => table.Rows)];
            foreach ((int position, long count) in await QueryAsync(
                    Dialect.Count(Sql, sets),
                    RowSet.ParametersOf(sets),
                    reader => ((int)Number(reader, 0), Number(reader, 1)),
                    cancellationToken)
                .ConfigureAwait(false))
            {
                counts[batch[position].Name] = count;
            }
        }

        // What was not counted must not pass for empty.
        if (tables.Select(table => table.Name).FirstOrDefault(name => !counts.ContainsKey(name)) is { } missing)
        {
            throw new PurgeException(
                $"{missing.ToQuotedString()} was not counted: the engine gave {counts.Count} of {tables.Count} counts. Set no limit of "
                    + $"rows for the session.");
        }

        return counts;
    }

    /// <summary>Determines whether a table has more rows than a number, without reading all of them.</summary>
    public async Task<bool> HasMoreRowsAsync(TableSchema table, int rows, CancellationToken cancellationToken)
    {
        string first = Dialect.First(
            $"SELECT 1 AS {Sql.DelimitIdentifier("one")} FROM {Dialect.Source(Sql, table.AllRows)} AS t",
            rows == int.MaxValue ? rows : rows + 1);
        return (await QueryNumbersAsync($"SELECT {Dialect.CountRows} FROM ({first}) AS first_rows", cancellationToken)
            .ConfigureAwait(false))[0] > rows;
    }

    /// <summary>
    /// Looks at tables in as few statements as possible: the number of rows, or 1 and 0 for some and none, in the order of the tables.
    /// </summary>
    public async Task<IReadOnlyList<long>> LookAsync(
        IReadOnlyList<(TableSchema Table, bool IsCounted)> tables,
        TimeSpan? lockTimeout,
        CancellationToken cancellationToken)
    {
        var found = new List<long>();
        foreach ((TableSchema Table, bool IsCounted)[] batch in tables.Chunk(LookBatch))
        {
            await RenewReadingAsync(batch.Length, cancellationToken).ConfigureAwait(false);
            string look = Dialect.Look(Sql, [.. batch.Select(table => (table.Table.Rows, table.IsCounted))]);
            string sql = lockTimeout is { } longest ? Dialect.WithLockTimeout(look, longest) : look;
            var rows = (
                await QueryAsync(
                    sql,
                    RowSet.ParametersOf(batch.Select(table => table.Table.Rows)),
                    reader => (Position: Number(reader, 0), Rows: Number(reader, 1)),
                    cancellationToken)
                    .ConfigureAwait(false))
                .ToDictionary(row => row.Position, row => row.Rows);
            found.AddRange(batch.Select((table, i) => rows.TryGetValue(i, out long count) ? count
                : throw new PurgeException($"{table.Table.Name.ToQuotedString()} was not looked at: the engine gave {rows.Count} of "
                    + $"{batch.Length} answers. Set no limit of rows for the session.")));
        }

        return found;
    }

    /// <summary>Counts the rows that reference a row of the foreign key's principal.</summary>
    public async Task<long> CountReferencingAsync(ForeignKey key, TableSchema dependent, CancellationToken cancellationToken)
    {
        await RenewReadingAsync(1, cancellationToken).ConfigureAwait(false);
        return (
            await QueryNumbersAsync(
                Dialect.CountReferencing(Sql, dependent.AllRows, key.DependentColumns),
                cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>
    /// Counts them as they are committed now, also where the transaction has a snapshot, and keeps others from adding to them.
    /// </summary>
    public async Task<long> CountReferencingNowAsync(ForeignKey key, TableSchema dependent, CancellationToken cancellationToken)
        => (
            await NumbersAsync(
                Dialect.ReadCurrent(Dialect.CountReferencing(Sql, dependent.AllRows, key.DependentColumns)),
                [],
                cancellationToken).ConfigureAwait(false))[0];
}
