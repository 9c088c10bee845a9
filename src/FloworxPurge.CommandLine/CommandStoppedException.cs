namespace FloworxPurge.CommandLine;

/// <summary>Ends the command with an exit code and a message for the person who reads it.</summary>
internal sealed class CommandStoppedException(PurgeExitCode exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    public PurgeExitCode ExitCode { get; } = exitCode;
}
