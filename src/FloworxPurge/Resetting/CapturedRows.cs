using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Resetting;

/// <summary>The rows that resets come back to, in tables of the resetter.</summary>
/// <param name="plan">The plan when they were captured.</param>
/// <param name="tables">The tables, dependents first.</param>
internal sealed class CapturedRows(ResetPlan plan, IReadOnlyList<CapturedTable> tables)
{
    // What no counter gives, for one that has given no number yet.
    private const long Never = -long.MaxValue;

    private readonly Dictionary<TableName, long> _rows = tables.ToDictionary(table => table.Name, table => table.Rows);

    private string? _stamp;

    /// <summary>The tables.</summary>
    public IReadOnlyList<TableName> Tables { get; } = [.. tables.Select(table => table.Name)];

    /// <summary>How many rows there are.</summary>
    public long Rows { get; } = tables.Sum(table => table.Rows);

    /// <summary>The same rows for another plan.</summary>
    /// <exception cref="PurgeException">They cannot be put back into the tables as they are now.</exception>
    public async Task<CapturedRows> FitAsync(ResetPlan current, DatabaseSession session, CancellationToken cancellationToken)
        => new(current, await new RowCapture(current, session).FitAsync(tables, cancellationToken).ConfigureAwait(false))
        {
            _stamp = _stamp,
        };

    /// <summary>The tables as an engine's own reset knows them.</summary>
    public IReadOnlyList<CapturedSource> Sources(DatabaseSession session, IReadOnlyDictionary<TableName, int> positions)
        => [.. tables
            .Select(table => new CapturedSource(
                positions[table.Name],
                session.Dialect.Table(session.Sql, table.Copy),
                table.Columns,
                table.Key,
                table.RowNumber,
                table.Rows,
                table.MayUpdate,
                table.Counters))
            .OrderBy(source => source.Position)];

    /// <summary>
    /// Determines whether each row and each counter is as it was put back, so that the tables need no reset; false where it cannot be found
    /// out.
    /// </summary>
    public async Task<bool> IsUntouchedAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        List<(string Sql, long Expected)> numbers = [];
        foreach (CapturedTable table in tables)
        {
            if (session.Dialect.CountUntouched(
                session.Sql,
                table.Table.Rows,
                session.Dialect.Table(session.Sql, table.Copy),
                table.Columns,
                table.Key,
                _stamp) is not { } untouched)
            {
                return false;
            }

            numbers.Add((untouched, table.Rows));
            foreach ((IdentityCounter counter, long? last) in table.Counters)
            {
                SqlStatement query = session.Dialect.NumberBefore(session.Sql, counter.Table, counter.Sequence)!;
                if (query.Parameters.Count == 0)
                {
                    numbers.Add((query.Sql, last ?? Never));
                }
                else if (await ReadAsync(session, query, cancellationToken).ConfigureAwait(false) != last)
                {
                    return false;
                }
            }
        }

        string never = Never.ToString(CultureInfo.InvariantCulture);
        IReadOnlyList<long> found = await session.QueryNumbersAsync(
            $"SELECT {string.Join(", ", numbers.Select(number => $"COALESCE(({number.Sql}), {never})"))}",
            cancellationToken).ConfigureAwait(false);
        return found.SequenceEqual(numbers.Select(number => number.Expected));
    }

    /// <summary>Puts the rows into the emptied tables, and the counters to their numbers.</summary>
    /// <returns>The report without the rows that were there before.</returns>
    /// <exception cref="PurgeException">They could not be put back as they were; the tables are empty then.</exception>
    public async Task<LeakReport> RestoreAsync(DatabaseSession session, LeakReport report, CancellationToken cancellationToken)
    {
        IExecutionStrategy strategy = session.Context.Database.CreateExecutionStrategy();
        _stamp = await strategy.ExecuteAsync(token => InsertAsync(session, token), cancellationToken).ConfigureAwait(false);
        if (session.Dialect.ResetsIdentityAfterCommit)
        {
            await SetCountersAsync(session, cancellationToken).ConfigureAwait(false);
        }

        return report with
        {
            Tables = [.. report.Tables
                .Select(table => table with { RowsBefore = table.RowsBefore - _rows.GetValueOrDefault(table.Table) })
                .Where(table => table.RowsBefore > 0)],
        };
    }

    /// <summary>Compares the rows with what is kept, value by value.</summary>
    /// <exception cref="PurgeException">They are not the same.</exception>
    public async Task VerifyAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        foreach (CapturedTable table in tables)
        {
            if (session.Dialect.CountSame(
                session.Sql,
                table.Table.Rows,
                session.Dialect.Table(session.Sql, table.Copy),
                table.Columns,
                table.Key) is { } same)
            {
                IReadOnlyList<long> found = await session.QueryNumbersAsync(same, cancellationToken).ConfigureAwait(false);
                if (found[0] != table.Rows)
                {
                    throw new PurgeException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"The rows of {table.Name.ToQuotedString()} cannot be kept exactly: {found[0]} of {table.Rows} came back as they "
                            + $"were. Exclude the table, or insert its rows again after each reset."));
                }
            }
        }
    }

    /// <summary>A query for each foreign key to a kept table, of the rows that reference a row that is not there.</summary>
    public IReadOnlyList<(ForeignKey Key, string Sql)> MissingPrincipals(DatabaseSession session)
        => [.. plan.Facts.Schema.Live.ForeignKeys
            .Where(key => key.IsEnforced && _rows.GetValueOrDefault(key.Dependent) > 0 && !_rows.ContainsKey(key.Principal))
            .Select(key =>
            {
                CapturedTable dependent = tables.First(table => table.Name == key.Dependent);
                string[] columns = [.. key.DependentColumns.Select(column => "s." + session.Sql.DelimitIdentifier(column))];

                // The principal column is on the left: where the engine uses the collation of one side, the foreign key uses this one.
                string[] principal = [.. key.PrincipalColumns.Select(column => "p." + session.Sql.DelimitIdentifier(column))];
                return (key, $"SELECT 1 AS one FROM {session.Dialect.Table(session.Sql, dependent.Copy)} AS s "
                    + $"LEFT JOIN {session.Dialect.Table(session.Sql, key.Principal)} AS p "
                    + $"ON {string.Join(" AND ", principal.Zip(columns, (left, right) => $"{left} = {right}"))} "
                    + $"WHERE {string.Join(" AND ", columns.Select(column => $"{column} IS NOT NULL"))} AND {principal[0]} IS NULL");
            })];

    /// <summary>Captured rows reference a row of a kept table that is not there.</summary>
    public static PurgeException PrincipalMissing(ForeignKey key)
        => new(
            $"The captured rows of {key.Dependent.ToQuotedString()} cannot be put back: rows of {key.Principal.ToQuotedString()}, "
                + $"which is kept, that they reference through foreign key {key} are not there any more. Reset that table too.");

    /// <summary>The copies do not hold the captured rows.</summary>
    public static PurgeException NotPutBack(IEnumerable<TableName> names)
        => new(
            $"The captured rows of {string.Join(", ", names.Select(name => name.ToQuotedString()))} were not put back in full: their "
                + "copies were changed, or another session holds rows with their keys. Capture again.");

    /// <summary>Drops the tables that hold the rows.</summary>
    public async Task DropAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        foreach (CapturedTable table in tables)
        {
            await session.ExecuteAsync(
                $"DROP TABLE IF EXISTS {session.Dialect.Table(session.Sql, table.Copy)}",
                [],
                cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<long?> ReadAsync(DatabaseSession session, SqlStatement query, CancellationToken cancellationToken)
    {
        object? last = await session.ReadScalarAsync(query.Sql, query.Parameters, cancellationToken).ConfigureAwait(false);
        return last is null or DBNull ? null : Convert.ToInt64(last, CultureInfo.InvariantCulture);
    }

    private async Task<string?> InsertAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        PurgeDialect dialect = session.Dialect;
        var settings = new PinnedSettings(session, dialect.CapturedRowSettings);
        try
        {
            await settings.ChangeAsync(cancellationToken).ConfigureAwait(false);
            IDbContextTransaction transaction = await session.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                if (dialect.DeferConstraints is { } defer)
                {
                    await session.ExecuteAsync(defer, [], cancellationToken).ConfigureAwait(false);
                }

                await InsertAllAsync(session, cancellationToken).ConfigureAwait(false);
                await ThrowIfPrincipalsAreMissingAsync(session, cancellationToken).ConfigureAwait(false);
                string? stamp = dialect.RowStamp is { } query
                    ? await session.QueryTextAsync(query, cancellationToken).ConfigureAwait(false)
                    : null;
                if (!dialect.ResetsIdentityAfterCommit)
                {
                    await SetCountersAsync(session, cancellationToken).ConfigureAwait(false);
                }

                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                return stamp;
            }
        }
        finally
        {
            if (session.IsOpen)
            {
                await settings.UndoAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    // Principals first; where one statement inserts into all tables, the keys are checked at its end.
    private async Task InsertAllAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        CapturedTable[] filled = [.. tables.Where(table => table.Rows > 0).Reverse()];
        if (filled.Length == 0)
        {
            return;
        }

        List<long> counts = [];
        if (filled.Length > 1 && session.Dialect.InsertTogether([.. filled.Select(table => Insert(session, table))]) is { } together)
        {
            counts.AddRange(await session.QueryNumbersAsync(together, cancellationToken).ConfigureAwait(false));
        }
        else
        {
            foreach (CapturedTable table in filled)
            {
                counts.Add(await session.ExecuteAsync(Insert(session, table), [], cancellationToken).ConfigureAwait(false));
            }
        }

        TableName[] wrong = [.. filled.Where((table, i) => counts[i] != table.Rows).Select(table => table.Name)];
        if (wrong.Length > 0)
        {
            throw NotPutBack(wrong);
        }
    }

    private static string Insert(DatabaseSession session, CapturedTable table)
    {
        string[] names = [.. table.Columns.Select(column => session.Sql.DelimitIdentifier(column.Name))];
        return $"INSERT INTO {session.Dialect.Table(session.Sql, table.Name)} ({string.Join(", ", names)})"
            + $"{session.Dialect.TakeGivenNumbers} SELECT {string.Join(", ", names.Select(name => "s." + name))} "
            + $"FROM {session.Dialect.Table(session.Sql, table.Copy)} AS s";
    }

    // The engine may not have checked the keys.
    private async Task ThrowIfPrincipalsAreMissingAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        foreach ((ForeignKey key, string sql) in MissingPrincipals(session))
        {
            if ((await session.QueryNumbersAsync(
                $"SELECT {session.Dialect.CountRows} FROM ({sql}) AS f",
                cancellationToken).ConfigureAwait(false))[0] > 0)
            {
                throw PrincipalMissing(key);
            }
        }
    }

    // Where a statement for a counter commits, it is sent for those alone that the rows have not moved to their numbers.
    private async Task SetCountersAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        List<(IdentityCounter Counter, long Last)> moved = [];
        foreach ((IdentityCounter counter, long? last) in tables.SelectMany(table => table.Counters).DistinctBy(item => item.Counter))
        {
            if (last is { } number
                && (!session.Dialect.ResetsIdentityAfterCommit
                    || await ReadAsync(
                        session,
                        session.Dialect.NumberBefore(session.Sql, counter.Table, counter.Sequence)!,
                        cancellationToken).ConfigureAwait(false) != number))
            {
                moved.Add((counter, number));
            }
        }

        foreach (SqlStatement statement in session.Dialect.SetCounters(session.Sql, moved))
        {
            await session.ExecuteAsync(statement.Sql, statement.Parameters, cancellationToken).ConfigureAwait(false);
        }
    }
}
