namespace FloworxPurge.Tool;

/// <summary>What the process does when it is asked to stop: the first time it rolls back, a later time it ends at once.</summary>
internal sealed class StopRequest : IDisposable
{
    // A terminal and a service manager signal the whole group, and the tool passes its signal on: that is one request.
    private static readonly TimeSpan Same = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private long? _first;

    /// <summary>Gets the token of the first request.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Receives a signal, and returns whether the process goes on, to roll back.</summary>
    public bool Receive()
    {
        lock (_lock)
        {
            if (_first is { } first)
            {
                // Whoever asks again does not want to wait for the rollback, and the database does it then.
                return TimeProvider.System.GetElapsedTime(first) < Same;
            }

            _first = TimeProvider.System.GetTimestamp();
        }

        _stop.Cancel();
        return true;
    }

    /// <summary>Ends what waits for a request.</summary>
    public void End() => _stop.Cancel();

    public void Dispose() => _stop.Dispose();
}
