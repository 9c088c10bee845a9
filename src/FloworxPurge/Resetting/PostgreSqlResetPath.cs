using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;

namespace FloworxPurge.Resetting;

/// <summary>PostgreSQL over a connection of its own: one call of one function of the session, prepared.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class PostgreSqlResetPath : ResetPath
{
    // Dead rows make every probe slower: 4,000 resets without a VACUUM end at 2.5 times the time of the first. At this pace it costs less than 0.03 ms a reset.
    private const int ResetsBetweenVacuums = 200;

    // 8 KB each; more than this is read again by every probe that finds nothing.
    private const int MostPages = 32;

    private static int _prepared;

    private readonly ResetPlan _plan;
    private readonly DatabaseSession _session;
    private readonly DbCommand _call;
    private readonly DbParameter _mark;
    private readonly DbParameter _plans;
    private readonly HashSet<int> _written = [];
    private int _resets;

    private PostgreSqlResetPath(ResetPlan plan, DatabaseSession session, DbCommand call)
    {
        _plan = plan;
        _session = session;
        _call = call;
        _mark = call.Parameters[0];
        _plans = call.Parameters[2];
    }

    /// <summary>Makes the session ready.</summary>
    /// <returns>
    /// The path, or <see langword="null"/> where such a function cannot be: the role may not create it, a pooler gives every transaction another session,
    /// or triggers fire, which takes a look at what they do to kept tables.
    /// </returns>
    public static async Task<PostgreSqlResetPath?> CreateAsync(ResetPlan plan, DatabaseSession session, ResetSettings options, CancellationToken cancellationToken)
    {
        // Deletes of single tables and of whole cycles are what the function knows.
        bool isKnown = plan.Facts.Plan.Steps.All(step => step.Kind is PlanStepKind.Delete or PlanStepKind.DeleteTogether or PlanStepKind.ResetIdentity or PlanStepKind.Lock);
        if (!isKnown || await IsPooledAsync(session, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        PostgreSqlResetPath? path = null;
        try
        {
            await session.ExecuteAsync(PostgreSqlReset.Settings, [], cancellationToken).ConfigureAwait(false);
            await session.ExecuteAsync(PostgreSqlReset.LockTimeout, [PlanParameter.Of(SessionGuard.Milliseconds(options.LockTimeout))], cancellationToken).ConfigureAwait(false);
            bool ignoresTriggers = MayIgnoreTriggers(plan) && await TryAsync(session, PostgreSqlReset.Replica, cancellationToken).ConfigureAwait(false);
            if ((ignoresTriggers || plan.Triggers.Count == 0)
                && await TryAsync(session, PostgreSqlReset.PlanNumber, cancellationToken).ConfigureAwait(false)
                && await TryAsync(session, await WriteFunctionAsync(plan, session, options, ignoresTriggers, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false))
            {
                path = await PrepareAsync(plan, session, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (path is null)
            {
                await UndoAsync(session).ConfigureAwait(false);
            }
        }

        return path;
    }

    public override async Task<(ResetState State, LeakReport Report)> ResetAsync(CancellationToken cancellationToken)
    {
        Answer answer;
        try
        {
            answer = await CallAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (e.SqlState is PostgreSqlReset.Refilled)
        {
            throw _plan.RefilledBy(Positions(e).Select(position => _plan.Tables[position - 1].Name), e);
        }
        catch (DbException e) when (e.SqlState is PostgreSqlReset.Blocked)
        {
            throw ResetPlan.BlockedBy(Positions(e).Select(position => _plan.KeptKeys[position]));
        }

        if (answer.State is not PostgreSqlReset.Done)
        {
            return (answer.State is PostgreSqlReset.Unchanged ? ResetState.Unchanged : ResetState.SchemaChanged, LeakReport.Clean);
        }

        _plans.Value = answer.Plans ?? (object)DBNull.Value;
        _mark.Value = answer.Mark is { } mark ? mark : DBNull.Value;
        LeakReport report = await ReportAsync(answer, cancellationToken).ConfigureAwait(false);
        await KeepCleanAsync(answer, cancellationToken).ConfigureAwait(false);
        return (ResetState.Emptied, report);
    }

    public override async ValueTask DisposeAsync()
    {
        await _call.DisposeAsync().ConfigureAwait(false);
        await UndoAsync(_session).ConfigureAwait(false);
    }

    // The next user of a pooled connection must not find its foreign keys off, whatever the pool resets.
    private static async Task UndoAsync(DatabaseSession session)
    {
        try
        {
            if (session.IsOpen)
            {
                await session.ExecuteAsync(PostgreSqlReset.Undo, [], cancellationToken: CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            // The server has ended the session, and its settings with it; the driver learns of it by this very statement. A pool gives no session on that was not reset.
            await session.Connection.CloseAsync().ConfigureAwait(false);
        }
    }

    private static async Task<PostgreSqlResetPath> PrepareAsync(ResetPlan plan, DatabaseSession session, CancellationToken cancellationToken)
    {
        DbCommand call = session.Connection.CreateCommand();

        // Another text each time: the driver remembers what it has prepared over a pooled connection, and not that the server may have forgotten it.
        call.CommandText = string.Create(CultureInfo.InvariantCulture, $"{PostgreSqlReset.Call} /* {Interlocked.Increment(ref _prepared)} */");

        // How long a lock is waited for is limited, and how long deleting takes is not.
        call.CommandTimeout = 0;
        Add(call, "p0", DbType.Int64, DBNull.Value);
        Add(call, "p1", DbType.String, plan.StructureMark!);
        Add(call, "p2", DbType.String, DBNull.Value);
        await call.PrepareAsync(cancellationToken).ConfigureAwait(false);
        return new PostgreSqlResetPath(plan, session, call);
    }

    private async Task<Answer> CallAsync(CancellationToken cancellationToken)
    {
        DbDataReader reader = await _call.ExecuteReaderAsync(CommandBehavior.SingleRow, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            int state = reader.GetInt32(0);
            return state == PostgreSqlReset.Unchanged
                ? new Answer(state, Mark: null, [], IsBusy: false, Plans: null)
                : new Answer(state, reader.IsDBNull(1) ? null : reader.GetInt64(1), ReadTables(reader.GetString(2)), reader.GetBoolean(3), reader.IsDBNull(4) ? null : reader.GetString(4));
        }
    }

    private async Task<LeakReport> ReportAsync(Answer answer, CancellationToken cancellationToken)
    {
        List<TableReport> tables = [.. answer.Tables
            .Where(table => table.Rows > 0)
            .GroupBy(table => table.Position)
            .OrderBy(table => table.Key)
            .Select(table => new TableReport { Table = _plan.Tables[table.Key].Name, RowsBefore = table.Sum(found => found.Rows) })];
        return answer.IsBusy ? new LeakReport
        {
            Tables = tables,
            OpenTransactions = await _plan.FindWritersAsync(_session, cancellationToken).ConfigureAwait(false),
        }
            : tables.Count == 0 ? LeakReport.Clean
            : new LeakReport { Tables = tables };
    }

    private async Task KeepCleanAsync(Answer answer, CancellationToken cancellationToken)
    {
        _written.UnionWith(answer.Tables.Select(table => table.Position));
        bool isDue = ++_resets >= ResetsBetweenVacuums;
        List<int> grown = [.. isDue ? _written : answer.Tables.Where(table => table.Pages > MostPages).Select(table => table.Position).Distinct()];
        if (isDue)
        {
            _resets = 0;
        }

        if (grown.Count > 0)
        {
            await _session.ExecuteAsync(PostgreSqlReset.Vacuum(grown.Order().Select(position => _session.Dialect.Table(_session.Sql, _plan.Tables[position].Name))), [], cancellationToken: cancellationToken).ConfigureAwait(false);
            _written.ExceptWith(grown);
        }
    }

    // The server's word for its process, and the driver's, which the protocol told it when it connected.
    private static async Task<bool> IsPooledAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        long answering = (await session.QueryNumbersAsync(PostgreSqlReset.ProcessId, cancellationToken).ConfigureAwait(false))[0];
        try
        {
            return session.Connection.GetType().GetProperty("ProcessID")?.GetValue(session.Connection) is int told && told != answering;
        }
        catch (TargetInvocationException)
        {
            // A driver that spreads its commands over several sessions has no one process to tell.
            return true;
        }
    }

    // What fires in spite of the setting would see a table whose keys are not checked.
    private static bool MayIgnoreTriggers(ResetPlan plan)
        => plan.Triggers.All(trigger => trigger.Kind is "trigger" && trigger.State.EndsWith(" O", StringComparison.Ordinal));

    // 42501 insufficient_privilege: another way has to do.
    private static async Task<bool> TryAsync(DatabaseSession session, string sql, CancellationToken cancellationToken)
    {
        try
        {
            await session.ExecuteAsync(sql, [], cancellationToken: cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (DbException e) when (e.SqlState is "42501")
        {
            return false;
        }
    }

    private static async Task<string> WriteFunctionAsync(ResetPlan plan, DatabaseSession session, ResetSettings options, bool ignoresTriggers, CancellationToken cancellationToken)
    {
        Dictionary<TableName, (long Number, bool IsLogged)> numbers = (await session.QueryAsync(
            PostgreSqlReset.Numbers,
            reader => (Name: new TableName(reader.GetString(0), reader.GetString(1)), Number: reader.GetInt64(2), IsLogged: reader.GetInt32(3) != 0),
            cancellationToken).ConfigureAwait(false))
            .ToDictionary(row => row.Name, row => (row.Number, row.IsLogged));
        var positions = plan.Tables.Select((table, i) => (table.Name, i)).ToDictionary(pair => pair.Name, pair => pair.i);
        List<IdentityCounter> counters = options.ResetIdentity ? [.. plan.Facts.Schema.Live.Identities.Where(counter => counter.Sequence is not null && positions.ContainsKey(counter.Table))] : [];
        return PostgreSqlReset.Function(
            PostgreSqlDialect.PurgeLockKey,
            [.. plan.Tables.Select(table => (session.Source(table), numbers[table.Name].Number))],
            [.. plan.Facts.Plan.Steps.Where(step => step.Kind is PlanStepKind.Delete or PlanStepKind.DeleteTogether).Select(step => (IReadOnlyList<int>)[.. step.Tables.Select(table => positions[table])])],
            [.. plan.Facts.Schema.Live.WithPartitions(positions.Keys).Where(numbers.ContainsKey).Select(table => numbers[table].Number).Distinct()],
            [.. plan.KeptKeys.Select(key => session.Dialect.SelectReferencing(session.Sql, plan.Facts.Table(key.Dependent).AllRows, key.DependentColumns))],
            ignoresTriggers || plan.LockOfExposed(session) is not { } keptLock ? string.Empty : keptLock + ";\n",
            [.. counters.Select(counter => (numbers[counter.Sequence!].Number, positions[counter.Table]))],
            logsDraws: counters.TrueForAll(counter => numbers[counter.Sequence!].IsLogged),
            mayTrustPlans: plan.Facts.Plan.Skips.Count == 0);
    }

    private static List<(int Position, long Rows, long Pages)> ReadTables(string text)
        => [.. text.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(table => table.Split(':'))
            .Select(parts => ((int)Number(parts[0]), Number(parts[1]), Number(parts[2])))];

    // The driver puts the SQLSTATE before the message.
    private static IEnumerable<int> Positions(DbException exception) => exception.Message[(exception.Message.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(',').Select(part => (int)Number(part));

    private static long Number(string text) => long.Parse(text, NumberStyles.Integer, CultureInfo.InvariantCulture);

    private static void Add(DbCommand command, string name, DbType type, object value)
    {
        DbParameter parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.DbType = type;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }

    private sealed record Answer(int State, long? Mark, List<(int Position, long Rows, long Pages)> Tables, bool IsBusy, string? Plans);
}
