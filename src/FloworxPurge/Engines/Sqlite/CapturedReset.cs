using System.Data.Common;
using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;

namespace FloworxPurge.Engines;

/// <summary>
/// Tables with captured rows: prepared statements compare them with their copies value by value, and a table that is not the same gets its
/// rows back in the transaction of the reset.
/// </summary>
internal sealed class SqliteCapturedReset
{
    private readonly EngineResetContext _context;
    private readonly List<DbCommand> _probes;
    private readonly Dictionary<int, DbCommand> _inserts;
    private readonly List<DbCommand> _missing;
    private readonly DbCommand? _defer;
    private readonly DbCommand? _counters;
    private readonly DbCommand? _forget;
    private readonly DbCommand? _set;
    private readonly Dictionary<string, long?> _last;

    // What the log of the reset showed before rows were put back.
    private Dictionary<string, long?>? _seen;

    /// <summary>Prepares the statements.</summary>
    /// <param name="dialect">The dialect.</param>
    /// <param name="context">The facts of the plan, with captured rows.</param>
    /// <param name="command">Creates a command.</param>
    /// <param name="probesPerStatement">How many SELECTs one statement may have.</param>
    public SqliteCapturedReset(
        PurgeDialect dialect,
        EngineResetContext context,
        Func<string, DbCommand> command,
        int probesPerStatement)
    {
        _context = context;
        Positions = context.Captured.Select(source => source.Position).ToHashSet();
        _probes = [.. context.Captured.Chunk(probesPerStatement).Select(
            chunk => command(string.Join(" UNION ALL ", chunk.Select(source => Probe(dialect, context, source)))))];
        _inserts = context.Captured.ToDictionary(
            source => source.Position,
            source => command(Insert(dialect, context, source)));
        _missing = [.. context.MissingPrincipals.Select(sql => command($"SELECT EXISTS ({sql})"))];
        _defer = context.OwnsConnection || dialect.DeferConstraints is not { } defer ? null : command(defer);
        _last = context.Captured.SelectMany(source => source.Counters).ToDictionary(
            counter => counter.Counter.Table.Name,
            counter => counter.Last,
            dialect.Identifiers);
        if (_last.Count > 0)
        {
            _counters = command("SELECT name, seq FROM main.sqlite_sequence");
            _forget = command("DELETE FROM main.sqlite_sequence WHERE name = @p0");
            _set = command("INSERT INTO main.sqlite_sequence (name, seq) VALUES (@p0, @p1)");
            AddParameter(_forget, "@p0");
            AddParameter(_set, "@p0");
            AddParameter(_set, "@p1");
        }
    }

    /// <summary>Gets the tables.</summary>
    public IReadOnlySet<int> Positions { get; }

    /// <summary>Forgets the counters that were seen.</summary>
    public void ForgetSeen() => _seen = null;

    /// <summary>Keeps the number that a counter gave last, if it is one of these tables'.</summary>
    public void Sees(string name, long? last)
    {
        if (_last.ContainsKey(name))
        {
            (_seen ??= new(_last.Comparer))[name] = last;
        }
    }

    /// <summary>Marks the tables that are not as they were captured.</summary>
    public async Task FindAsync(bool[] dirty, CancellationToken cancellationToken)
    {
        bool isDirty = await SqliteReset.ProbeAsync(_probes, dirty, cancellationToken).ConfigureAwait(false);

        // Where foreign keys are on, rows that reference the others are deleted before them, and inserted again.
        while (isDirty && !_context.OwnsConnection)
        {
            isDirty = false;
            foreach ((int _, int dependent) in _context.CapturedKeys.Where(key => dirty[key.Principal] && !dirty[key.Dependent]))
            {
                dirty[dependent] = isDirty = true;
            }
        }
    }

    /// <summary>Puts the rows of the marked tables back, and all counters.</summary>
    /// <param name="dirty">The tables, emptied.</param>
    /// <param name="rows">The numbers of deleted rows, which lose those that were captured.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RestoreAsync(bool[] dirty, long[] rows, CancellationToken cancellationToken)
    {
        bool isWritten = _context.Captured.Any(source => dirty[source.Position]);
        if (isWritten)
        {
            if (_defer is not null)
            {
                await _defer.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            // Principals first.
            for (int i = _context.Captured.Count - 1; i >= 0; i--)
            {
                CapturedSource source = _context.Captured[i];
                if (!dirty[source.Position])
                {
                    continue;
                }

                if (await _inserts[source.Position].ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) != source.Rows)
                {
                    throw _context.CopiesChanged!(i);
                }

                rows[source.Position] = Math.Max(0, rows[source.Position] - source.Rows);
            }

            for (int i = 0; i < _missing.Count; i++)
            {
                if (await SqliteReset.ReadAsync(_missing[i], cancellationToken).ConfigureAwait(false) != 0)
                {
                    throw _context.PrincipalMissing!(i);
                }
            }
        }

        if (_counters is not null)
        {
            await SetCountersAsync(isWritten, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SetCountersAsync(bool isWritten, CancellationToken cancellationToken)
    {
        if (isWritten || _seen is null)
        {
            ForgetSeen();
            DbDataReader reader = await _counters!.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    Sees(reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetInt64(1));
                }
            }
        }

        foreach ((string name, long? last) in _last.Where(pair => HasMoved(pair.Key, pair.Value)))
        {
            _forget!.Parameters[0].Value = name;
            await _forget.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            if (last is not null)
            {
                _set!.Parameters[0].Value = name;
                _set.Parameters[1].Value = last;
                await _set.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private bool HasMoved(string name, long? last)
        => _seen?.TryGetValue(name, out long? seen) == true ? last is null || seen != last : last is not null;

    // A key that is NULL is equal to none, so that such a table is always written again.
    private static string Probe(PurgeDialect dialect, EngineResetContext context, CapturedSource source)
    {
        // Equal numbers of rows are the same; other keys may be equal and look different.
        IReadOnlyList<Column> compared = source.RowNumber is { } number
            ? [.. source.Columns.Where(column => !string.Equals(column.Name, number, StringComparison.Ordinal))]
            : source.Columns;
        string table = dialect.Source(context.Sql, context.Tables[source.Position]);
        string rows = source.Rows.ToString(CultureInfo.InvariantCulture);
        IEnumerable<string> keys = source.Key.Select(context.Sql.DelimitIdentifier).Select(column => $"t.{column} = s.{column}");
        string isOther = source.Key.Count == 0
            ? source.Rows > 0 ? " OR 1" : string.Empty
            : $" OR (SELECT COUNT(*) FROM {source.Copy} AS s CROSS JOIN {table} AS t "
                + $"WHERE {string.Join(" AND ", keys)} "
                + $"{SameValues(dialect, context, compared)}) <> {rows}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT {source.Position} WHERE (SELECT COUNT(*) FROM {table}) <> {rows}{isOther}");
    }

    // The affinity of a column keeps one kind of number alone (but for the smallest integer of all), so that equal values of it are the
    // same. Where there is none, 1 and 1.0 are both stored. To compare the kinds takes three times as long.
    private static string SameValues(PurgeDialect dialect, EngineResetContext context, IReadOnlyList<Column> columns)
    {
        IReadOnlyList<Column> loose = [.. columns.Where(column => column.StoreType.Length == 0
            || string.Equals(column.StoreType, "ANY", StringComparison.OrdinalIgnoreCase)
            || string.Equals(dialect.CanonicalTypeName(column.StoreType), "blob", StringComparison.Ordinal))];
        IEnumerable<string> conditions = columns
            .Except(loose)
            .Select(column => context.Sql.DelimitIdentifier(column.Name))
            .Select(column => $"t.{column} IS s.{column} COLLATE BINARY");
        return columns.Count == 0 ? string.Empty : "AND " + SqliteDialect.Chain(
            " AND ",
            loose.Count == 0 ? conditions : conditions.Append(dialect.SameRow(context.Sql, loose, "t", "s")));
    }

    private static string Insert(PurgeDialect dialect, EngineResetContext context, CapturedSource source)
    {
        string[] names = [.. source.Columns.Select(column => context.Sql.DelimitIdentifier(column.Name))];
        return $"INSERT INTO {dialect.Table(context.Sql, context.Tables[source.Position].Table)} ({string.Join(", ", names)}) "
            + $"SELECT {string.Join(", ", names.Select(name => "s." + name))} FROM {source.Copy} AS s";
    }

    private static void AddParameter(DbCommand command, string name)
    {
        DbParameter parameter = command.CreateParameter();
        parameter.ParameterName = name;
        command.Parameters.Add(parameter);
    }
}
