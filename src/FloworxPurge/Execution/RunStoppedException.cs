namespace FloworxPurge.Execution;

/// <summary>Ends a run for a reason of our own; not the provider's failure, so never retried.</summary>
internal sealed class RunStoppedException(RunEnd end, string message, Exception? cause = null) : Exception(message, cause)
{
    public RunEnd End { get; } = end;
}
