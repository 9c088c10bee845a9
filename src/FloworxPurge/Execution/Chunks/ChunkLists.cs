using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Execution;

/// <summary>The lists of the rows that a run in several transactions deletes.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class ChunkLists(DatabaseSession session, FreshFacts facts)
{
    /// <summary>Gets the lists, one for each table that queries name rows of.</summary>
    public IReadOnlyList<RowList> All { get; } = facts.Selection is { } selection
        ? [.. selection.Scope.Queries
            .Where(query => !query.Keeps)
            .GroupBy(query => query.Table)
            .Select((queries, i) => new RowList(
                selection,
                [.. queries],
                i + 1,
                facts.Plan.Database.DefaultSchema,
                session.Dialect,
                session.Sql))]
        : [];

    /// <summary>Checks that no table which this library did not create has the name of a list.</summary>
    /// <exception cref="RunStoppedException">One has.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        List<string> foreign = [];
        for (int number = 1; number <= All.Count; number++)
        {
            TableName table = NameOf(session, facts.Plan.Database, number);
            if (await FindsAsync(session, session.Dialect.FindTable(table), cancellationToken).ConfigureAwait(false)
                && !await IsOwnAsync(session, table, cancellationToken).ConfigureAwait(false))
            {
                foreign.Add(table.ToQuotedString());
            }
        }

        if (foreign.Count > 0)
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                $"a run in several transactions stores the keys of its rows in {string.Join(", ", foreign)}, and this library did not "
                    + $"create the {(foreign.Count == 1 ? "table of that name. Rename it." : "tables of these names. Rename them.")}");
        }
    }

    /// <summary>Creates the tables in place of those that an earlier run left. No transaction is open.</summary>
    /// <exception cref="PurgeException">They cannot be created.</exception>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        await DropLeftAsync(session, facts.Plan.Database, cancellationToken).ConfigureAwait(false);
        foreach (RowList list in All)
        {
            // A table that is not there is dropped nevertheless: a user who may not do that could not end the run.
            foreach (string sql in list.Create.Prepend(list.Drop))
            {
                await OwnTableCreation.RunAsync(
                    session,
                    sql,
                    "a run in several transactions stores the keys of its rows in a table, which cannot be created",
                    cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Drops the tables that an earlier run left. No transaction is open.</summary>
    public static async Task DropLeftAsync(DatabaseSession session, DatabaseIdentity database, CancellationToken cancellationToken)
    {
        int last = 0;
        while (await IsOwnAsync(session, NameOf(session, database, last + 1), cancellationToken).ConfigureAwait(false))
        {
            last++;
        }

        // The last one first: where this is stopped, the others are found again.
        for (; last > 0; last--)
        {
            TableName table = NameOf(session, database, last);
            string name = session.Sql.DelimitIdentifier(table.Name, table.Schema);
            await session.ExecuteAsync($"DROP TABLE {name}", [], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Returns which list is not there, or does not hold what it held when the run began; null for none.</summary>
    public async Task<string?> FindLostAsync(IReadOnlyList<long> listed, CancellationToken cancellationToken)
    {
        for (int i = 0; i < All.Count; i++)
        {
            TableName table = NameOf(session, facts.Plan.Database, i + 1);
            string name = table.ToQuotedString();
            if (!await IsOwnAsync(session, table, cancellationToken).ConfigureAwait(false))
            {
                return $"its list of rows, table {name}, does not exist any more";
            }

            long rows = await CountAsync(All[i].Count, [], cancellationToken).ConfigureAwait(false);
            if (i >= listed.Count || rows != listed[i])
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"its list of rows, table {name}, holds {Quantity.Of(rows, "row")}, which are not those of the beginning");
            }
        }

        return null;
    }

    /// <summary>Stores what the queries name now.</summary>
    /// <returns>The number of rows on each list, and that of each query.</returns>
    public async Task<(IReadOnlyList<long> Lists, IReadOnlyDictionary<RowQuery, long> Queries)> FillAsync(
        CancellationToken cancellationToken)
    {
        List<long> lists = [];
        Dictionary<RowQuery, long> queries = [];
        foreach (RowList list in All)
        {
            long rows = 0;
            foreach (RowQuery query in list.Queries)
            {
                IReadOnlyList<DbParameter> parameters = query.Command.Parameters;
                await session.ExecuteQueryAsync(list.Fill(query, rows), parameters, cancellationToken).ConfigureAwait(false);
                rows = await CountAsync(list.Count, [], cancellationToken).ConfigureAwait(false);
                queries[query] = list.Queries.Count == 1 ? rows
                    : await session.CountQueryAsync(list.CountNow(query), parameters, cancellationToken).ConfigureAwait(false);
            }

            lists.Add(rows);
            if (session.Dialect.AnalyzeKeyTable(list.Name) is { } analyze)
            {
                // Without statistics, each transaction would read the whole rest of the list to find its next rows.
                await session.ExecuteAsync(analyze, [], cancellationToken).ConfigureAwait(false);
            }
        }

        return (lists, queries);
    }

    /// <summary>Counts the rows that are in a later pass: something blocks them.</summary>
    public async Task<long> CountLaterAsync(int pass, CancellationToken cancellationToken)
    {
        long rows = 0;
        foreach (RowList list in All)
        {
            rows += await CountAsync(list.CountLater, [PlanParameter.Of(pass)], cancellationToken).ConfigureAwait(false);
        }

        return rows;
    }

    /// <summary>Compares, at the end of the run, what the lists say with the rows that are there.</summary>
    public async Task<ListFindings> LookAsync(
        int pass,
        IReadOnlyList<long> listed,
        SessionKeys keys,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        Dictionary<TableName, long> there = [];
        long lost = 0;
        int number = 0;
        long late = 0;
        long left = 0;
        long stays = 0;
        PlanParameter[] last = [PlanParameter.Of(pass)];
        foreach (RowList list in All)
        {
            TableName table = list.Of;
            lost += listed[number++] - await CountAsync(list.Count, [], cancellationToken).ConfigureAwait(false);
            there[table] = there.GetValueOrDefault(table)
                + await CountAsync(list.CountThere, last, cancellationToken).ConfigureAwait(false);
            long later = await CountAsync(list.CountLater, last, cancellationToken).ConfigureAwait(false);
            long changed = await CountAsync(list.CountLeft, [], cancellationToken).ConfigureAwait(false);
            left += changed;
            stays += changed == 0 ? 0 : await CountAsync(list.CountLeftThere, [], cancellationToken).ConfigureAwait(false);
            late += await CountLateAsync(list, later == 0 ? null : pass, keys, cancellationToken).ConfigureAwait(false);
        }

        return new ListFindings(
            [.. there.OrderBy(pair => pair.Key).Select(pair => new ChunkTable(pair.Key, pair.Value))],
            late,
            left - stays,
            stays,
            time.GetUtcNow())
        {
            Lost = lost,
        };
    }

    // A row that several queries name is one row.
    private async Task<long> CountLateAsync(RowList list, int? blockedBehind, SessionKeys keys, CancellationToken cancellationToken)
    {
        if (list.Queries is [var only])
        {
            return await session.CountQueryAsync(list.CountNow(only, blockedBehind), only.Command.Parameters, cancellationToken)
                .ConfigureAwait(false);
        }

        RowSelection selection = facts.Selection!;
        KeyTable stage = selection.Stages[list.Of];
        IDbContextTransaction transaction = await session.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            keys.Forget();
            await keys.PrepareAsync(session, selection, survivesCommit: true, cancellationToken).ConfigureAwait(false);
            foreach (RowQuery query in list.Queries)
            {
                string store = $"{RowSelectionSql.Store(stage)} {query.Command.Sql}";
                await session.ExecuteQueryAsync(store, query.Command.Parameters, cancellationToken).ConfigureAwait(false);
            }

            return await CountAsync(list.CountStaged(blockedBehind), [], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Drops the tables.</summary>
    public async Task DropAsync(CancellationToken cancellationToken)
    {
        foreach (RowList list in All.Reverse())
        {
            await session.ExecuteAsync(list.Drop, [], cancellationToken).ConfigureAwait(false);
        }
    }

    private static TableName NameOf(DatabaseSession session, DatabaseIdentity database, int number)
        => new(session.Dialect.HasSchemas ? database.DefaultSchema : null, OwnTables.RowListOf(number));

    // By columns whose names nobody else gives.
    private static async Task<bool> IsOwnAsync(DatabaseSession session, TableName table, CancellationToken cancellationToken)
        => await FindsAsync(session, session.Dialect.FindTable(table), cancellationToken).ConfigureAwait(false)
            && await FindsAsync(session, session.Dialect.FindColumn(table, OwnTables.ListPosition), cancellationToken).ConfigureAwait(false)
            && await FindsAsync(session, session.Dialect.FindColumn(table, OwnTables.ListPass), cancellationToken).ConfigureAwait(false);

    private static async Task<bool> FindsAsync(DatabaseSession session, SqlStatement find, CancellationToken cancellationToken)
        => (await session.QueryNumbersAsync(find.Sql, find.Parameters, cancellationToken).ConfigureAwait(false))[0] > 0;

    private async Task<long> CountAsync(string sql, IReadOnlyList<PlanParameter> parameters, CancellationToken cancellationToken)
        => (await session.QueryNumbersAsync(sql, parameters, cancellationToken).ConfigureAwait(false))[0];
}

/// <summary>What a look at the end of a run found.</summary>
/// <param name="There">The rows that were deleted and are there, by table.</param>
/// <param name="Late">The rows that the queries name now and that did not belong to the run.</param>
/// <param name="Gone">The rows of the run that were gone when their turn came.</param>
/// <param name="Stays">The rows of the run that are there, since the queries did not name them any more when their turn came.</param>
/// <param name="At">When it looked.</param>
internal sealed record ListFindings(IReadOnlyList<ChunkTable> There, long Late, long Gone, long Stays, DateTimeOffset At)
{
    /// <summary>Gets the number of rows that the lists held when the run began, and do not hold any more.</summary>
    public long Lost { get; init; }
}
