namespace FloworxPurge.CommandLine;

/// <summary>Where the command reads and writes, and what is known of it. Injected, so that a test reads what is printed.</summary>
public sealed class PurgeConsole
{
    private const int UsualWidth = 80;

    /// <summary>
    /// Creates a console; all of it counts as redirected, that is: no terminal, no question, no colours, no live progress.
    /// </summary>
    /// <param name="input">What answers are read from.</param>
    /// <param name="output">What is shown; with <c>--json</c> and <c>--sql</c> without a file, the result and nothing else.</param>
    /// <param name="error">What went wrong.</param>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public PurgeConsole(TextReader input, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        (Input, Output, Error) = (input, output, error);
    }

    /// <summary>Gets the reader of the answers.</summary>
    public TextReader Input { get; }

    /// <summary>Gets the writer of the output.</summary>
    public TextWriter Output { get; }

    /// <summary>Gets the writer of errors; with <c>--json</c> of everything but the result.</summary>
    public TextWriter Error { get; }

    /// <summary>
    /// Gets whether the input is no terminal, so that no question can be asked. The default value is <see langword="true"/>.
    /// </summary>
    public bool IsInputRedirected { get; init; } = true;

    /// <summary>Gets whether the output is no terminal. The default value is <see langword="true"/>.</summary>
    public bool IsOutputRedirected { get; init; } = true;

    /// <summary>Gets whether the error output is no terminal. The default value is <see langword="true"/>.</summary>
    public bool IsErrorRedirected { get; init; } = true;

    /// <summary>
    /// Gets the terminal's width in columns; lines are wrapped to it, at no less than 20. Redirected output is not wrapped. The default
    /// value is 80.
    /// </summary>
    public int Width { get; init; } = UsualWidth;

    /// <summary>
    /// Gets whether the terminal understands ANSI sequences, which colours and live progress need. The default value is
    /// <see langword="false"/>.
    /// </summary>
    public bool SupportsAnsi { get; init; }

#pragma warning disable RS0030 // This file stands for the console of the process; all else gets it from here.
    /// <summary>The console of this process.</summary>
    /// <returns>The console, as it is now.</returns>
    internal static PurgeConsole OfProcess() => new(Console.In, Console.Out, Console.Error)
    {
        IsInputRedirected = Console.IsInputRedirected,
        IsOutputRedirected = Console.IsOutputRedirected,
        IsErrorRedirected = Console.IsErrorRedirected,
        Width = ReadWidth(),
        SupportsAnsi = Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } terminal
            ? terminal is not "dumb"
            : OperatingSystem.IsWindows(),
    };

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
#pragma warning restore RS0030
}
