using System.Data;
using System.Data.Common;
using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;

namespace FloworxPurge.Engines;

/// <summary>
/// SQLite with prepared statements: its own log of AUTOINCREMENT tables, and a probe of the others, show which tables hold rows. On a
/// connection of its own foreign keys are off, so that the order does not matter; on the only connection of a database in memory they stay
/// as they are.
/// </summary>
internal sealed class SqliteReset
{
    // A compound SELECT has at most 500 parts.
    private const int ProbesPerStatement = 250;

    private readonly PurgeDialect _dialect;
    private readonly EngineResetContext _context;
    private readonly List<DbCommand> _commands = [];
    private readonly Dictionary<string, DbCommand> _steps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _positions;
    private readonly HashSet<int> _counted;
    private readonly DbCommand _version;
    private readonly DbCommand _schema;
    private readonly DbCommand _begin;
    private readonly DbCommand _commit;
    private readonly DbCommand _rollback;
    private readonly List<DbCommand> _kept;
    private readonly List<DbCommand> _probes;
    private readonly List<DbCommand> _probesWithoutLog;
    private readonly SqliteCapturedReset? _captured;
    private readonly DbCommand? _log;
    private readonly DbCommand? _forget;
    private readonly DbCommand? _forgetAll;
    private readonly (SqlStatement Statement, IReadOnlyList<int> Tables, bool IsDelete)[] _deletes;
    private readonly int _timeout;

    // A database file may be deleted and created again, and this connection would keep using the deleted one.
    private readonly FileInfo? _file;
    private readonly DirectoryInfo? _folder;
    private (long Written, long Length, long Folder) _stamp;
    private long? _mark;

    private SqliteReset(PurgeDialect dialect, EngineResetContext context, IReadOnlySet<string> logged)
    {
        _dialect = dialect;
        _context = context;
        _file = context.OwnsConnection && File.Exists(context.Server) ? new FileInfo(context.Server) : null;
        _folder = _file?.Directory;
        _timeout = Math.Max(1, (int)Math.Min(int.MaxValue, context.LockTimeout.TotalSeconds));
        _captured = context.PutsRowsBack ? new SqliteCapturedReset(dialect, context, Command, ProbesPerStatement) : null;

        // The numbers of captured rows stay in the log.
        _positions = Emptied().ToDictionary(i => context.Tables[i].Table.Name, i => i, dialect.Identifiers);
        _deletes = [.. context.Statements.Where(statement => statement.IsDelete || !context.OwnsConnection)];

        // The number that a DELETE reports leaves out rows that a cascade within a cycle deletes.
        _counted = context.OwnsConnection ? [] : [.. context.TablesInCycles];

        // Others' commits on a connection of its own, and every row that is written over the one that there is. A backup into that one
        // counts as a change of its schema.
        _version = Command(context.OwnsConnection
            ? "PRAGMA data_version"
            : "SELECT total_changes() | (schema_version << 40) FROM pragma_schema_version");
        _schema = Command(dialect.StructureMark!);
        _begin = Command("BEGIN IMMEDIATE");
        _commit = Command("COMMIT");
        _rollback = Command("ROLLBACK");
        _kept = [.. context.KeptKeys
            .Select(key => Command($"SELECT EXISTS ({dialect.SelectReferencing(context.Sql, key.Dependent, key.Columns)})"))];
        _probesWithoutLog = Probes(Emptied());
        _probes = logged.Count == 0
            ? _probesWithoutLog
            : Probes(Emptied().Where(i => !logged.Contains(context.Tables[i].Table.Name)));
        if (logged.Count > 0)
        {
            _log = Command("SELECT name, seq, rowid FROM main.sqlite_sequence");
            _forgetAll = Command("DELETE FROM main.sqlite_sequence WHERE rowid > @p0");
            DbParameter last = _forgetAll.CreateParameter();
            last.ParameterName = "@p0";
            last.DbType = DbType.Int64;
            _forgetAll.Parameters.Add(last);
            _forget = Command("DELETE FROM main.sqlite_sequence WHERE name = @p0");
            DbParameter name = _forget.CreateParameter();
            name.ParameterName = "@p0";
            name.DbType = DbType.String;
            _forget.Parameters.Add(name);
        }
    }

    /// <summary>Prepares the connection. Its settings are changed only when it is the resetter's own.</summary>
    /// <returns>The reset, or <see langword="null"/> when triggers fire, whose effects on kept tables have to be verified.</returns>
    public static async Task<SqliteReset?> CreateAsync(
        PurgeDialect dialect,
        EngineResetContext context,
        CancellationToken cancellationToken)
    {
        if (context.Triggers.Count > 0)
        {
            return null;
        }

        if (context.OwnsConnection)
        {
            // Once, since each change of them makes SQLite compile every statement of the connection anew.
            await context.Execute(SqlStatement.Of("PRAGMA foreign_keys = OFF"), cancellationToken).ConfigureAwait(false);
            await context.Execute(SqlStatement.Of("PRAGMA synchronous = OFF"), cancellationToken).ConfigureAwait(false);
        }

        context.PutsRowsBack = context.Captured.Count > 0;
        HashSet<int> captured = [.. context.Captured.Select(source => source.Position)];
        var emptied = context.Tables
            .Where((_, i) => !captured.Contains(i))
            .Select(table => table.Table.Name)
            .ToHashSet(dialect.Identifiers);
        var logged = new HashSet<string>(dialect.Identifiers);
        if (context.ResetIdentity)
        {
            await context.Query(
                SqlStatement.Of(SqliteCatalog.TableTexts),
                reader =>
                {
                    if (emptied.Contains(reader.GetString(0)) && SqliteCatalog.IsAutoIncrement(reader.GetString(1)))
                    {
                        logged.Add(reader.GetString(0));
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }

        return new SqliteReset(dialect, context, logged);
    }

    public async Task<IReadOnlyList<long>?> ResetAsync(CancellationToken cancellationToken)
    {
        if (_mark is not null && ReadStamp() != _stamp)
        {
            throw EngineResetContext.SchemaChanged();
        }

        if (_mark is { } mark && await ReadAsync(_version, cancellationToken).ConfigureAwait(false) == mark)
        {
            return null;
        }

        await _begin.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        bool isDone = false;
        try
        {
            if (!string.Equals(
                Convert.ToString(await _schema.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false), CultureInfo.InvariantCulture),
                _context.StructureMark,
                StringComparison.Ordinal))
            {
                throw EngineResetContext.SchemaChanged();
            }

            bool[] dirty = new bool[_context.Tables.Count];
            if (_captured is not null)
            {
                await _captured.FindAsync(dirty, cancellationToken).ConfigureAwait(false);
            }

            List<int> blocking = await FindBlockingKeysAsync(dirty, cancellationToken).ConfigureAwait(false);
            if (blocking.Count > 0)
            {
                throw _context.Blocked(blocking);
            }

            long[] rows = await EmptyAsync(dirty, cancellationToken).ConfigureAwait(false);
            if (_captured is not null)
            {
                await _captured.RestoreAsync(dirty, rows, cancellationToken).ConfigureAwait(false);
            }

            // Read before the commit: no other session can have written yet, and a later commit changes the mark.
            long version = await ReadAsync(_version, cancellationToken).ConfigureAwait(false);
            await _commit.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            isDone = true;
            _mark = version;
            _stamp = ReadStamp();
            return rows;
        }
        finally
        {
            if (!isDone)
            {
                await RollBackAsync().ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
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
        catch (DbException) when (_context.Connection.State == ConnectionState.Open)
        {
            // Some failures make SQLite roll back by itself, so that there is no transaction any more. The failure itself is thrown to the
            // caller.
            _mark = null;
        }
    }

    // Captured rows stay where no test has touched the table.
    private async Task<List<int>> FindBlockingKeysAsync(bool[] dirty, CancellationToken cancellationToken)
    {
        var blocking = new List<int>();
        for (int i = 0; i < _kept.Count; i++)
        {
            bool mayBlock = _captured is null || _context.CapturedPrincipals[i] is not (>= 0 and int principal) || dirty[principal];
            if (mayBlock && await ReadAsync(_kept[i], cancellationToken).ConfigureAwait(false) != 0)
            {
                blocking.Add(i);
            }
        }

        return blocking;
    }

    /// <summary>Deletes the rows that are found, and returns the number of deleted rows of each table.</summary>
    private async Task<long[]> EmptyAsync(bool[] dirty, CancellationToken cancellationToken)
    {
        var rows = new long[_context.Tables.Count];

        // The log shows what was written since the last reset, but not before the first.
        bool mayTrustLog = _log is not null && _mark is not null;
        _captured?.ForgetSeen();
        Log log = mayTrustLog ? await ReadLogAsync(dirty, cancellationToken).ConfigureAwait(false) : Log.None;
        bool isDirty = await ProbeAsync(mayTrustLog ? _probes : _probesWithoutLog, dirty, cancellationToken).ConfigureAwait(false)
            || log.Found.Count > 0
            || dirty.Contains(true);
        if (isDirty)
        {
            foreach ((SqlStatement statement, IReadOnlyList<int> tables, bool isDelete) in _deletes)
            {
                if (tables.Any(table => dirty[table]))
                {
                    await DeleteAsync(statement.Sql, isDelete ? tables[0] : null, rows, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        if (_log is not null)
        {
            if (!mayTrustLog)
            {
                log = await ReadLogAsync(dirty, cancellationToken).ConfigureAwait(false);
            }

            await ForgetAsync(log, cancellationToken).ConfigureAwait(false);
        }

        return rows;
    }

    private async Task ForgetAsync(Log log, CancellationToken cancellationToken)
    {
        // Rows that are kept are older in most cases: those of captured rows were there before.
        if (log.Found.Count > 0 && log.LastKept < log.FirstFound)
        {
            _forgetAll!.Parameters[0].Value = log.LastKept;
            await _forgetAll.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        foreach (int position in log.Found)
        {
            _forget!.Parameters[0].Value = _context.Tables[position].Table.Name;
            await _forget.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task DeleteAsync(string sql, int? position, long[] rows, CancellationToken cancellationToken)
    {
        if (!_steps.TryGetValue(sql, out DbCommand? command))
        {
            _steps[sql] = command = Command(sql);
        }

        long before = position is { } counted && _counted.Contains(counted)
            ? await CountAsync(counted, cancellationToken).ConfigureAwait(false)
            : -1;
        int deleted = await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        if (position is { } table)
        {
            rows[table] += before < 0 ? deleted : before;
        }
    }

    private async Task<long> CountAsync(int position, CancellationToken cancellationToken)
    {
        string sql = $"SELECT COUNT(*) FROM {_dialect.Source(_context.Sql, _context.Tables[position])}";
        if (!_steps.TryGetValue(sql, out DbCommand? command))
        {
            _steps[sql] = command = Command(sql);
        }

        return await ReadAsync(command, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Log> ReadLogAsync(bool[] dirty, CancellationToken cancellationToken)
    {
        var found = new List<int>();
        (long lastKept, long firstFound) = (long.MinValue, long.MaxValue);
        DbDataReader reader = await _log!.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                string name = reader.GetString(0);
                long row = reader.GetInt64(2);
                if (_positions.TryGetValue(name, out int position))
                {
                    dirty[position] = true;
                    found.Add(position);
                    firstFound = Math.Min(firstFound, row);
                }
                else
                {
                    // Rows of kept tables are theirs.
                    _captured?.Sees(name, reader.IsDBNull(1) ? null : reader.GetInt64(1));
                    lastKept = Math.Max(lastKept, row);
                }
            }
        }

        return new Log(found, lastKept, firstFound);
    }

    /// <summary>Marks the tables whose positions the queries return.</summary>
    /// <returns>Whether there are any.</returns>
    public static async Task<bool> ProbeAsync(List<DbCommand> probes, bool[] dirty, CancellationToken cancellationToken)
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

    /// <summary>Reads the number that a query returns.</summary>
    public static async Task<long> ReadAsync(DbCommand command, CancellationToken cancellationToken)
        => Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false), CultureInfo.InvariantCulture);

    // With a write-ahead log, as EF makes its files, the file itself is written at checkpoints only. A copy may have the time and the
    // length of what it replaces; its folder was written to in any case.
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

    private List<DbCommand> Probes(IEnumerable<int> positions)
        => [.. positions
            .Chunk(ProbesPerStatement)
            .Select(chunk => Command(string.Join(
                " UNION ALL ",
                chunk.Select(i => string.Create(
                    CultureInfo.InvariantCulture,
                    $"SELECT {i} WHERE EXISTS (SELECT 1 FROM {_dialect.Source(_context.Sql, _context.Tables[i])})")))))];

    // The tables without captured rows.
    private IEnumerable<int> Emptied()
        => Enumerable.Range(0, _context.Tables.Count).Where(i => _captured?.Positions.Contains(i) != true);

    private DbCommand Command(string sql)
    {
        DbCommand command = _context.Connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = _timeout;
        _commands.Add(command);
        return command;
    }

    /// <summary>What the log of AUTOINCREMENT tables shows.</summary>
    /// <param name="Found">The tables that were written.</param>
    /// <param name="LastKept">The last row of another table.</param>
    /// <param name="FirstFound">The first row of a table that was written.</param>
    private sealed record Log(List<int> Found, long LastKept, long FirstFound)
    {
        public static Log None { get; } = new([], long.MinValue, long.MaxValue);
    }
}
