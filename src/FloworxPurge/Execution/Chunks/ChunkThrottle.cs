using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

/// <summary>Waits between the transactions of a run: for a pause, for a rate, and for a condition.</summary>
internal sealed class ChunkThrottle(
    DatabaseSession session,
    ChunkSettings settings,
    Func<DbContext, CancellationToken, Task<bool>>? condition,
    TimeProvider time)
{
    private static readonly TimeSpan BetweenQuestions = TimeSpan.FromSeconds(1);

    /// <summary>Waits until the next transaction may begin.</summary>
    /// <param name="rows">The rows that the last transaction deleted.</param>
    /// <param name="duration">The time that it took.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <exception cref="RunStoppedException">The condition did not become true.</exception>
    public async Task WaitAsync(long rows, TimeSpan duration, CancellationToken cancellationToken)
    {
        TimeSpan rate = settings.RowsPerSecond is { } most ? TimeSpan.FromSeconds((double)rows / most) - duration : TimeSpan.Zero;
        TimeSpan pause = rate > settings.Pause ? rate : settings.Pause;
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }

        if (condition is not { } when)
        {
            return;
        }

        long start = time.GetTimestamp();
        while (!await when(session.Context, cancellationToken).ConfigureAwait(false))
        {
            TimeSpan left = settings.Patience - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                throw new RunStoppedException(
                    RunEnd.Failed,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the condition of {nameof(PurgeOptions.InChunks)} did not become true within {settings.Patience} (patience)."));
            }

            await Task.Delay(left < BetweenQuestions ? left : BetweenQuestions, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
