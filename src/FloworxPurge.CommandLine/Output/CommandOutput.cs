using FloworxPurge.CommandLine.Arguments;
using Spectre.Console;

namespace FloworxPurge.CommandLine.Output;

/// <summary>How a line is meant.</summary>
internal enum Tone
{
    Plain,
    Heading,
    Dim,
    Good,
    Warning,
    Bad,
}

/// <summary>
/// Writes the texts of the command: the result and the texts for people to the output, errors to the error output. Control characters
/// in names are removed.
/// </summary>
internal sealed class CommandOutput
{
    private const int NarrowestTerminal = 20;

    private readonly PurgeConsole _console;
    private readonly CommandArguments _arguments;
    private readonly bool _isTerminal;

    public CommandOutput(PurgeConsole console, CommandArguments arguments)
    {
        (_console, _arguments) = (console, arguments);

        // What is asked for on the output leaves no room for anything else there.
        bool onError = arguments.Json || arguments.IsSqlOnOutput;
        _isTerminal = onError ? !console.IsErrorRedirected : !console.IsOutputRedirected;
        bool hasAnsi = _isTerminal && console.SupportsAnsi;
        bool hasColor = hasAnsi && !arguments.NoColor && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        People = CreateConsole(onError ? console.Error : console.Output, hasAnsi, hasColor, Width);
        Errors = CreateConsole(console.Error, hasColor && !console.IsErrorRedirected, hasColor, Width);
        IsLive = hasAnsi && !arguments.Quiet;
    }

    /// <summary>Passwords that must not be printed.</summary>
    public SecretScrubber Secrets { get; } = new();

    /// <summary>The console that people look at.</summary>
    public IAnsiConsole People { get; }

    /// <summary>The console for errors.</summary>
    public IAnsiConsole Errors { get; }

    /// <summary>The width that lines are wrapped to.</summary>
    public int Width => _isTerminal ? Math.Max(NarrowestTerminal, _console.Width) : int.MaxValue / 2;

    /// <summary>Gets whether a display that moves can be shown.</summary>
    public bool IsLive { get; }

    public bool IsQuiet => _arguments.Quiet;

    public bool IsVerbose => _arguments.Verbose;

    /// <summary>Determines whether a question can be asked.</summary>
    public bool CanAsk => !_console.IsInputRedirected && (_isTerminal || !_console.IsErrorRedirected);

    /// <summary>A line for people; not with <c>--quiet</c>.</summary>
    public void Line(string text = "", int indent = 0, int hanging = 2, Tone tone = Tone.Plain)
    {
        if (!_arguments.Quiet)
        {
            Write(People, text, indent, hanging, tone);
        }
    }

    /// <summary>A line for people, with <c>--quiet</c> as well.</summary>
    public void Always(string text, Tone tone = Tone.Plain) => Write(People, text, 0, 2, tone);

    /// <summary>Writes a line that is not wrapped, so that it can be copied; with <c>--quiet</c> as well.</summary>
    public void Copyable(string text) => People.Profile.Out.Writer.WriteLine(text);

    /// <summary>Writes a line that is not wrapped; not with <c>--quiet</c>.</summary>
    public void CopyableLine(string text)
    {
        if (!_arguments.Quiet)
        {
            Copyable(Words.OneLine(Secrets.Scrub(text)));
        }
    }

    /// <summary>Two texts side by side where there is room, else one below the other.</summary>
    public void Row(string left, string right, int leftWidth, int indent = 2)
    {
        left = Words.OneLine(left);
        int rightAt = indent + Math.Max(leftWidth, left.Length) + 2;
        if (rightAt + right.Length <= Width)
        {
            Line(left.PadRight(leftWidth) + "  " + right, indent);
        }
        else
        {
            Line(left, indent);
            Line(right, indent + 2);
        }
    }

    /// <summary>A heading after an empty line.</summary>
    public void Heading(string text)
    {
        Line();
        Line(text, tone: Tone.Heading);
    }

    /// <summary>What went wrong, in one line; with <c>--verbose</c> the stack trace after it.</summary>
    public void Error(string message, Exception? exception = null)
    {
        Write(Errors, Secrets.Scrub(message), 0, 2, Tone.Bad);
        if (_arguments.Verbose && exception is not null)
        {
            foreach (string line in Secrets.Scrub(exception.ToString()).ReplaceLineEndings("\n").Split('\n'))
            {
                _console.Error.WriteLine(Words.OneLine(line));
            }
        }
    }

    /// <summary>The result that was asked for, as it is.</summary>
    public void Result(string text) => _console.Output.Write(text.EndsWith('\n') ? text : text + "\n");

    /// <summary>What is asked, where it is seen.</summary>
    public void Question(string text) => Write(Asking, text, 0, 0, Tone.Warning);

    /// <summary>Asks, and waits for a line. Null at the end of the input.</summary>
    public async Task<string?> AskAsync(string question, CancellationToken cancellationToken)
    {
        Asking.Profile.Out.Writer.Write(question);
        await Asking.Profile.Out.Writer.FlushAsync(cancellationToken).ConfigureAwait(false);

        // A console reads without a token, so whoever stops the command leaves the reading behind.
        return await Task.Run(_console.Input.ReadLine, CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private IAnsiConsole Asking => _isTerminal ? People : Errors;

    private static IAnsiConsole CreateConsole(TextWriter writer, bool hasAnsi, bool hasColor, int width)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = hasAnsi ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = hasColor ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = hasAnsi ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Width = Math.Min(width, 10_000);
        return console;
    }

    private void Write(IAnsiConsole console, string text, int indent, int hanging, Tone tone)
    {
        foreach (string line in TextWrap.Wrap(Words.OneLine(text), Width, indent, hanging))
        {
            if (tone == Tone.Plain || console.Profile.Capabilities.ColorSystem == ColorSystem.NoColors)
            {
                console.Profile.Out.Writer.WriteLine(line.TrimEnd());
            }
            else
            {
                console.Write(new Text(line, StyleOf(tone)));
                console.Profile.Out.Writer.WriteLine();
            }
        }
    }

    private static Style StyleOf(Tone tone) => tone switch
    {
        Tone.Heading => new Style(decoration: Decoration.Bold),
        Tone.Dim => new Style(decoration: Decoration.Dim),
        Tone.Good => new Style(Color.Green),
        Tone.Warning => new Style(Color.Yellow),
        Tone.Bad => new Style(Color.Red),
        _ => Style.Plain,
    };
}
