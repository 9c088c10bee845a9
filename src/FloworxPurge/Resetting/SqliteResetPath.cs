using System.Data;
using System.Data.Common;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;

namespace FloworxPurge.Resetting;

/// <summary>
/// SQLite with prepared statements: SQLite's own log of AUTOINCREMENT tables, and a probe of the others, tell what is dirty. On a connection
/// of its own foreign keys are off, so that order does not matter; on the one connection of a database in memory they stay as they are.
/// </summary>
internal sealed class SqliteResetPath : ResetPath
{
    // A compound SELECT has at most 500 parts.
    private const int ProbesPerStatement = 250;

    private readonly ResetPlan _plan;
    private readonly DatabaseSession _session;
    private readonly List<DbCommand> _commands = [];
    private readonly Dictionary<int, DbCommand> _steps = [];
    private readonly Dictionary<string, int> _positions;
    private readonly HashSet<TableName> _counted;
    private readonly DbCommand _version;
    private readonly DbCommand _schema;
    private readonly DbCommand _begin;
    private readonly DbCommand _commit;
    private readonly DbCommand _rollback;
    private readonly List<DbCommand> _kept;
    private readonly List<DbCommand> _probes;
    private readonly List<DbCommand> _probesWithoutLog;
    private readonly DbCommand? _log;
    private readonly DbCommand? _forget;
    private readonly DbCommand? _forgetAll;
    private readonly (PlanStep Step, int[] Tables)[] _deletes;
    private readonly int _timeout;

    // Where the database is a file that somebody may delete and make again: this connection would go on with the deleted one.
    private readonly FileInfo? _file;
    private readonly DirectoryInfo? _folder;
    private (long Written, long Length, long Folder) _stamp;
    private long? _mark;

    private SqliteResetPath(ResetPlan plan, DatabaseSession session, ResetSettings options, bool ownsConnection, IReadOnlySet<string> logged)
    {
        _plan = plan;
        _session = session;
        _file = ownsConnection && File.Exists(plan.Facts.Plan.Database.Server) ? new FileInfo(plan.Facts.Plan.Database.Server) : null;
        _folder = _file?.Directory;
        _timeout = Math.Max(1, (int)Math.Min(int.MaxValue, options.LockTimeout.TotalSeconds));
        _positions = plan.Tables.Select((table, i) => (table.Name.Name, i)).ToDictionary(pair => pair.Name, pair => pair.i, session.Dialect.Identifiers);
        _deletes = [.. plan.Facts.Plan.Steps
            .Where(step => step.Kind == PlanStepKind.Delete || (!ownsConnection && step.Kind is PlanStepKind.SetNull or PlanStepKind.DeferConstraints))
            .Select(step => (step, step.Tables.Select(table => _positions[table.Name]).ToArray()))];

        // Rows that a cascade within a cycle takes are missing from what the DELETE reports.
        _counted = ownsConnection ? [] : [.. plan.Facts.Plan.Cycles.SelectMany(cycle => cycle.Tables)];

        // Others' commits on a connection of its own, and every row that is written over the one that there is.
        _version = Command(ownsConnection ? "PRAGMA data_version" : "SELECT total_changes()");
        _schema = Command(session.Dialect.StructureMark!);
        _begin = Command("BEGIN IMMEDIATE");
        _commit = Command("COMMIT");
        _rollback = Command("ROLLBACK");
        _kept = [.. plan.KeptKeys.Select(key => Command($"SELECT EXISTS ({session.Dialect.SelectReferencing(session.Sql, plan.Facts.Table(key.Dependent).AllRows, key.DependentColumns)})"))];
        _probesWithoutLog = Probes(Enumerable.Range(0, plan.Tables.Count));
        _probes = logged.Count == 0 ? _probesWithoutLog : Probes(Enumerable.Range(0, plan.Tables.Count).Where(i => !logged.Contains(plan.Tables[i].Name.Name)));
        if (logged.Count > 0)
        {
            _log = Command("SELECT name FROM main.sqlite_sequence");
            _forgetAll = Command("DELETE FROM main.sqlite_sequence");
            _forget = Command("DELETE FROM main.sqlite_sequence WHERE name = @p0");
            DbParameter name = _forget.CreateParameter();
            name.ParameterName = "@p0";
            name.DbType = DbType.String;
            _forget.Parameters.Add(name);
        }
    }

    /// <summary>Makes the connection ready, for a plan whose tables have no delete triggers. Its settings are changed only when it is the resetter's own.</summary>
    public static async Task<SqliteResetPath> CreateAsync(ResetPlan plan, DatabaseSession session, ResetSettings options, bool ownsConnection, CancellationToken cancellationToken)
    {
        if (ownsConnection)
        {
            // Once, since each change of them makes SQLite compile every statement of the connection anew.
            await session.ExecuteAsync("PRAGMA foreign_keys = OFF", [], cancellationToken: cancellationToken).ConfigureAwait(false);
            await session.ExecuteAsync("PRAGMA synchronous = OFF", [], cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        List<(string Name, string Sql)> tables = options.ResetIdentity
            ? await session.QueryAsync(SqliteDialect.TableTexts, reader => (reader.GetString(0), reader.GetString(1)), cancellationToken).ConfigureAwait(false)
            : [];
        var emptied = plan.Tables.Select(table => table.Name.Name).ToHashSet(session.Dialect.Identifiers);
        return new SqliteResetPath(plan, session, options, ownsConnection, tables.Where(table => emptied.Contains(table.Name) && SqliteDialect.IsAutoIncrement(table.Sql)).Select(table => table.Name).ToHashSet(session.Dialect.Identifiers));
    }

    public override async Task<(ResetState State, LeakReport Report)> ResetAsync(CancellationToken cancellationToken)
    {
        if (_mark is not null && ReadStamp() != _stamp)
        {
            return (ResetState.SchemaChanged, LeakReport.Clean);
        }

        if (_mark is { } mark && await ReadAsync(_version, cancellationToken).ConfigureAwait(false) == mark)
        {
            return (ResetState.Unchanged, LeakReport.Clean);
        }

        await _begin.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        bool isDone = false;
        try
        {
            if (!string.Equals(Convert.ToString(await _schema.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false), CultureInfo.InvariantCulture), _plan.StructureMark, StringComparison.Ordinal))
            {
                return (ResetState.SchemaChanged, LeakReport.Clean);
            }

            await ThrowIfKeptRowsAreInTheWayAsync(cancellationToken).ConfigureAwait(false);
            long[] rows = await EmptyAsync(cancellationToken).ConfigureAwait(false);

            // Read before the commit: nobody else can have written by now, and what others commit from now on makes another mark.
            long version = await ReadAsync(_version, cancellationToken).ConfigureAwait(false);
            await _commit.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            isDone = true;
            _mark = version;
            _stamp = ReadStamp();
            return (ResetState.Emptied, Report(rows));
        }
        finally
        {
            if (!isDone)
            {
                await RollBackAsync().ConfigureAwait(false);
            }
        }
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (DbCommand command in _commands)
        {
            await command.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task RollBackAsync()
    {
        try
        {
            await _rollback.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (DbException) when (_session.IsOpen)
        {
            // Some failures make SQLite roll back by itself, and then there is no transaction any more; what it failed of is on its way up.
            _mark = null;
        }
    }

    private async Task ThrowIfKeptRowsAreInTheWayAsync(CancellationToken cancellationToken)
    {
        var blocking = new List<ForeignKey>();
        for (int i = 0; i < _kept.Count; i++)
        {
            if (await ReadAsync(_kept[i], cancellationToken).ConfigureAwait(false) != 0)
            {
                blocking.Add(_plan.KeptKeys[i]);
            }
        }

        if (blocking.Count > 0)
        {
            throw ResetPlan.BlockedBy(blocking);
        }
    }

    /// <summary>Deletes what is found, and returns how many rows went from each table.</summary>
    private async Task<long[]> EmptyAsync(CancellationToken cancellationToken)
    {
        var rows = new long[_plan.Tables.Count];
        var dirty = new bool[_plan.Tables.Count];

        // The log tells what was written since the last reset, and nothing about the time before the first.
        bool mayTrustLog = _log is not null && _mark is not null;
        (List<int> logged, bool holdsOthers) = mayTrustLog ? await ReadLogAsync(dirty, cancellationToken).ConfigureAwait(false) : ([], false);
        bool isDirty = await ProbeAsync(mayTrustLog ? _probes : _probesWithoutLog, dirty, cancellationToken).ConfigureAwait(false) || logged.Count > 0;
        if (isDirty)
        {
            foreach ((PlanStep step, int[] tables) in _deletes)
            {
                if (Array.Exists(tables, table => dirty[table]))
                {
                    await DeleteAsync(step, tables[0], rows, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        if (_log is not null)
        {
            if (!mayTrustLog)
            {
                (logged, holdsOthers) = await ReadLogAsync(dirty, cancellationToken).ConfigureAwait(false);
            }

            await ForgetAsync(logged, holdsOthers, cancellationToken).ConfigureAwait(false);
        }

        return rows;
    }

    private async Task ForgetAsync(List<int> logged, bool holdsOthers, CancellationToken cancellationToken)
    {
        if (logged.Count > 0 && !holdsOthers)
        {
            await _forgetAll!.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        foreach (int position in logged)
        {
            _forget!.Parameters[0].Value = _plan.Tables[position].Name.Name;
            await _forget.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task DeleteAsync(PlanStep step, int position, long[] rows, CancellationToken cancellationToken)
    {
        if (!_steps.TryGetValue(step.Number, out DbCommand? command))
        {
            _steps[step.Number] = command = Command(step.Sql);
        }

        bool isCounted = step.Kind == PlanStepKind.Delete && _counted.Contains(step.Tables[0]);
        long before = isCounted ? (await _session.CountAsync([_plan.Tables[position]], cancellationToken).ConfigureAwait(false))[step.Tables[0]] : 0;
        int deleted = await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        if (step.Kind == PlanStepKind.Delete)
        {
            rows[position] += isCounted ? before : deleted;
        }
    }

    private async Task<(List<int> Found, bool HoldsOthers)> ReadLogAsync(bool[] dirty, CancellationToken cancellationToken)
    {
        var found = new List<int>();
        bool holdsOthers = false;
        DbDataReader reader = await _log!.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                // Rows of kept tables are theirs.
                bool isEmptied = _positions.TryGetValue(reader.GetString(0), out int position);
                holdsOthers |= !isEmptied;
                if (isEmptied)
                {
                    dirty[position] = true;
                    found.Add(position);
                }
            }
        }

        return (found, holdsOthers);
    }

    private static async Task<bool> ProbeAsync(List<DbCommand> probes, bool[] dirty, CancellationToken cancellationToken)
    {
        bool isDirty = false;
        foreach (DbCommand probe in probes)
        {
            DbDataReader reader = await probe.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    dirty[reader.GetInt32(0)] = isDirty = true;
                }
            }
        }

        return isDirty;
    }

    private static async Task<long> ReadAsync(DbCommand command, CancellationToken cancellationToken)
        => Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false), CultureInfo.InvariantCulture);

    // With a write-ahead log, as EF makes its files, the file itself is written at checkpoints only. A copy may have the time and the length
    // of what it replaces; its folder was written to in any case.
    private (long Written, long Length, long Folder) ReadStamp()
    {
        if (_file is null)
        {
            return default;
        }

        _file.Refresh();
        _folder!.Refresh();
        return _file.Exists ? (_file.LastWriteTimeUtc.Ticks, _file.Length, _folder.LastWriteTimeUtc.Ticks) : default;
    }

    private LeakReport Report(long[] rows)
        => Array.TrueForAll(rows, count => count == 0)
            ? LeakReport.Clean
            : new LeakReport
            {
                Tables = [.. rows.Select((count, i) => new TableReport
            {
                Table = _plan.Tables[i].Name,
                RowsBefore = count,
            }).Where(table => table.RowsBefore > 0)],
            };

    private List<DbCommand> Probes(IEnumerable<int> positions)
        => [.. positions
            .Chunk(ProbesPerStatement)
            .Select(chunk => Command(string.Join(" UNION ALL ", chunk.Select(i => string.Create(CultureInfo.InvariantCulture, $"SELECT {i} WHERE EXISTS (SELECT 1 FROM {_session.Source(_plan.Tables[i])})")))))];

    private DbCommand Command(string sql)
    {
        DbCommand command = _session.Connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = _timeout;
        _commands.Add(command);
        return command;
    }
}
