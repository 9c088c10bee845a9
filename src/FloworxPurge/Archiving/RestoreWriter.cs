using System.Data.Common;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>Inserts the rows, gives lost references back, moves counters, and verifies all of it before the commit.</summary>
internal sealed class RestoreWriter(DatabaseSession session, RestoreFacts facts, PurgeRun run, IReadOnlyList<StagedTable> tables)
{
    private readonly RestoreSql _sql = new(session, tables);

    // The tables into which rows were inserted while the engine checked no foreign keys.
    private readonly HashSet<TableName> _unchecked = [];

    private IEnumerable<StagedTable> Inserted => tables.Where(table => !table.IsDetached);

    private IEnumerable<StagedTable> Detached => tables.Where(table => table.IsDetached);

    /// <summary>Restores everything.</summary>
    /// <exception cref="RunStoppedException">The result is not what the archive holds.</exception>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        TableSchema[] counted = [.. tables.Where(IsCounted).Select(table => table.Live).DistinctBy(table => table.Name)];
        Dictionary<TableName, long> before = await session.CountAsync(counted, cancellationToken).ConfigureAwait(false);
        if (session.Dialect.DeferConstraints is { } defer)
        {
            await session.ExecuteAsync(defer, [], cancellationToken).ConfigureAwait(false);
        }

        foreach (StagedTable table in Inserted.Where(table => table is { EqualBefore: not null, Rows: > 0 } && before[table.Name] > 0))
        {
            await session.ExecuteAsync(_sql.StoreEqual(table), [], cancellationToken).ConfigureAwait(false);
        }

        run.HasWritten = true;
        foreach (IGrouping<int, StagedTable> component in Inserted.GroupBy(table => table.Archived.Component))
        {
            await InsertAsync([.. component], cancellationToken).ConfigureAwait(false);
        }

        // A row that lost a reference may have been deleted later, and is restored without it: the content is compared first.
        foreach (StagedTable table in Inserted)
        {
            await VerifyNoneAsync(
                $"restored rows of {table.Name} that are not as they were archived",
                table.EqualBefore is null ? _sql.Different(table) : _sql.Miscounted(table),
                cancellationToken)
                .ConfigureAwait(false);
        }

        foreach (StagedTable table in Detached.Where(table => table.Rows > 0 && table.Lost.Any()))
        {
            await session.ExecuteAsync(_sql.GiveBack(table), [], cancellationToken).ConfigureAwait(false);
            await VerifyNoneAsync($"rows of {table.Name} without the reference that they had", _sql.StillDetached(table), cancellationToken)
                .ConfigureAwait(false);
        }

        if (session.Dialect.RunDeferred is { } deferred)
        {
            await session.ExecuteAsync(deferred, [], cancellationToken).ConfigureAwait(false);
        }

        await VerifyAsync(before, counted, cancellationToken).ConfigureAwait(false);
        await MoveCountersAsync(cancellationToken).ConfigureAwait(false);
        if (run.Verifications.Where(check => check.Result is not Reporting.Outcome.Passed).ToList() is { Count: > 0 } wrong)
        {
            throw new RunStoppedException(
                RunEnd.Failed,
                "what was restored is not what the archive holds: "
                    + string.Join("; ", wrong.Select(check => $"{check.Name}: expected {check.Expected}, measured {check.Actual}"))
                    + ". A trigger or another session may have changed rows.");
        }
    }

    /// <summary>
    /// The last number that each counter of a table has to have given, where it has not: by its column, or by its sequence. One that the
    /// role may not move is refused.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, long>> NeededAsync(
        StagedTable table,
        RestoreRefusals refusals,
        CancellationToken cancellationToken)
    {
        Dictionary<string, long> needed = new(StringComparer.Ordinal);
        foreach (IdentityCounter counter in facts.CountersOf(table.Archived))
        {
            if (await NeededAsync(table, counter, cancellationToken).ConfigureAwait(false) is not { } last)
            {
                continue;
            }

            bool isNamed = counter.Column.Length > 0 && !needed.ContainsKey(counter.Column);
            needed[isNamed ? counter.Column : counter.Sequence!.ToQuotedString()] = last;
            if (counter.Sequence is { } sequence && facts.MissingRights.GetValueOrDefault(sequence) is { ToMove.Length: > 0 } lacking)
            {
                refusals.Add(
                    RestoreRefusalKind.Permission,
                    table.Name,
                    $"This role lacks {lacking.ToMove} for sequence {sequence.ToQuotedString()}, which has to move behind the rows of "
                        + $"{table.Name.ToQuotedString()}. Grant it for the restore.");
            }
        }

        return needed;
    }

    private async Task<long?> NeededAsync(StagedTable table, IdentityCounter counter, CancellationToken cancellationToken)
    {
        if (session.Dialect.CounterState(session.Sql, counter) is not { } query
            || await session.QueryAsync(query.Sql, query.Parameters, ReadState, cancellationToken).ConfigureAwait(false)
                is not [var state])
        {
            return null;
        }

        // A number that the counter cannot give stands in nobody's way.
        object? number = null;
        if (counter.Column.Length > 0)
        {
            SqlStatement farthest = session.Dialect.FarthestNumber(
                session.Sql,
                table.Stage,
                table.Columns.First(column => string.Equals(column.Name, counter.Column, StringComparison.Ordinal)),
                state);
            number = await session.ReadScalarAsync(farthest.Sql, farthest.Parameters, cancellationToken).ConfigureAwait(false);
        }

        IEnumerable<long> used = table.Archived.Counters
            .Where(archived => string.Equals(archived.Column, counter.Column, StringComparison.Ordinal)
                && (archived.Sequence is { } sequence ? sequence == counter.Sequence : IsOwn(counter)))
            .Select(archived => archived.Last)
            .Append(number is null or DBNull ? null : Convert.ToInt64(number, CultureInfo.InvariantCulture))
            .OfType<long>()
            .Select(state.UpTo)
            .OfType<long>()
            .Where(state.IsAhead);
        return (state.Grows ? used.Order() : used.OrderDescending()).Cast<long?>().LastOrDefault();
    }

    private bool IsOwn(IdentityCounter counter) => facts.Live.Identities.Contains(counter);

    private static CounterState ReadState(DbDataReader reader)
    {
        return new CounterState(Number(0), Number(1), Number(2), Number(3), Number(4));

        long Number(int column) => Convert.ToInt64(reader.GetValue(column), CultureInfo.InvariantCulture);
    }

    private async Task InsertAsync(IReadOnlyList<StagedTable> component, CancellationToken cancellationToken)
    {
        HashSet<TableName> names = [.. component.Select(table => table.Name)];
        bool isCycle = component.Any(table => facts.KeysOf(table.Name).Any(key => names.Contains(key.Principal)));
        bool isUnchecked = isCycle && session.Dialect.RestoresCyclesUnchecked;
        if (isUnchecked)
        {
            _unchecked.UnionWith(names);
            await session.ExecuteAsync(session.Dialect.DisableConstraints(session.Sql, [])!, [], cancellationToken).ConfigureAwait(false);
        }

        if (component.Count > 1 && session.Dialect.InsertTogether([.. component.Select(_sql.Insert)]) is { } together)
        {
            IReadOnlyList<long> counts = await session.QueryNumbersAsync(together, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < component.Count; i++)
            {
                run.Verify($"rows inserted into {component[i].Name}", component[i].Rows, counts[i]);
            }
        }
        else
        {
            foreach (StagedTable table in component)
            {
                int count = await session.ExecuteAsync(_sql.Insert(table), [], cancellationToken).ConfigureAwait(false);
                run.Verify($"rows inserted into {table.Name}", table.Rows, count);
            }
        }

        if (isUnchecked)
        {
            await session.ExecuteAsync(session.Dialect.EnableConstraints(session.Sql, [])!, [], cancellationToken).ConfigureAwait(false);
        }
    }

    // Counting a large table may take longer than the restore. Each archived row is looked for in any case, and the statement that inserts
    // them says how many it inserted: only a trigger adds others.
    private bool IsCounted(StagedTable table)
        => table.Key.Count == 0
            || !CommitBaseline.IsLarge(table.Live)
            || facts.Triggers.Any(trigger => tables.Any(other => other.Name == trigger.Table));

    private async Task VerifyAsync(Dictionary<TableName, long> before, TableSchema[] counted, CancellationToken cancellationToken)
    {
        Dictionary<TableName, long> after = await session.CountAsync(counted, cancellationToken).ConfigureAwait(false);
        foreach (TableSchema table in counted)
        {
            long restored = Inserted.Where(other => other.Name == table.Name).Sum(other => other.Rows);
            run.Verify($"rows of {table.Name}", before[table.Name] + restored, after[table.Name]);
            run.Tables[table.Name].Before = before[table.Name];
            run.Tables[table.Name].After = after[table.Name];
        }

        foreach (StagedTable table in tables.Where(table => facts.Live.ForeignKeysAreOff || _unchecked.Contains(table.Name)))
        {
            foreach (ForeignKey key in facts.KeysOf(table.Name))
            {
                bool isConcerned = table.IsDetached
                    ? key.DependentColumns.Intersect(table.Lost.Select(column => column.Name), StringComparer.Ordinal).Any()
                    : table.Has(key.DependentColumns);
                if (isConcerned)
                {
                    TableSchema? principal = facts.Live.Tables.FirstOrDefault(other => other.Name == key.Principal);
                    await VerifyNoneAsync(
                        $"references of {key} to no row",
                        _sql.MissingParents(table, key, principal, isInserted: true),
                        cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task MoveCountersAsync(CancellationToken cancellationToken)
    {
        foreach (StagedTable table in Inserted)
        {
            foreach (IdentityCounter counter in facts.CountersOf(table.Archived))
            {
                if (await NeededAsync(table, counter, cancellationToken).ConfigureAwait(false) is { } last
                    && session.Dialect.MoveCounter(session.Sql, counter, last) is { } move)
                {
                    await session.ExecuteAsync(move.Sql, move.Parameters, cancellationToken).ConfigureAwait(false);
                }

                if (session.Dialect.ShowsCounters && session.Dialect.CounterState(session.Sql, counter) is not null)
                {
                    long? behind = await NeededAsync(table, counter, cancellationToken).ConfigureAwait(false);
                    run.Verify(
                        IsOwn(counter)
                            ? $"counter of {table.Name} column \"{counter.Column}\" is behind its rows"
                            : $"sequence {counter.Sequence} is behind rows of {table.Name}",
                        "no",
                        behind is null ? "no" : "yes");
                }
            }
        }
    }

    private async Task VerifyNoneAsync(string name, string from, CancellationToken cancellationToken)
        => run.Verify(
            name,
            0,
            (await session.QueryNumbersNowAsync(_sql.Count(from), cancellationToken).ConfigureAwait(false))[0]);
}
