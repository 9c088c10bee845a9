using FloworxPurge.Connections;

namespace FloworxPurge.Execution;

/// <summary>Keeps other runs away from a database between the transactions of a run, as well as in them.</summary>
internal sealed class RunLock : IAsyncDisposable
{
    private readonly DatabaseSession _session;
    private readonly IDisposable? _file;
    private int _connection;

    private RunLock(DatabaseSession session, IDisposable? file)
        => (_session, _file, _connection) = (session, file, session.Openings);

    /// <summary>Acquires the lock.</summary>
    /// <param name="session">The session.</param>
    /// <param name="server">The server, or the file.</param>
    /// <param name="time">
    /// The clock, where an earlier session of the same run may still hold it, for which is waited; null where there was none.
    /// </param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="RunStoppedException">Another run holds it.</exception>
    public static async Task<RunLock> AcquireAsync(
        DatabaseSession session,
        string server,
        TimeProvider? time,
        CancellationToken cancellationToken)
    {
        await AskAsync(session, session.Dialect.AcquireRunLock, time, cancellationToken).ConfigureAwait(false);
        try
        {
            return new RunLock(session, session.Dialect.LockRun(server));
        }
        catch (IOException e)
        {
            throw Refused($": {e.Message}");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                $"no file that keeps other purges away can be written beside the database ({e.Message.TrimEnd('.')}). Let this process "
                    + "write to that folder.",
                e);
        }
    }

    /// <summary>Acquires the lock of a run in one transaction, until the transaction that there is ends.</summary>
    /// <exception cref="RunStoppedException">Another run holds it.</exception>
    public static Task AcquireForTransactionAsync(DatabaseSession session, CancellationToken cancellationToken)
        => AskAsync(session, session.Dialect.AcquirePurgeLock, time: null, cancellationToken);

    /// <summary>Acquires the lock again where the connection was lost, and the lock with it.</summary>
    /// <returns>Whether it was lost: another session may have continued the run meanwhile.</returns>
    /// <exception cref="RunStoppedException">Another run holds it by now.</exception>
    public async Task<bool> RenewAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        await _session.ReopenAsync(cancellationToken).ConfigureAwait(false);
        if (_session.Openings == _connection)
        {
            return false;
        }

        await AskAsync(_session, _session.Dialect.AcquireRunLock, time, cancellationToken).ConfigureAwait(false);
        _connection = _session.Openings;
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        _file?.Dispose();
        if (_session is { IsOpen: true, Dialect.ReleaseRunLock: { } release } && _session.Openings == _connection)
        {
            await _session.QueryNumbersAsync(release, CancellationToken.None).ConfigureAwait(false);
        }
    }

    // The server may not yet have ended a session that was lost.
    private static async Task AskAsync(
        DatabaseSession session,
        string? acquire,
        TimeProvider? time,
        CancellationToken cancellationToken)
    {
        for (int question = 1;
            acquire is not null && (await session.QueryNumbersAsync(acquire, cancellationToken).ConfigureAwait(false))[0] == 0;
            question++)
        {
            if (time is null || question == SessionGuard.MostQuestions)
            {
                throw Refused(await SessionGuard.DescribeRunsAsync(session, cancellationToken).ConfigureAwait(false));
            }

            await Task.Delay(SessionGuard.BetweenQuestions, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static RunStoppedException Refused(string holders)
        => new(RunEnd.Refused, $"another purge of this database is running{holders}. Wait for it, or stop it.");
}
