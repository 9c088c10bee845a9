using System.Runtime.InteropServices;
using FloworxPurge.CommandLine;

namespace FloworxPurge.Tool;

// This file alone stands for the console of the process.
#pragma warning disable RS0030

/// <summary>The console of the process, which the application writes to as well.</summary>
internal static class ToolConsole
{
    private const int UsualWidth = 80;

    /// <summary>Gets the output.</summary>
    public static TextWriter Output => Console.Out;

    /// <summary>Gets the error output.</summary>
    public static TextWriter Error => Console.Error;

    /// <summary>Returns the console for the command, and gives the application the error output from now on.</summary>
    public static PurgeConsole TakeOver()
    {
        var console = new PurgeConsole(Console.In, Console.Out, Console.Error)
        {
            IsInputRedirected = Console.IsInputRedirected,
            IsOutputRedirected = Console.IsOutputRedirected,
            IsErrorRedirected = Console.IsErrorRedirected,
            Width = ReadWidth(),
            SupportsAnsi = Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } terminal
                ? terminal is not "dumb"
                : OperatingSystem.IsWindows(),
        };
        Console.SetOut(Console.Error);
        return console;
    }

    /// <summary>Calls back when the process is asked to stop, and stops it where that returns false.</summary>
    public static IReadOnlyList<IDisposable> OnStop(Func<bool> goesOn) =>
    [
        .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(
            signal,
            context => context.Cancel = goesOn())),
    ];

    private static int ReadWidth()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : UsualWidth;
        }
        catch (Exception exception) when (exception is IOException or PlatformNotSupportedException)
        {
            // No terminal: its width is not used.
            return UsualWidth;
        }
    }
}
