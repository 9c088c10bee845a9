using System.Diagnostics;
using FloworxPurge.Killed;

namespace FloworxPurge.Tests.Resetting;

/// <summary>Another process that rents two test databases and keeps them.</summary>
internal sealed class RentingProcess : IDisposable
{
    private readonly Process _process;

    private RentingProcess(Process process) => _process = process;

    public static RentingProcess Start(string engine, string connectionString)
    {
        // Beside this project, built in the same way.
        string program = Path.Combine(
            AppContext.BaseDirectory.Replace("FloworxPurge.Tests", "FloworxPurge.Killed", StringComparison.Ordinal),
            "FloworxPurge.Killed");
        return new RentingProcess(Process.Start(new ProcessStartInfo(program, [engine, connectionString, "-", KillRun.Rent, "0"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!);
    }

    public async Task<string> ReadLineAsync(CancellationToken cancellationToken)
        => await _process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The process has ended.");

    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
