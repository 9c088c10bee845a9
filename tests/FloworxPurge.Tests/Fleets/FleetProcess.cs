using System.Collections.Concurrent;
using System.Diagnostics;

namespace FloworxPurge.Tests.Fleets;

/// <summary>A process of the sample of a fleet, and the lines that it has written.</summary>
internal sealed class FleetProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = [];

    public FleetProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Everything that it has written.</summary>
    public string Text => string.Join('\n', _lines);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>Waits until one of the processes has written a text, and returns it.</summary>
    public static async Task<FleetProcess> FirstAsync(string text, params FleetProcess[] processes)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            if (processes.FirstOrDefault(process => process.Text.Contains(text, StringComparison.Ordinal)) is { } first)
            {
                return first;
            }

            string all = string.Join("\n\n", processes.Select(process => process.Text));
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, $"No process has written \"{text}\": {all}");
            await Task.Delay(20, CancellationToken);
        }
    }

    /// <summary>Ends it without any notice (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync(CancellationToken).WaitAsync(Limit, CancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }
}
