using System.Collections.Concurrent;

namespace FloworxPurge.Tests.Kit;

/// <summary>
/// A clock whose waits are over at once, and move it on by their length. Waits that <paramref name="isReal"/> names are waited for.
/// </summary>
public sealed class QuickClock(DateTimeOffset start, Func<TimeSpan, bool>? isReal = null) : TimeProvider
{
    private readonly ConcurrentQueue<TimeSpan> _waits = new();
    private long _passed;

    /// <summary>The waits so far, in order, without the real ones.</summary>
    public IReadOnlyList<TimeSpan> Waits => [.. _waits];

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => start.AddTicks(Interlocked.Read(ref _passed));

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (isReal?.Invoke(dueTime) == true || dueTime == Timeout.InfiniteTimeSpan)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        _waits.Enqueue(dueTime);
        Interlocked.Add(ref _passed, dueTime.Ticks);
        return base.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
