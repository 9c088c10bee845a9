namespace FloworxPurge.CommandLine.Arguments;

/// <summary>What the command does with a plan.</summary>
internal enum CommandVerb
{
    /// <summary>Makes a plan and runs it; the command without a subcommand.</summary>
    Purge,

    /// <summary>Makes a plan, and writes it to a file or compares it with one.</summary>
    Plan,

    /// <summary>Runs the plan of a file.</summary>
    Run,
}
