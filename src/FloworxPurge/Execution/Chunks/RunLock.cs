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
    /// <exception cref="RunStoppedException">Another run holds it.</exception>
    public static async Task<RunLock> AcquireAsync(DatabaseSession session, string server, CancellationToken cancellationToken)
    {
        if (!await TryAcquireAsync(session, cancellationToken).ConfigureAwait(false))
        {
            string holders = await SessionGuard.DescribeRunsAsync(session, cancellationToken).ConfigureAwait(false);
            throw Refused(holders);
        }

        try
        {
            return new RunLock(session, session.Dialect.LockRun(server));
        }
        catch (IOException e)
        {
            throw Refused($": {e.Message}");
        }
    }

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

        // The server may not yet have ended the session that was lost.
        for (int question = 1; !await TryAcquireAsync(_session, cancellationToken).ConfigureAwait(false); question++)
        {
            if (question == SessionGuard.MostQuestions)
            {
                throw Refused(await SessionGuard.DescribeRunsAsync(_session, cancellationToken).ConfigureAwait(false));
            }

            await Task.Delay(SessionGuard.BetweenQuestions, time, cancellationToken).ConfigureAwait(false);
        }

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

    private static async Task<bool> TryAcquireAsync(DatabaseSession session, CancellationToken cancellationToken)
        => session.Dialect.AcquireRunLock is not { } acquire
            || (await session.QueryNumbersAsync(acquire, cancellationToken).ConfigureAwait(false))[0] != 0;

    private static RunStoppedException Refused(string holders)
        => new(RunEnd.Refused, $"another purge of this database is running{holders}. Wait for it, or stop it.");
}
