using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Extensibility;
using FloworxPurge.Reading;
using FloworxPurge.Schema;

namespace FloworxPurge.Resetting;

/// <summary>Copies the rows of the tables of a plan into tables of the resetter, or refuses where that is not exact.</summary>
internal sealed class RowCapture(ResetPlan plan, DatabaseSession session)
{
    /// <summary>What the names of the copies begin with.</summary>
    private const string Start = "floworxpurge_captured_";

    private readonly string _id = Guid.NewGuid().ToString("N")[..8];

    private PurgeDialect Dialect => session.Dialect;

    /// <summary>Copies the rows.</summary>
    /// <returns>The tables that hold rows, or whose counters have moved, dependents first.</returns>
    /// <exception cref="PurgeException">They cannot be kept exactly; the message names every reason.</exception>
    public async Task<IReadOnlyList<CapturedTable>> RunAsync(CancellationToken cancellationToken)
    {
        if (Dialect.Restoring is null || Dialect.ArchiveColumns is null || Dialect.NoArchive is not null)
        {
            Dictionary<TableName, long> rows = await session.CountAsync(plan.Tables, cancellationToken).ConfigureAwait(false);
            return rows.Values.All(count => count == 0) ? [] : throw new PurgeException(
                $"CaptureAsync is not supported on {Dialect.Engine ?? Dialect.Name}: how it stores its values is not known. Insert the "
                    + $"rows again after each reset, or use RestoreSeedData.");
        }

        await DropLeftAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<CapturedTable> tables = await DrawAsync(
            await FindAsync(cancellationToken).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        foreach (CapturedTable table in tables)
        {
            string create = Dialect.CreateCopy(session.Sql, table.Copy, table.Table.Rows, table.Columns, table.RowNumber);
            await session.ExecuteAsync(create, [], cancellationToken).ConfigureAwait(false);
        }

        var settings = new PinnedSettings(session, Dialect.ArchiveSchemaSettings);
        try
        {
            await settings.ChangeAsync(cancellationToken).ConfigureAwait(false);
            foreach (CapturedTable table in tables)
            {
                string copy = Dialect.InsertFrom(
                    session.Sql,
                    Dialect.Table(session.Sql, table.Copy),
                    $"{session.Source(table.Table)} AS t",
                    "t",
                    [.. table.Columns.Select(column => column.Name)],
                    locks: false);
                int rows = await session.ExecuteAsync(copy, [], cancellationToken).ConfigureAwait(false);
                if (rows != table.Rows)
                {
                    throw new PurgeException(
                        $"The rows of {table.Name.ToQuotedString()} changed while they were captured. Capture before tests run.");
                }
            }
        }
        finally
        {
            if (session.IsOpen)
            {
                await settings.UndoAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }

        return tables;
    }

    /// <summary>Looks whether captured rows can still be put back, and how, into the tables as they are now.</summary>
    /// <exception cref="PurgeException">They cannot; the message names every reason.</exception>
    public async Task<IReadOnlyList<CapturedTable>> FitAsync(
        IReadOnlyList<CapturedTable> captured,
        CancellationToken cancellationToken)
    {
        ILookup<TableName, (Column Column, string? Problem)> columns = await ReadColumnsAsync(cancellationToken).ConfigureAwait(false);
        ILookup<TableName, string> keys = await ReadKeysAsync(cancellationToken).ConfigureAwait(false);
        ILookup<TableName, (string Name, IReadOnlyList<string> Events)> triggers = await ReadTriggersAsync(cancellationToken)
            .ConfigureAwait(false);
        HashSet<TableName> byRowNumber = await ReadTablesByRowNumberAsync(cancellationToken).ConfigureAwait(false);
        HashSet<TableName> there = [.. plan.Facts.Schema.Live.Tables.Select(table => table.Name)];
        List<CapturedTable> found = [];
        List<string> problems = [];
        foreach (CapturedTable table in captured)
        {
            TableSchema? current = plan.Tables.FirstOrDefault(other => other.Name == table.Name);
            string[] missing = [.. table.Columns
                .Select(column => column.Name)
                .Except(columns[table.Name].Select(column => column.Column.Name), StringComparer.Ordinal)];
            if (current is null || !there.Contains(table.Copy))
            {
                string what = current is null ? "the table" : "the copy of its rows";
                problems.Add($"{table.Name.ToQuotedString()}: {what} is not there any more");
                continue;
            }

            problems.AddRange(missing.Select(column => $"{table.Name.ToQuotedString()}: column \"{column}\" is not there any more"));
            problems.AddRange(InsertTriggers(triggers[table.Name])
                .Select(trigger => $"{table.Name.ToQuotedString()}: trigger \"{trigger}\" may fire when rows are inserted"));
            problems.AddRange(LargeObjectProblems(table.Name, table.Rows));
            string[] key = [.. keys[table.Name]];
            found.Add(table with
            {
                Table = current,
                Key = key,
                RowNumber = byRowNumber.Contains(table.Name) && key.SequenceEqual([table.RowNumber ?? string.Empty], StringComparer.Ordinal)
                    ? table.RowNumber
                    : null,
                MayUpdate = table.Columns.Count == columns[table.Name].Count()
                    && MayUpdate(table.Columns, key, table.Counters, triggers[table.Name]),
            });
        }

        return problems.Count == 0
            ? found
            : throw new PurgeException(string.Join(
                Environment.NewLine,
                problems.Select(problem => "- " + problem).Prepend(
                    "The captured rows cannot be put back. The schema was changed, or another resetter has captured since: capture again. "
                        + "Nothing was changed:")));
    }

    private async Task<IReadOnlyList<CapturedTable>> FindAsync(CancellationToken cancellationToken)
    {
        ILookup<TableName, (Column Column, string? Problem)> columns = await ReadColumnsAsync(cancellationToken).ConfigureAwait(false);
        ILookup<TableName, string> keys = await ReadKeysAsync(cancellationToken).ConfigureAwait(false);
        ILookup<TableName, (string Name, IReadOnlyList<string> Events)> triggers = await ReadTriggersAsync(cancellationToken)
            .ConfigureAwait(false);
        HashSet<TableName> byRowNumber = await ReadTablesByRowNumberAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<TableName, long> rows = await session.CountAsync(plan.Tables, cancellationToken).ConfigureAwait(false);
        List<CapturedTable> found = [];
        List<string> problems = [];
        foreach (TableSchema table in plan.Tables)
        {
            List<(IdentityCounter Counter, long? Last)> counters = await ReadCountersAsync(table.Name, cancellationToken)
                .ConfigureAwait(false);
            if (rows[table.Name] == 0 && counters.TrueForAll(counter => counter.Last is null or 0))
            {
                continue;
            }

            problems.AddRange(columns[table.Name]
                .Where(column => column.Problem is not null)
                .Select(column => $"{table.Name.ToQuotedString()}, column \"{column.Column.Name}\": {column.Problem}"));
            problems.AddRange(InsertTriggers(triggers[table.Name])
                .Select(trigger => $"{table.Name.ToQuotedString()}: trigger \"{trigger}\" may fire when rows are inserted"));
            problems.AddRange(LargeObjectProblems(table.Name, rows[table.Name]));
            if (!columns[table.Name].Any())
            {
                problems.Add($"{table.Name.ToQuotedString()} has no column that is stored");
            }

            string copy = string.Create(CultureInfo.InvariantCulture, $"{Start}{_id}_{found.Count + 1}");
            found.Add(new CapturedTable(
                table,
                new TableName(Dialect.HasSchemas ? table.Name.Schema : null, copy),
                [.. columns[table.Name].Select(column => column.Column)],
                [.. keys[table.Name]],
                rows[table.Name],
                counters)
            {
                RowNumber = byRowNumber.Contains(table.Name) ? keys[table.Name].Single() : null,
            });
        }

        return problems.Count == 0
            ? found
            : throw new PurgeException(string.Join(
                Environment.NewLine,
                problems.Select(problem => "- " + problem).Prepend(
                    "Rows cannot be kept exactly. Exclude these tables, or insert their rows again after each reset. Nothing was "
                        + "captured:")));
    }

    private async Task<ILookup<TableName, (Column Column, string? Problem)>> ReadColumnsAsync(CancellationToken cancellationToken)
        => (await session.QueryAsync(
            Dialect.ArchiveColumns!,
            reader => (
                Table: LiveSchemaReader.Name(reader, 0),
                Column: new Column(reader.GetString(2), reader.IsDBNull(3) ? string.Empty : reader.GetString(3), IsNullable: true),
                Problem: reader.IsDBNull(4) ? null : reader.GetString(4)),
            cancellationToken).ConfigureAwait(false)).ToLookup(row => row.Table, row => (row.Column, row.Problem));

    private async Task<ILookup<TableName, string>> ReadKeysAsync(CancellationToken cancellationToken)
        => (Dialect.Catalog?.PrimaryKeys is { } query
            ? await session.QueryAsync(
                query,
                reader => (Table: LiveSchemaReader.Name(reader, 0), Column: reader.GetString(2)),
                cancellationToken).ConfigureAwait(false)
            : []).ToLookup(row => row.Table, row => row.Column);

    private async Task<HashSet<TableName>> ReadTablesByRowNumberAsync(CancellationToken cancellationToken)
        => Dialect.TablesByRowNumber is { } query
            ? [.. await session.QueryAsync(query, reader => LiveSchemaReader.Name(reader, 0), cancellationToken).ConfigureAwait(false)]
            : [];

    // What a trigger would write beside the rows that are put back.
    private async Task<ILookup<TableName, (string Name, IReadOnlyList<string> Events)>> ReadTriggersAsync(
        CancellationToken cancellationToken)
        => (await session.QueryAsync(
            Dialect.Restoring!.TriggersInAnySession ?? Dialect.Restoring.Triggers,
            reader => (
                Table: LiveSchemaReader.Name(reader, 0),
                Name: reader.GetString(2),
                Events: Dialect.EventsOf(reader.GetString(3))),
            cancellationToken).ConfigureAwait(false))
            .ToLookup(trigger => trigger.Table, trigger => (trigger.Name, trigger.Events));

    private static IEnumerable<string> InsertTriggers(IEnumerable<(string Name, IReadOnlyList<string> Events)> triggers)
        => triggers.Where(trigger => trigger.Events.Contains("INSERT", StringComparer.OrdinalIgnoreCase)).Select(trigger => trigger.Name);

    // A reset deletes the rows and inserts them again.
    private IEnumerable<string> LargeObjectProblems(TableName table, long rows)
        => plan.Triggers
            .Where(trigger => rows > 0
                && trigger is { FiresOnDelete: true, UnlinksLargeObjects: true }
                && plan.Facts.Schema.Live.WithPartitions([table]).Contains(trigger.Table))
            .Select(trigger => $"{table.ToQuotedString()}: trigger \"{trigger.Name}\" calls lo_manage, which would delete the large "
                + "objects that the rows refer to");

    // No trigger may change what is set, and an engine may refuse to set a number that it draws itself.
    private static bool MayUpdate(
        IReadOnlyList<Column> columns,
        string[] key,
        IEnumerable<(IdentityCounter Counter, long? Last)> counters,
        IEnumerable<(string Name, IReadOnlyList<string> Events)> triggers)
        => key.Length > 0
            && columns.Count > key.Length
            && Array.TrueForAll(key, column => columns.Any(other => string.Equals(other.Name, column, StringComparison.Ordinal)))
            && counters.All(counter => key.Contains(counter.Counter.Column, StringComparer.Ordinal))
            && !triggers.Any();

    private async Task<List<(IdentityCounter Counter, long? Last)>> ReadCountersAsync(
        TableName table,
        CancellationToken cancellationToken)
    {
        List<(IdentityCounter Counter, long? Last)> counters = [];
        foreach (IdentityCounter counter in plan.Facts.Schema.Live.Identities
            .Where(counter => counter.Table == table || counter.Users.Contains(table)))
        {
            if (Dialect.NumberBefore(session.Sql, counter.Table, counter.Sequence) is { } query)
            {
                counters.Add((counter, await ReadNumberAsync(query, cancellationToken).ConfigureAwait(false)));
            }
        }

        return counters;
    }

    // The reset that follows lets a sequence give the number again that is drawn here.
    private async Task<IReadOnlyList<CapturedTable>> DrawAsync(IReadOnlyList<CapturedTable> tables, CancellationToken cancellationToken)
    {
        Dictionary<IdentityCounter, long?> drawn = [];
        foreach ((IdentityCounter counter, long? last) in tables.SelectMany(table => table.Counters).DistinctBy(item => item.Counter))
        {
            if (last is not null
                && counter.Sequence is { } sequence
                && Dialect.DrawNumberBefore(session.Sql, sequence) is { } draw)
            {
                drawn[counter] = await ReadNumberAsync(SqlStatement.Of(draw), cancellationToken).ConfigureAwait(false);
            }
        }

        return [.. tables.Select(table => table with
        {
            Counters = [.. table.Counters.Select(item => (item.Counter, drawn.GetValueOrDefault(item.Counter, item.Last)))],
        })];
    }

    private async Task<long?> ReadNumberAsync(SqlStatement query, CancellationToken cancellationToken)
    {
        object? number = await session.ReadScalarAsync(query.Sql, query.Parameters, cancellationToken).ConfigureAwait(false);
        return number is null or DBNull ? null : Convert.ToInt64(number, CultureInfo.InvariantCulture);
    }

    // A database has the copies of one capture: those of a resetter that was killed would stay for ever.
    private async Task DropLeftAsync(CancellationToken cancellationToken)
    {
        foreach (TableSchema table in plan.Facts.Schema.Live.Tables
            .Where(table => table.Name.Name.StartsWith(Start, StringComparison.Ordinal)))
        {
            await session.ExecuteAsync($"DROP TABLE {Dialect.Table(session.Sql, table.Name)}", [], cancellationToken).ConfigureAwait(false);
        }
    }
}
