using Spectre.Console;

namespace FloworxPurge.CommandLine.Output;

/// <summary>
/// Shows a running purge: on a terminal a bar for each phase with the current table, rows and time; elsewhere plain lines.
/// </summary>
internal sealed class ProgressView(CommandOutput output, TimeProvider timeProvider)
{
    private const int ElapsedWidth = 8;
    private const int WidestBar = 30;

    /// <summary>Does the work and shows its progress.</summary>
    public async Task<T> RunAsync<T>(Func<IProgress<PurgeProgress>?, Task<T>> work, CancellationToken cancellationToken)
    {
        if (output.IsQuiet)
        {
            return await work(null).ConfigureAwait(false);
        }

        output.Line();
        if (!output.IsLive)
        {
            var lines = new Lines(output, timeProvider);
            CancellationTokenRegistration stopLines = cancellationToken.Register(lines.Stopping);
            await using (stopLines.ConfigureAwait(false))
            {
                return await work(lines).ConfigureAwait(false);
            }
        }

        int bar = Math.Clamp(output.Width / 4, 5, WidestBar);
        var progress = output.People.Progress();
        progress.AutoClear = false;
        progress.Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left },
            new ProgressBarColumn { Width = bar },
            new ElapsedTimeColumn());
        return await progress.StartAsync(async display =>
        {
            // A column is followed by a blank.
            var bars = new Bars(display, Math.Max(12, output.Width - bar - ElapsedWidth - 3));
            CancellationTokenRegistration stop = cancellationToken.Register(bars.Stopping);
            await using (stop.ConfigureAwait(false))
            {
                try
                {
                    return await work(bars).ConfigureAwait(false);
                }
                finally
                {
                    bars.End();
                }
            }
        }).ConfigureAwait(false);
    }

    private static string NameOf(PurgePhase phase) => phase switch
    {
        PurgePhase.Reading => "Reading facts",
        PurgePhase.Selecting => "Selecting rows",
        PurgePhase.Counting => "Counting rows",
        PurgePhase.Deleting => "Running the plan",
        PurgePhase.Verifying => "Verifying",
        PurgePhase.Committing => "Committing",
        PurgePhase.EmptyingTargets => "Emptying targets",
        PurgePhase.Checking => "Checking",
        _ => phase.ToString(),
    };

    // Once the commit has begun, nothing is rolled back any more.
    private static string StopIn(PurgePhase phase) => phase switch
    {
        PurgePhase.Committing => "Stopping after the commit",
        PurgePhase.EmptyingTargets or PurgePhase.Checking => "Stopping; the purge is committed",
        _ => "Stopping, rolling back",
    };

    private static string Chunk(PurgeProgress progress, ChunkProgress chunk)
        => $"{Words.Count(chunk.Transactions, "transaction")}, {Words.Count(progress.RowsDeleted, "row")} deleted"
            + (chunk.Remaining is { } left && left > TimeSpan.Zero ? $", {Words.Duration(left)} left" : string.Empty);

    private static string Tables(PurgeProgress progress) => Words.OneLine(string.Join(", ", progress.Tables));

    private sealed class Lines(CommandOutput output, TimeProvider timeProvider) : IProgress<PurgeProgress>
    {
        private readonly long _start = timeProvider.GetTimestamp();
        private (PurgePhase Phase, int Step)? _last;
        private volatile PurgePhase _phase;

        public void Report(PurgeProgress value)
        {
            if (value.Chunk is { } chunk)
            {
                Write(Chunk(value, chunk));
                _phase = value.Phase;
                return;
            }

            // Each step is reported twice, before and after; one line is enough.
            if (_last == (value.Phase, value.Step))
            {
                return;
            }

            _last = (value.Phase, value.Step);
            _phase = value.Phase;
            string what = value.Step == 0 ? NameOf(value.Phase)
                : $"Step {Words.Number(value.Step)} of {Words.Number(value.Steps)}: {Tables(value)} "
                    + $"({Words.Count(value.RowsDeleted, "row")} deleted so far)";
            Write(what);
        }

        public void Stopping() => Write(StopIn(_phase));

        private void Write(string what) => output.Line($"{Words.Duration(timeProvider.GetElapsedTime(_start)),8}  {what}");
    }

    private sealed class Bars(ProgressContext display, int width) : IProgress<PurgeProgress>
    {
        private readonly Lock _lock = new();
        private ProgressTask? _current;
        private PurgePhase _phase;
        private bool _isInChunks;

        public void Report(PurgeProgress value)
        {
            lock (_lock)
            {
                if (value.Chunk is { } chunk)
                {
                    _current ??= display.AddTask(string.Empty, maxValue: Math.Max(1, chunk.AllRoots));
                    (_phase, _isInChunks) = (value.Phase, true);
                    _current.Value = chunk.Roots;
                    _current.Description = Fit(Chunk(value, chunk));
                    return;
                }

                if (_isInChunks)
                {
                    Complete();
                    _isInChunks = false;
                }

                if (_current is null || _phase != value.Phase)
                {
                    if (_current is not null && _phase == PurgePhase.Deleting)
                    {
                        _current.Description = Fit($"{Words.Count(value.RowsDeleted, "row")} deleted");
                    }

                    Complete();
                    _phase = value.Phase;
                    _current = display.AddTask(Fit(NameOf(value.Phase)), maxValue: Math.Max(1, value.Steps));
                    _current.IsIndeterminate = value.Phase != PurgePhase.Deleting;
                }

                if (value.Phase == PurgePhase.Deleting)
                {
                    _current.Value = Math.Max(0, value.Step - 1);
                    string text = $"{Words.Count(value.RowsDeleted, "row")} deleted: {Tables(value)}";
                    _current.Description = Fit(text.Length <= width ? text : $"{Words.Number(value.RowsDeleted)}: {Tables(value)}");
                }
            }
        }

        public void Stopping()
        {
            lock (_lock)
            {
                if (_current is not null)
                {
                    _current.Description = Fit(StopIn(_phase));
                }
            }
        }

        public void End()
        {
            lock (_lock)
            {
                Complete();
            }
        }

        private void Complete()
        {
            if (_current is null)
            {
                return;
            }

            _current.IsIndeterminate = false;
            _current.Value = _current.MaxValue;
            _current.StopTask();
            _current = null;
        }

        private string Fit(string text) => Markup.Escape(text.Length <= width ? text : text[..(width - 2)] + "..");
    }
}
