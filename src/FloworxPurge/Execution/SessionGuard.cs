using System.Data.Common;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Extensibility;

namespace FloworxPurge.Execution;

/// <summary>Acquires the exclusive purge lock, limits the wait for locks, and restores the settings of the caller's transaction.</summary>
internal sealed class SessionGuard(DatabaseSession session, PurgeRun run, TimeSpan? lockTimeout, TimeProvider time)
{
    /// <summary>How often a lock is asked for that an earlier session of the same run may still hold.</summary>
    public const int MostQuestions = 20;

    /// <summary>How long it is waited in between.</summary>
    public static readonly TimeSpan BetweenQuestions = TimeSpan.FromMilliseconds(100);

    private readonly PurgeDialect _dialect = session.Dialect;
    private string? _timeoutToRestore;
    private string? _settingToRestore;
    private bool _holdsPurgeLock;

    /// <summary>Prepares the transaction.</summary>
    /// <exception cref="RunStoppedException">Another purge of this database is running.</exception>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        if (_dialect.AcquirePurgeLock is { } acquire && !await AcquireAsync(acquire, cancellationToken).ConfigureAwait(false))
        {
            string holders = await DescribeRunsAsync(session, cancellationToken).ConfigureAwait(false);
            throw new RunStoppedException(
                RunEnd.Refused,
                $"another purge of this database is running{holders}. Wait for it, or stop it.");
        }

        _holdsPurgeLock = _dialect.ReleasePurgeLock is not null;
        string? setting = await ApplySettingAsync(session, cancellationToken).ConfigureAwait(false);
        _settingToRestore = run.JoinedTransaction || _dialect.LockTimeoutOutlivesTransaction ? setting : null;
        if (lockTimeout is { } timeout && _dialect.LockTimeoutState is { } state)
        {
            // Set for the transaction only; a transaction or a session that continues after the purge gets its own setting back.
            string previous = await session.QueryTextAsync(state, cancellationToken).ConfigureAwait(false);
            _timeoutToRestore = run.JoinedTransaction || _dialect.LockTimeoutOutlivesTransaction ? previous : null;
            await session.SetLockTimeoutAsync(Milliseconds(timeout), cancellationToken).ConfigureAwait(false);
        }
    }

    // The server may not yet have ended the session of an earlier attempt whose connection was lost.
    private async Task<bool> AcquireAsync(string acquire, CancellationToken cancellationToken)
    {
        for (int question = 1; ; question++)
        {
            if ((await session.QueryNumbersAsync(acquire, cancellationToken).ConfigureAwait(false))[0] != 0)
            {
                return true;
            }

            if (run.Attempt == 1 || question == MostQuestions)
            {
                return false;
            }

            await Task.Delay(BetweenQuestions, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Restores the settings of a transaction or a session that continues.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (_timeoutToRestore is { } previous)
        {
            await session.SetLockTimeoutAsync(previous, cancellationToken).ConfigureAwait(false);
            _timeoutToRestore = null;
        }

        if (_settingToRestore is { } value && _dialect.ChangeSetting(value) is { } restore)
        {
            await session.ExecuteAsync(restore.Sql, restore.Parameters, cancellationToken: cancellationToken).ConfigureAwait(false);
            _settingToRestore = null;
        }

        if (_holdsPurgeLock && _dialect.ReleasePurgeLock is { } release)
        {
            await session.ExecuteAsync(release, [], cancellationToken: cancellationToken).ConfigureAwait(false);
            _holdsPurgeLock = false;
        }
    }

    /// <summary>Sets what the engine needs for a purge, for the transaction that there is.</summary>
    /// <returns>The value before; null when nothing was set.</returns>
    public static async Task<string?> ApplySettingAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        if (session.Dialect.SettingState is not { } state || session.Dialect.ChangeSetting(value: null) is not { } statement)
        {
            return null;
        }

        string? before = Convert.ToString(
            await session.ReadScalarAsync(state, cancellationToken).ConfigureAwait(false),
            CultureInfo.InvariantCulture);
        if (string.IsNullOrEmpty(before))
        {
            return null;
        }

        await session.ExecuteAsync(statement.Sql, statement.Parameters, cancellationToken: cancellationToken).ConfigureAwait(false);
        return before;
    }

    /// <summary>
    /// Gets the sessions that purge the database now, after a colon; an empty text when the engine does not report them.
    /// </summary>
    public static async Task<string> DescribeRunsAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        string holders = string.Join(
            "; ",
            (await HoldersAsync(session, session.Dialect.PurgeLockHolders, cancellationToken).ConfigureAwait(false))
                .Select(holder => holder.Text));
        return holders.Length == 0 ? string.Empty : ": " + holders;
    }

    /// <summary>
    /// After the rollback, gets the sessions that hold the locks; an empty text when the engine does not report them.
    /// </summary>
    public Task<string> DescribeHoldersAsync() => DescribeHoldersAsync(session, run.Tables.Keys.ToHashSet());

    /// <summary>Gets the sessions that hold locks of the tables; an empty text when the engine does not report them.</summary>
    public static async Task<string> DescribeHoldersAsync(DatabaseSession session, IReadOnlySet<TableName> tables)
    {
        IEnumerable<LockHolder> holders = (
            await HoldersAsync(session, session.Dialect.LockHolders, CancellationToken.None).ConfigureAwait(false))
                .Where(holder => tables.Contains(holder.Table));
        string text = string.Join(
            "; ",
            holders.Select(holder => $"{holder.Table} is in use by {holder.Text}").Order(StringComparer.Ordinal));
        return text.Length == 0 ? string.Empty : $" Now {text}.";
    }

    /// <summary>A time as lock time-outs are written.</summary>
    public static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>Determines whether the failure is a lock wait that timed out.</summary>
    public bool IsLockTimeout(Exception exception) => exception is DbException failure && _dialect.IsLockTimeout(failure);

    private static async Task<List<LockHolder>> HoldersAsync(DatabaseSession session, string? query, CancellationToken cancellationToken)
        => query is null ? [] : await session.QueryAsync(
            query,
            reader => new LockHolder(
                new TableName(reader.IsDBNull(0) ? null : reader.GetString(0), reader.IsDBNull(1) ? string.Empty : reader.GetString(1)),
                reader.GetString(2)),
            cancellationToken).ConfigureAwait(false);

    private sealed record LockHolder(TableName Table, string Text);
}
