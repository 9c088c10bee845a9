namespace FloworxPurge.CommandLine.Tests.Kit;

/// <summary>How a run of the command ended, and what it printed.</summary>
internal sealed record CommandResult(PurgeExitCode Code, string Output, string Error)
{
    /// <summary>Everything that was printed.</summary>
    public string All => Output + Error;

    /// <summary>The lines of the error output.</summary>
    public IReadOnlyList<string> ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
