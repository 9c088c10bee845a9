namespace FloworxPurge.Tool;

/// <summary>Ends the tool with an exit code and a message for the person who reads it.</summary>
internal sealed class ToolException(int exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>It could not begin: a project does not build, an application does not start.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    public int ExitCode { get; } = exitCode;
}
