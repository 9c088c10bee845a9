using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
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

    /// <summary>Creates the tables in place of those that an earlier run left. No transaction is open.</summary>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        foreach (RowList list in All)
        {
            foreach (string sql in list.Create.Prepend(list.Drop))
            {
                await session.ExecuteAsync(sql, [], cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Drops the tables of a run that is given up, which may have had more of them.</summary>
    public static async Task DropAllAsync(DatabaseSession session, string? schema, CancellationToken cancellationToken)
    {
        for (int number = 1; ; number++)
        {
            var table = new TableName(session.Dialect.HasSchemas ? schema : null, OwnTables.RowListOf(number));
            SqlStatement find = session.Dialect.FindTable(table);
            if ((await session.QueryNumbersAsync(find.Sql, find.Parameters, cancellationToken).ConfigureAwait(false))[0] == 0)
            {
                return;
            }

            string drop = $"DROP TABLE {session.Sql.DelimitIdentifier(table.Name, table.Schema)}";
            await session.ExecuteAsync(drop, [], cancellationToken).ConfigureAwait(false);
        }
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
    public async Task<ListFindings> LookAsync(int pass, SessionKeys keys, CancellationToken cancellationToken)
    {
        Dictionary<TableName, long> there = [];
        long now = 0;
        long later = 0;
        long left = 0;
        PlanParameter[] last = [PlanParameter.Of(pass)];
        foreach (RowList list in All)
        {
            TableName table = list.Of;
            long found = await CountAsync(list.CountThere, last, cancellationToken).ConfigureAwait(false);
            there[table] = there.GetValueOrDefault(table) + found;
            later += await CountAsync(list.CountLater, last, cancellationToken).ConfigureAwait(false);
            left += await CountAsync(list.CountLeft, [], cancellationToken).ConfigureAwait(false);
            now += await CountNowAsync(list, keys, cancellationToken).ConfigureAwait(false);
        }

        return new ListFindings(there, Math.Max(0, now - later), left);
    }

    // A row that several queries name is one row.
    private async Task<long> CountNowAsync(RowList list, SessionKeys keys, CancellationToken cancellationToken)
    {
        if (list.Queries is [var only])
        {
            return await session.CountQueryAsync(list.CountNow(only), only.Command.Parameters, cancellationToken).ConfigureAwait(false);
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

            return await CountAsync(selection.Sql.CountFound(stage), [], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Drops the tables.</summary>
    public async Task DropAsync(CancellationToken cancellationToken)
    {
        foreach (RowList list in All)
        {
            await session.ExecuteAsync(list.Drop, [], cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<long> CountAsync(string sql, IReadOnlyList<PlanParameter> parameters, CancellationToken cancellationToken)
        => (await session.QueryNumbersAsync(sql, parameters, cancellationToken).ConfigureAwait(false))[0];
}

/// <summary>What a look at the end of a run found.</summary>
/// <param name="There">The rows that were deleted and are there, by table.</param>
/// <param name="Late">The rows that the queries name now and that did not belong to the run.</param>
/// <param name="Left">The rows of the run that the queries did not name any more when their turn came, or that were gone.</param>
internal sealed record ListFindings(IReadOnlyDictionary<TableName, long> There, long Late, long Left);
