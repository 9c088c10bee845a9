using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FloworxPurge.CommandLine.Tests.Kit;

/// <summary>
/// A program in a pseudo-terminal, made by <c>script</c>. The test is skipped where that is missing; with <c>CI=true</c> it fails.
/// </summary>
internal sealed partial class PseudoTerminal : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _text = new();
    private readonly Task _reading;

    private PseudoTerminal(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>Everything that the terminal was sent so far.</summary>
    public string Raw
    {
        get
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }

    /// <summary>The same without what steers the terminal.</summary>
    public string Text => Steering().Replace(Raw, "");

    public static PseudoTerminal Start(ProcessStartInfo program, int columns)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/script"))
        {
            const string Reason = "The program script is missing.";
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", Reason);
            Assert.Skip(Reason);
        }

        // Tests that run in the background of a shell ignore Ctrl+C, and so would what they start.
        string command = "env --default-signal=INT "
            + string.Join(" ", program.ArgumentList.Prepend(program.FileName).Select(part => $"'{part}'"));
        var start = new ProcessStartInfo(
            "/usr/bin/script",
            ["-qec", string.Create(CultureInfo.InvariantCulture, $"stty cols {columns} rows 50; exec {command}"), "/dev/null"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment.Clear();
        foreach ((string name, string? value) in program.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["TERM"] = "xterm-256color";
        start.Environment["SHELL"] = "/bin/sh";
        return new PseudoTerminal(Process.Start(start)!);
    }

    /// <summary>Waits until the terminal shows a text, after another one if wanted.</summary>
    public async Task WaitForAsync(string text, string after = "")
    {
        long start = Stopwatch.GetTimestamp();
        while (Text is var seen
            && seen.IndexOf(after, StringComparison.Ordinal) is var at
            && (at < 0 || !seen[at..].Contains(text, StringComparison.Ordinal)))
        {
            Assert.False(_process.HasExited, $"It ended without \"{text}\": {Text}");
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, $"\"{text}\" did not come: {Text}");
            await Task.Delay(20);
        }
    }

    /// <summary>Types; <c>\x03</c> is Ctrl+C.</summary>
    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits for the end.</summary>
    public async Task<PurgeExitCode> EndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await _process.WaitForExitAsync(limit.Token);
        await _reading;
        return (PurgeExitCode)_process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        char[] buffer = new char[4096];
        int count;
        while ((count = await _process.StandardOutput.ReadAsync(buffer)) > 0)
        {
            lock (_text)
            {
                _text.Append(buffer, 0, count);
            }
        }
    }

    [GeneratedRegex(
        "\e(\\[[0-9;?]*[A-Za-z]|[=>])",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex Steering();
}
