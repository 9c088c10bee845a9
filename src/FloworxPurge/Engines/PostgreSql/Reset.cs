using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using FloworxPurge.Extensibility;

namespace FloworxPurge.Engines;

/// <summary>PostgreSQL over a connection of its own: one call of one function of the session, prepared.</summary>
internal sealed class PostgreSqlReset
{
    // Dead rows make every probe slower: 4,000 resets without a VACUUM end at 2.5 times the time of the first. At this pace it costs less
    // than 0.03 ms a reset.
    private const int ResetsBetweenVacuums = 200;

    // 8 KB each; more than this is read again by every probe that finds nothing.
    private const int MostPages = 32;

    private static int _prepared;

    private readonly PurgeDialect _dialect;
    private readonly EngineResetContext _context;
    private readonly Session _session;
    private readonly DbCommand _call;
    private readonly DbParameter _mark;
    private readonly DbParameter _plans;
    private readonly DbParameter? _stamps;
    private readonly HashSet<int> _written = [];
    private int _resets;

    private PostgreSqlReset(PurgeDialect dialect, EngineResetContext context, Session session, DbCommand call)
    {
        _dialect = dialect;
        _context = context;
        _session = session;
        _call = call;
        _mark = call.Parameters[0];
        _plans = call.Parameters[2];
        _stamps = context.PutsRowsBack ? call.Parameters[3] : null;
    }

    /// <summary>Prepares the session.</summary>
    /// <returns>
    /// The reset, or <see langword="null"/> where there can be no such function: the role may not create it, a pooler gives every
    /// transaction another session, or triggers fire, whose effects on kept tables have to be verified.
    /// </returns>
    public static async Task<PostgreSqlReset?> CreateAsync(
        PurgeDialect dialect,
        EngineResetContext context,
        CancellationToken cancellationToken)
    {
        // The function can delete single tables and whole cycles.
        if (!context.Statements.All(statement => statement.IsDelete)
            || await FindSessionAsync(context, cancellationToken).ConfigureAwait(false) is not { } session)
        {
            return null;
        }

        PostgreSqlReset? reset = null;
        context.PutsRowsBack = context.Captured.Count > 0 && !session.IsPooled;
        try
        {
            bool ignoresTriggers = !session.IsPooled
                && await ConfigureAsync(context, cancellationToken).ConfigureAwait(false);
            if ((ignoresTriggers || context.Triggers.Count == 0)
                && await TryAsync(context, PostgreSqlResetFunction.PlanNumber(session.Id), cancellationToken).ConfigureAwait(false)
                && await TryAsync(
                    context,
                    await WriteFunctionAsync(dialect, context, session, ignoresTriggers, cancellationToken).ConfigureAwait(false),
                    cancellationToken).ConfigureAwait(false))
            {
                reset = await PrepareAsync(dialect, context, session, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (reset is null)
            {
                context.PutsRowsBack = false;
                await UndoAsync(context, session).ConfigureAwait(false);
            }
        }

        return reset;
    }

    public async Task<IReadOnlyList<long>?> ResetAsync(CancellationToken cancellationToken)
    {
        Answer answer;
        try
        {
            answer = await CallAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (e.SqlState is PostgreSqlResetFunction.Refilled)
        {
            throw _context.Refilled(Positions(e).Select(position => position - 1), e);
        }
        catch (DbException e) when (e.SqlState is PostgreSqlResetFunction.Blocked)
        {
            throw _context.Blocked(Positions(e));
        }
        catch (DbException e) when (e.SqlState is PostgreSqlCapturedReset.CopiesChanged)
        {
            throw _context.CopiesChanged!(Positions(e).First());
        }
        catch (DbException e) when (e.SqlState is PostgreSqlCapturedReset.PrincipalMissing)
        {
            throw _context.PrincipalMissing!(Positions(e).First());
        }
        catch (DbException e) when (e.SqlState is PostgreSqlResetFunction.OtherStructure)
        {
            throw EngineResetContext.SchemaChanged();
        }
        catch (DbException e) when (_session.IsPooled
            && e.SqlState is PostgreSqlResetFunction.NoFunction or PostgreSqlResetFunction.NoSchema)
        {
            throw _context.SessionLost();
        }

        if (answer.State is not PostgreSqlResetFunction.Done)
        {
            return answer.State is PostgreSqlResetFunction.Unchanged ? null : throw EngineResetContext.SchemaChanged();
        }

        _plans.Value = answer.Plans ?? (object)DBNull.Value;
        _mark.Value = answer.Mark is { } mark ? mark : DBNull.Value;
        if (_stamps is not null)
        {
            _stamps.Value = answer.Stamps!;
        }

        long[] rows = new long[_context.Tables.Count];
        foreach ((int position, long found, _) in answer.Tables)
        {
            rows[position] += found;
        }

        await KeepCleanAsync(answer, cancellationToken).ConfigureAwait(false);
        _context.HasOpenWriters = answer.IsBusy;
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await _call.DisposeAsync().ConfigureAwait(false);
        await UndoAsync(_context, _session).ConfigureAwait(false);
    }

    // Settings that hold while the connection is open.
    private static async Task<bool> ConfigureAsync(EngineResetContext context, CancellationToken cancellationToken)
    {
        await context.Execute(SqlStatement.Of(PostgreSqlResetFunction.Settings), cancellationToken).ConfigureAwait(false);
        await context.Execute(
            SqlStatement.Of(PostgreSqlResetFunction.Timeouts, Milliseconds(context.LockTimeout)),
            cancellationToken).ConfigureAwait(false);
        return MayIgnoreTriggers(context)
            && await TryAsync(context, PostgreSqlResetFunction.Replica, cancellationToken).ConfigureAwait(false);
    }

    // The next user of a pooled connection must not find its foreign keys off, even if the pool does not reset the setting.
    private static async Task UndoAsync(EngineResetContext context, Session session)
    {
        string undo = session.IsPooled ? PostgreSqlResetFunction.Drop(session.Id) : PostgreSqlResetFunction.Undo;
        try
        {
            if (context.Connection.State == ConnectionState.Open)
            {
                await context.Execute(SqlStatement.Of(undo), CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is not (ArgumentException or ObjectDisposedException or OutOfMemoryException))
        {
            // The server has ended the session, and its settings with it; the driver learns of it by this statement. A pool does not reuse
            // a session that was not reset.
            await context.Connection.CloseAsync().ConfigureAwait(false);
        }
    }

    private static async Task<PostgreSqlReset> PrepareAsync(
        PurgeDialect dialect,
        EngineResetContext context,
        Session session,
        CancellationToken cancellationToken)
    {
        DbCommand call = context.Connection.CreateCommand();

        // Another text each time: the driver remembers what it has prepared over a pooled connection, and not that the server may have
        // forgotten it.
        call.CommandText = string.Create(
            CultureInfo.InvariantCulture,
            $"{PostgreSqlResetFunction.Call(session.Id, session.IsPooled, context.PutsRowsBack)} "
                + $"/* {Interlocked.Increment(ref _prepared)} */");

        // How long a lock is waited for is limited, and how long deleting takes is not.
        call.CommandTimeout = 0;
        Add(call, "p0", DbType.Int64, DBNull.Value);
        Add(call, "p1", DbType.String, context.StructureMark!);
        Add(call, "p2", DbType.String, DBNull.Value);
        if (session.IsPooled)
        {
            // What is prepared belongs to a session as well.
            Add(call, "p3", DbType.String, Milliseconds(context.LockTimeout));
        }
        else
        {
            if (context.PutsRowsBack)
            {
                Add(call, "p3", DbType.String, DBNull.Value);
            }

            await call.PrepareAsync(cancellationToken).ConfigureAwait(false);
        }

        return new PostgreSqlReset(dialect, context, session, call);
    }

    private async Task<Answer> CallAsync(CancellationToken cancellationToken)
    {
        DbDataReader reader = await _call.ExecuteReaderAsync(
            _session.IsPooled ? CommandBehavior.Default : CommandBehavior.SingleRow,
            cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            if (_session.IsPooled)
            {
                // The settings.
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            }

            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            int state = reader.GetInt32(0);
            return state == PostgreSqlResetFunction.Unchanged
                ? new Answer(state, Mark: null, [], IsBusy: false, Plans: null, Stamps: null)
                : new Answer(
                    state,
                    reader.IsDBNull(1) ? null : reader.GetInt64(1),
                    ReadTables(reader.GetString(2)),
                    reader.GetBoolean(3),
                    reader.IsDBNull(4) ? null : reader.GetString(4),
                    _stamps is null || reader.IsDBNull(5) ? null : reader.GetString(5));
        }
    }

    private async Task KeepCleanAsync(Answer answer, CancellationToken cancellationToken)
    {
        _written.UnionWith(answer.Tables.Select(table => table.Position));
        bool isDue = ++_resets >= ResetsBetweenVacuums;
        List<int> grown = [.. isDue ? _written : answer.Tables
            .Where(table => table.Pages > MostPages)
            .Select(table => table.Position)
            .Distinct()];
        if (isDue)
        {
            _resets = 0;
        }

        if (grown.Count > 0)
        {
            string vacuum = PostgreSqlResetFunction.Vacuum(
                grown.Order().Select(position => _dialect.Table(_context.Sql, _context.Tables[position].Table)));
            await _context.Execute(SqlStatement.Of(vacuum), cancellationToken).ConfigureAwait(false);
            _written.ExceptWith(grown);
        }
    }

    // Compares the process that answers with the one that the driver received when it connected.
    [UnconditionalSuppressMessage(
        "Trimming",
        "IL2075",
        Justification = "Only DatabaseResetter creates a reset, and it requires code that is not trimmed.")]
    private static async Task<Session?> FindSessionAsync(EngineResetContext context, CancellationToken cancellationToken)
    {
        long answering = 0;
        bool isProcessOfClient = false;
        await context.Query(
            SqlStatement.Of(PostgreSqlResetFunction.Process),
            reader =>
            {
                answering = Convert.ToInt64(reader.GetValue(0), CultureInfo.InvariantCulture);
                isProcessOfClient = !reader.IsDBNull(1) && reader.GetString(1) is PostgreSqlResetFunction.ClientProcess;
            },
            cancellationToken).ConfigureAwait(false);
        if (!isProcessOfClient || context.HasLostSession)
        {
            return null;
        }

        try
        {
            return context.Connection.GetType().GetProperty("ProcessID")?.GetValue(context.Connection) is int connected
                && connected != answering
                ? new Session(IsPooled: true, "_" + Guid.NewGuid().ToString("N"))
                : new Session(IsPooled: false, Id: string.Empty);
        }
        catch (TargetInvocationException)
        {
            // A driver that distributes its commands over several sessions has no single process.
            return null;
        }
    }

    // A trigger that fires in spite of the setting would see a table whose keys are not checked. The trigger of the extension "lo" deletes
    // the large objects that the rows refer to, and nothing else would.
    private static bool MayIgnoreTriggers(EngineResetContext context)
        => context.Triggers.All(trigger => trigger.Kind is "trigger"
            && trigger.State.EndsWith(" O", StringComparison.Ordinal)
            && !trigger.State.Contains("lo_manage(", StringComparison.Ordinal));

    // 42501 insufficient_privilege: another way has to do.
    private static async Task<bool> TryAsync(EngineResetContext context, string sql, CancellationToken cancellationToken)
    {
        try
        {
            await context.Execute(SqlStatement.Of(sql), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (DbException e) when (e.SqlState is "42501")
        {
            return false;
        }
    }

    private static async Task<string> WriteFunctionAsync(
        PurgeDialect dialect,
        EngineResetContext context,
        Session session,
        bool ignoresTriggers,
        CancellationToken cancellationToken)
    {
        var numbers = new Dictionary<TableName, (long Number, bool IsLogged, long Uses)>();
        await context.Query(
            SqlStatement.Of(PostgreSqlResetFunction.Numbers),
            reader => numbers.Add(
                new TableName(reader.GetString(0), reader.GetString(1)),
                (reader.GetInt64(2), reader.GetInt32(3) != 0, reader.IsDBNull(4) ? 0 : reader.GetInt64(4))),
            cancellationToken).ConfigureAwait(false);
        PostgreSqlCapturedReset? captured = context.PutsRowsBack
            ? new PostgreSqlCapturedReset(
                dialect,
                context,
                numbers.ToDictionary(pair => pair.Key, pair => pair.Value.Number),
                checksKeys: !ignoresTriggers)
            : null;
        HashSet<long> continued = [.. captured?.Sequences ?? []];
        return PostgreSqlResetFunction.Function(
            session.Id,
            session.IsPooled,
            PostgreSqlDialect.PurgeLockKey,
            [.. context.Tables.Select(table => (dialect.Source(context.Sql, table), numbers[table.Table].Number))],
            [.. context.Statements.Select(statement => statement.Tables)],
            [.. context.WatchedTables.Where(numbers.ContainsKey).Select(table => numbers[table].Number).Concat(continued).Distinct()],
            [.. context.KeptKeys.Select((key, i) => KeptProbe(dialect, context, captured, i))],
            ignoresTriggers || context.LockOfKeptTables is not { } keptLock ? string.Empty : keptLock + ";\n",
            [.. context.Sequences
                .Select(sequence => (numbers[sequence.Sequence].Number, sequence.Table, numbers[sequence.Sequence].Uses))
                .Where(sequence => !continued.Contains(sequence.Number))],
            logsDraws: context.Sequences.Select(sequence => numbers[sequence.Sequence])
                .Concat(numbers.Values.Where(sequence => continued.Contains(sequence.Number)))
                .All(sequence => sequence.IsLogged),
            mayTrustPlans: !context.SkipsTables,
            captured);
    }

    // Captured rows stay where no test has touched the table.
    private static string KeptProbe(PurgeDialect dialect, EngineResetContext context, PostgreSqlCapturedReset? captured, int key)
    {
        (RowSet dependent, IReadOnlyList<string> columns) = context.KeptKeys[key];
        int principal = context.CapturedPrincipals[key];
        return (captured is null || principal < 0 ? string.Empty : captured.IsTouched(principal) + " AND ")
            + $"EXISTS ({dialect.SelectReferencing(context.Sql, dependent, columns)})";
    }

    private static List<(int Position, long Rows, long Pages)> ReadTables(string text)
        => [.. text.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(table => table.Split(':'))
            .Select(parts => ((int)Number(parts[0]), Number(parts[1]), Number(parts[2])))];

    // The driver puts the SQLSTATE before the message.
    private static IEnumerable<int> Positions(DbException exception)
        => exception.Message[(exception.Message.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(',').Select(part => (int)Number(part));

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    private static long Number(string text) => long.Parse(text, NumberStyles.Integer, CultureInfo.InvariantCulture);

    private static void Add(DbCommand command, string name, DbType type, object value)
    {
        DbParameter parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.DbType = type;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }

    private sealed record Answer(
        int State,
        long? Mark,
        List<(int Position, long Rows, long Pages)> Tables,
        bool IsBusy,
        string? Plans,
        string? Stamps);

    /// <summary>A session, and what the names of the functions in it end with.</summary>
    /// <param name="IsPooled">
    /// Whether a pooler may give it to other clients, or this connection to another session: it keeps no settings then.
    /// </param>
    /// <param name="Id">A text that no other resetter uses, or an empty one.</param>
    private sealed record Session(bool IsPooled, string Id);
}
