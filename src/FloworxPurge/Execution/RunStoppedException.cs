namespace FloworxPurge.Execution;

/// <summary>Ends a run for a reason of this library. It is not a failure of the provider, so it is never retried.</summary>
internal sealed class RunStoppedException(RunEnd end, string message, Exception? cause = null) : Exception(message, cause)
{
    public RunEnd End { get; } = end;
}
